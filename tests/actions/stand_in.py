"""A directory that answers as it is told: a real HTTP server on loopback, for what a real directory does rarely."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

# Longer than any client here waits for anything.
WAIT_SECONDS = 20


@dataclass(frozen=True)
class Asked:
    """One request that reached the directory."""

    method: str
    path: str
    query: dict[str, list[str]]
    token: str | None
    body: Any


@dataclass
class StandIn:
    """What to answer, and what was asked. Answers are used up in order; then `usual` answers by path."""

    url: str
    answers: list[tuple[int, Any]] = field(default_factory=list)
    usual: dict[str, tuple[int, Any]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    # The same requests, each once its answer is on its way: then a test may end the server.
    answered: list[Asked] = field(default_factory=list)
    # While this is clear, requests are taken and not answered.
    answering: threading.Event = field(default_factory=threading.Event)
    sent_off: threading.Condition = field(default_factory=threading.Condition)

    def wait_for(self, count: int) -> list[Asked]:
        """Return what was asked once `count` requests were answered; fail when they do not come."""
        with self.sent_off:
            came = self.sent_off.wait_for(lambda: len(self.answered) >= count, WAIT_SECONDS)
        assert came, f"{len(self.answered)} requests, not {count}"
        return list(self.asked)

    def wait_until(self, wanted: Callable[[Asked], bool]) -> None:
        """Return once a request that is wanted was answered; fail when it does not come."""
        with self.sent_off:
            assert self.sent_off.wait_for(lambda: any(map(wanted, self.answered)), WAIT_SECONDS)

    def next_answer(self, path: str) -> tuple[int, Any]:
        """Return the next answer: status and body (None: no body, bytes: as they are, others as JSON)."""
        return self.answers.pop(0) if self.answers else self.usual.get(path, (404, {}))

    def note_answered(self, asked: Asked) -> None:
        """Note that the answer to a request is on its way, and wake who waits for it."""
        with self.sent_off:
            self.answered.append(asked)
            self.sent_off.notify_all()


class _Handler(BaseHTTPRequestHandler):
    stand_in: StandIn

    def do_GET(self) -> None:
        self._answer(None)

    def do_POST(self) -> None:
        self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def _answer(self, body: Any) -> None:
        address = urlsplit(self.path)
        token = self.headers.get("Authorization")
        asked = Asked(self.command, address.path, parse_qs(address.query), token, body)
        self.stand_in.asked.append(asked)
        status, content = self.stand_in.next_answer(address.path)
        self.stand_in.answering.wait(WAIT_SECONDS)
        sent = (
            b""
            if content is None
            else content
            if isinstance(content, bytes)
            else json.dumps(content).encode()
        )
        try:
            self.send_response(status)
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)
        except OSError:
            # The client has hung up, as one that waited too long does.
            self.close_connection = True
        self.stand_in.note_answered(asked)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is http.server's
        """Say nothing."""


@contextmanager
def directory_stand_in(port: int = 0) -> Iterator[StandIn]:
    """Run a stand-in for the directory on loopback."""
    handler = type("Handler", (_Handler,), {})
    with ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        stand_in = StandIn(f"http://127.0.0.1:{server.server_address[1]}")
        stand_in.answering.set()
        handler.stand_in = stand_in  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield stand_in
        finally:
            stand_in.answering.set()
            server.shutdown()
            thread.join()
