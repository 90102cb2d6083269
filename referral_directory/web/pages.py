"""The plain pages: a way in, a search with a list, and one page a service. They work without JavaScript."""

from importlib.resources import files
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse, Response

from referral_directory.catalogue.search import get_card
from referral_directory.errors import NotFound
from referral_directory.places import PlaceAnswer, find_place
from referral_directory.web.context import Directory, get_directory
from referral_directory.web.searching import Asked, current_index, run_search
from referral_directory.web.services import LONGEST_WORDS
from referral_directory.web.templating import render

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
PAGE_SIZE = 30


@router.get("/")
async def show_index(request: Request) -> HTMLResponse:
    """The way in: search, topics, and what this is."""
    directory = get_directory(request)
    index = await current_index(directory)
    return HTMLResponse(render("index.html", topics=_topics(directory), count=len(index.entries)))


@router.get("/services")
async def show_search(
    request: Request,
    q: Annotated[str, Query(max_length=LONGEST_WORDS)] = "",
    need: Annotated[list[str] | None, Query(max_length=30)] = None,
    place: Annotated[str, Query(max_length=200)] = "",
) -> HTMLResponse:
    """Search with a list of results; the address of the page is the search, so that it can be shared."""
    directory = get_directory(request)
    wanted = tuple(code for code in need or () if code)
    where = find_place(directory.tables, place) if place.strip() else None
    searched = await run_search(directory, _asked_at(where, q, wanted))
    page = render(
        "search.html",
        q=q,
        chosen=set(wanted),
        # A postcode is not written back into the page: what was understood is.
        place=where.query if where and where.query else "",
        where=where,
        topics=_topics(directory),
        services=searched.found.cards,
        total=searched.found.total,
    )
    return HTMLResponse(page)


@router.get("/services/{identity}")
async def show_service(request: Request, identity: str) -> HTMLResponse:
    """All that is known about one service. Raises NotFound for what is not an id, or not public."""
    directory = get_directory(request)
    index = await current_index(directory)
    try:
        card = get_card(index, directory.needs, str(UUID(identity)), directory.clock())
    except ValueError:
        card = None
    if card is None:
        raise NotFound("service")
    labels = [directory.needs[code].label for code in card["needs"]]
    return HTMLResponse(render("service.html", service=card, labels=labels))


@router.get("/static/style.css")
async def get_style() -> Response:
    """The one style sheet."""
    text = files("referral_directory.web").joinpath("static", "style.css").read_text(encoding="utf-8")
    return Response(text, media_type="text/css", headers={"cache-control": "public, max-age=3600"})


def _asked_at(where: PlaceAnswer | None, q: str, need: tuple[str, ...]) -> Asked:
    if where is not None and where.place is not None:
        place = where.place
        return Asked(q, need, ward=place.ward.code, lat=place.lat, lon=place.lon, limit=PAGE_SIZE)
    return Asked(q, need, limit=PAGE_SIZE)


def _topics(directory: Directory) -> dict[str, list[tuple[str, str]]]:
    """Codes and labels of needs by topic, in the order of the file."""
    topics: dict[str, list[tuple[str, str]]] = {}
    for need in directory.needs.values():
        topics.setdefault(need.topic, []).append((need.code, need.label))
    return topics
