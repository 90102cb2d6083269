"""The tracker store of a city: as ``tracker_store.py``, with conversations shared by all Rasa workers.

Each worker keeps the conversations that it served in memory, and every turn in PostgreSQL. When a worker dies the front
door sends its conversations to another one, which finds them there. When PostgreSQL is away a worker goes on from its
memory, so that residents are answered all the same.
"""

from __future__ import annotations

import asyncio
import json
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, Dict, List, Optional, Set, Text, TypeVar

from rasa.core.brokers.broker import EventBroker
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event
from rasa.shared.core.trackers import DialogueStateTracker

from engine.kept_conversations import without_points
from engine.shared_conversations import ConversationsAway, NewerIsKept, SharedConversations
from engine.tracker_store import ForgettingTrackerStore, replayed, shortened, was_forgotten

log = logging.getLogger(__name__)

Result = TypeVar("Result")


class SharedTrackerStore(ForgettingTrackerStore):
    """Settings in ``deploy/endpoints.yml``: ``database`` (PostgreSQL), ``ttl_hours``, ``max_conversations``."""

    def __init__(
        self,
        domain: Optional[Domain],
        event_broker: Optional[EventBroker] = None,
        database: Text = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(domain, event_broker, **kwargs)
        self._shared = SharedConversations(database)
        # One thread: statements take a millisecond, and while one waits for PostgreSQL no other would fare better.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="conversations")
        # The version of each conversation in memory that PostgreSQL had when this worker last saw it.
        self._versions: Dict[Text, Text] = {}
        self._epoch: Optional[Text] = None
        self._owed: Set[Text] = set()
        try:
            self._shared.forget_older(self._oldest_allowed(), self._now())
        except ConversationsAway:
            log.warning("conversations could not be swept at the start: the database is away")

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Keeps the newest turns of the conversation, or drops it when it was just forgotten."""
        self._expire()
        sender_id = tracker.sender_id
        self._conversations.pop(sender_id, None)
        if was_forgotten(tracker):
            await self._forget(sender_id)
            return
        events = shortened(list(tracker.events), self.domain)
        self._conversations[sender_id] = (self._now(), events)
        while len(self._conversations) > self._max_conversations:
            self._versions.pop(self._conversations.popitem(last=False)[0], None)
        content = without_points(json.dumps([event.as_dict() for event in events], separators=(",", ":")))
        known = self._versions.get(sender_id, "")
        try:
            self._versions[sender_id] = await self._do(
                lambda: self._shared.keep(sender_id, self._now(), content, known)
            )
            if self._epoch is None:
                self._epoch = await self._do(self._shared.epoch)
        except NewerIsKept:
            # This worker was slow or stopped, and another one has gone on: what that one kept stays.
            self._conversations.pop(sender_id, None)
            self._versions.pop(sender_id, None)
        except ConversationsAway:
            log.warning("a conversation is in memory only: the database is away")
        self._sweep_later()

    async def retrieve(self, sender_id: str) -> Optional[DialogueStateTracker]:
        """Returns the conversation, or None when there is none or it has expired."""
        self._expire()
        events = self._in_memory(sender_id)
        try:
            kept = await self._do(
                lambda: self._shared.find(
                    sender_id, self._oldest_allowed(), self._versions.get(sender_id, "")
                )
            )
            stored = sender_id in self._versions
            if kept is None and events is not None and stored and not await self._was_emptied():
                # It was in the database and is not: another worker has forgotten it.
                self._conversations.pop(sender_id, None)
                events = None
            elif kept is not None and kept.events is not None:
                self._versions[sender_id] = kept.version
                events = [
                    event
                    for event in map(Event.from_parameters, json.loads(kept.events))
                    if event is not None
                ]
        except ConversationsAway:
            log.warning("a conversation is read from memory: the database is away")
        return None if events is None else replayed(sender_id, events, self.domain)

    async def is_away(self) -> bool:
        """Whether PostgreSQL does not answer."""
        try:
            await self._do(self._shared.epoch)
        except ConversationsAway:
            return True
        return False

    def _in_memory(self, sender_id: Text) -> Optional[List[Event]]:
        found = self._conversations.get(sender_id)
        return found[1] if found else None

    async def _was_emptied(self) -> bool:
        """Whether PostgreSQL has lost its conversations since this worker started: then memory is all there is."""
        before, self._epoch = self._epoch, await self._do(self._shared.epoch)
        if before == self._epoch:
            return False
        self._versions.clear()
        return True

    async def _forget(self, sender_id: Text) -> None:
        self._versions.pop(sender_id, None)
        try:
            await self._do(lambda: self._shared.forget(sender_id))
        except ConversationsAway:
            self._owed.add(sender_id)
            self._sweep_later()

    async def _do(self, task: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, task)

    def _sweep(self) -> None:
        super()._sweep()
        self._versions = {name: each for name, each in self._versions.items() if name in self._conversations}
        self._sweeper = asyncio.ensure_future(self._sweep_shared())

    async def _sweep_shared(self) -> None:
        try:
            await self._do(lambda: self._shared.forget_older(self._oldest_allowed(), self._now()))
            for sender_id in list(self._owed):
                await self._do(lambda: self._shared.forget(sender_id))  # noqa: B023 - awaited in this very round
                self._owed.discard(sender_id)
        except ConversationsAway:
            log.warning("conversations could not be swept: the database is away")
            self._sweep_later()
