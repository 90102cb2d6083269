"""The shapes of what the assistant says: messages, quick replies and service cards (the chat API)."""

import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

WEB_ADDRESS = re.compile(r"https?://[^\s<>\"']+\Z", re.IGNORECASE)


def _keep_web_address(value: Any) -> str | None:
    # A card becomes a link on a page, so an address of any other scheme ("javascript:") is not taken over.
    return value if isinstance(value, str) and WEB_ADDRESS.match(value) else None


def _is_missing(value: Any) -> bool:
    return value is None


def _text_or_empty(value: Any) -> str:
    return "" if value is None else str(value)


WebAddress = Annotated[str | None, BeforeValidator(_keep_web_address)]
Text = Annotated[str, BeforeValidator(_text_or_empty)]


class Button(BaseModel):
    """A quick reply: `title` is shown, `payload` is sent back as the text of the next message."""

    title: str
    payload: str


class Opening(BaseModel):
    """Whether a service is open, and the same in words."""

    state: str = Field("unknown", description="open, closed or unknown")
    text: Text = "Opening times not known: ring first"


class OpeningDay(BaseModel):
    """The opening times of one day of the week, in words."""

    day: str
    text: str


class Checked(BaseModel):
    """When a record was last checked and where from."""

    date: str | None = None
    date_text: Text = "undated"
    source: Text = ""
    source_url: WebAddress = None
    confidence: Text = ""


class Notice(BaseModel):
    """What is different at a service just now: it is full, closed, or open at other times."""

    kind: Text = ""
    text: Text = ""


class Card(BaseModel):
    """One service, with all that a resident needs in order to use it."""

    model_config = ConfigDict(extra="ignore")

    id: Text = ""
    external_id: Text = ""
    name: str
    organisation: Text = ""
    what: Text = ""
    how_to_get_help: Text = ""
    phone: str | None = None
    email: str | None = None
    address: str | None = None
    postcode: str | None = None
    ward: str | None = None
    lat: float | None = None
    lon: float | None = None
    distance_km: float | None = None
    open: Opening = Field(default_factory=Opening)
    week: list[OpeningDay] = []
    notice: Notice | None = None
    cost: Text = ""
    who_for: Text = ""
    why_this: Text = ""
    needs: list[str] = []
    coverage: Text = ""
    languages: list[str] = []
    checked: Checked = Field(default_factory=Checked)
    url: WebAddress = None
    website: WebAddress = None


class Message(BaseModel):
    """One thing the assistant says."""

    text: str
    buttons: list[Button] = []
    services: list[Card] = []
    more: WebAddress = Field(
        None, description="A page with more about what is said, if there is one.", exclude_if=_is_missing
    )
    urgent: bool = False
    # Only the doors read this: it asks them to show their own link or command for urgent help.
    points_to_urgent_help: bool = Field(False, exclude=True)


class Place(BaseModel):
    """The ward a resident says they are in."""

    ward_code: str | None = None
    ward: str | None = None
    committee: str | None = None


class Understood(BaseModel):
    """What was understood: needs most urgent first, risk, language and place."""

    needs: list[str] = []
    risk: str | None = None
    language: str = "en"
    place: Place | None = None


class Reply(BaseModel):
    """The answer to one message of a resident."""

    messages: list[Message]
    understood: Understood


class Heard(BaseModel):
    """What Rasa sent back for one message, put in order.

    `needs` is None if this turn reported none; `place_reported` tells a place of None that was said from one
    that was not mentioned; `language` is the one that Rasa answered in; `forget` asks for the conversation to be
    dropped; `offers_person` that a code for a person is offered; `ask_if_helped` is the need whose services a
    resident may be asked about; `unreadable` counts parts without the agreed shape; `out_of_order` says that these
    are the words of the door, because Rasa gave none.
    """

    messages: list[Message] = []
    needs: list[str] | None = None
    place: Place | None = None
    place_reported: bool = False
    language: str | None = None
    forget: bool = False
    offers_person: bool = False
    ask_if_helped: str | None = None
    unreadable: int = 0
    out_of_order: bool = False


def read_rasa_messages(parts: list[dict[str, Any]]) -> Heard:
    """Put the list that Rasa's REST channel returned in the order of the chat API.

    Cards and buttons without words of their own belong to the message just before them.
    """
    heard = Heard()
    for part in parts:
        try:
            _take_part(heard, part)
        except (ValidationError, TypeError, ValueError, AttributeError, KeyError):
            # One part of a shape nobody agreed on must not cost the resident the rest of the answer.
            heard.unreadable += 1
    return heard


def _take_part(heard: Heard, part: dict[str, Any]) -> None:
    buttons = [Button(title=b["title"], payload=b["payload"]) for b in part.get("buttons") or []]
    if text := str(part.get("text") or "").strip():
        heard.messages.append(Message(text=text, buttons=buttons))
    elif buttons:
        _last_message(heard, "Choose one, or write in your own words.").buttons.extend(buttons)
    custom = part.get("custom") or {}
    if cards := custom.get("services"):
        message = _last_message(heard, "This is what I found.")
        message.services.extend(Card.model_validate(card) for card in cards)
    if more := custom.get("more"):
        _last_message(heard, "There is more about this.").more = _keep_web_address(more)
    if custom.get("urgent"):
        _last_message(heard, "If anybody is in danger now, ring 999.").urgent = True
    if understood := custom.get("understood"):
        _take_understood(heard, understood)
    if custom.get("forget"):
        heard.forget = True
    if custom.get("person"):
        heard.offers_person = True
    if need := custom.get("ask_if_helped"):
        heard.ask_if_helped = str(need)


def _take_understood(heard: Heard, understood: dict[str, Any]) -> None:
    # An empty list is a report too: after a fresh start there is nothing that is being dealt with.
    if (needs := understood.get("needs")) is not None:
        heard.needs = [str(need) for need in needs]
    if language := understood.get("language"):
        heard.language = str(language)
    if "place" in understood:
        place = understood["place"]
        heard.place = Place.model_validate(place) if place else None
        heard.place_reported = True


def _last_message(heard: Heard, otherwise: str) -> Message:
    if not heard.messages:
        heard.messages.append(Message(text=otherwise))
    return heard.messages[-1]
