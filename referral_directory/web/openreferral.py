"""/openreferral/v3: the nine endpoints of Open Referral UK 3.0, open to everybody (docs/open-referral.md)."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Path, Query, Request
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from starlette.responses import Response

from referral_directory.catalogue.feed import find_places, find_services, load_places, load_services
from referral_directory.catalogue.feed_records import (
    Entity,
    Names,
    make_full_location,
    make_full_service,
    make_location,
    make_place,
    make_service,
    modified_text,
)
from referral_directory.catalogue.feed_terms import Vocabulary, load_vocabulary
from referral_directory.errors import NotFound, NotReady
from referral_directory.web import openreferral_shapes as shapes
from referral_directory.web.context import Directory, get_directory
from referral_directory.web.openreferral_answers import (
    NDJSON,
    answer,
    answer_preflight,
    make_page,
    newest,
    stream,
)
from referral_directory.web.openreferral_document import BASE, VERSION, make_feed_document
from referral_directory.web.openreferral_query import (
    Paging,
    PlacesAsked,
    ServicesAsked,
    TermsAsked,
    read_wanted,
    read_where,
)

PROFILE = "https://docs.openreferraluk.org/en/latest/"
# More than any directory holds: `minimal` puts everything on one page.
EVERYTHING = 1_000_000_000
UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "Not changed since the tag was given."}}
LISTED: dict[int | str, dict[str, Any]] = {
    **UNCHANGED,
    200: {"content": {NDJSON: {"schema": {"type": "string"}}}},
}

router = APIRouter(prefix=BASE, tags=["Open Referral UK"])
Tag = Annotated[str, Header(alias="If-None-Match", description="The ETag of an earlier answer.")]
Identity = Annotated[UUID, Path(alias="id")]


@router.get("", response_model=shapes.About, responses=UNCHANGED)
@router.get("/", include_in_schema=False)
def get_about(request: Request, tag: Tag = "") -> Response:
    """The version of the standard, and where its profile and the feed's OpenAPI document are."""
    url = _base_url(get_directory(request))
    return answer(
        request, {"version": VERSION, "profile": PROFILE, "openapi_url": f"{url}/openapi.json"}
    )


@router.get("/openapi.json", include_in_schema=False)
def get_document(request: Request) -> Response:
    """The OpenAPI document of the feed alone."""
    public_url = get_directory(request).catalogue.public_url
    return answer(request, make_feed_document(request.app.openapi(), public_url))


@router.get(
    "/services", response_model=shapes.Page[shapes.Service | shapes.Modified], responses=LISTED
)
def list_services(
    request: Request, asked: Annotated[ServicesAsked, Query()], tag: Tag = ""
) -> Response:
    """Services, ordered by id."""
    directory = get_directory(request)
    names = _names(directory)

    def load(ids: Sequence[UUID]) -> list[Entity]:
        with _reading(directory) as session:
            rows = load_services(session, ids, asked.full)
            if asked.minimal:
                return [_minimal(row.id, row.last_modified) for row in rows]
            return [make_full_service(row, names) if asked.full else make_service(row) for row in rows]

    size = asked.get_size(EVERYTHING if asked.minimal else _SIZE)
    with _reading(directory) as session:
        wanted = read_wanted(asked, load_vocabulary(session, names.base_url))
        total, ids = find_services(session, wanted, *_range(asked, size))
    return _answer_list(request, asked, size, total, ids, load)
