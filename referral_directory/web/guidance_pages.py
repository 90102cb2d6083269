"""Pages about schemes and the short guidance: what there is, who gets it, how to ask, from what source and when."""

from functools import lru_cache
from typing import Any

from fastapi import APIRouter, Request
from markdown_it import MarkdownIt
from markupsafe import Markup
from starlette.responses import HTMLResponse

from referral_directory.catalogue.schemes import Scheme, Standing, drop_ended, standing_of
from referral_directory.clock import date_text
from referral_directory.errors import NotFound
from referral_directory.web.context import Directory, get_directory
from referral_directory.web.templating import render

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/guidance")
async def show_guidance(request: Request) -> HTMLResponse:
    """Every scheme that is open, every short text by topic, and the schemes that have ended."""
    directory = get_directory(request)
    today = directory.clock().date()
    schemes = list(directory.schemes.values())
    by_topic: dict[str, list[object]] = {}
    for entry in drop_ended(directory.guidance, directory.schemes, today):
        topic = directory.needs[entry.needs[0]].topic if entry.needs else "emergencies"
        by_topic.setdefault(topic, []).append(entry)
    page = render(
        "guidance/list.html",
        open=[one for one in schemes if standing_of(one, today) is Standing.OPEN],
        to_come=[(one, _day(one.opens_on)) for one in schemes if standing_of(one, today) is Standing.TO_COME],
        ended=[one for one in schemes if standing_of(one, today) is Standing.ENDED],
        topics=by_topic,
    )
    return HTMLResponse(page)


@router.get("/guidance/{identity}")
async def show_scheme(request: Request, identity: str) -> HTMLResponse:
    """One scheme. Raises NotFound."""
    directory = get_directory(request)
    scheme = directory.schemes.get(identity)
    if scheme is None:
        raise NotFound("scheme")
    return HTMLResponse(render("guidance/scheme.html", **_facts(directory, scheme)))


def _facts(directory: Directory, scheme: Scheme) -> dict[str, Any]:
    today = directory.clock().date()
    follower = directory.schemes.get(scheme.replaced_by)
    return {
        "scheme": scheme,
        "body": Markup(_markdown().render(scheme.text)),  # noqa: S704 - our own files, and markup in them is escaped
        "standing": standing_of(scheme, today),
        "opens": _day(scheme.opens_on),
        "ends": _day(scheme.ends_on),
        "follower": follower,
        "checked": _day(scheme.checked_on) or "a day that nobody knows",
        "review_by": date_text(scheme.review_by),
        "overdue": scheme.review_by < today,
        "needs": [directory.needs[code] for code in scheme.needs],
    }


def _day(day: Any) -> str:
    return date_text(day) if day else ""


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False})
