"""The resident said yes."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.action_next_need import show_next_need
from actions.answers import report_understood, say_menu, say_what_next
from actions.conversation import Conversation
from actions.turns import TurnAction
from actions.wording import phrase


class ActionConfirm(TurnAction):
    """Takes yes as the answer to whatever was offered last: a need we guessed, or the next need."""

    def name(self) -> str:
        """Returns the name in ``domain.yml``."""
        return "action_confirm"

    def answer(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, conversation: Conversation
    ) -> list[EventType]:
        """Goes on with what was offered."""
        if conversation.suggested:
            conversation.hear(conversation.suggested[:1])
            conversation.suggested = []
        conversation.misunderstood = 0
        if conversation.pending:
            return show_next_need(dispatcher, tracker, conversation)
        if conversation.need_now:
            say_what_next(dispatcher, conversation)
        else:
            say_menu(dispatcher, phrase("say_confirmed"))
        report_understood(dispatcher, conversation)
        return []
