"""The plain pages: a way in, and one page a service. They work without JavaScript."""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, RedirectResponse, Response

from referral_directory.catalogue.search import get_card, list_places
from referral_directory.errors import NotFound
from referral_directory.truth.curating import find_merged
from referral_directory.web.context import Directory, get_directory
from referral_directory.web.searching import current_index
from referral_directory.web.static_files import read_static
from referral_directory.web.templating import render

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/")
async def show_index(request: Request) -> HTMLResponse:
    """The way in: search, topics, and what this is."""
    directory = get_directory(request)
    index = await current_index(directory)
    return HTMLResponse(render("index.html", topics=list_topics(directory), count=len(index.entries)))


@router.get("/services/{identity}")
async def show_service(request: Request, identity: str) -> Response:
    """All that is known about one service. Raises NotFound for what is not an id, or not public."""
    directory = get_directory(request)
    index = await current_index(directory)
    try:
        card = get_card(index, directory.needs, str(UUID(identity)), directory.clock())
    except ValueError:
        card = None
    if card is None:
        merged = await run_in_threadpool(_find_merged, directory, identity)
        if merged is None:
            raise NotFound("service")
        return RedirectResponse(f"/services/{merged}", 301)
    labels = [directory.needs[code].label for code in card["needs"]]
    places = list_places(index, card["id"])
    return HTMLResponse(render("service.html", service=card, labels=labels, places=places))


@router.get("/static/style.css")
async def get_style() -> Response:
    """The one style sheet."""
    return read_static("style.css")


def _find_merged(directory: Directory, identity: str) -> UUID | None:
    """The record that took over from one that was a duplicate."""
    try:
        wanted = UUID(identity)
    except ValueError:
        return None
    with directory.database.read() as session:
        return find_merged(session, wanted)


def list_topics(directory: Directory) -> dict[str, list[tuple[str, str]]]:
    """Codes and labels of needs by topic, in the order of the file."""
    topics: dict[str, list[tuple[str, str]]] = {}
    for need in directory.needs.values():
        topics.setdefault(need.topic, []).append((need.code, need.label))
    return topics
