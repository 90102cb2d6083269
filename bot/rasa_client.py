"""The one module that knows Rasa's REST channel."""

import asyncio
from typing import Any

import httpx

from bot.errors import RasaFailed
from bot.rasa_workers import Worker, WorkerSilent, order_for

# Telling Rasa to forget must not keep a resident waiting who wants to be gone.
FORGET_SECONDS = 2.0


class RasaClient:
    """Talks to one Rasa server, or to several that share their conversations (addresses with commas)."""

    def __init__(self, urls: str, timeout: float) -> None:
        self.workers = [Worker(url.strip(), timeout) for url in urls.split(",") if url.strip()]

    async def close(self) -> None:
        """Close the connections."""
        await asyncio.gather(*(worker.close() for worker in self.workers))

    async def send(
        self, sender: str, text: str, *, seconds: float | None = None, about: dict[str, Any] | None = None
    ) -> list[dict[str, Any]]:
        """Send one message and return the parts of the answer, which may be none.

        `about` goes with it as its metadata, which the actions read (the language, above all).

        A refused connection is tried once more, because Rasa has then not seen the message, and then with the
        next worker. A worker that falls silent is left for the next one too: should it wake up, it finds that
        another has gone on with the conversation. After a timeout the message is not sent again. Raises RasaFailed.
        """
        body: dict[str, Any] = {"sender": sender, "message": text}
        if about:
            body["metadata"] = about
        order = order_for(sender, self.workers)
        for place, worker in enumerate(order, 1):
            for _ in range(2):
                # Without another one to go to, a silent worker may still answer in time.
                watched = any(not other.away for other in order[place:])
                try:
                    return _read_parts(await worker.post(body, seconds, watched=watched))
                except (httpx.ConnectError, httpx.RemoteProtocolError, httpx.ReadError):
                    # A kept connection that Rasa closed in the meantime looks like a read error on first use.
                    continue
                except WorkerSilent:
                    break
                except httpx.TimeoutException as failure:
                    if len(self.workers) > 1:
                        worker.rest()
                    raise RasaFailed("timeout") from failure
                except httpx.HTTPError as failure:
                    raise RasaFailed("refused") from failure
            if len(self.workers) > 1:
                worker.rest()
        raise RasaFailed("refused")

    async def forget(self, sender: str) -> None:
        """Have every worker delete all it holds on this sender. Raises RasaFailed if one could not be told."""
        body = {"sender": sender, "message": "/forget_me"}
        answers = await asyncio.gather(
            *(worker.post(body, FORGET_SECONDS, watched=False) for worker in self.workers),
            return_exceptions=True,
        )
        for answer in answers:
            if isinstance(answer, httpx.TimeoutException):
                raise RasaFailed("timeout") from answer
            if isinstance(answer, httpx.HTTPError):
                raise RasaFailed("refused") from answer
            if isinstance(answer, BaseException):
                raise answer
            _read_parts(answer)

    async def is_ready(self) -> bool:
        """Return whether a worker answers."""
        return any(await asyncio.gather(*(worker.is_ready() for worker in self.workers)))

    async def list_stores_away(self) -> set[str]:
        """Return what a worker does without: "conversations" (PostgreSQL), "locks" (Redis)."""
        return set().union(*await asyncio.gather(*(worker.list_stores_away() for worker in self.workers)))

    def count_away(self) -> int:
        """Return how many workers did not answer when they were last needed."""
        return sum(worker.away for worker in self.workers)


def _read_parts(response: httpx.Response) -> list[dict[str, Any]]:
    if not response.is_success:
        raise RasaFailed("status")
    try:
        parts = response.json()
    except ValueError as failure:
        raise RasaFailed("unreadable") from failure
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        raise RasaFailed("unreadable")
    return parts
