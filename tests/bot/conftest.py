"""The real application over real HTTP, with a small fake Rasa and a small fake directory behind it."""

import io
import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import structlog
from fastapi import FastAPI

from bot.application import create_app
from bot.logs import start_logging
from bot.safety import PatternScreen
from bot.settings import BotSettings
from tests.bot.fakes import HAREHILLS, FakeDirectory, FakeRasa, serve_fake
from tests.bot.pages import Page, check_page
from tests.serving import serve_app


@dataclass
class SetClock:
    """A clock that a test moves."""

    now: datetime = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, **step: float) -> None:
        self.now += timedelta(**step)


@dataclass
class Bot:
    """The running bot with everything a test wants to look at."""

    app: FastAPI
    url: str
    rasa: FakeRasa
    directory: FakeDirectory
    clock: SetClock
    api: httpx.Client
    rasa_port: int
    directory_port: int
    _servers: ExitStack = field(default_factory=ExitStack)

    def start(self) -> str:
        answer = self.api.post("/api/conversations")
        assert answer.status_code == 201, answer.text
        return str(answer.json()["conversation"])

    def send(self, conversation: str, text: str, **headers: str) -> httpx.Response:
        return self.api.post(
            f"/api/conversations/{conversation}/messages", json={"text": text}, headers=headers
        )

    def say(self, conversation: str, text: str, **headers: str) -> dict[str, Any]:
        answer = self.send(conversation, text, **headers)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def ask(self, text: str) -> dict[str, Any]:
        """Say one thing in a conversation of its own."""
        return self.say(self.start(), text)

    def take_down_rasa(self) -> None:
        self._servers.close()

    def bring_back_rasa(self) -> None:
        self._servers.enter_context(serve_fake(self.rasa, self.rasa_port))


StartBot = Callable[..., Bot]


@pytest.fixture(scope="session")
def pattern_screen() -> PatternScreen:
    """The real screen, built once: it holds no state between messages."""
    return PatternScreen()


@pytest.fixture
def start_bot(pattern_screen: PatternScreen) -> Iterator[StartBot]:
    """Start a bot of one's own, with settings and a safety screen of one's own."""
    with ExitStack() as stack:

        def start(safety: Any = None, **settings: Any) -> Bot:
            rasa, directory, clock = FakeRasa(), FakeDirectory(), SetClock()
            directory.places["LS8 5QD"] = {
                "status": "found",
                "query": "LS8 5",
                "place": HAREHILLS,
                "options": [],
            }
            directory.places["YO1 7HH"] = {
                "status": "outside_leeds",
                "query": "YO1 7",
                "place": None,
                "options": [],
            }
            rasa_server = stack.enter_context(ExitStack())
            rasa_port = rasa_server.enter_context(serve_fake(rasa))
            directory_port = stack.enter_context(serve_fake(directory))
            chosen = BotSettings(
                rasa_url=f"http://127.0.0.1:{rasa_port}",
                directory_url=f"http://127.0.0.1:{directory_port}",
                **settings,
            )
            app = create_app(chosen, clock=clock, safety=safety or pattern_screen)
            url = stack.enter_context(serve_app(app))
            api = stack.enter_context(httpx.Client(base_url=url, timeout=20, trust_env=False))
            stack.callback(rasa.hold.set)
            return Bot(app, url, rasa, directory, clock, api, rasa_port, directory_port, rasa_server)

        yield start


@pytest.fixture
def bot(start_bot: StartBot) -> Bot:
    """A bot with the usual settings."""
    return start_bot()


@dataclass
class Browser:
    """A browser with JavaScript off: follows redirects, keeps cookies, and has every page checked."""

    client: httpx.Client

    def open(self, path: str, expected: int = 200) -> Page:
        return self._check(self.client.get(path), expected)

    def submit(self, path: str, expected: int = 200, **fields: str) -> Page:
        return self._check(self.client.post(path, data=fields), expected)

    def _check(self, answer: httpx.Response, expected: int) -> Page:
        assert answer.status_code == expected, answer.text[:500]
        return check_page(answer)


@pytest.fixture
def browser(bot: Bot) -> Iterator[Browser]:
    with open_browser(bot) as opened:
        yield opened


@contextmanager
def open_browser(bot: Bot) -> Iterator[Browser]:
    headers = {"Accept": "text/html,application/xhtml+xml"}
    with httpx.Client(
        base_url=bot.url, headers=headers, follow_redirects=True, timeout=20, trust_env=False
    ) as client:
        yield Browser(client)


@pytest.fixture
def logs() -> Iterator[io.StringIO]:
    """Everything that our logging and the libraries' logging writes, at its most talkative."""
    written, real = io.StringIO(), sys.stderr
    root = logging.getLogger()
    earlier = root.handlers[:], root.level
    sys.stderr = written
    try:
        start_logging("DEBUG")
        yield written
    finally:
        sys.stderr = real
        root.handlers[:], root.level = earlier[0], earlier[1]
        structlog.reset_defaults()


@pytest.fixture
def benchmark_seconds() -> Callable[[Callable[[], Any]], float]:
    """Measure the processor seconds of one call, which other work on the machine does not change."""

    def measure(call: Callable[[], Any]) -> float:
        started = time.process_time()
        call()
        return time.process_time() - started

    return measure
