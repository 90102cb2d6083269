"""Asks where the resident is, each time in other words."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.conversation import Conversation
from actions.turns import TurnAction
from actions.wording import button, phrase

# The last is no question, so that it may stand more than once while a resident asks other things.
QUESTIONS = ("say_ask_place_1", "say_ask_place_2", "say_ask_place_3")


class ActionAskPlace(TurnAction):
    """Asks the question of ``place_form``."""

    def name(self) -> str:
        """Returns the name that Rasa expects for the slot ``place``."""
        return "action_ask_place"

    def answer(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, conversation: Conversation
    ) -> list[EventType]:
        """Asks, and remembers that it was asked."""
        if conversation.place_offered:
            # "Which one do you mean?" was just asked: one question is enough.
            conversation.place_offered = False
            return []
        changing = tracker.latest_message.get("intent", {}).get("name") == "change_place"
        if changing and conversation.place_asked == 0:
            key = "say_ask_place_change"
        else:
            key = QUESTIONS[min(conversation.place_asked, len(QUESTIONS) - 1)]
        conversation.place_asked += 1
        dispatcher.utter_message(text=phrase(key), buttons=[button("say_button_any_place", "/skip_place")])
        return []
