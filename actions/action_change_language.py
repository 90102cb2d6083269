"""The resident chose a language, or asks which there are."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.answers import report_understood, say_menu, say_what_next, show_need
from actions.conversation import Conversation, language_chosen
from actions.turns import TurnAction, asking_for_place
from actions.wording import languages, phrase, phrases


class ActionChangeLanguage(TurnAction):
    """Goes on in the chosen language where the conversation stood; without a choice it offers all languages.

    The front door says that it has changed, because it also changes before Rasa is asked (``bot/languages.py``).
    """

    def name(self) -> str:
        """Returns the name in ``domain.yml``."""
        return "action_change_language"

    def answer(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, conversation: Conversation
    ) -> list[EventType]:
        """Shows what was shown last in the new language, or the buttons to choose one."""
        if not language_chosen(tracker):
            buttons = [
                {"title": phrases(language)["say_language_name"], "payload": f"/language {language}"}
                for language in languages()
            ]
            dispatcher.utter_message(text=phrase("say_which_language"), buttons=buttons)
        elif asking_for_place(tracker):
            # The form asks again by itself: in the new language, it is asked for the first time.
            conversation.place_asked = 0
        elif conversation.need_now and conversation.place is not None:
            conversation.services_shown.pop(conversation.need_now, None)
            show_need(dispatcher, conversation, conversation.need_now, "")
            return []
        elif conversation.need_now:
            say_what_next(dispatcher, conversation)
        else:
            say_menu(dispatcher, phrase("say_menu_plain"))
        report_understood(dispatcher, conversation)
        return []
