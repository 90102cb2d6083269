"""The message was not understood: ask in two steps, then give telephone numbers."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.answers import report_understood, say_menu
from actions.conversation import Conversation
from actions.needs import NEEDS
from actions.turns import TurnAction
from actions.wording import button, need_button, phrase

GUESSES = 2
LAST_STEP = 3


class ActionDidYouMean(TurnAction):
    """First the two likeliest needs, then all topics, then people to ring."""

    def name(self) -> str:
        """Returns the name in ``domain.yml``."""
        return "action_did_you_mean"

    def answer(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, conversation: Conversation
    ) -> list[EventType]:
        """Takes the next of the three steps."""
        conversation.misunderstood += 1
        message = tracker.latest_message
        out_of_scope = message.get("intent", {}).get("name") == "out_of_scope"
        guesses = [ranked["name"] for ranked in message.get("intent_ranking", []) if ranked["name"] in NEEDS][
            :GUESSES
        ]
        if conversation.misunderstood >= LAST_STEP:
            dispatcher.utter_message(
                text=phrase("say_phones"),
                buttons=[
                    button("say_button_menu", "/show_topics"),
                    button("say_button_urgent", "/urgent_help"),
                    button("say_button_restart", "/start_again"),
                ],
            )
        elif conversation.misunderstood == 1 and guesses and not out_of_scope:
            conversation.suggested = guesses
            buttons = [{"title": need_button(code), "payload": f"/{code}"} for code in guesses]
            buttons.append(button("say_button_other", "/show_topics"))
            dispatcher.utter_message(text=phrase("say_did_you_mean"), buttons=buttons)
        else:
            say_menu(dispatcher, phrase("say_menu"))
        report_understood(dispatcher, conversation)
        return []
