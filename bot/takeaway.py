"""What a resident takes with them: an address for a list of services, the list as text, a QR code, a calendar entry.

Everything is made from public facts about services. Nothing is kept here: the address itself is the list.
"""

import base64
import binascii
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from uuid import UUID

import segno

from bot.messages import Card

ID_BYTES = 16
MOST = 10
# RFC 5545, 3.1: lines of a calendar file are folded at 75 octets.
LINE_OCTETS = 75


def pack(services: Iterable[str]) -> str:
    """Return ids of services as one word for an address; what is no id is left out."""
    ids = [_read_id(service) for service in services]
    joined = b"".join(identity.bytes for identity in ids if identity is not None)
    return base64.urlsafe_b64encode(joined[: MOST * ID_BYTES]).decode().rstrip("=")


def unpack(word: str) -> list[str]:
    """Return the ids of a word that `pack` made; an empty list for any other word."""
    try:
        joined = base64.b64decode(word + "=" * (-len(word) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return []
    if not joined or len(joined) % ID_BYTES or len(joined) > MOST * ID_BYTES:
        return []
    return [str(UUID(bytes=joined[at : at + ID_BYTES])) for at in range(0, len(joined), ID_BYTES)]


def write_text(cards: Sequence[Card]) -> str:
    """Return the list as plain text, for a message to oneself."""
    return "\n\n".join("\n".join(_describe(card)) for card in cards)


def draw_qr(address: str) -> bytes:
    """Return a QR code of an address as SVG, black on white whatever the colours of the page."""
    picture = io.BytesIO()
    segno.make(address, error="m", micro=False).save(
        picture, kind="svg", scale=5, border=4, dark="#000", light="#fff", svgns=True
    )
    return picture.getvalue()


def write_calendar(card: Card, start: datetime, end: datetime, now: datetime) -> str:
    """Return an opening time of a service as an iCalendar file (RFC 5545), in UTC so that every calendar reads it."""
    place = ", ".join(part for part in (card.address, card.postcode) if part)
    about = "\n".join(_describe(card)[1:])
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Signpost Leeds//opening times//EN",
        "BEGIN:VEVENT",
        f"UID:{card.id}-{_stamp(start)}@signpost-leeds",
        f"DTSTAMP:{_stamp(now)}",
        f"DTSTART:{_stamp(start)}",
        f"DTEND:{_stamp(end)}",
        # The title stands on locked screens: it names the place and no need.
        f"SUMMARY:{_escape(card.name)}",
        *([f"LOCATION:{_escape(place)}"] if place else []),
        f"DESCRIPTION:{_escape(about)}",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(_fold(line) + "\r\n" for line in lines)


def _describe(card: Card) -> list[str]:
    address = card.address or ""
    if card.postcode and card.postcode not in address:
        address = f"{address}, {card.postcode}" if address else card.postcode
    lines = [
        card.name,
        card.organisation if card.organisation != card.name else "",
        card.what,
        f"How to get help: {card.how_to_get_help}" if card.how_to_get_help else "",
        f"Phone: {card.phone}" if card.phone else "",
        f"Where: {address}" if address else "",
        "Open: " + "; ".join(f"{day.day} {day.text}" for day in card.week) if card.week else card.open.text,
        f"Cost: {card.cost}" if card.cost else "",
        f"Checked: {card.checked.date_text}" + (f", {card.checked.source}" if card.checked.source else ""),
    ]
    return [line for line in lines if line]


def _read_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _escape(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return escaped.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")


def _fold(line: str) -> str:
    """Fold a line between characters, never inside one."""
    pieces: list[str] = [""]
    for character in line:
        room = LINE_OCTETS - (1 if len(pieces) > 1 else 0)
        if len((pieces[-1] + character).encode()) > room:
            pieces.append("")
        pieces[-1] += character
    return "\r\n ".join(pieces)
