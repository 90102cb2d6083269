"""What holds after every step of every journey, whatever was said."""

import re
from typing import Any

from actions.needs import NEEDS, URGENT, in_order_of_urgency
from actions.wording import languages, phrases
from tests.journeys.chat import Answer

CARD_TEXTS = (
    "id",
    "external_id",
    "name",
    "organisation",
    "what",
    "how_to_get_help",
    "cost",
    "who_for",
    "why_this",
)
CARD_KEYS = {
    *CARD_TEXTS,
    "phone", "email", "address", "postcode", "ward", "lat", "lon", "distance_km", "open", "week", "needs",
    "coverage", "languages", "checked", "url", "website",
}  # fmt: skip
MOST_CARDS = 3
# Walking distance does not decide alone (a line that is open comes before a door that is shut), but first is near.
FIRST_IS_NEARER_BY_KM = 10.0
# A stack trace, a gap that was not filled, a key or an address that is ours. "None of these is open" is English.
BROKEN = re.compile(
    r"Traceback|\{|\}|\bNone\b(?! of)|\bnull\b|undefined|\b(?:utter|say|action)_|Exception|http://127|\[place:"
)
# These buttons make a message a way on, not a question that waits for an answer.
WAY_ON = {"/start_again", "/change_place"}
# What ends a question in our languages.
QUESTION = re.compile("[?؟？]")


def check_answer(answer: Answer, said: str) -> None:
    """Check an answer to an accepted message: words, cards, and what was understood."""
    assert answer.status == 200, f"status {answer.status}: {answer.body}"
    assert set(answer.body) == {"messages", "understood"}
    assert answer.messages, "no message at all"
    for message in answer.messages:
        check_message(message, said)
    assert len(answer.texts) == len(set(answer.texts)), "the same message twice in one turn"
    assert len(answer.cards) <= MOST_CARDS, "more than three cards in one turn"
    check_order(answer.cards)
    check_understood(answer.understood)
    check_way_on(answer)
    if answer.cards:
        need = answer.needs[0]
        assert all(need in card["needs"] for card in answer.cards), f"a card that does not help with {need}"


def check_message(message: dict[str, Any], said: str) -> None:
    """Check one message: words, whole words, buttons that can be pressed."""
    text = message["text"]
    assert text.strip(), "an empty message"
    # What the resident wrote may be repeated to them as it is.
    ours = text.replace(said, "")
    assert not (broken := BROKEN.search(ours)), f"{broken.group()!r} in {text!r}"
    for button in message["buttons"]:
        assert button["title"].strip()
        assert button["payload"].strip()
        assert not BROKEN.search(button["title"]), button["title"]
    titles = [button["title"] for button in message["buttons"]]
    assert len(titles) == len(set(titles)), f"two buttons of one title: {titles}"
    for card in message["services"]:
        check_card(card)


def check_card(card: dict[str, Any]) -> None:
    """Check that a card is complete and says when and from where it was checked."""
    assert set(card) >= CARD_KEYS, f"missing: {CARD_KEYS - set(card)}"
    empty = [key for key in CARD_TEXTS if not str(card[key]).strip()]
    assert not empty, f"{card['name']}: {empty} empty"
    assert card["open"]["state"] in {"open", "closed", "unknown"}
    assert card["open"]["text"].strip()
    assert card["checked"]["date_text"].strip()
    assert card["checked"]["source"].strip()
    assert card["checked"]["confidence"] in {"high", "medium"}, f"{card['name']} is not confirmed"
    assert card["url"].startswith("http")
    assert set(card["needs"]) <= set(NEEDS)
    shown = [str(value) for key, value in card.items() if key in (*CARD_TEXTS, "phone", "address")]
    shown += [card["open"]["text"], card["checked"]["date_text"], card["checked"]["source"]]
    assert not BROKEN.search(" | ".join(value for value in shown if value != "None"))


def check_order(cards: list[dict[str, Any]]) -> None:
    """Check that the first card is not far away when a nearer one was shown under it."""
    distances = [card["distance_km"] for card in cards if card["distance_km"] is not None]
    if cards and cards[0]["distance_km"] is not None:
        assert distances[0] <= min(distances) + FIRST_IS_NEARER_BY_KM, f"{distances} km, in this order"


def check_way_on(answer: Answer) -> None:
    """Check that the resident is not left standing: something to press, or a question to answer."""
    goodbyes = {phrases(language)["say_forgotten"] for language in languages()}
    ways = (
        answer.buttons
        or answer.urgent
        or any(QUESTION.search(text) or text in goodbyes for text in answer.texts)
    )
    assert ways, "a dead end"


def check_understood(understood: dict[str, Any]) -> None:
    """Check that codes are those of the design."""
    assert set(understood) == {"needs", "risk", "language", "place"}
    assert set(understood["needs"]) <= set(NEEDS)
    assert len(understood["needs"]) == len(set(understood["needs"]))
    place = understood["place"]
    assert place is None or {"ward_code", "ward", "committee"} <= set(place)


def check_urgency(before: list[str], answer: Answer) -> None:
    """Check that needs raised together are dealt with most urgent first."""
    if not before and any(need in URGENT for need in answer.needs):
        assert answer.needs == in_order_of_urgency(answer.needs)


def questions(answer: Answer) -> list[str]:
    """Return the questions that wait for an answer, word for word; a way on under a result is not one."""
    return [
        message["text"]
        for message in answer.messages
        if QUESTION.search(message["text"])
        and not message["services"]
        and not message["urgent"]
        and not WAY_ON & {button["payload"] for button in message["buttons"]}
    ]


def check_problem(answer: Answer, status: int) -> None:
    """Check a refusal: a problem body (RFC 9457) that says what to do."""
    assert answer.status == status, f"status {answer.status}: {answer.body}"
    assert answer.media_type == "application/problem+json"
    assert answer.body["status"] == status
    assert answer.body["title"].strip()
    assert answer.body["detail"].strip()
    assert "Traceback" not in str(answer.body)
