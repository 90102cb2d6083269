"""/openreferral/v3: the nine endpoints of Open Referral UK 3.0, open to everybody (docs/open-referral.md)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Path, Query, Request
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from starlette.responses import Response

from referral_directory.catalogue.feed import (
    Place,
    find_places,
    find_services,
    list_modified,
    load_places,
    load_services,
)
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
from referral_directory.catalogue.feed_terms import load_vocabulary
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
    PER_PAGE,
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
Loader = Callable[[Sequence[UUID]], list[Entity]]


@router.get("", response_model=shapes.About, responses=UNCHANGED)
@router.get("/", include_in_schema=False)
def get_about(request: Request, tag: Tag = "") -> Response:
    """The version of the standard, and where its profile and the feed's OpenAPI document are."""
    url = _names(request).base_url
    return answer(request, {"version": VERSION, "profile": PROFILE, "openapi_url": f"{url}/openapi.json"})


@router.get("/openapi.json", include_in_schema=False)
def get_document(request: Request) -> Response:
    """The OpenAPI document of the feed alone."""
    public_url = get_directory(request).catalogue.public_url
    return answer(request, make_feed_document(request.app.openapi(), public_url))


@router.get("/services", response_model=shapes.Page[shapes.Service | shapes.Modified], responses=LISTED)
def list_services(request: Request, asked: Annotated[ServicesAsked, Query()], tag: Tag = "") -> Response:
    """Services, ordered by id."""
    names = _names(request)
    size = _size(asked)
    with _reading(request) as session:
        wanted = read_wanted(asked, _terms(session, asked, names))
        total, ids = find_services(session, wanted, *_range(asked, size))

    def load(some: Sequence[UUID]) -> list[Entity]:
        with _reading(request) as session:
            if asked.minimal:
                return [_minimal(*row) for row in list_modified(session, some, places=False)]
            rows = load_services(session, some, asked.full)
            return [make_full_service(row, names) if asked.full else make_service(row) for row in rows]

    return _answer_list(request, asked, size, (total, ids), load)


@router.get("/services/{id}", response_model=shapes.Service, responses=UNCHANGED)
def get_service(request: Request, identity: Identity, tag: Tag = "") -> Response:
    """One service with everything that hangs off it."""
    with _reading(request) as session:
        found = load_services(session, [identity], full=True)
        if not found:
            raise NotFound("service")
        body = make_full_service(found[0], _names(request))
    return answer(request, body, newest([body]))


@router.get(
    "/service_at_locations",
    response_model=shapes.Page[shapes.ServiceAtLocation | shapes.Modified],
    responses=LISTED,
)
def list_services_at_locations(
    request: Request, asked: Annotated[PlacesAsked, Query()], tag: Tag = ""
) -> Response:
    """Services at their locations, ordered by id; with proximity the nearest first."""
    names = _names(request)
    size = _size(asked)
    near, served = read_where(asked, get_directory(request).tables)
    with _reading(request) as session:
        wanted = read_wanted(asked, _terms(session, asked, names))
        wanted = replace(wanted, near=near, served=served)
        total, ids = find_places(session, wanted, *_range(asked, size))

    def load(some: Sequence[UUID]) -> list[Entity]:
        with _reading(request) as session:
            if asked.minimal:
                return [_minimal(*row) for row in list_modified(session, some, places=True)]
            rows = load_places(session, some, asked.full)
            return [_full_place(row, names) if asked.full else _flat_place(row) for row in rows]

    return _answer_list(request, asked, size, (total, ids), load)


@router.get("/service_at_locations/{id}", response_model=shapes.ServiceAtLocation, responses=UNCHANGED)
def get_service_at_location(request: Request, identity: Identity, tag: Tag = "") -> Response:
    """One service at one location, with everything that hangs off both."""
    with _reading(request) as session:
        found = load_places(session, [identity], full=True)
        if not found:
            raise NotFound("service at a location")
        body = _full_place(found[0], _names(request))
    return answer(request, body, newest([body]))


@router.get("/taxonomies", response_model=shapes.Page[shapes.Taxonomy], responses=LISTED)
def list_taxonomies(request: Request, asked: Annotated[Paging, Query()], tag: Tag = "") -> Response:
    """Taxonomies, ordered by id."""
    with _reading(request) as session:
        rows = load_vocabulary(session, _names(request).base_url).taxonomies
    return _answer_words(request, asked, rows)


@router.get("/taxonomies/{id}", response_model=shapes.FullTaxonomy, responses=UNCHANGED)
def get_taxonomy(request: Request, identity: Identity, tag: Tag = "") -> Response:
    """One taxonomy with its terms."""
    with _reading(request) as session:
        vocabulary = load_vocabulary(session, _names(request).base_url)
    if identity not in vocabulary.taxonomies:
        raise NotFound("taxonomy")
    terms = [row for row in vocabulary.terms.values() if row["taxonomy_id"] == str(identity)]
    parts = {"taxonomy_terms": terms} if terms else {}
    return answer(request, vocabulary.taxonomies[identity] | parts)


@router.get("/taxonomy_terms", response_model=shapes.Page[shapes.TaxonomyTerm], responses=LISTED)
def list_taxonomy_terms(request: Request, asked: Annotated[TermsAsked, Query()], tag: Tag = "") -> Response:
    """Terms, ordered by id."""
    with _reading(request) as session:
        rows = load_vocabulary(session, _names(request).base_url).terms
    chosen = {
        identity: row
        for identity, row in rows.items()
        if (asked.taxonomy_id is None or row["taxonomy_id"] == str(asked.taxonomy_id))
        and (asked.parent_id is None or row.get("parent_id") == str(asked.parent_id))
        and not (asked.top_only and "parent_id" in row)
    }
    return _answer_words(request, asked, chosen)


@router.get("/taxonomy_terms/{id}", response_model=shapes.TaxonomyTerm, responses=UNCHANGED)
def get_taxonomy_term(request: Request, identity: Identity, tag: Tag = "") -> Response:
    """One term."""
    with _reading(request) as session:
        rows = load_vocabulary(session, _names(request).base_url).terms
    if identity not in rows:
        raise NotFound("taxonomy term")
    return answer(request, rows[identity])


# One route for each address, because a route for all of them would turn unknown addresses into 405.
for _address in sorted({route.path for route in router.routes if hasattr(route, "path")}):
    router.add_api_route(
        _address.removeprefix(BASE), answer_preflight, methods=["OPTIONS"], include_in_schema=False
    )


@contextmanager
def _reading(request: Request) -> Iterator[Session]:
    """A session that reads. Raises NotReady if the database is away."""
    try:
        with get_directory(request).database.read() as session:
            yield session
    except SQLAlchemyError as error:
        raise NotReady("The database cannot be read.") from error


def _names(request: Request) -> Names:
    directory: Directory = get_directory(request)
    return Names(directory.catalogue.wards, directory.catalogue.public_url + BASE)


def _terms(session: Session, asked: ServicesAsked, names: Names) -> tuple[UUID, ...]:
    """The term that is asked for and those below it. The vocabulary is read only if there is one."""
    term = asked.taxonomy_term_id
    return tuple(load_vocabulary(session, names.base_url).get_family(term)) if term else ()


def _size(asked: ServicesAsked) -> int:
    return asked.get_size(EVERYTHING if asked.minimal else PER_PAGE)


def _range(asked: Paging, size: int) -> tuple[int, int | None]:
    """Where a page starts and how many it takes; a stream takes all."""
    return (0, None) if asked.format == "ndjson" else ((asked.page - 1) * size, size)


def _answer_list(
    request: Request, asked: Paging, size: int, found: tuple[int, list[UUID]], load: Loader
) -> Response:
    total, ids = found
    if asked.format == "ndjson":
        return stream(ids, load)
    contents = load(ids) if ids else []
    return answer(request, make_page(total, asked.page, size, contents), newest(contents))


def _answer_words(request: Request, asked: Paging, rows: Mapping[UUID, Entity]) -> Response:
    """A list of taxonomies or terms: few enough to be searched and cut here."""
    words = asked.words.casefold().split()
    ids = [
        identity
        for identity, row in rows.items()
        if all(word in f"{row['name']} {row['description']}".casefold() for word in words)
    ]
    size = asked.get_size()
    start, count = _range(asked, size)
    some = ids if count is None else ids[start : start + count]
    return _answer_list(request, asked, size, (len(ids), some), lambda few: [rows[one] for one in few])


def _minimal(identity: UUID, modified: datetime) -> Entity:
    return {"id": str(identity), "modified_date": modified_text(modified)}


def _flat_place(row: Place) -> Entity:
    link, service = row
    return make_place(link) | {"location": make_location(link.location), "service": make_service(service)}


def _full_place(row: Place, names: Names) -> Entity:
    link, service = row
    return make_place(link) | {
        "location": make_full_location(link.location, service),
        "service": make_full_service(service, names, with_places=False),
    }
