"""A tracker store that keeps conversations short and forgets them on time.

Rasa's own stores keep every event of every conversation for ever and cannot delete one. This store keeps conversations
in memory, drops each one ``ttl_hours`` after its last message (design section 7, rule 1), drops one at once when the
assistant was asked to forget it, and keeps only the last few turns, so that turn 100 costs what turn 5 costs.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import Any, Callable, Iterable, List, Optional, Tuple

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
from engine.quiet_logs import quieten_logs

FORGET_ACTION = "action_forget_me"
MAX_TURNS = 8
KEPT_TURNS = 3
SECONDS_AN_HOUR = 3600


class ForgettingTrackerStore(TrackerStore):
    """Keeps the last turns of each conversation in memory, and forgets on time or on request.

    Settings in ``endpoints.yml``: ``ttl_hours`` (default 24) and ``max_conversations`` (default 50,000; the ones idle
    longest go first, so that memory is bounded whatever happens at the door).
    """

    def __init__(
        self,
        domain: Optional[Domain],
        event_broker: Optional[EventBroker] = None,
        ttl_hours: float = 24,
        max_conversations: int = 50_000,
        now: Callable[[], float] = time.time,
        **kwargs: Any,
    ) -> None:
        # The tracker store is the first part of ours that a running Rasa creates.
        remember_checked_schemas()
        quieten_logs()
        kwargs.pop("host", None)
        super().__init__(domain, event_broker, **kwargs)
        self._ttl_seconds = float(ttl_hours) * SECONDS_AN_HOUR
        self._max_conversations = int(max_conversations)
        self._now = now
        # Ordered by last message, oldest first, so that expiry looks only at the front.
        self._conversations: "OrderedDict[str, Tuple[float, List[Event]]]" = OrderedDict()

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Keeps the newest turns of the conversation, or drops it when it was just forgotten."""
        self._expire()
        self._conversations.pop(tracker.sender_id, None)
        if _was_forgotten(tracker):
            return
        events = shortened(list(tracker.events), self.domain)
        self._conversations[tracker.sender_id] = (self._now(), events)
        while len(self._conversations) > self._max_conversations:
            self._conversations.popitem(last=False)

    async def retrieve(self, sender_id: str) -> Optional[DialogueStateTracker]:
        """Returns the conversation, or None when there is none or it has expired."""
        self._expire()
        found = self._conversations.get(sender_id)
        if found is None:
            return None
        return _replayed(sender_id, found[1], self.domain)

    async def retrieve_full_tracker(self, sender_id: str) -> Optional[DialogueStateTracker]:
        """Returns the same as ``retrieve``: nothing older is kept."""
        return await self.retrieve(sender_id)

    async def keys(self) -> Iterable[str]:
        """Returns the ids of the conversations that have not expired."""
        self._expire()
        return list(self._conversations)

    def _expire(self) -> None:
        oldest_allowed = self._now() - self._ttl_seconds
        while self._conversations:
            sender_id, (last_message, _) = next(iter(self._conversations.items()))
            if last_message > oldest_allowed:
                return
            del self._conversations[sender_id]


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
    head = _replayed("shortened", events[:cut], domain)
    prefix: List[Event] = [ActionExecuted(ACTION_SESSION_START_NAME), SessionStarted()]
    prefix += [
        SlotSet(name, slot.value) for name, slot in head.slots.items() if slot.value != slot.initial_value
    ]
    if head.active_loop_name:
        prefix.append(ActiveLoop(head.active_loop_name))
    return prefix + events[cut:]


def _is_listen(event: Event) -> bool:
    return isinstance(event, ActionExecuted) and event.action_name == ACTION_LISTEN_NAME


def _was_forgotten(tracker: DialogueStateTracker) -> bool:
    """Whether the newest turn ran the action that promises to forget the conversation."""
    for event in reversed(tracker.events):
        if isinstance(event, UserUttered):
            return False
        if isinstance(event, ActionExecuted) and event.action_name == FORGET_ACTION:
            return True
    return False


def _replayed(sender_id: str, events: List[Event], domain: Domain) -> DialogueStateTracker:
    return DialogueStateTracker.from_events(sender_id, events, domain.slots, domain=domain)
