"""The real bot with its Telegram door open to a fake Bot API server, over real HTTP."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.telegram.sealing import make_keys
from tests.bot.conftest import Bot, StartBot
from tests.bot.fakes import HAREHILLS, FakeDirectory
from tests.bot.telegram.fake_telegram import TOKEN, Call, FakeTelegram, message, press, serve_telegram

SENDER = f"telegram-{make_keys(TOKEN).hash_chat(7)}"


@dataclass
class Chat:
    """A resident's private chat with the running bot."""

    bot: Bot
    telegram: FakeTelegram
    state: Path
    _number: int = 100
    seen: dict[int, int] = field(default_factory=dict)

    def next_number(self) -> int:
        self._number += 1
        return self._number

    def write(self, text: str, chat: int = 7, expect: int = 1, **content: Any) -> list[Call]:
        """Write something and return the messages that answer it."""
        return self.hand_over(message(self.next_number(), chat, text, **content), chat, expect)

    def share(self, chat: int = 7, expect: int = 1, **content: Any) -> list[Call]:
        """Send something that is not words."""
        return self.hand_over(message(self.next_number(), chat, **content), chat, expect)

    def press(self, title: str, chat: int = 7, expect: int = 1) -> list[Call]:
        """Press the newest quick reply with this title."""
        data = next(
            call.buttons[title] for call in reversed(self.telegram.messages(chat)) if title in call.buttons
        )
        return self.hand_over(press(self.next_number(), data, chat), chat, expect)

    def hand_over(self, update: dict[str, Any], chat: int = 7, expect: int = 1) -> list[Call]:
        before = len(self.telegram.messages(chat))
        self.telegram.push(update)
        return self.telegram.wait_for_texts(before + expect, chat)[before:]

    def say_in_rasa(self, *parts: dict[str, Any]) -> None:
        self.bot.rasa.answer = lambda _: [{"recipient_id": "x", **part} for part in parts]

    def failures(self, kind: str) -> float:
        value = self.bot.app.state.desk.metrics.registry.get_sample_value(
            "bot_failures_total", {"kind": kind}
        )
        return value or 0.0


StartChat = Callable[..., Chat]


@pytest.fixture
def start_chat(start_bot: StartBot, tmp_path: Path) -> Iterator[StartChat]:
    """Start a bot whose Telegram door is open; the fake may be given, and any setting."""
    with ExitStack() as stack:

        def start(telegram: FakeTelegram | None = None, **settings: Any) -> Chat:
            telegram = telegram or FakeTelegram()
            url = stack.enter_context(serve_telegram(telegram))
            defaults = {
                "telegram_bot_token": telegram.token,
                "telegram_api_url": url,
                "telegram_per_second": 1000.0,
                "telegram_chat_seconds": 0.0,
                "signpost_state_dir": tmp_path / "state",
            }
            chosen = defaults | settings
            bot = start_bot(**chosen)
            find_points(bot.directory)
            return Chat(bot, telegram, chosen["signpost_state_dir"])

        yield start


@pytest.fixture
def chat(start_chat: StartChat) -> Chat:
    """A bot that asks for updates, with the usual settings but no pauses."""
    return start_chat()


def find_points(directory: FakeDirectory) -> None:
    """Let the fake directory say where a point is, as a search in the real one does."""
    places = directory.handle

    def handle(method: str, path: str, body: bytes) -> tuple[int, Any] | None:
        address = urlsplit(path)
        if address.path != "/api/services/search" or directory.status != 200:
            return places(method, f"{address.path}?q=x" if address.path != "/api/places" else path, body)
        point = parse_qs(address.query)
        directory.asked.append(
            json.dumps({name: values[0] for name, values in point.items()}, sort_keys=True)
        )
        near = float(point["lat"][0]) < 53.9
        return 200, {
            "services": [],
            "total": 0,
            "place": HAREHILLS if near else None,
            "outcome": "none_matched",
        }

    directory.handle = handle  # type: ignore[method-assign]
