"""Refuses groups and channels: says once that this is no place to talk, and leaves. Residents never wait for it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any

import structlog
from telegram.error import BadRequest, Forbidden, RetryAfter, TelegramError

from bot.logs import describe_failure
from bot.metrics import Metrics
from bot.telegram import words
from bot.telegram.calls import RawBot
from bot.telegram.pace import backoff
from bot.telegram.sealing import Keys

log = structlog.get_logger()

REFUSED_GROUPS = 10_000
REFUSED_AT_ONCE = 4
# After so many tries it is left until the group is heard of again.
ATTEMPTS = 5


class Groups:
    """Nothing about a group is written down; that it was refused is remembered as a keyed hash, in memory."""

    def __init__(self, bot: RawBot, keys: Keys, metrics: Metrics) -> None:
        self._bot = bot
        self._keys = keys
        self._metrics = metrics
        self._room = asyncio.Semaphore(REFUSED_AT_ONCE)
        self._told: set[str] = set()
        self._left: set[str] = set()
        self._leaving: dict[str, asyncio.Task[None]] = {}

    def refuse(self, chat_id: int) -> None:
        """Have this group told and left, unless that is done or under way."""
        group = self._keys.hash_chat(chat_id)
        if group in self._left or group in self._leaving or len(self._leaving) >= REFUSED_GROUPS:
            return
        self._leaving[group] = asyncio.create_task(self._leave(group, chat_id))

    async def stop(self) -> None:
        """Give up what is under way."""
        tasks = list(self._leaving.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _leave(self, group: str, chat_id: int) -> None:
        try:
            async with self._room:
                if group not in self._told:
                    await self._try(partial(self._bot.send_message, chat_id, words.GROUP))
                    _remember(self._told, group)
                if await self._try(partial(self._bot.leave_chat, chat_id)):
                    _remember(self._left, group)
        finally:
            del self._leaving[group]

    async def _try(self, call: Callable[[], Awaitable[Any]]) -> bool:
        """Make the call until Telegram has taken it or never will; False if it could not be reached."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                await call()
            except TelegramError as failure:
                self._metrics.failures.labels("telegram_group").inc()
                log.warning("a group could not be refused", channel="telegram", **describe_failure(failure))
                if isinstance(failure, (BadRequest, Forbidden)):
                    return True
                await asyncio.sleep(_pause(failure, attempt))
            else:
                return True
        return False


def _pause(failure: TelegramError, attempt: int) -> float:
    if not isinstance(failure, RetryAfter):
        return backoff(attempt)
    asked = failure.retry_after
    return asked.total_seconds() if isinstance(asked, timedelta) else asked


def _remember(groups: set[str], group: str) -> None:
    if len(groups) >= REFUSED_GROUPS:
        groups.clear()
    groups.add(group)
