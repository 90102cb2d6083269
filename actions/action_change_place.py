"""The resident wants to look somewhere else."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.action_set_place import ActionSetPlace
from actions.conversation import Conversation, place_heard
from actions.turns import PLACE_FORM, TurnAction, asking_for_place


class ActionChangePlace(TurnAction):
    """Takes the new place if the message names it, otherwise asks for it."""

    def name(self) -> str:
        """Returns the name in ``domain.yml``."""
        return "action_change_place"

    def answer(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, conversation: Conversation
    ) -> list[EventType]:
        """Sets the place or opens the form that asks for it."""
        if place_heard(tracker):
            return ActionSetPlace().answer(dispatcher, tracker, conversation)
        conversation.place = None
        conversation.place_asked = 0
        if conversation.need_now:
            # The need at hand is shown again, from the services nearest to the new place.
            conversation.needs_shown = [
                code for code in conversation.needs_shown if code != conversation.need_now
            ]
            conversation.services_shown.pop(conversation.need_now, None)
        if asking_for_place(tracker):
            return []
        return [SlotSet("requested_slot", None), FollowupAction(PLACE_FORM)]
