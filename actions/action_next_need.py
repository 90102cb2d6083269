"""The resident is ready for the next thing they told us about."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, FollowupAction
from rasa_sdk.executor import CollectingDispatcher

from actions.answers import report_understood, say_menu, show_need
from actions.conversation import Conversation
from actions.turns import PLACE_FORM, TurnAction, asking_for_place
from actions.wording import need_name, phrase


class ActionNextNeed(TurnAction):
    """Shows the most urgent need that was not shown yet."""

    def name(self) -> str:
        """Returns the name in ``domain.yml``."""
        return "action_next_need"

    def answer(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, conversation: Conversation
    ) -> list[EventType]:
        """Shows it, or says that nothing is left."""
        return show_next_need(dispatcher, tracker, conversation)


def show_next_need(
    dispatcher: CollectingDispatcher, tracker: Tracker, conversation: Conversation
) -> list[EventType]:
    """Shows the next need, asking for the place first if it was never settled."""
    if not conversation.pending:
        key = "say_no_next_need" if conversation.needs_shown else "say_need_first"
        say_menu(dispatcher, phrase(key))
        report_understood(dispatcher, conversation)
        return []
    if conversation.place is None:
        report_understood(dispatcher, conversation)
        return [] if asking_for_place(tracker) else [FollowupAction(PLACE_FORM)]
    need = conversation.pending[0]
    show_need(dispatcher, conversation, need, phrase("say_next_need", first=need_name(need)))
    return []
