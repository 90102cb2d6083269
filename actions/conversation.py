"""What the assistant remembers of a conversation: a plain view of Rasa's slots, and the events that change them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet

from actions.needs import NEEDS, in_order_of_urgency
from actions.times import time_heard

CITYWIDE: dict[str, Any] = {"citywide": True}
# Known from the messages themselves, and so in no slot.
NO_SLOTS = ("sender_id", "when")


@dataclass
class Conversation:
    """The slots of one conversation, by their names in ``domain.yml``; and ``when`` help is wanted, in words."""

    sender_id: str
    needs: list[str] = field(default_factory=list)
    need_now: str | None = None
    needs_shown: list[str] = field(default_factory=list)
    services_shown: dict[str, list[str]] = field(default_factory=dict)
    needs_counted: list[str] = field(default_factory=list)
    place: dict[str, Any] | None = None
    place_asked: int = 0
    place_offered: bool = False
    misunderstood: int = 0
    suggested: list[str] = field(default_factory=list)
    language: str = "en"
    when: str = ""

    @property
    def pending(self) -> list[str]:
        """Needs that were raised and not shown yet, the most urgent first."""
        return [code for code in self.needs if code not in self.needs_shown]

    def hear(self, codes: list[str]) -> None:
        """Puts newly raised needs before those still waiting, but urgent ones first, whenever they were said."""
        heard = in_order_of_urgency(codes)
        waiting = [code for code in self.pending if code not in heard]
        done = [code for code in self.needs_shown if code not in heard]
        # A need said again is shown again, from its first service on.
        for code in heard:
            self.services_shown.pop(code, None)
        self.needs = done + in_order_of_urgency([*heard, *waiting])
        self.needs_shown = done


def read_conversation(tracker: Tracker) -> Conversation:
    """Returns the conversation that the tracker holds."""
    slots = tracker.slots
    return Conversation(
        sender_id=tracker.sender_id,
        needs=list(slots.get("needs") or []),
        need_now=slots.get("need_now"),
        needs_shown=list(slots.get("needs_shown") or []),
        services_shown={code: list(ids) for code, ids in (slots.get("services_shown") or {}).items()},
        needs_counted=list(slots.get("needs_counted") or []),
        place=slots.get("place"),
        place_asked=int(slots.get("place_asked") or 0),
        place_offered=bool(slots.get("place_offered")),
        misunderstood=int(slots.get("misunderstood") or 0),
        suggested=list(slots.get("suggested") or []),
        language=slots.get("language") or "en",
        when=time_heard(tracker),
    )


def changes(conversation: Conversation, tracker: Tracker) -> list[EventType]:
    """Returns the slot events that store ``conversation``, only for the slots that differ from the tracker's."""
    before = read_conversation(tracker)
    events: list[EventType] = []
    for name in Conversation.__dataclass_fields__:
        value = getattr(conversation, name)
        if name not in NO_SLOTS and value != getattr(before, name):
            events.append(SlotSet(name, value))
    return events


def needs_heard(tracker: Tracker) -> list[str]:
    """Returns the need codes of the newest message: its entities, or its intent when a button was pressed."""
    message = tracker.latest_message
    codes = [entity["value"] for entity in message.get("entities", []) if entity["entity"] == "need"]
    intent = message.get("intent", {}).get("name")
    if not codes and intent in NEEDS:
        codes = [intent]
    return [code for code in codes if code in NEEDS]


def place_heard(tracker: Tracker) -> str | None:
    """Returns the place named in the newest message as it was said, or None. The last one named counts."""
    entities = tracker.latest_message.get("entities", [])
    places = [entity["value"] for entity in entities if entity["entity"] == "place"]
    return str(places[-1]) if places else None


def language_heard(tracker: Tracker) -> str | None:
    """Returns the language that the front door gave the newest message, or None if it does not know."""
    language = (tracker.latest_message.get("metadata") or {}).get("language")
    return language if isinstance(language, str) else None


def language_chosen(tracker: Tracker) -> bool:
    """Returns whether the resident has just chosen a language."""
    return bool((tracker.latest_message.get("metadata") or {}).get("language_chosen"))
