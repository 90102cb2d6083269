"""Hears a place: looks it up, says what is unclear, and keeps it when it is found."""

from __future__ import annotations

from typing import Any

from rasa_sdk.executor import CollectingDispatcher

from actions.conversation import Conversation
from actions.places import TOKEN, resolve_place
from actions.wording import phrase

MOST_OPTIONS = 5
LONGEST_ECHO = 40


def hear_place(dispatcher: CollectingDispatcher, conversation: Conversation, said: str) -> bool:
    """Sets the conversation's place from what was said. Returns whether it was found.

    Otherwise the resident is told why: outside Leeds, more than one place of that name, or not known.

    Raises:
        DirectoryUnavailable: the directory did not answer.
    """
    answer = resolve_place(said)
    if answer.status == "found":
        conversation.place = answer.place
        conversation.place_asked = 0
        return True
    if answer.status == "ambiguous":
        buttons = [
            {"title": _option_title(option), "payload": option["ward"]}
            for option in answer.options[:MOST_OPTIONS]
        ]
        conversation.place_offered = True
        dispatcher.utter_message(text=phrase("say_place_ambiguous", place=said), buttons=buttons)
    elif answer.status == "outside_leeds":
        dispatcher.utter_message(text=phrase("say_place_outside"))
    elif TOKEN.search(said) or len(said) > LONGEST_ECHO:
        dispatcher.utter_message(text=phrase("say_place_unknown"))
    else:
        dispatcher.utter_message(text=phrase("say_place_not_found", place=said))
    return False


def _option_title(option: dict[str, Any]) -> str:
    name, ward = str(option["name"]), str(option["ward"])
    return name if ward in name else f"{name} ({ward})"
