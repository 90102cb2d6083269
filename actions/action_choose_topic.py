"""The resident pressed a topic."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.answers import say_menu
from actions.conversation import Conversation
from actions.needs import needs_of_topic
from actions.turns import TurnAction
from actions.wording import button, need_button, phrase


class ActionChooseTopic(TurnAction):
    """Offers the needs of the topic."""

    def name(self) -> str:
        """Returns the name in ``domain.yml``."""
        return "action_choose_topic"

    def answer(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, conversation: Conversation
    ) -> list[EventType]:
        """Shows one button for each need, and the way back to all topics."""
        topic = next(tracker.get_latest_entity_values("topic"), None)
        codes = needs_of_topic(str(topic))
        conversation.misunderstood = 0
        if not codes:
            say_menu(dispatcher, phrase("say_menu_plain"))
            return []
        buttons = [{"title": need_button(code), "payload": f"/{code}"} for code in codes]
        buttons.append(button("say_button_menu", "/show_topics"))
        dispatcher.utter_message(text=phrase(f"say_topic_{topic}_question"), buttons=buttons)
        return []
