"""The switch that turns the chat off: numbers instead of answers, and danger first all the same."""

import subprocess
import sys

import httpx
import pytest

COUNCIL = "0113 376 0330"


def switch(bot, command, channel):
    folder = bot.app.state.desk.switch._folder.parent
    answer = subprocess.run(
        [sys.executable, "-m", "bot", command, channel],
        env={"SIGNPOST_STATE_DIR": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    # The running process looks at most once a second: the test does not wait for that.
    bot.app.state.desk.switch._looked_at = float("-inf")
    return answer.stdout


@pytest.fixture
def bot(start_bot, tmp_path):
    return start_bot(signpost_state_dir=tmp_path)


def test_a_closed_channel_answers_with_numbers_and_an_open_one_as_ever(bot):
    conversation = bot.start()
    assert switch(bot, "close", "api") == "api is closed\n"
    said = bot.say(conversation, "we have no food")
    assert said["messages"][0]["text"].startswith("The chat is switched off")
    assert COUNCIL in said["messages"][0]["text"]
    switch(bot, "open", "api")
    assert "switched off" not in bot.say(conversation, "we have no food")["messages"][0]["text"]


def test_danger_is_answered_first_while_the_chat_is_closed(bot):
    switch(bot, "close", "all")
    said = bot.ask("i am going to kill myself")
    assert said["messages"][0]["urgent"]
    assert any(COUNCIL in message["text"] for message in said["messages"])


def test_the_page_of_a_closed_chat_gives_numbers(bot):
    switch(bot, "close", "web")
    page = httpx.get(bot.url)
    assert page.status_code == 503
    assert COUNCIL in page.text
    assert 'href="/urgent"' in page.text
    switch(bot, "open", "web")
    assert httpx.get(bot.url).status_code == 200
