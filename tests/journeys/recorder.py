"""Stands between the bot and Rasa and keeps what goes through: all that Rasa and its tracker can ever know."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx


class Recorder(ThreadingHTTPServer):
    """Passes requests on to `target` and keeps their bodies."""

    def __init__(self, port: int, target: str) -> None:
        super().__init__(("127.0.0.1", port), _PassOn)
        self.bodies: list[bytes] = []
        # One connection for each request: this is a witness, not a fast road.
        self.http = httpx.Client(base_url=target, timeout=30, trust_env=False)


class _PassOn(BaseHTTPRequestHandler):
    server: Recorder

    def do_GET(self) -> None:
        self._pass_on(b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.bodies.append(body)
        self._pass_on(body)

    def _pass_on(self, body: bytes) -> None:
        try:
            answer = self.server.http.request(
                self.command, self.path, content=body, headers={"Content-Type": "application/json"}
            )
            status, content = answer.status_code, answer.content
        except httpx.HTTPError:
            status, content = 502, b""
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is http.server's
        """Say nothing."""


@contextmanager
def recording(port: int, target: str) -> Iterator[Recorder]:
    """Run a recorder on `port` that passes on to `target`."""
    with Recorder(port, target) as recorder:
        thread = threading.Thread(target=recorder.serve_forever, daemon=True)
        thread.start()
        try:
            yield recorder
        finally:
            recorder.shutdown()
            thread.join()
            recorder.http.close()
