"""Puts an answer together: what was heard, short guidance, up to three services, and what to do next."""

from __future__ import annotations

from typing import Any

from rasa_sdk.executor import CollectingDispatcher

from actions.conversation import Conversation
from actions.counting import count, enquiry
from actions.directory_client import DirectoryUnavailable, list_guidance, search_services
from actions.needs import TOPICS
from actions.places import settle_place
from actions.wording import button, joined, need_button, need_name, phrase

SERVICES_AT_ONCE = 3


def show_need(dispatcher: CollectingDispatcher, conversation: Conversation, need: str, opening: str) -> None:
    """Shows guidance and the first services for ``need``, and remembers that they were shown.

    ``opening`` is the sentence before them. When the directory is away the resident gets telephone numbers instead,
    and the need stays open.
    """
    try:
        settle_place(conversation)
        place = conversation.place or {}
        shown = conversation.services_shown.get(need, [])
        found = search_services(need, place, shown, SERVICES_AT_ONCE, conversation.when)
        guidance = list_guidance(need)
    except DirectoryUnavailable:
        say_directory_is_down(dispatcher, conversation, _again(conversation, need))
        return
    shown_before = need in conversation.services_shown
    if opening or found["services"]:
        dispatcher.utter_message(text=" ".join([opening, _where(place, found["services"])]).strip())
    if guidance and not shown_before:
        more = guidance[0].get("url")
        dispatcher.utter_message(text=guidance[0]["text"], json_message={"more": more} if more else {})
    _say_services(dispatcher, found, need, shown_before)
    _remember(conversation, need, found)
    say_what_next(dispatcher, conversation)
    report_understood(dispatcher, conversation)


def _again(conversation: Conversation, need: str) -> str:
    """Returns what asks for the same services again: more of a need that was shown, or the need itself."""
    return (
        "/see_more" if need in conversation.services_shown and need == conversation.need_now else f"/{need}"
    )


def _where(place: dict[str, Any], services: list[dict[str, Any]]) -> str:
    if not services:
        return ""
    if place.get("name") and any(card.get("distance_km") is not None for card in services):
        return phrase("say_near", place=place["name"])
    return phrase("say_for_leeds")


def _say_services(
    dispatcher: CollectingDispatcher, found: dict[str, Any], need: str, shown_before: bool
) -> None:
    services = found["services"]
    if not services:
        key = "say_no_more_services" if shown_before else "say_no_services"
        dispatcher.utter_message(text=phrase(key, first=need_name(need)))
        return
    text = phrase("say_services_more" if shown_before else "say_services", first=need_name(need))
    if about := found.get("about"):
        # Only English says when, and what services say of themselves is English too.
        text = f"{text} {about}."
    elif found["outcome"] in ("closed_now", "full"):
        text = f"{text} {phrase('say_services_closed')}"
    dispatcher.utter_message(text=text, json_message={"services": services, "urgent": False})


def _remember(conversation: Conversation, need: str, found: dict[str, Any]) -> None:
    ids = [card["id"] for card in found["services"]]
    conversation.services_shown[need] = conversation.services_shown.get(need, []) + ids
    conversation.need_now = need
    if need not in conversation.needs:
        conversation.needs.append(need)
    if need not in conversation.needs_shown:
        conversation.needs_shown.append(need)
    conversation.misunderstood = 0
    conversation.suggested = []
    count_need(conversation, need, found["outcome"])


def count_need(conversation: Conversation, need: str, outcome: str) -> None:
    """Counts ``need`` for the statistics, at most once in a conversation."""
    if need in conversation.needs_counted:
        return
    conversation.needs_counted.append(need)
    count(enquiry(conversation.sender_id, need, conversation.place, conversation.language, outcome))


def say_what_next(dispatcher: CollectingDispatcher, conversation: Conversation) -> None:
    """Offers the next need first, then more, another place, a fresh start and a person."""
    if not conversation.pending and conversation.need_now is None:
        say_menu(dispatcher, phrase("say_menu_plain"))
        return
    buttons = []
    text = phrase("say_what_next")
    if conversation.pending:
        names = [need_name(code) for code in conversation.pending]
        text = f"{phrase('say_pending', pending=joined(names))} {text}"
        buttons.append(button("say_button_next", "/next_need", first=need_button(conversation.pending[0])))
    buttons += [
        button("say_button_more", "/see_more"),
        button("say_button_place", "/change_place"),
        button("say_button_person", "/talk_to_person"),
        button("say_button_restart", "/start_again"),
    ]
    dispatcher.utter_message(text=text, buttons=buttons)


def say_directory_is_down(
    dispatcher: CollectingDispatcher, conversation: Conversation, again: str | None = None
) -> None:
    """Gives numbers that need no computer, and keeps the conversation where it was.

    ``again`` is what pressing "try again" stands for; without it, the need at hand or the next one.
    """
    if again is None:
        again = "/next_need" if conversation.pending else f"/{conversation.need_now or 'next_need'}"
    dispatcher.utter_message(
        text=phrase("say_directory_down"),
        buttons=[button("say_button_try_again", again), button("say_button_urgent", "/urgent_help")],
    )
    report_understood(dispatcher, conversation)


def say_menu(dispatcher: CollectingDispatcher, text: str) -> None:
    """Shows the topics as buttons under ``text``."""
    buttons = [
        button(f"say_topic_{topic}_button", f'/choose_topic{{"topic": "{topic}"}}') for topic in TOPICS
    ]
    dispatcher.utter_message(text=text, buttons=buttons)


def report_understood(dispatcher: CollectingDispatcher, conversation: Conversation) -> None:
    """Tells the front door which needs are being dealt with, the most urgent first, and where."""
    needs = conversation.pending
    if conversation.need_now and conversation.need_now not in needs:
        needs = [conversation.need_now, *needs]
    place = conversation.place or {}
    dispatcher.utter_message(
        json_message={
            "understood": {
                "needs": needs,
                "language": conversation.language,
                "place": {key: place[key] for key in ("ward_code", "ward", "committee")}
                if place.get("ward_code")
                else None,
            }
        }
    )
