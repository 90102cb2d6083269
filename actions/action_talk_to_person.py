"""The resident wants a person."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.answers import report_understood
from actions.conversation import Conversation
from actions.turns import TurnAction, stop_asking
from actions.wording import button, phrase


class ActionTalkToPerson(TurnAction):
    """Gives telephone numbers and places with people in them."""

    def name(self) -> str:
        """Returns the name in ``domain.yml``."""
        return "action_talk_to_person"

    def answer(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, conversation: Conversation
    ) -> list[EventType]:
        """Gives the numbers; with nowhere to sleep, that number first."""
        text = phrase("say_person")
        if "housing.homeless" in conversation.needs:
            text = f"{phrase('say_person_nowhere_to_sleep')} {text}"
        buttons = [button("say_button_urgent", "/urgent_help"), button("say_button_restart", "/start_again")]
        if conversation.pending:
            buttons.insert(0, {"title": phrase("say_what_next"), "payload": "/next_need"})
        # The front door adds the button for a handover code: it alone can make one.
        dispatcher.utter_message(text=text, buttons=buttons, json_message={"person": True})
        report_understood(dispatcher, conversation)
        return stop_asking()
