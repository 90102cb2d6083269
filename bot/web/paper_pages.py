"""A list of services on paper, as text, as a QR code and as calendar entries. Its address is the list: no cookie, no
conversation, nothing kept, so that it can be opened on another device or by somebody who helps.
"""

import asyncio
from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from bot.errors import DirectoryFailed
from bot.messages import Card
from bot.takeaway import draw_qr, pack, unpack, write_calendar, write_text
from bot.web.chat_api import get_desk
from bot.web.problems import Problem, ProblemError
from bot.web.templating import get_pages

# Begin, end, and both in words.
Opening = tuple[datetime, datetime, str]

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
# How the address of a calendar entry names its begin, in Leeds time.
STAMP = "%Y%m%dT%H%M"
# A few days ahead are worth a calendar entry; later ones may have changed by then.
MOST_OPENINGS = 5


@router.api_route("/kept/{word}", methods=["GET", "HEAD"])
async def show_paper(request: Request, word: str) -> Response:
    """Show the list, ready to be printed, copied or taken over."""
    services = _read(word)
    cards = await _list_cards(request, services)
    openings = await _list_openings(request, cards)
    now = get_desk(request).conversations.now()
    return get_pages(request).render(
        request,
        "paper.html",
        word=pack(services),
        address=_address(request, services),
        cards=cards,
        missing=len(services) - len(cards),
        openings=openings,
        text=write_text(cards),
        stamp=STAMP,
        today=f"{now.day} {now:%B %Y}",
    )


@router.api_route("/kept/{word}/qr.svg", methods=["GET", "HEAD"])
async def show_qr(request: Request, word: str) -> Response:
    """The address of the list as a QR code."""
    return Response(draw_qr(_address(request, _read(word))), media_type="image/svg+xml")


@router.api_route("/kept/{word}/{service}/{start}.ics", methods=["GET", "HEAD"])
async def get_calendar(request: Request, word: str, service: str, start: str) -> Response:
    """One of the next opening times of a service of the list, for a calendar; one that has begun is gone."""
    if service not in _read(word):
        raise _nothing()
    cards = await _list_cards(request, [service])
    openings = (await _list_openings(request, cards)).get(service, [])
    opening = next((found for found in openings if f"{found[0]:{STAMP}}" == start), None)
    if not cards or opening is None:
        raise _nothing()
    calendar = write_calendar(cards[0], opening[0], opening[1], get_desk(request).conversations.now())
    return Response(
        calendar,
        media_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="opening-time.ics"'},
    )


def _read(word: str) -> list[str]:
    services = unpack(word)
    if not services:
        raise _nothing()
    return services


def _nothing() -> ProblemError:
    return ProblemError(
        Problem(404, "There is nothing at this address", "Check the address, or start at the chat.")
    )


def _address(request: Request, services: list[str]) -> str:
    return f"{str(request.base_url).rstrip('/')}/kept/{pack(services)}"


async def _list_cards(request: Request, services: list[str]) -> list[Card]:
    """The cards of services that are still public. Raises a problem if the directory is away."""
    directory = get_desk(request).directory
    try:
        found = await asyncio.gather(*(directory.find_card(service) for service in services))
    except DirectoryFailed as failure:
        detail = (
            "Please try again in a minute. If you need help now: Leeds council welfare support 0113 376 0330."
        )
        raise ProblemError(Problem(503, "The list cannot be shown just now", detail)) from failure
    return [card for card in found if card is not None]


async def _list_openings(request: Request, cards: list[Card]) -> dict[str, list[Opening]]:
    """The next opening times by service: (start, end, in words). Without them the list is still a list."""
    directory = get_desk(request).directory
    try:
        found = await asyncio.gather(*(directory.list_openings(card.id) for card in cards))
    except DirectoryFailed:
        return {}
    return {
        card.id: [
            (start, end, f"{start:%A} {start.day} {start:%B}, {start:%H:%M} to {end:%H:%M}")
            for start, end in openings[:MOST_OPENINGS]
        ]
        for card, openings in zip(cards, found, strict=True)
    }
