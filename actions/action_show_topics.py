"""Shows what the assistant can help with, after a greeting or a question about itself."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.answers import report_understood, say_menu, say_what_next
from actions.conversation import Conversation
from actions.turns import TurnAction
from actions.wording import phrase


class ActionShowTopics(TurnAction):
    """Shows the topics, or the way on when help was already shown."""

    def name(self) -> str:
        """Returns the name in ``domain.yml``."""
        return "action_show_topics"

    def answer(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, conversation: Conversation
    ) -> list[EventType]:
        """Offers buttons and leaves the conversation as it is."""
        if conversation.need_now:
            say_what_next(dispatcher, conversation)
        else:
            say_menu(dispatcher, phrase("say_or_pick_topic"))
        report_understood(dispatcher, conversation)
        return []
