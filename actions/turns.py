"""What every action has in common: read the conversation, answer, store what changed."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.conversation import Conversation, changes, language_heard, read_conversation
from actions.wording import speak

PLACE_FORM = "place_form"


class TurnAction(Action, ABC):
    """One turn of the conversation. Abstract, because rasa-sdk would register a concrete class without a name."""

    @abstractmethod
    def name(self) -> str:
        """Returns the action's name in ``domain.yml``."""

    @abstractmethod
    def answer(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, conversation: Conversation
    ) -> list[EventType]:
        """Says something, changes ``conversation``, and returns any further events."""

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Runs ``answer`` in a thread, so that a slow directory holds up one resident and not all of them."""
        conversation = read_conversation(tracker)
        conversation.language = language_heard(tracker) or conversation.language
        speak(conversation.language)
        further = await asyncio.to_thread(self.answer, dispatcher, tracker, conversation)
        return changes(conversation, tracker) + further


def asking_for_place(tracker: Tracker) -> bool:
    """Whether the place form is open."""
    return bool((tracker.active_loop or {}).get("name") == PLACE_FORM)


def stop_asking() -> list[EventType]:
    """Returns the events that close the place form, whether it is open or not."""
    return [ActiveLoop(None), SlotSet("requested_slot", None)]
