"""The resident wants to see more services for the need at hand."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.action_next_need import show_next_need
from actions.answers import show_need
from actions.conversation import Conversation
from actions.turns import TurnAction


class ActionSeeMore(TurnAction):
    """Shows the services that come after those already shown."""

    def name(self) -> str:
        """Returns the name in ``domain.yml``."""
        return "action_see_more"

    def answer(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, conversation: Conversation
    ) -> list[EventType]:
        """Shows more, or the first need if none was shown yet."""
        if conversation.need_now is None:
            return show_next_need(dispatcher, tracker, conversation)
        show_need(dispatcher, conversation, conversation.need_now, "")
        return []
