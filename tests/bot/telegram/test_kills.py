"""The bot process is killed (SIGKILL) while a crowd writes. scripts/telegram_bars.py does it with 10,000 updates."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.bot.fakes import WAIT, FakeDirectory, FakeRasa, serve_fake
from tests.bot.telegram.crowd import BotProcess, Crowd, run_crowd
from tests.bot.telegram.fake_telegram import FakeTelegram, message, serve_telegram, server_error

# Answers that are on their way at the moment of a kill: one for each chat that is being answered or sent to.
ON_THE_WAY = 8


def test_two_kills_lose_no_message_and_answer_none_twice(tmp_path: Path):
    kills = 2
    outcome = run_crowd(
        Crowd(updates=500, chats=50), tmp_path, kills=kills, per_second=60.0, chat_seconds=0.2, seconds=60.0
    )
    assert outcome.answers == outcome.messages == 475
    assert outcome.lost == 0
    assert outcome.answered_twice == 0
    assert outcome.out_of_order == 0
    assert outcome.sent_too_early == 0
    assert outcome.left_in_store == 0
    assert outcome.delivered_again <= kills * ON_THE_WAY
    assert outcome.heard_again <= kills * ON_THE_WAY
    log = (tmp_path / "bot.log").read_text()
    assert "note q" not in log
    assert "fake-token" not in log


@dataclass
class Killable:
    """A bot process with the fakes around it."""

    process: BotProcess
    rasa: FakeRasa
    telegram: FakeTelegram


@pytest.fixture
def killable(tmp_path: Path) -> Iterator[Killable]:
    rasa, telegram = FakeRasa(), FakeTelegram()
    with ExitStack() as stack:
        process = BotProcess(
            tmp_path,
            RASA_URL=f"http://127.0.0.1:{stack.enter_context(serve_fake(rasa))}",
            DIRECTORY_URL=f"http://127.0.0.1:{stack.enter_context(serve_fake(FakeDirectory()))}",
            TELEGRAM_API_URL=stack.enter_context(serve_telegram(telegram)),
            TELEGRAM_CHAT_SECONDS="0",
        )
        stack.callback(process.stop)
        stack.callback(rasa.hold.set)
        process.start()
        yield Killable(process, rasa, telegram)


def test_a_kill_while_rasa_thinks_puts_the_message_to_rasa_again_and_gives_one_answer(killable: Killable):
    rasa, telegram = killable.rasa, killable.telegram
    rasa.hold.clear()
    telegram.push(message(1, text="one"), message(2, text="two"))
    assert rasa.arrived.acquire(timeout=4 * WAIT)
    killable.process.kill()
    rasa.hold.set()
    killable.process.start()
    telegram.wait_for_texts(2)
    assert telegram.texts() == ["You said: one", "You said: two"]
    assert rasa.messages == ["one", "one", "two"]


def test_a_kill_between_answer_and_delivery_delivers_the_same_answer_and_asks_nobody_again(
    killable: Killable,
):
    rasa, telegram = killable.rasa, killable.telegram
    refused = threading.Event()
    telegram.fault = lambda method, _: (
        server_error() if method == "sendMessage" and not refused.is_set() else None
    )
    telegram.push(message(1, text="one"))
    telegram.wait_until(lambda: telegram.count("sendMessage") > 0)
    killable.process.kill()
    refused.set()
    killable.process.start()
    telegram.push(message(2, text="two"))
    telegram.wait_for_texts(2)
    assert telegram.texts() == ["You said: one", "You said: two"]
    assert rasa.messages == ["one", "two"]
