"""The resident said something that has one fixed answer: a greeting, thanks, a question about the assistant."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.conversation import Conversation
from actions.turns import TurnAction
from actions.wording import fixed_buttons, phrase, responses


class ActionSay(TurnAction):
    """Says ``say_to_<intent>`` in the resident's language, which Rasa's own responses could not."""

    def name(self) -> str:
        """Returns the name in ``domain.yml``."""
        return "action_say"

    def answer(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, conversation: Conversation
    ) -> list[EventType]:
        """Says it, with the buttons that stand under it in its file."""
        key = f"say_to_{tracker.latest_message.get('intent', {}).get('name')}"
        if key in responses():
            dispatcher.utter_message(text=phrase(key), buttons=fixed_buttons(key))
        return []
