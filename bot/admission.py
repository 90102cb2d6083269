"""How many messages are answered at once: the others queue in the order in which they came, and are told so.

Without a limit every answer gets slower until all of them miss their deadline. Messages that speak of danger never
queue.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from prometheus_client import Gauge

from bot.errors import TooCrowded


class Admission:
    """Lets `at_once` messages through, has `longest` wait for at most `patience` seconds, and turns others away."""

    def __init__(self, at_once: int, longest: int, patience: float, gauge: Gauge) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._longest = longest
        self._patience = patience
        self._gauge = gauge
        self.waiting = 0

    @asynccontextmanager
    async def admit(self, *, urgent: bool) -> AsyncIterator[None]:
        """Hold a place while a message is answered. Raises TooCrowded if none came free in time."""
        if urgent:
            yield
            return
        await self._take_place()
        try:
            yield
        finally:
            self._free.release()

    async def _take_place(self) -> None:
        if self._free.locked() and self.waiting >= self._longest:
            raise TooCrowded
        self._count(+1)
        try:
            # A semaphore serves those who wait in the order in which they came.
            async with asyncio.timeout(self._patience):
                await self._free.acquire()
        except TimeoutError:
            raise TooCrowded from None
        finally:
            self._count(-1)

    def _count(self, step: int) -> None:
        self.waiting += step
        self._gauge.set(self.waiting)
