"""A crowd writes to the real bot process while it is killed in the middle: what was lost, what was answered twice."""

import itertools
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bot.fakes import FakeDirectory, FakeRasa, serve_fake
from tests.bot.telegram.fake_telegram import TOKEN, FakeTelegram, message, serve_telegram

ROOT = Path(__file__).parents[3]
LETTERS = "bcdfghjklmnpqrstvwxz"
SAID = re.compile(r"note ([a-z]+) answer (\d+)")
DUPLICATES = 0.05
# A crash, a wrong update, an answer of 429 or 500: one in so many.
MALFORMED_EVERY = 400
FAULT_EVERY = 50


@dataclass(frozen=True)
class Outcome:
    """What became of the messages of a crowd; every figure but the first four should be 0, or small where it says so.

    `delivered_again` counts answers that Telegram got twice (at-least-once, only around a kill); `heard_again`
    messages that Rasa heard twice because the process died before the answer was written down.
    """

    updates: int
    messages: int
    answers: int
    seconds: float
    lost: int
    answered_twice: int
    out_of_order: int
    delivered_again: int
    heard_again: int
    sent_too_early: int
    left_in_store: int


@dataclass
class Crowd:
    """`updates` updates from `chats` people: 5% repeats, half under a new number; even chats arrive out of order."""

    updates: int
    chats: int
    source: random.Random = field(default_factory=lambda: random.Random(7))

    @property
    def messages(self) -> int:
        return self.updates - round(self.updates * DUPLICATES)

    def list_updates(self) -> list[Any]:
        """The updates in the order in which Telegram hands them out."""
        placed: list[tuple[float, Any]] = []
        for number in range(self.messages):
            chat = 1000 + number % self.chats
            place = number + (self.source.uniform(-150, 150) if chat % 2 == 0 else 0)
            update = message(2 * number + 1, chat, f"note {spell(number)}", message_id=number)
            placed.append((place, update))
        for number in self.source.sample(range(self.messages), self.updates - self.messages):
            place, update = placed[number]
            again = update if number % 2 else update | {"update_id": 2 * number + 2}
            placed.append((place + self.source.uniform(0, 100), again))
        ordered = [update for _, update in sorted(placed, key=lambda entry: entry[0])]
        for place in range(0, len(ordered), MALFORMED_EVERY):
            ordered.insert(place, {"update_id": 3, "message": "malformed"})
        return ordered


def spell(number: int) -> str:
    """A number as letters, which no privacy filter takes for somebody's number."""
    digits = [LETTERS[number // 20**power % 20] for power in range(4)]
    return "q" + "".join(digits)


class BotProcess:
    """`python -m bot serve` as a process of its own, with its state and its log in `folder`."""

    def __init__(self, folder: Path, **settings: str) -> None:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        ours = {"PORT": "0", "TELEGRAM_BOT_TOKEN": TOKEN, "SIGNPOST_STATE_DIR": str(folder / "state")}
        self._environment = kept | ours | {"PYTHONWARNINGS": "error"} | settings
        self._log = folder / "bot.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "bot", "serve"],
                cwd=ROOT,
                env=self._environment,
                stderr=log,
                stdout=log,
            )

    def kill(self) -> None:
        self.stop(signal.SIGKILL)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self._process:
            self._process.send_signal(how)
            self._process.wait(30)
            self._process = None


def run_crowd(
    crowd: Crowd,
    folder: Path,
    *,
    kills: int,
    per_second: float,
    chat_seconds: float,
    seconds: float,
    progress: Callable[[int], object] = lambda _: None,
) -> Outcome:
    """Let the crowd write, kill the bot `kills` times on the way, and count once every answer has been delivered."""
    serials = itertools.count()
    rasa = FakeRasa(answer=lambda heard: [{"recipient_id": "x", "text": f"{heard} answer {next(serials)}"}])
    telegram = FakeTelegram(fault=_some_faults(), chat_seconds=chat_seconds * 0.9)
    with ExitStack() as stack:
        rasa_port = stack.enter_context(serve_fake(rasa))
        directory_port = stack.enter_context(serve_fake(FakeDirectory()))
        url = stack.enter_context(serve_telegram(telegram))
        bot = BotProcess(
            folder,
            RASA_URL=f"http://127.0.0.1:{rasa_port}",
            DIRECTORY_URL=f"http://127.0.0.1:{directory_port}",
            TELEGRAM_API_URL=url,
            TELEGRAM_PER_SECOND=str(per_second),
            TELEGRAM_CHAT_SECONDS=str(chat_seconds),
        )
        stack.callback(bot.stop)
        began = time.monotonic()
        telegram.push(*crowd.list_updates())
        bot.start()
        for kill in range(1, kills + 1):
            enough = crowd.messages * kill // (kills + 1)
            telegram.wait_until(_reaches(telegram, enough, progress), seconds)
            bot.kill()
            bot.start()
        telegram.wait_until(_reaches(telegram, crowd.messages, progress), seconds)
        telegram.wait_until_fetched()
        # A stopped bot has finished what was under way, so whatever is wrong is there to be counted.
        bot.stop()
        return _count(crowd, telegram, rasa, time.monotonic() - began, folder)


def _reaches(telegram: FakeTelegram, wanted: int, progress: Callable[[int], object]) -> Callable[[], bool]:
    answered: set[str] = set()
    looked = 0

    def reaches() -> bool:
        nonlocal looked
        calls = telegram.delivered
        for call in calls[looked:]:
            answered.update(note for note, _ in SAID.findall(call.text))
        looked = len(calls)
        progress(len(answered))
        return len(answered) >= wanted

    return reaches


def _some_faults() -> Callable[[str, dict[str, Any]], Any]:
    """Every so often Telegram asks to wait, or fails."""
    sent = itertools.count(1)

    def fault(method: str, _: dict[str, Any]) -> Any:
        if method != "sendMessage":
            return None
        number = next(sent)
        if number % FAULT_EVERY == 0:
            body = {"ok": False, "error_code": 429, "description": "Too Many Requests: retry after 1"}
            return 429, body | {"parameters": {"retry_after": 1}}
        if number % FAULT_EVERY == FAULT_EVERY // 2:
            return 500, {"ok": False, "error_code": 500, "description": "Internal Server Error"}
        return None

    return fault


def _count(crowd: Crowd, telegram: FakeTelegram, rasa: FakeRasa, seconds: float, folder: Path) -> Outcome:
    deliveries: dict[str, list[str]] = defaultdict(list)
    order: dict[int, list[str]] = defaultdict(list)
    for call in telegram.messages():
        for note, serial in SAID.findall(call.text):
            if note not in deliveries:
                order[call.chat].append(note)
            deliveries[note].append(serial)
    written = [spell(number) for number in range(crowd.messages)]
    place = {note: number for number, note in enumerate(written)}
    heard = Counter(text.removeprefix("note ") for text in rasa.messages)
    in_order = {chat: [place[note] for note in notes] for chat, notes in order.items() if chat % 2}
    return Outcome(
        updates=crowd.updates,
        messages=crowd.messages,
        answers=len(deliveries),
        seconds=round(seconds, 1),
        lost=sum(note not in deliveries for note in written),
        answered_twice=sum(len(set(serials)) > 1 for serials in deliveries.values()),
        out_of_order=sum(notes != sorted(notes) for notes in in_order.values()),
        delivered_again=sum(len(serials) - len(set(serials)) for serials in deliveries.values()),
        heard_again=sum(heard[note] - 1 for note in written if heard[note]),
        sent_too_early=telegram.too_early,
        left_in_store=_count_waiting(folder / "state" / "telegram.db"),
    )


def _count_waiting(path: Path) -> int:
    connection = sqlite3.connect(path)
    try:
        tables = (
            "SELECT (SELECT count(*) FROM telegram_deliveries) + (SELECT count(*) FROM telegram_addresses)"
        )
        waiting = f"{tables} + (SELECT count(*) FROM telegram_updates WHERE body IS NOT NULL)"
        return int(connection.execute(waiting).fetchone()[0])
    finally:
        connection.close()
