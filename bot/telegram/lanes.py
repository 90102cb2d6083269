"""Runs work chat by chat: one thing at a time in each chat, many chats side by side."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from bot.logs import describe_failure

log = structlog.get_logger()


class Lanes:
    """One lane for each chat that has work. `work(chat)` does one piece and returns whether there was one.

    At most `width` pieces run at the same time over all chats; None is no limit.
    """

    def __init__(self, work: Callable[[str], Awaitable[bool]], width: int | None = None) -> None:
        self._work = work
        self._room = asyncio.Semaphore(width) if width else None
        self._running: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._stopping = False

    def wake(self, chat: str) -> None:
        """Have the work of this chat looked at, now or as soon as the present piece is done."""
        if self._stopping:
            return
        self._again.add(chat)
        if chat not in self._running:
            self._running[chat] = asyncio.create_task(self._run(chat))

    async def stop(self, seconds: float) -> None:
        """Start nothing new, let pieces under way end within `seconds`, and cancel the others."""
        self._stopping = True
        tasks = list(self._running.values())
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def _run(self, chat: str) -> None:
        try:
            while chat in self._again:
                self._again.discard(chat)
                while not self._stopping and await self._one(chat):
                    pass
        except Exception as failure:  # noqa: BLE001 - the comment below says why
            # What is left stays in the store; the sweep wakes the lane again.
            log.error("the work of a chat failed", channel="telegram", **describe_failure(failure))
        finally:
            del self._running[chat]

    async def _one(self, chat: str) -> bool:
        if self._room is None:
            return await self._work(chat)
        async with self._room:
            return await self._work(chat)
