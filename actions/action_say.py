"""The resident said something that has one fixed answer: a greeting, thanks, a question about the assistant."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.conversation import Conversation
from actions.turns import TurnAction
from actions.wording import fixed_buttons, phrase, responses

PARTINGS = ("thanks", "goodbye")


class ActionSay(TurnAction):
    """Says ``say_to_<intent>`` in the resident's language, which Rasa's own responses could not."""

    def name(self) -> str:
        """Returns the name in ``domain.yml``."""
        return "action_say"

    def answer(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, conversation: Conversation
    ) -> list[EventType]:
        """Says it, with the buttons that stand under it in its file."""
        intent = tracker.latest_message.get("intent", {}).get("name")
        key = f"say_to_{intent}"
        if key in responses():
            dispatcher.utter_message(text=phrase(key), buttons=fixed_buttons(key))
        if intent in PARTINGS and conversation.services_shown.get(conversation.need_now or ""):
            # The front door asks whether they helped, in a button of its own.
            dispatcher.utter_message(json_message={"ask_if_helped": conversation.need_now})
        return []
