"""Writes answers as Telegram messages: HTML that is always escaped, never longer than Telegram allows.

Formatting rules: https://core.telegram.org/bots/api#html-style and #sendmessage (4,096 characters after entities).
"""

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlencode

from telegram.constants import MessageLimit

from bot.messages import Button, Card, Message
from bot.opening_words import describe_opening
from bot.translations import Words, get_words
from bot.web.templating import describe_distance

TEXT_LIMIT = int(MessageLimit.MAX_TEXT_LENGTH)
# Two short buttons fit side by side on a small phone; longer ones get a row each.
SHORT_TITLE = 18
# A label and its markup come on top.
PIECE_LIMIT = TEXT_LIMIT - 100
BLANK_LINE = "\n\n"
BREAKS = ("\n\n", "\n", ". ", " ")
TAG = re.compile(r"<[^>]+>")


@dataclass
class Draft:
    """One Telegram message in the making: HTML, and the quick replies under it."""

    text: str
    buttons: list[Button] = field(default_factory=list)


def write_drafts(messages: Iterable[Message], lead: str = "", language: str | None = None) -> list[Draft]:
    """Return the Telegram messages that say `messages`, in order; `lead` (plain text) comes before them, in italics.

    The labels of cards are in `language`; what services say of themselves is in English.

    What belongs together becomes one message, so that a phone sounds once. Urgent help always stands alone, and
    nothing comes before it, so that it is read first and can be found again.
    """
    words = get_words(language)
    drafts: list[Draft] = []
    blocks: list[str] = []
    said_lead = not lead
    for message in messages:
        if message.urgent:
            drafts += _close(blocks, [])
            drafts += _close(list(_write_urgent(message, words)), message.buttons)
            blocks = []
            continue
        if not said_lead:
            blocks.append(f"<i>{html.escape(lead, quote=False)}</i>")
            said_lead = True
        blocks += write_blocks(message, words)
        if message.buttons:
            drafts += _close(blocks, message.buttons)
            blocks = []
    return drafts + _close(blocks, [])


def write_blocks(message: Message, words: Words) -> list[str]:
    """Return the message as pieces of HTML, each complete in itself and short enough to be sent alone."""
    text = message.text
    if message.points_to_urgent_help:
        text += f" {words('telegram_all_numbers')}"
    blocks = list(_escape_in_pieces(text))
    if message.more:
        blocks.append(_link(message.more, words("guidance_more")))
    for card in message.services:
        blocks += write_card(card, words)
    return blocks


def write_card(card: Card, words: Words) -> list[str]:
    """Return one service as HTML: who, whether open, how to get help, where, why this one, how sure we are."""
    lines = [f"<b>{_short(card.name)}</b>"]
    if card.organisation and card.organisation != card.name:
        lines.append(_short(card.organisation))
    said = (card.what, describe_opening(card, words), card.notice.text if card.notice else "")
    lines += [_short(line) for line in said if line]
    lines += _label(words("card_how"), card.how_to_get_help)
    lines += _label(words("card_phone"), card.phone or words("card_no_phone"))
    lines += _label(words("card_email"), card.email)
    lines += _write_where(card, words)
    lines += _label(words("card_cost"), card.cost)
    lines += _label(words("card_who_for"), card.who_for)
    lines += _label(words("card_languages"), ", ".join(card.languages))
    lines += _label(words("card_why"), card.why_this)
    checked = (
        words("card_checked", date=card.checked.date_text) if card.checked.date else words("card_not_checked")
    )
    source = f" {words('card_source', source=card.checked.source)}" if card.checked.source else ""
    lines.append(f"<i>{_short(checked + source)}</i>")
    links = (
        (card.url, words("card_more")),
        (card.website, words("card_website")),
        (card.url and card.url.replace("/services/", "/did-this-help/"), words("card_helped")),
        (card.url and f"{card.url}/report", words("card_report")),
    )
    lines += [_link(address, words) for address, words in links if address]
    whole = "\n".join(lines)
    # A record with endless texts is still sent: its lines are then messages of their own.
    return [whole] if measure(whole) <= TEXT_LIMIT else lines


def measure(text: str) -> int:
    """Return the length as Telegram counts it: in UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


def strip_markup(text: str) -> str:
    """Return HTML of ours as plain text, for the case that Telegram cannot read the HTML."""
    return html.unescape(TAG.sub("", text))


def lay_out(buttons: Iterable[Button]) -> list[list[Button]]:
    """Return the buttons in rows of one or two."""
    rows: list[list[Button]] = []
    for button in buttons:
        fits = len(button.title) <= SHORT_TITLE
        if fits and rows and len(rows[-1]) == 1 and len(rows[-1][0].title) <= SHORT_TITLE:
            rows[-1].append(button)
        else:
            rows.append([button])
    return rows


def _write_urgent(message: Message, words: Words) -> Iterator[str]:
    title, _, rest = message.text.partition("\n")
    yield f"⚠️ <b>{_short(title)}</b>"
    yield from _escape_in_pieces(rest)
    for card in message.services:
        yield from write_card(card, words)


def _write_where(card: Card, words: Words) -> list[str]:
    away = describe_distance(card, words)
    if not card.address:
        return _label(words("card_where"), away)
    address = card.address
    if card.postcode and card.postcode not in address:
        address += f", {card.postcode}"
    # Only the public address of the service goes into the link: nothing of the conversation.
    query = urlencode({"api": 1, "destination": f"{card.name}, {address}", "travelmode": "transit"})
    directions = _link(f"https://www.google.com/maps/dir/?{query}", words("card_directions"))
    return [*_label(words("card_where"), f"{address}: {away}" if away else address), directions]


def _label(label: str, text: str | None) -> list[str]:
    return [f"<b>{label}:</b> {_short(text)}"] if text else []


def _link(address: str, words: str) -> str:
    return f'<a href="{html.escape(address)}">{words}</a>'


def _short(text: str) -> str:
    return next(_escape_in_pieces(text), "")


def _close(blocks: list[str], buttons: list[Button]) -> list[Draft]:
    """Return the pieces in as few messages as they fit in; the buttons go under the last."""
    drafts: list[Draft] = []
    for block in blocks:
        if drafts and measure(drafts[-1].text + BLANK_LINE + block) <= TEXT_LIMIT:
            drafts[-1].text += BLANK_LINE + block
        else:
            drafts.append(Draft(block))
    if drafts:
        drafts[-1].buttons = list(buttons)
    return drafts


def _escape_in_pieces(text: str) -> Iterator[str]:
    """Yield the text as escaped pieces of at most the limit, parted where a reader would pause."""
    rest = text.strip()
    while rest:
        piece = rest
        # Escaping makes a text longer, so the cut is found by trying: from the limit down.
        size = PIECE_LIMIT
        while measure(html.escape(piece, quote=False)) > PIECE_LIMIT:
            piece = _cut(rest, size)
            size = size * 9 // 10
        yield html.escape(piece, quote=False)
        rest = rest[len(piece) :].strip()


def _cut(text: str, size: int) -> str:
    piece = text[:size]
    for pause in BREAKS:
        end = piece.rfind(pause)
        if end > size // 2:
            return piece[: end + len(pause)].rstrip() or piece
    return piece
