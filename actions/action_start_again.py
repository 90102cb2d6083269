"""The resident wants a fresh start."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.events import AllSlotsReset, EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.answers import count_need, report_understood, say_menu
from actions.conversation import Conversation
from actions.turns import TurnAction, stop_asking
from actions.wording import phrase


class ActionStartAgain(TurnAction):
    """Forgets needs and place. What was counted stays counted, so that starting again does not count twice."""

    def name(self) -> str:
        """Returns the name in ``domain.yml``."""
        return "action_start_again"

    def answer(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, conversation: Conversation
    ) -> list[EventType]:
        """Counts what was left open as abandoned, and begins anew."""
        for need in conversation.pending:
            count_need(conversation, need, "abandoned")
        counted = conversation.needs_counted
        fresh = Conversation(conversation.sender_id, needs_counted=counted, language=conversation.language)
        conversation.__dict__.update(fresh.__dict__)
        say_menu(dispatcher, phrase("say_started_again"))
        report_understood(dispatcher, conversation)
        return [
            AllSlotsReset(),
            SlotSet("needs_counted", counted),
            SlotSet("language", fresh.language),
            *stop_asking(),
        ]
