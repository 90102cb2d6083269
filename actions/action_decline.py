"""The resident said no."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.answers import report_understood, say_menu
from actions.conversation import Conversation
from actions.turns import TurnAction
from actions.wording import phrase


class ActionDecline(TurnAction):
    """Drops what was guessed and shows the topics."""

    def name(self) -> str:
        """Returns the name in ``domain.yml``."""
        return "action_decline"

    def answer(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, conversation: Conversation
    ) -> list[EventType]:
        """Shows the topics."""
        conversation.suggested = []
        say_menu(dispatcher, phrase("say_declined"))
        report_understood(dispatcher, conversation)
        return []
