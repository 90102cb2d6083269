"""The resident said where they are without being asked, or would rather not say."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.answers import (
    report_understood,
    say_directory_is_down,
    say_menu,
    say_what_next,
    show_need,
)
from actions.conversation import CITYWIDE, Conversation, place_heard
from actions.directory_client import DirectoryUnavailable
from actions.hearing import hear_place
from actions.turns import TurnAction, stop_asking
from actions.wording import phrase


class ActionSetPlace(TurnAction):
    """Keeps the place and shows the need at hand again, nearest to it."""

    def name(self) -> str:
        """Returns the name in ``domain.yml``."""
        return "action_set_place"

    def answer(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, conversation: Conversation
    ) -> list[EventType]:
        """Sets the place; without a need it asks for one."""
        if tracker.latest_message.get("intent", {}).get("name") == "skip_place":
            conversation.place = CITYWIDE
            return self._show(dispatcher, conversation, phrase("say_place_citywide"))
        said = place_heard(tracker) or str(tracker.latest_message.get("text") or "")[:80]
        try:
            found = hear_place(dispatcher, conversation, said)
        except DirectoryUnavailable:
            conversation.place = {"said": said}
            say_directory_is_down(dispatcher, conversation)
            return stop_asking()
        if not found:
            if not conversation.place_offered:
                say_what_next(dispatcher, conversation)
            conversation.place_offered = False
            report_understood(dispatcher, conversation)
            return []
        place = (conversation.place or {}).get("name", "")
        return self._show(dispatcher, conversation, phrase("say_place_set", place=place))

    def _show(
        self, dispatcher: CollectingDispatcher, conversation: Conversation, opening: str
    ) -> list[EventType]:
        need = conversation.need_now or next(iter(conversation.pending), None)
        if need is None:
            dispatcher.utter_message(text=opening)
            say_menu(dispatcher, phrase("say_menu_plain"))
            report_understood(dispatcher, conversation)
        else:
            conversation.services_shown.pop(need, None)
            show_need(dispatcher, conversation, need, opening)
        return stop_asking()
