"""Serves an application over real HTTP for as long as a test needs it."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import uvicorn
from fastapi import FastAPI

STOPS_WITHIN_SECONDS = 20


@contextmanager
def serve_app(app: FastAPI, **options: Any) -> Iterator[str]:
    """Serve it at a port that is held from the start, so that nobody else is given it, and yield the address.

    `options` go to uvicorn: `lifespan="off"` if something else began the application already.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, access_log=False, log_config=None, server_header=False, **options)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(STOPS_WITHIN_SECONDS)
        with suppress(OSError):
            listener.close()
