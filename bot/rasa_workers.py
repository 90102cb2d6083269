"""Which Rasa worker answers which conversation, and what happens when one does not answer.

Rendezvous hashing: each conversation has its own order of workers, the same every time, so that it stays with one
worker whose memory knows it; when that one is away its conversations spread evenly over the others, and come back.

A worker is away when a connection to it is refused, or when it has been silent: something waits for it, and for
`SILENT_SECONDS` it has answered nobody at all. A worker that is only busy goes on answering somebody, so that load
alone never moves conversations about, which would add to the load.
"""

import asyncio
import hashlib
from contextlib import suppress
from itertools import count
from time import monotonic
from typing import Any

import httpx

SILENT_SECONDS = 3.0
LOOK_AGAIN_SECONDS = 0.25
PROBE_SECONDS = 1.0
# A worker gives a server that says nothing two seconds.
STORES_SECONDS = 4.0


class WorkerSilent(Exception):
    """The worker took the message and answers nobody."""


class Worker:
    """One Rasa server, over connections that stay open."""

    def __init__(self, url: str, timeout: float) -> None:
        self.url = url.rstrip("/")
        self.http = httpx.AsyncClient(
            base_url=self.url,
            timeout=httpx.Timeout(timeout, connect=min(2.0, timeout)),
            limits=httpx.Limits(max_connections=100, max_keepalive_connections=50),
            # Rasa is next door: a proxy from the environment would carry residents' words elsewhere.
            trust_env=False,
        )
        self.away = False
        self._heard_at = monotonic()
        self._waiting: dict[int, float] = {}
        self._numbers = count()
        self._probing: asyncio.Task[None] | None = None

    async def post(self, body: dict[str, Any], seconds: float | None, *, watched: bool) -> httpx.Response:
        """Send one message. Raises httpx.HTTPError, or WorkerSilent if `watched`."""
        number = next(self._numbers)
        self._waiting[number] = monotonic()
        try:
            response = await (self._watch(body, seconds) if watched else self._post(body, seconds))
            self._heard_at = monotonic()
            return response
        finally:
            del self._waiting[number]

    async def _post(self, body: dict[str, Any], seconds: float | None) -> httpx.Response:
        if seconds is None:
            return await self.http.post("/webhooks/rest/webhook", json=body)
        return await self.http.post("/webhooks/rest/webhook", json=body, timeout=seconds)

    async def _watch(self, body: dict[str, Any], seconds: float | None) -> httpx.Response:
        posting = asyncio.create_task(self._post(body, seconds))
        try:
            while not (await asyncio.wait({posting}, timeout=LOOK_AGAIN_SECONDS))[0]:
                if self.is_silent():
                    raise WorkerSilent
            return await posting
        finally:
            if not posting.done():
                posting.cancel()
                with suppress(asyncio.CancelledError, httpx.HTTPError):
                    await posting

    def is_silent(self) -> bool:
        """Return whether something waits for this worker and it has answered nobody for too long."""
        too_long_ago = monotonic() - SILENT_SECONDS
        return bool(self._waiting) and max(self._heard_at, min(self._waiting.values())) < too_long_ago

    def rest(self) -> None:
        """Take the worker for away, until it answers a question that costs it nothing."""
        self.away = True
        if self._probing is None or self._probing.done():
            self._probing = asyncio.create_task(self._probe())

    async def _probe(self) -> None:
        while not await self.is_ready():
            await asyncio.sleep(PROBE_SECONDS)
        self.away = False

    async def is_ready(self) -> bool:
        """Return whether Rasa's REST channel answers."""
        try:
            answers = (await self.http.get("/webhooks/rest/", timeout=PROBE_SECONDS)).is_success
        except httpx.HTTPError:
            return False
        if answers:
            self._heard_at = monotonic()
        return answers

    async def list_stores_away(self) -> set[str]:
        """Return which of its servers this worker does without, nothing if it does not say."""
        try:
            answer = await self.http.get("/stores", timeout=STORES_SECONDS)
            return set(answer.json()["away"]) if answer.is_success else set()
        except (httpx.HTTPError, ValueError, KeyError):
            return set()

    async def close(self) -> None:
        """Close the connections."""
        if self._probing is not None:
            self._probing.cancel()
            with suppress(asyncio.CancelledError):
                await self._probing
        await self.http.aclose()


def order_for(sender: str, workers: list[Worker]) -> list[Worker]:
    """Return all workers in the order in which they answer for this sender; those that are away come last."""

    def weight(worker: Worker) -> bytes:
        return hashlib.sha256(f"{worker.url} {sender}".encode()).digest()

    return sorted(sorted(workers, key=weight), key=lambda worker: worker.away)
