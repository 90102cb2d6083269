"""A feed over real HTTP that behaves as a test tells it to: pages, and what goes wrong on the way."""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid5

SPACE = UUID("6b0c3c65-0a4c-5c0a-9f0e-000000000001")
Answer = tuple[int, dict[str, str], bytes]


def make_item(number: int, **changes: Any) -> dict[str, Any]:
    """A whole service of a feed, as HSDS 3 has it."""
    identity = str(uuid5(SPACE, f"service {number}"))
    item: dict[str, Any] = {
        "id": identity,
        "name": f"Advice desk {number}",
        "description": "Help with bills and forms.",
        "status": "active",
        "url": f"https://example.org/{number}",
        "email": f"desk{number}@example.org",
        "assured_date": "2026-08-01",
        "last_modified": "2026-08-02T10:00:00Z",
        "organization": {
            "id": str(uuid5(SPACE, "o")),
            "name": f"Advice Together {number % 50}",
            "description": "-",
        },
        "phones": [{"id": str(uuid5(SPACE, f"p{number}")), "number": f"0113 496 {number % 10000:04}"}],
        "schedules": [{"freq": "WEEKLY", "byday": "MO,TU", "opens_at": "09:00", "closes_at": "12:30"}],
        "languages": [{"name": "English"}],
        "cost_options": [{"option": "Free"}],
        "service_at_locations": [
            {
                "location": {
                    "name": "Desk",
                    "latitude": 53.81,
                    "longitude": -1.5,
                    "addresses": [
                        {"address_1": f"{number} Example Street", "city": "Leeds", "postal_code": "LS9 6AB"}
                    ],
                }
            }
        ],
    }
    return item | changes


def as_usual(path: str, page: int, answer: Answer) -> Answer:
    """Nothing goes wrong."""
    return answer


class FakeFeed:
    """What a server of a feed would say. `meddle(path, page, answer)` may change any answer."""

    def __init__(self, items: list[Any], page_size: int = 100) -> None:
        self.items = items
        self.page_size = page_size
        self.whole_lists = True
        self.etags = True
        self.asked: list[str] = []
        self.meddle: Callable[[str, int, Answer], Answer] = as_usual
        self.address = ""

    def answer(self, target: str, held: str) -> Answer:
        """The answer to one request; `held` is the ETag that came with it."""
        self.asked.append(target)
        parts = urlsplit(target)
        page = int(parse_qs(parts.query).get("page", ["1"])[0])
        if parts.path.endswith("/services"):
            body = self.page(page)
        else:
            wanted = parts.path.rpartition("/")[2]
            found = [one for one in self.items if isinstance(one, dict) and str(one.get("id")) == wanted]
            if not found:
                return self.meddle(parts.path, page, (404, {}, b"{}"))
            body = json.dumps(found[0]).encode()
        etag = f'"{hash(body) & 0xFFFFFFFF:x}"'
        if self.etags and held == etag:
            return self.meddle(parts.path, page, (304, {"ETag": etag}, b""))
        return self.meddle(parts.path, page, (200, {"ETag": etag} if self.etags else {}, body))

    def page(self, number: int) -> bytes:
        """One page of the list."""
        pages = -(-len(self.items) // self.page_size)
        items = self.items[(number - 1) * self.page_size : number * self.page_size]
        if not self.whole_lists:
            items = [
                {name: one[name] for name in ("id", "name", "last_modified") if name in one} for one in items
            ]
        envelope = {
            "total_items": len(self.items),
            "total_pages": pages,
            "page_number": number,
            "size": len(items),
            "first_page": number == 1,
            "last_page": number >= pages,
            "empty": not items,
            "contents": items,
        }
        return json.dumps(envelope, ensure_ascii=False).encode()


@contextlib.contextmanager
def serving(feed: FakeFeed) -> Iterator[FakeFeed]:
    """The feed on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            status, headers, body = feed.answer(self.path, self.headers.get("If-None-Match", ""))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if status != 304 and "Content-Length" not in headers:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with contextlib.suppress(ConnectionError):
                self.wfile.write(body)
            if "Content-Length" in headers:
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    feed.address = f"http://127.0.0.1:{server.server_port}/feed"
    try:
        yield feed
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
