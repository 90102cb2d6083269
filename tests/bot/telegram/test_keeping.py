"""What the Telegram door keeps, for how long, and what it never writes down."""

import fcntl
import io
import shutil
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from bot.telegram.sealing import make_keys
from tests.bot.conftest import StartBot
from tests.bot.telegram.conftest import SENDER, Chat, StartChat
from tests.bot.telegram.fake_telegram import TOKEN, FakeTelegram, blocked, message, press, server_error

CHAT = 7_007_007_007


def copy_state(state: Path, target: Path) -> None:
    """Copy a state folder as a crash would leave it: a database that is being written is copied by SQLite itself."""
    target.mkdir()
    for file in state.iterdir():
        if file.suffix == ".db":
            with (
                closing(sqlite3.connect(file)) as source,
                closing(sqlite3.connect(target / file.name)) as copy,
            ):
                source.backup(copy)
        elif file.is_file() and not file.name.endswith(("-wal", "-shm", "-journal")):
            shutil.copy(file, target)


def rows(state: Path, chat: int = 7) -> dict[str, int]:
    """How many rows of the chat each table has; "bare" counts update numbers that belong to no chat any more."""
    name = make_keys(TOKEN).hash_chat(chat)
    connection = sqlite3.connect(state / "telegram.db")
    try:
        found = {
            table: connection.execute(
                f"SELECT count(*) FROM telegram_{table} WHERE chat = ?", (name,)
            ).fetchone()[0]
            for table in ("updates", "deliveries", "addresses", "buttons", "chats")
        }
        bare = "SELECT count(*) FROM telegram_updates WHERE chat IS NULL AND message IS NULL AND body IS NULL"
        return found | {"bare": connection.execute(bare).fetchone()[0]}
    finally:
        connection.close()


def owed(state: Path) -> set[str]:
    """The conversations that Rasa has still to forget, by the names under which it knows them."""
    with closing(sqlite3.connect(state / "telegram.db")) as connection:
        return {f"telegram-{chat}" for (chat,) in connection.execute("SELECT chat FROM telegram_owed")}


def written_bytes(state: Path) -> bytes:
    return b"".join(path.read_bytes() for path in state.iterdir())


def settle(chat: Chat) -> None:
    """Return once the store has followed the last delivery: it takes one thing after the other, in one thread."""
    chat.write("hello", chat=8)


def test_delivered_answers_and_addresses_are_gone_and_nothing_tells_who_wrote_what(chat: Chat):
    chat.write("there is mould on my wall", chat=CHAT)
    chat.write("/urgent", chat=CHAT, expect=2)
    chat.share(chat=CHAT, location={"latitude": 53.81, "longitude": -1.5})
    settle(chat)
    assert rows(chat.state, CHAT) | {"buttons": 0} == {
        "updates": 3, "bare": 0, "deliveries": 0, "addresses": 0, "buttons": 0, "chats": 1
    }  # fmt: skip
    written = written_bytes(chat.state)
    for personal in (str(CHAT).encode(), CHAT.to_bytes(8, "big"), b"mould", b"Sam", b"53.8"):
        assert personal not in written
    assert make_keys(TOKEN).hash_chat(CHAT).encode() in written


def test_while_a_message_waits_nobody_can_read_it_in_the_store(start_chat: StartChat):
    telegram = FakeTelegram(fault=lambda method, _: server_error() if method == "sendMessage" else None)
    chat = start_chat(telegram)
    telegram.push(message(1, CHAT, "there is mould on my wall"))
    telegram.wait_until(lambda: telegram.count("sendMessage") > 0)
    assert rows(chat.state, CHAT)["deliveries"] == rows(chat.state, CHAT)["addresses"] == 1
    for personal in (str(CHAT).encode(), CHAT.to_bytes(8, "big"), b"mould"):
        assert personal not in written_bytes(chat.state)


def test_the_store_can_be_read_by_its_owner_alone(chat: Chat):
    chat.write("hello")
    assert stat.S_IMODE((chat.state / "telegram.db").stat().st_mode) == 0o600


def test_forget_forgets_here_and_in_rasa_and_says_what_telegram_keeps(chat: Chat):
    chat.write("/start")
    chat.write("I need food")
    (said,) = chat.write("/forget")
    assert "delete this chat in Telegram" in said.text
    assert chat.bot.rasa.received[-1] == (SENDER, "/forget_me")
    assert len(chat.bot.app.state.desk.conversations) == 0
    settle(chat)
    assert rows(chat.state) == {
        "updates": 0, "bare": 3, "deliveries": 0, "addresses": 0, "buttons": 0, "chats": 0
    }  # fmt: skip


def test_asking_in_words_to_be_forgotten_forgets_too(chat: Chat):
    chat.say_in_rasa({"text": "Forgotten."}, {"custom": {"forget": True}})
    (said,) = chat.write("please forget all this")
    assert said.text.startswith("Forgotten.\n\nTelegram still has its own copy")
    assert rows(chat.state)["updates"] == 0


def test_an_update_that_comes_again_after_forgetting_is_not_answered_again(chat: Chat):
    first = message(50, text="I need food")
    chat.hand_over(first)
    chat.write("/forget")
    chat.telegram.push(first)
    chat.write("hello")
    assert chat.bot.rasa.messages == ["I need food", "/forget_me", "hello"]


def test_what_is_said_after_forgetting_is_a_new_conversation(chat: Chat):
    chat.write("I need food")
    chat.telegram.push(message(200, text="/forget"), message(201, text="hello again"))
    chat.telegram.wait_until(lambda: "You said: hello again" in chat.telegram.texts())


def test_a_day_after_the_last_message_nothing_of_the_chat_is_left(chat: Chat):
    chat.write("/start")
    chat.bot.clock.move(hours=23)
    chat.write("still here")
    chat.bot.clock.move(hours=23, minutes=59)
    assert chat.press("Food")
    chat.bot.clock.move(hours=24, minutes=1)
    settle(chat)
    assert set(rows(chat.state).values()) == {0}


def test_a_clock_that_ran_ahead_keeps_no_chat_longer_than_a_day_once_it_is_right(
    start_chat: StartChat, tmp_path: Path
):
    before = start_chat()
    before.bot.clock.move(days=3)
    before.write("/start")
    settle(before)
    copy_state(before.state, tmp_path / "copy")
    after = start_chat(signpost_state_dir=tmp_path / "copy")
    after.hand_over(message(500, 8, "hello"), chat=8)
    assert rows(after.state)["chats"] == 1
    after.bot.clock.move(hours=24, minutes=1)
    after.hand_over(message(501, 8, "hello"), chat=8)
    # The bare numbers of its updates say nothing of it, and go a day later.
    assert set((rows(after.state) | {"bare": 0}).values()) == {0}


def test_an_answer_that_cannot_be_delivered_for_a_day_is_dropped(start_chat: StartChat):
    telegram = FakeTelegram(fault=lambda method, _: server_error() if method == "sendMessage" else None)
    chat = start_chat(telegram)
    telegram.push(message(1, text="hello"))
    telegram.wait_until(lambda: telegram.count("sendMessage") > 0)
    chat.bot.clock.move(hours=25)
    telegram.push(message(2, 8, "hello"))
    telegram.wait_until_fetched()
    assert set(rows(chat.state).values()) == {0}


def test_somebody_who_blocked_the_bot_is_dropped_quietly(start_chat: StartChat):
    telegram = FakeTelegram(fault=lambda method, _: blocked() if method == "sendMessage" else None)
    chat = start_chat(telegram)
    telegram.push(message(1, text="one"))
    telegram.wait_until(lambda: telegram.count("sendMessage") == 1)
    telegram.fault = lambda *_: None
    settle(chat)
    assert set(rows(chat.state).values()) == {0, 1}
    assert rows(chat.state)["bare"] == 1
    assert chat.failures("telegram_unreachable") == 0
    desk = chat.bot.app.state.desk
    assert desk.conversations.find(SENDER.removeprefix("telegram-")) is None
    assert owed(chat.state) == {SENDER}
    assert chat.write("hello again")
    assert chat.bot.rasa.received[-2:] == [(SENDER, "/forget_me"), (SENDER, "hello again")]


def block(number: int) -> dict[str, object]:
    """An update that says that the resident has blocked the bot."""
    user = {"id": 123456, "is_bot": True, "first_name": "Signpost"}
    change = {
        "chat": {"id": 7, "type": "private"},
        "from": {"id": 7, "is_bot": False, "first_name": "Sam"},
        "date": 1_790_000_000,
        "old_chat_member": {"user": user, "status": "member"},
        "new_chat_member": {"user": user, "status": "kicked", "until_date": 0},
    }
    return {"update_id": number, "my_chat_member": change}


def test_blocking_the_bot_forgets_the_conversation(chat: Chat):
    chat.write("I need food")
    chat.telegram.push(block(500))
    settle(chat)
    assert rows(chat.state)["chats"] == 0
    assert SENDER in chat.bot.app.state.desk.owed


def test_what_was_written_just_before_the_bot_was_blocked_is_dropped_too(chat: Chat):
    chat.telegram.push(message(400, 8, text="hello"), message(499, text="I need food"), block(500))
    settle(chat)
    assert rows(chat.state) == {
        "updates": 0, "bare": 2, "deliveries": 0, "addresses": 0, "buttons": 0, "chats": 0
    }  # fmt: skip


def test_a_block_that_telegram_repeats_forgets_nothing_that_was_said_since(chat: Chat):
    chat.telegram.push(block(500))
    settle(chat)
    chat.write("I need food")
    chat.telegram.push(block(500))
    settle(chat)
    assert rows(chat.state)["updates"] == 1
    assert SENDER not in chat.bot.app.state.desk.owed


def test_what_rasa_could_not_be_told_to_forget_is_told_after_a_restart_before_anything_else(
    start_chat: StartChat, tmp_path: Path
):
    before = start_chat()
    before.write("I need food")
    before.bot.take_down_rasa()
    (said,) = before.write("/forget")
    assert "I have forgotten" in said.text
    settle(before)
    copy_state(before.state, tmp_path / "copy")
    assert owed(tmp_path / "copy") == {SENDER}
    after = start_chat(signpost_state_dir=tmp_path / "copy")
    after.hand_over(message(500, text="hello again"))
    assert after.bot.rasa.received == [(SENDER, "/forget_me"), (SENDER, "hello again")]


def test_a_group_leaves_no_trace(chat: Chat):
    update = message(10, text="secret of the group")
    update["message"]["chat"] = {"id": -500, "type": "group", "title": "Neighbours"}
    chat.telegram.push(update)
    chat.telegram.wait_until(lambda: chat.telegram.count("leaveChat") == 1)
    assert set(rows(chat.state, -500).values()) == {0}


def test_another_token_drops_all_that_the_earlier_bot_kept(start_chat: StartChat, tmp_path: Path):
    first = start_chat()
    first.write("/start")
    # As if the first had stopped: a running bot does not let another one at its folder.
    settle(first)
    copy_state(first.state, tmp_path / "copy")
    assert rows(tmp_path / "copy")["buttons"] > 0
    second = start_chat(FakeTelegram(token="999:another-token"), signpost_state_dir=tmp_path / "copy")
    second.write("hello", chat=8)
    assert set(rows(second.state).values()) == {0}


def test_the_token_is_in_no_log_whatever_telegram_says(start_chat: StartChat, logs: io.StringIO):
    answers = iter(
        [(401, {"ok": False, "description": "Unauthorized"}), server_error(), (200, {"nonsense": 1})]
    )

    def fault(method: str, _: object) -> tuple[int, dict[str, object]] | None:
        return next(answers, None) if method in ("getMe", "sendMessage", "getUpdates") else None

    chat = start_chat(FakeTelegram(fault=fault))
    chat.write("there is mould on my wall")
    written = logs.getvalue()
    assert "telegram is open" in written
    for secret in (TOKEN, TOKEN.split(":")[1], "mould", chat.telegram.texts()[0]):
        assert secret not in written


@pytest.mark.parametrize("shown", [repr, str])
def test_the_keys_do_not_show_themselves(shown: object):
    keys = make_keys(TOKEN)
    assert keys.webhook_secret not in shown(keys)  # type: ignore[operator]
    assert repr(keys.hashing) not in shown(keys)  # type: ignore[operator]


def test_without_a_token_there_is_no_telegram_and_nothing_fails(start_bot: StartBot, tmp_path: Path):
    bot = start_bot(telegram_bot_token="", signpost_state_dir=tmp_path / "state")
    assert bot.ask("hello")["messages"]
    assert not (tmp_path / "state").exists()
    assert bot.api.post("/telegram/webhook", json={}).status_code == 404


def test_a_pressed_button_is_acknowledged_even_if_it_is_repeated(chat: Chat):
    chat.write("/start")
    data = chat.telegram.messages()[-1].buttons["Food"]
    first, second = (press(chat.next_number(), data, callback="same") for _ in range(2))
    chat.telegram.push(first, second)
    chat.write("thanks", expect=2)
    assert chat.telegram.count("answerCallbackQuery") == 1
    assert chat.bot.rasa.messages == ['/choose_topic{"topic": "food"}', "thanks"]


def test_a_quick_reply_still_works_after_a_restart(start_chat: StartChat, tmp_path: Path):
    before = start_chat()
    before.write("/start")
    data = before.telegram.messages()[-1].buttons["Food"]
    settle(before)
    copy_state(before.state, tmp_path / "copy")
    after = start_chat(signpost_state_dir=tmp_path / "copy")
    (said,) = after.hand_over(press(500, data))
    assert after.bot.rasa.received == [(SENDER, '/choose_topic{"topic": "food"}')]
    assert said.text.startswith("<i>You chose: Food</i>")


def test_after_a_restart_a_message_that_was_left_unanswered_is_asked_for_again(
    start_chat: StartChat, tmp_path: Path
):
    before = start_chat()
    before.bot.take_down_rasa()
    data = before.write("no food")[0].buttons["Try again"]
    settle(before)
    copy_state(before.state, tmp_path / "copy")
    (said,) = start_chat(signpost_state_dir=tmp_path / "copy").hand_over(press(500, data))
    assert "Please write it again" in said.text


def test_a_second_process_at_the_same_folder_waits_for_the_first(start_chat: StartChat, tmp_path: Path):
    state = tmp_path / "state"
    state.mkdir()
    with (state / "telegram.lock").open("w") as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        second = start_chat()
        assert second.bot.ask("hello")["messages"]
        assert second.telegram.calls == []
    assert second.write("hello")
