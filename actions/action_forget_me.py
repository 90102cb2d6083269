"""The resident wants to be forgotten."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.events import AllSlotsReset, EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.answers import count_need
from actions.conversation import Conversation
from actions.turns import TurnAction, stop_asking
from actions.wording import phrase


class ActionForgetMe(TurnAction):
    """Says goodbye; the tracker store and the front door drop the conversation when they see this action."""

    def name(self) -> str:
        """Returns the name in ``domain.yml``, which ``engine/tracker_store.py`` watches for."""
        return "action_forget_me"

    def answer(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, conversation: Conversation
    ) -> list[EventType]:
        """Counts what was left open as abandoned, and lets go of everything else."""
        for need in conversation.pending:
            count_need(conversation, need, "abandoned")
        conversation.__dict__.update(Conversation(conversation.sender_id).__dict__)
        dispatcher.utter_message(text=phrase("say_forgotten"), json_message={"forget": True})
        return [AllSlotsReset(), *stop_asking()]
