"""Reads the answer to "which part of Leeds are you in?"."""

from __future__ import annotations

import asyncio
from typing import Any

from rasa_sdk import FormValidationAction, Tracker
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.conversation import (
    CITYWIDE,
    Conversation,
    language_heard,
    needs_heard,
    place_heard,
    read_conversation,
)
from actions.directory_client import DirectoryUnavailable
from actions.hearing import hear_place
from actions.wording import phrase, speak

# What a resident may answer without naming a place: then the whole city is searched.
DECLINES = ("skip_place", "deny")
# Messages that are not an answer to the question are left to their own rules.
ANSWERS = ("inform_place", "change_place", "nlu_fallback", "out_of_scope")
MOST_QUESTIONS = 2
# Stands for a place between hearing and storing it, when the resident was asked which of several they mean.
OFFERED: dict[str, Any] = {"offered": True}
LONGEST_PLACE = 80


class ValidatePlaceForm(FormValidationAction):
    """Fills the slot ``place``; after two questions it searches the whole city rather than asking for ever."""

    def name(self) -> str:
        """Returns the name that Rasa expects for ``place_form``."""
        return "validate_place_form"

    async def extract_place(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> dict[str, Any]:
        """Returns ``{"place": ...}`` when the message answers the question, otherwise nothing."""
        if tracker.slots.get("requested_slot") != "place":
            return {}
        conversation = read_conversation(tracker)
        speak(language_heard(tracker) or conversation.language)
        return await asyncio.to_thread(_place_of_message, dispatcher, tracker, conversation)

    def validate_place(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> dict[str, Any]:
        """Returns the place as it was found, or that several of one name were offered.

        Only here may a slot be set that is not one of the form's own.
        """
        if value == OFFERED:
            return {"place": None, "place_offered": True}
        return {"place": value}


def _place_of_message(
    dispatcher: CollectingDispatcher, tracker: Tracker, conversation: Conversation
) -> dict[str, Any]:
    intent = tracker.latest_message.get("intent", {}).get("name")
    if intent in DECLINES:
        dispatcher.utter_message(text=phrase("say_place_citywide"))
        return {"place": CITYWIDE}
    said = place_heard(tracker)
    if said is None and intent in ANSWERS and not needs_heard(tracker):
        said = str(tracker.latest_message.get("text") or "").strip()[:LONGEST_PLACE]
    if not said:
        return {}
    try:
        if hear_place(dispatcher, conversation, said):
            return {"place": conversation.place}
    except DirectoryUnavailable:
        # What was said is kept and looked up when the directory is back; asking again could not help.
        return {"place": {"said": said}}
    if conversation.place_offered:
        return {"place": OFFERED}
    if conversation.place_asked >= MOST_QUESTIONS:
        dispatcher.utter_message(text=phrase("say_place_citywide"))
        return {"place": CITYWIDE}
    return {"place": None}
