"""The resident wants to see again what was shown before."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.answers import report_understood, say_menu, show_need
from actions.conversation import Conversation
from actions.turns import TurnAction, stop_asking
from actions.wording import need_name, phrase


class ActionGoBack(TurnAction):
    """Shows the need before this one again, or this one when it is the first."""

    def name(self) -> str:
        """Returns the name in ``domain.yml``."""
        return "action_go_back"

    def answer(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, conversation: Conversation
    ) -> list[EventType]:
        """Goes one need back; what was shown for it is shown from the start."""
        shown = conversation.needs_shown
        if not shown or conversation.place is None:
            say_menu(dispatcher, phrase("say_nothing_to_go_back_to"))
            report_understood(dispatcher, conversation)
            return stop_asking()
        position = shown.index(conversation.need_now) if conversation.need_now in shown else 0
        need = shown[max(position - 1, 0)]
        conversation.services_shown.pop(need, None)
        show_need(dispatcher, conversation, need, phrase("say_next_need", first=need_name(need)))
        return stop_asking()
