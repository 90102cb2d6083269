"""Locks in Redis: of several Rasa workers only one works on a conversation at a time.

Rasa's own Redis locks last a minute after the worker that held them has died, are read and written in two steps, and
make every conversation wait while Redis does. These are taken in one step, live for three seconds and are renewed by
whoever holds them, so that another worker can go on soon after a death. When Redis is away a worker works without:
the front door sends one message of a conversation at a time, and to one worker, so that the lock is a second fence.
Names of locks are hashes, because a conversation's id is the key to it.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
import uuid
from contextlib import asynccontextmanager, suppress
from typing import Any, AsyncGenerator, Dict, Optional, Text

from rasa.core.lock import TicketLock
from rasa.core.lock_store import InMemoryLockStore, LockError
from rasa.utils.endpoints import EndpointConfig
from redis.asyncio import Redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

LIFETIME_SECONDS = 3.0
RENEW_SECONDS = 1.0
LOOK_AGAIN_SECONDS = 0.05
# Just less than the front door waits for an answer.
WAIT_SECONDS = 5.0
REDIS_SECONDS = 0.5
REST_SECONDS = 2.0

_RENEW = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) end"
_RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end"


class ConversationLocks(InMemoryLockStore):
    """Setting in ``deploy/endpoints.yml``: ``url`` of Redis."""

    def __init__(self, endpoint_config: EndpointConfig) -> None:
        super().__init__()
        self._redis: Any = Redis.from_url(
            endpoint_config.url, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS
        )
        self._rest_until = 0.0
        self._here: Dict[Text, asyncio.Lock] = {}

    @asynccontextmanager
    async def lock(
        self,
        conversation_id: Text,
        lock_lifetime: float = LIFETIME_SECONDS,
        wait_time_in_seconds: float = LOOK_AGAIN_SECONDS,
    ) -> AsyncGenerator[TicketLock, None]:
        """Holds the lock of a conversation for the length of the block; raises LockError if others keep it."""
        here = self._here.setdefault(conversation_id, asyncio.Lock())
        try:
            async with here:
                name = "signpost-lock:" + hashlib.sha256(conversation_id.encode()).hexdigest()
                token = await self._take(name)
                renewing = asyncio.ensure_future(self._renew(name, token)) if token else None
                try:
                    yield TicketLock(conversation_id)
                finally:
                    if renewing:
                        renewing.cancel()
                    await self._ask(_RELEASE, name, token)
        finally:
            if not here.locked():
                self._here.pop(conversation_id, None)

    async def is_away(self) -> bool:
        """Whether Redis does not answer."""
        try:
            await self._redis.ping()
        except (RedisError, OSError, asyncio.TimeoutError):
            return True
        return False

    async def _take(self, name: Text) -> Optional[Text]:
        """Returns what proves that the lock is ours, or None if Redis is away."""
        token = uuid.uuid4().hex
        give_up = time.monotonic() + WAIT_SECONDS
        while time.monotonic() >= self._rest_until:
            try:
                if await self._redis.set(name, token, nx=True, px=int(LIFETIME_SECONDS * 1000)):
                    return token
            except (RedisError, OSError, asyncio.TimeoutError):
                self._away()
            if time.monotonic() > give_up:
                raise LockError("another worker holds the conversation")
            await asyncio.sleep(LOOK_AGAIN_SECONDS)
        return None

    async def _renew(self, name: Text, token: Optional[Text]) -> None:
        with suppress(asyncio.CancelledError):
            while True:
                await asyncio.sleep(RENEW_SECONDS)
                await self._ask(_RENEW, name, token, int(LIFETIME_SECONDS * 1000))

    async def _ask(self, script: Text, name: Text, token: Optional[Text], *more: int) -> None:
        if token is None or time.monotonic() < self._rest_until:
            return
        try:
            await self._redis.eval(script, 1, name, token, *more)
        except (RedisError, OSError, asyncio.TimeoutError):
            # It ends by itself.
            self._away()

    def _away(self) -> None:
        log.warning("locks are held in this worker only: Redis is away")
        self._rest_until = time.monotonic() + REST_SECONDS
