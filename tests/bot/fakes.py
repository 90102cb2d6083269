"""The outside world of the bot process: a small Rasa and a small directory, as real local HTTP servers."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Parts = list[dict[str, Any]]
WAIT = 10.0


def card(**changes: Any) -> dict[str, Any]:
    """A full service card of the contract."""
    whole: dict[str, Any] = {
        "id": "5b0f2f5e-0000-4000-8000-000000000001",
        "external_id": "food-001",
        "name": "Harehills Food Pantry",
        "organisation": "St Aidan's Community Trust",
        "what": "Food parcels for people with nothing in.",
        "how_to_get_help": "Ring 0113 248 0000 before 2pm, no referral needed.",
        "phone": "0113 248 0000",
        "email": "pantry@example.org",
        "address": "Roundhay Road, Leeds",
        "postcode": "LS8 5QD",
        "ward": "Gipton & Harehills",
        "lat": 53.81,
        "lon": -1.51,
        "distance_km": 0.8,
        "open": {"state": "open", "text": "Open until 5pm today"},
        "notice": None,
        "week": [{"day": "Monday", "text": "9am to 5pm"}, {"day": "Tuesday", "text": "Closed"}],
        "cost": "Free",
        "who_for": "Anybody in LS8 or LS9",
        "why_this": "It is the nearest that is open now.",
        "needs": ["food.parcel"],
        "coverage": "local",
        "languages": ["English", "Urdu"],
        "checked": {
            "date": "2026-08-28",
            "date_text": "28 August 2026",
            "source": "Give Food",
            "source_url": "https://www.givefood.org.uk/",
            "confidence": "high",
        },
        "url": "http://127.0.0.1:8080/services/5b0f2f5e-0000-4000-8000-000000000001",
        "website": "https://example.org/pantry",
    }
    return whole | changes


HAREHILLS = {
    "name": "LS8 5",
    "kind": "postcode",
    "ward_code": "E05011394",
    "ward": "Gipton & Harehills",
    "committee": "Inner East",
    "lat": 53.81,
    "lon": -1.5,
}


def echo(message: str) -> Parts:
    """Answer with what was heard, as a starter bot does."""
    return [{"recipient_id": "x", "text": f"You said: {message}"}]


@dataclass
class FakeRasa:
    """Speaks Rasa's REST channel. `answer` decides what to say; `hold` keeps answers back until it is set."""

    answer: Callable[[str], Parts | str | int] = echo
    received: list[tuple[str, str]] = field(default_factory=list)
    metadata: list[dict[str, Any]] = field(default_factory=list)
    hold: threading.Event = field(default_factory=threading.Event)
    arrived: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    drop_next: int = 0
    stores_away: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.hold.set()

    def handle(self, method: str, path: str, body: bytes) -> tuple[int, Any] | None:
        if method == "GET":
            answers = {"/webhooks/rest/": {"status": "ok"}, "/stores": {"away": self.stores_away}}
            return (200, answers[path]) if path in answers else (404, {})
        if path != "/webhooks/rest/webhook":
            return 404, {}
        if self.drop_next:
            self.drop_next -= 1
            return None
        heard = json.loads(body)
        self.received.append((heard["sender"], heard["message"]))
        self.metadata.append(heard.get("metadata") or {})
        self.arrived.release()
        self.hold.wait(WAIT)
        said = self.answer(heard["message"])
        if isinstance(said, int):
            return said, {"error": "on purpose"}
        return 200, said

    @property
    def messages(self) -> list[str]:
        return [message for _, message in self.received]


@dataclass
class FakeDirectory:
    """Knows a few postcodes and one service. `status` other than 200 makes it fail."""

    places: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    status: int = 200
    handed_over: list[dict[str, Any]] = field(default_factory=list)
    takes_self_referrals: bool = True
    feedback: list[dict[str, Any]] = field(default_factory=list)
    opens: tuple[str, ...] = ("2026-11-30",)

    def handle(self, method: str, path: str, body: bytes) -> tuple[int, Any] | None:
        address = urlsplit(path)
        if address.path == "/healthz":
            return self.status, {"status": "ok"}
        if address.path != "/api/places":
            return self._answer_list(method, address.path, body) if self.status == 200 else (self.status, {})
        query = parse_qs(address.query)["q"][0]
        self.asked.append(query)
        if self.status != 200:
            return self.status, {}
        unknown: dict[str, Any] = {"status": "not_found", "query": "", "place": None, "options": []}
        return 200, self.places.get(query, unknown)

    def _answer_list(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        identity = str(card()["id"])
        if path == f"/api/services/{identity}":
            return 200, card()
        if path == f"/api/services/{identity}/openings":
            spans = [{"start": f"{day}T09:00:00+00:00", "end": f"{day}T17:00:00+00:00"} for day in self.opens]
            return 200, {"openings": spans}
        if path == "/api/self-referrals" and method == "GET":
            return 200, {"services": [identity] if self.takes_self_referrals else []}
        if path == "/api/self-referrals":
            return 201, {"url": "http://127.0.0.1:8080/self-referral/a-token", "expires_at": "x"}
        if path == "/api/feedback":
            self.feedback.append(json.loads(body))
            return 204, ""
        if path == "/api/handovers":
            self.handed_over.append(json.loads(body))
            words = "K for king, 7, R for rain, M for moon, 4, W for water, X for X-ray, Y for yellow"
            return 201, {
                "code": "K7RM-4WXY",
                "spoken": words,
                "expires_on": "x",
                "expires_text": "30 November 2026",
            }
        return 404, {}


@contextmanager
def serve_fake(fake: FakeRasa | FakeDirectory, port: int = 0) -> Iterator[int]:
    """Serve `fake` on a port of its own (or on `port`) and yield the port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # A kept connection would outlive a server that a test takes down.
        timeout = WAIT

        def do_GET(self) -> None:
            self._answer("GET")

        def do_POST(self) -> None:
            self._answer("POST")

        def _answer(self, method: str) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            answer = fake.handle(method, self.path, body)
            if answer is None:
                self.close_connection = True
                return
            status, content = answer
            written = content.encode() if isinstance(content, str) else json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(written)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(written)

        def log_message(self, *arguments: Any) -> None:
            return

    class Server(ThreadingHTTPServer):
        allow_reuse_address = True
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            # A bot that stopped waiting has closed the connection; that is what some tests are about.
            return

    server = Server(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join(WAIT)
