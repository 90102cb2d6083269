"""Asks where the resident is, each time in other words."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.conversation import Conversation
from actions.turns import TurnAction
from actions.wording import button, phrase


class ActionAskPlace(TurnAction):
    """Asks the question of ``place_form``."""

    def name(self) -> str:
        """Returns the name that Rasa expects for the slot ``place``."""
        return "action_ask_place"

    def answer(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, conversation: Conversation
    ) -> list[EventType]:
        """Asks, and remembers that it was asked."""
        changing = tracker.latest_message.get("intent", {}).get("name") == "change_place"
        if changing and conversation.place_asked == 0:
            key = "say_ask_place_change"
        else:
            key = "say_ask_place_1" if conversation.place_asked == 0 else "say_ask_place_2"
        conversation.place_asked += 1
        dispatcher.utter_message(text=phrase(key), buttons=[button("say_button_any_place", "/skip_place")])
        return []
