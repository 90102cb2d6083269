"""The switch that turns the chat off, on Telegram: numbers instead of answers, and danger first all the same."""

import subprocess
import sys

COUNCIL = "0113 376 0330"


def switch(chat, command, channel):
    """Say it as an operator does, and let the running process look again at once."""
    subprocess.run(
        [sys.executable, "-m", "bot", command, channel],
        env={"SIGNPOST_STATE_DIR": str(chat.state)},
        capture_output=True,
        check=True,
    )
    chat.bot.app.state.desk.switch._looked_at = float("-inf")


def test_closed_telegram_answers_with_numbers_and_open_telegram_as_ever(chat):
    switch(chat, "close", "telegram")
    (said,) = chat.write("we have no food")
    assert said.text.startswith("The chat is switched off")
    assert COUNCIL in said.text
    assert chat.bot.rasa.received == []
    switch(chat, "open", "telegram")
    (said,) = chat.write("we have no food")
    assert "switched off" not in said.text


def test_danger_is_answered_first_while_telegram_is_closed(chat):
    switch(chat, "close", "telegram")
    first, *others = chat.write("i am going to kill myself", expect=2)
    assert "999" in first.text
    assert any(COUNCIL in one.text for one in others)


def test_another_channel_that_is_closed_leaves_telegram_open(chat):
    switch(chat, "close", "web")
    (said,) = chat.write("we have no food")
    assert "switched off" not in said.text
