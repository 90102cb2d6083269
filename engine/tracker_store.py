"""A tracker store that keeps conversations short and forgets them on time.

Rasa's own stores keep every event of every conversation for ever and cannot delete one. This store keeps conversations
in memory, and in a file so that a restart loses none (``kept_conversations.py``). It drops each one ``ttl_hours`` after
its last message (design section 7, rule 1), drops one at once when the assistant was asked to forget it, and keeps only
the last few turns, so that turn 100 costs what turn 5 costs.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path
from typing import Any, Callable, Iterable, List, Optional, Tuple, Union

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME, ACTION_SESSION_START_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    Event,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

from engine.checked_schemas import remember_checked_schemas
from engine.kept_conversations import KeptConversations
from engine.quiet_logs import quieten_logs

FORGET_ACTION = "action_forget_me"
MAX_TURNS = 5
KEPT_TURNS = 3
SECONDS_AN_HOUR = 3600
DEFAULT_HOURS = 24
# How long a conversation may outstay its time when nobody writes.
SWEEP_SECONDS = 600


class ForgettingTrackerStore(TrackerStore):
    """Keeps the last turns of each conversation in memory, and forgets on time or on request.

    Settings in ``endpoints.yml``: ``ttl_hours`` (default 24), ``max_conversations`` (default 10,000; the ones idle
    longest go first, so that memory is bounded whatever happens at the door) and ``folder`` (where the file is; without
    it conversations are in memory only).
    """

    def __init__(
        self,
        domain: Optional[Domain],
        event_broker: Optional[EventBroker] = None,
        ttl_hours: Union[float, str] = DEFAULT_HOURS,
        max_conversations: int = 10_000,
        folder: Optional[str] = None,
        now: Callable[[], float] = time.time,
        **kwargs: Any,
    ) -> None:
        # The tracker store is the first part of ours that a running Rasa creates.
        remember_checked_schemas()
        quieten_logs()
        kwargs.pop("host", None)
        super().__init__(domain, event_broker, **kwargs)
        # A variable in endpoints.yml comes as text, and one that is left empty counts as not set.
        self._ttl_seconds = float(ttl_hours or DEFAULT_HOURS) * SECONDS_AN_HOUR
        self._max_conversations = int(max_conversations)
        self._now = now
        self._latest = now()
        self._kept = KeptConversations(Path(folder) / "conversations.db") if folder else None
        self._sweeping = False
        if self._kept:
            self._kept.forget_older(self._oldest_allowed(), self._now())
        # Ordered by last message, oldest first, so that expiry looks only at the front.
        self._conversations: "OrderedDict[str, Tuple[float, List[Event]]]" = OrderedDict()
        # From the start: what an earlier process kept must go on time even if nobody ever writes again.
        with suppress(RuntimeError):
            # In a training there is no loop, and nothing to forget.
            self._sweep_later()

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Keeps the newest turns of the conversation, or drops it when it was just forgotten."""
        self._expire()
        self._conversations.pop(tracker.sender_id, None)
        if was_forgotten(tracker):
            if self._kept:
                self._kept.forget(tracker.sender_id)
            return
        events = shortened(list(tracker.events), self.domain)
        self._conversations[tracker.sender_id] = (self._now(), events)
        if self._kept:
            self._kept.keep(tracker.sender_id, self._now(), [event.as_dict() for event in events])
        while len(self._conversations) > self._max_conversations:
            self._conversations.popitem(last=False)
        self._sweep_later()

    async def retrieve(self, sender_id: str) -> Optional[DialogueStateTracker]:
        """Returns the conversation, or None when there is none or it has expired."""
        self._expire()
        found = self._conversations.get(sender_id)
        if found is not None:
            return replayed(sender_id, found[1], self.domain)
        kept = self._kept.find(sender_id, self._oldest_allowed()) if self._kept else None
        if kept is None:
            return None
        events = [event for event in map(Event.from_parameters, kept) if event is not None]
        return replayed(sender_id, events, self.domain)

    async def retrieve_full_tracker(self, sender_id: str) -> Optional[DialogueStateTracker]:
        """Returns the same as ``retrieve``: nothing older is kept."""
        return await self.retrieve(sender_id)

    async def keys(self) -> Iterable[str]:
        """Returns the ids of the conversations that have not expired."""
        self._expire()
        return list(self._conversations)

    def _oldest_allowed(self) -> float:
        return self._now() - self._ttl_seconds

    def _sweep_later(self) -> None:
        """Makes sure that conversations go on time even if nobody writes after them."""
        if not self._sweeping:
            asyncio.get_running_loop().call_later(SWEEP_SECONDS, self._sweep)
            self._sweeping = True

    def _sweep(self) -> None:
        self._sweeping = False
        if self._kept:
            self._kept.forget_older(self._oldest_allowed(), self._now())
        self._expire()
        self._sweep_later()

    def _expire(self) -> None:
        now = self._now()
        if now < self._latest:
            # The clock ran ahead and was put right: what it wrote meanwhile counts from now.
            for sender_id, (last_message, events) in self._conversations.items():
                self._conversations[sender_id] = (min(last_message, now), events)
        self._latest = now
        oldest_allowed = self._oldest_allowed()
        while self._conversations:
            sender_id, (last_message, _) = next(iter(self._conversations.items()))
            if last_message > oldest_allowed:
                return
            del self._conversations[sender_id]
            if self._kept:
                self._kept.forget(sender_id)


def shortened(events: List[Event], domain: Domain) -> List[Event]:
    """Returns events with the same slots, loop and last turns, but without the turns before them.

    Nothing is cut until the conversation has more than ``MAX_TURNS`` messages, so that the cost of cutting is spread.
    """
    turns = [position for position, event in enumerate(events) if isinstance(event, UserUttered)]
    if len(turns) <= MAX_TURNS:
        return events
    # Cut just before the ActionExecuted(action_listen) that precedes the first kept message.
    cut = turns[-KEPT_TURNS] - 1
    while cut > 0 and not _is_listen(events[cut]):
        cut -= 1
    head = replayed("shortened", events[:cut], domain)
    prefix: List[Event] = [ActionExecuted(ACTION_SESSION_START_NAME), SessionStarted()]
    prefix += [
        SlotSet(name, slot.value) for name, slot in head.slots.items() if slot.value != slot.initial_value
    ]
    if head.active_loop_name:
        prefix.append(ActiveLoop(head.active_loop_name))
    return prefix + events[cut:]


def _is_listen(event: Event) -> bool:
    return isinstance(event, ActionExecuted) and event.action_name == ACTION_LISTEN_NAME


def was_forgotten(tracker: DialogueStateTracker) -> bool:
    """Whether the newest turn ran the action that promises to forget the conversation."""
    for event in reversed(tracker.events):
        if isinstance(event, UserUttered):
            return False
        if isinstance(event, ActionExecuted) and event.action_name == FORGET_ACTION:
            return True
    return False


def replayed(sender_id: str, events: List[Event], domain: Domain) -> DialogueStateTracker:
    """Returns the conversation that these events make."""
    return DialogueStateTracker.from_events(sender_id, events, domain.slots, domain=domain)
