"""A small Bot API server over real HTTP: hands out updates, takes messages, keeps Telegram's limits, can misbehave."""

import json
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

TOKEN = "123456:fake-token-of-the-tests"
WAIT = 20.0
Update = dict[str, Any]
Answer = tuple[int, dict[str, Any]]


@dataclass(frozen=True)
class Call:
    """One call of the bot, with its parameters as Telegram reads them, and when it came."""

    method: str
    params: dict[str, Any]
    at: float

    @property
    def chat(self) -> int:
        return int(self.params.get("chat_id", 0))

    @property
    def text(self) -> str:
        return str(self.params.get("text", ""))

    @property
    def buttons(self) -> dict[str, str]:
        """Title to callback data."""
        rows = self.params.get("reply_markup", {}).get("inline_keyboard", [])
        return {button["text"]: button["callback_data"] for row in rows for button in row}


def message(update_id: int, chat: int = 7, text: str | None = None, **content: Any) -> Update:
    """An update with a message in a private chat; the message id is the update id unless it is given."""
    body = {
        "message_id": content.pop("message_id", update_id),
        "date": 1_790_000_000,
        "chat": {"id": chat, "type": "private", "first_name": "Sam"},
        "from": {"id": chat, "is_bot": False, "first_name": "Sam"},
    }
    if text is not None:
        body["text"] = text
    return {"update_id": update_id, "message": body | content}


def press(update_id: int, data: str, chat: int = 7, callback: str | None = None) -> Update:
    """An update with a pressed inline button."""
    return {
        "update_id": update_id,
        "callback_query": {
            "id": callback or f"callback-{update_id}",
            "from": {"id": chat, "is_bot": False, "first_name": "Sam"},
            "chat_instance": "1",
            "data": data,
            "message": message(1, chat, "old")["message"],
        },
    }


@dataclass
class FakeTelegram:
    """`fault(method, params)` may return an answer that is given instead of the true one, or None."""

    fault: Callable[[str, dict[str, Any]], Answer | None] = lambda *_: None
    chat_seconds: float = 0.0
    token: str = TOKEN
    calls: list[Call] = field(default_factory=list)
    delivered: list[Call] = field(default_factory=list)
    too_early: int = 0
    polls: int = 0
    webhook: dict[str, Any] = field(default_factory=dict)
    _waiting: deque[Update] = field(default_factory=deque)
    _handed: list[Update] = field(default_factory=list)
    _held_until: dict[int, float] = field(default_factory=dict)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def push(self, *updates: Any) -> None:
        """Have these handed out, in this order, whatever their numbers are."""
        with self._changed:
            self._waiting.extend(updates)
            self._changed.notify_all()

    def wait_until(self, condition: Callable[[], bool], seconds: float = WAIT) -> None:
        """Return once the condition holds; looked at after every call of the bot."""
        with self._changed:
            assert self._changed.wait_for(condition, seconds), f"not within {seconds} s: {self.texts()[-5:]}"

    def wait_for_texts(self, count: int, chat: int | None = None) -> list[Call]:
        """Return the messages delivered to the chat once there are so many."""
        self.wait_until(lambda: len(self.messages(chat)) >= count)
        return self.messages(chat)

    def wait_until_fetched(self) -> None:
        """Return once every update is acknowledged."""
        self.wait_until(lambda: not self._waiting and not self._handed)

    def messages(self, chat: int | None = None) -> list[Call]:
        sent = [call for call in self.delivered if call.method == "sendMessage"]
        return [call for call in sent if chat in (None, call.chat)]

    def texts(self, chat: int | None = None) -> list[str]:
        return [call.text for call in self.messages(chat)]

    def count(self, method: str) -> int:
        return Counter(call.method for call in self.calls)[method]

    def handle(self, path: str, body: bytes) -> Answer:
        prefix, _, method = path.rpartition("/")
        params = {name: _read(values[0]) for name, values in parse_qs(body.decode()).items()}
        if prefix != f"/bot{self.token}":
            return _refusal(401, "Unauthorized")
        if method == "getUpdates":
            return self._hand_out(int(params.get("offset", 0)), float(params.get("timeout", 0)))
        with self._changed:
            call = Call(method, params, time.monotonic())
            self.calls.append(call)
            answer = self.fault(method, params) or self._do(call)
            if answer[0] == 429:
                self._held_until[call.chat] = call.at + answer[1]["parameters"]["retry_after"]
            self._changed.notify_all()
            return answer

    def _do(self, call: Call) -> Answer:
        if call.method == "sendMessage":
            if call.at < self._held_until.get(call.chat, 0.0):
                self.too_early += 1
                return retry_after(1)
            self._held_until[call.chat] = call.at + self.chat_seconds
            if not 1 <= len(call.text) <= 4096:
                return _refusal(400, "Bad Request: message is too long")
            assert all(len(data.encode()) <= 64 for data in call.buttons.values())
        elif call.method == "setWebhook":
            self.webhook = call.params
        self.delivered.append(call)
        return 200, {"ok": True, "result": RESULTS.get(call.method, True)}

    def _hand_out(self, offset: int, seconds: float) -> Answer:
        with self._changed:
            self.polls += 1
            if answer := self.fault("getUpdates", {"offset": offset}):
                return answer
            if self._handed and offset > max(_number(update) for update in self._handed):
                for _ in self._handed:
                    self._waiting.popleft()
                self._handed = []
                self._changed.notify_all()
            self._changed.wait_for(lambda: bool(self._waiting), min(seconds, 2.0))
            self._handed = [self._waiting[place] for place in range(min(100, len(self._waiting)))]
            return 200, {"ok": True, "result": list(self._handed)}


ME = {"id": 123456, "is_bot": True, "first_name": "Signpost", "username": "signpost_bot"}
SENT = {"message_id": 1, "date": 1_790_000_000, "chat": {"id": 7, "type": "private"}, "text": "x"}
RESULTS: dict[str, Any] = {"getMe": ME, "sendMessage": SENT, "editMessageReplyMarkup": SENT}


def retry_after(seconds: float) -> Answer:
    return 429, {
        "ok": False,
        "error_code": 429,
        "description": f"Too Many Requests: retry after {seconds}",
        "parameters": {"retry_after": seconds},
    }


def _refusal(status: int, description: str) -> Answer:
    return status, {"ok": False, "error_code": status, "description": description}


def server_error() -> Answer:
    return _refusal(500, "Internal Server Error")


def blocked() -> Answer:
    return _refusal(403, "Forbidden: bot was blocked by the user")


def unreadable_html() -> Answer:
    return _refusal(400, "Bad Request: can't parse entities: unexpected end tag")


def _read(value: str) -> Any:
    # Telegram reads numbers, lists and objects as JSON and everything else as text.
    if value[:1] in "[{" or value.lstrip("-").isdigit():
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _number(update: Any) -> int:
    number = update.get("update_id") if isinstance(update, dict) else None
    return number if isinstance(number, int) else 0


@contextmanager
def serve_telegram(fake: FakeTelegram, port: int = 0) -> Iterator[str]:
    """Serve the fake on a port of its own and yield its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Headers and body in one packet: otherwise each answer waits for the other side's delayed ACK.
        wbufsize = -1
        disable_nagle_algorithm = True
        timeout = WAIT

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            status, content = fake.handle(self.path, body)
            written = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(written)))
            self.end_headers()
            self.wfile.write(written)
            self.wfile.flush()

        def log_message(self, *arguments: Any) -> None:
            return

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def handle_error(self, request: Any, client_address: Any) -> None:
            # A bot that was killed has closed the connection; that is what some tests are about.
            return

    server = Server(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(WAIT)
