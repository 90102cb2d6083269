"""The main action: a resident said what is wrong, or has just said where they are."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, FollowupAction
from rasa_sdk.executor import CollectingDispatcher

from actions.answers import report_understood, say_menu, show_need
from actions.conversation import Conversation, needs_heard, place_heard
from actions.directory_client import DirectoryUnavailable
from actions.hearing import hear_place
from actions.turns import PLACE_FORM, TurnAction, asking_for_place
from actions.wording import joined, need_name, phrase

TWO = 2


class ActionFindHelp(TurnAction):
    """Takes the needs of the message, makes sure of a place, and shows help for the most urgent one."""

    def name(self) -> str:
        """Returns the name in ``domain.yml``."""
        return "action_find_help"

    def answer(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, conversation: Conversation
    ) -> list[EventType]:
        """Shows help, or starts asking for the place."""
        heard = needs_heard(tracker)
        if heard:
            conversation.hear(heard)
        conversation.misunderstood = 0
        place = place_heard(tracker)
        # The form that has just ended has heard the place already.
        if place and not asking_for_place(tracker) and tracker.latest_action_name != PLACE_FORM:
            try:
                hear_place(dispatcher, conversation, place)
            except DirectoryUnavailable:
                conversation.place = {"said": place}
        if not conversation.pending:
            say_menu(dispatcher, phrase("say_need_first"))
            return []
        if conversation.place is None:
            return self._ask_for_place(dispatcher, tracker, conversation)
        show_need(dispatcher, conversation, conversation.pending[0], opening(conversation))
        return []

    def _ask_for_place(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, conversation: Conversation
    ) -> list[EventType]:
        dispatcher.utter_message(text=opening(conversation))
        report_understood(dispatcher, conversation)
        # An open form asks again by itself once this action is done.
        return [] if asking_for_place(tracker) else [FollowupAction(PLACE_FORM)]


def opening(conversation: Conversation) -> str:
    """Returns the sentence that says what was heard, so that a resident can correct it."""
    names = [need_name(code) for code in conversation.pending]
    if len(names) == 1:
        return phrase("say_heard_one", first=names[0])
    if len(names) == TWO:
        return phrase("say_heard_two", first=names[0], second=names[1])
    return phrase("say_heard_many", first=names[0], all=joined(names))
