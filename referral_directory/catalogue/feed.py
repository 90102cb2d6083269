"""What the Open Referral feed reads from the catalogue: which records, in which order, and a page of them.

A page costs a fixed number of queries whatever its length: one for the number of matches, one for the ids of the
page, one for the records and one for each kind of part. Only public services, and of their locations only those
without a confidential address, pass `_public` and `_shown`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import batched
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload
from sqlalchemy.sql.base import ExecutableOption

from referral_directory.catalogue.feed_hours import TimesAsked, fits_times
from referral_directory.catalogue.feed_terms import (
    ELIGIBILITY_ID,
    ELIGIBILITY_TERMS,
    eligibility_conditions,
    eligibility_id,
)
from referral_directory.catalogue.models import (
    Address,
    Attribute,
    Eligibility,
    Location,
    Organization,
    Schedule,
    Service,
    ServiceArea,
    ServiceAtLocation,
    TaxonomyTerm,
)
from referral_directory.places import EARTH_KM

METRES_PER_DEGREE = math.radians(1) * EARTH_KM * 1000
# A box must not cut off what the circle inside it holds by rounding.
BOX_MARGIN = 1.001
MOST_WORDS = 12
# Databases bound the number of parameters: SQLite takes 32,766.
MOST_IDS = 5000


@dataclass(frozen=True, slots=True)
class Near:
    """Not further than `metres` from a point in degrees."""

    lat: float
    lon: float
    metres: float


@dataclass(frozen=True, slots=True)
class Served:
    """A service must be for people here: the codes of the place's areas, and whether it is in Leeds."""

    areas: frozenset[str]
    in_leeds: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """The filters of a request; what is None or empty does not filter. All that are given must hold."""

    words: str = ""
    terms: tuple[UUID, ...] = ()
    taxonomy: UUID | None = None
    organization: UUID | None = None
    modified_after: datetime | None = None
    minimum_age: float | None = None
    maximum_age: float | None = None
    times: TimesAsked | None = None
    near: Near | None = None
    served: Served | None = None


Place = tuple[ServiceAtLocation, Service]


def find_services(
    session: Session, wanted: Wanted, start: int = 0, count: int | None = None
) -> tuple[int, list[UUID]]:
    """How many services match, and the ids of `count` of them (None: all) from `start`, ordered by id."""
    query = select(Service.id).where(*_conditions(wanted)).order_by(Service.id)
    if wanted.times is None:
        return _cut_in_sql(session, query, start, count)
    open_then = _open_at(session, wanted.times)
    return _cut([identity for identity in session.scalars(query) if identity in open_then], start, count)


def find_places(
    session: Session, wanted: Wanted, start: int = 0, count: int | None = None
) -> tuple[int, list[UUID]]:
    """The same for services at locations: ordered by id, or by distance first where one is asked for."""
    query = (
        select(ServiceAtLocation.id)
        .join(Service, Service.id == ServiceAtLocation.service_id)
        .where(*_conditions(wanted), _shown())
        .order_by(ServiceAtLocation.id)
    )
    if wanted.served is not None:
        query = query.where(_serves(wanted.served))
    if wanted.times is None and wanted.near is None:
        return _cut_in_sql(session, query, start, count)
    rows: Any = query.add_columns(ServiceAtLocation.service_id, Location.latitude, Location.longitude).join(
        Location, Location.id == ServiceAtLocation.location_id
    )
    if wanted.near is not None:
        rows = rows.where(*_in_box(wanted.near))
    found = session.execute(rows).all()
    if wanted.times is not None:
        open_then = _open_at(session, wanted.times)
        found = [row for row in found if row.service_id in open_then]
    if wanted.near is None:
        return _cut([row.id for row in found], start, count)
    near = wanted.near
    measured = sorted((_metres(near, row.latitude, row.longitude), row.id) for row in found)
    return _cut([identity for metres, identity in measured if metres <= near.metres], start, count)


def load_services(session: Session, ids: Sequence[UUID], full: bool) -> list[Service]:
    """Public services with these ids, in their order, with all that lists (or, if `full`, records) show."""
    query = (
        select(Service).where(Service.id.in_(ids), *_public()).options(*(_all_parts() if full else _flat()))
    )
    found = {service.id: service for service in session.scalars(query)}
    return [found[identity] for identity in ids if identity in found]


def load_places(session: Session, ids: Sequence[UUID], full: bool) -> list[Place]:
    """Public services at shown locations with these ids, in their order."""
    parts = _all_parts() if full else _flat()
    query = (
        select(ServiceAtLocation, Service)
        .join(Service, Service.id == ServiceAtLocation.service_id)
        .where(ServiceAtLocation.id.in_(ids), *_public(), _shown())
        .options(joinedload(ServiceAtLocation.location).selectinload(Location.addresses), *parts)
    )
    found = {link.id: (link, service) for link, service in session.execute(query)}
    return [found[identity] for identity in ids if identity in found]


def list_modified(session: Session, ids: Sequence[UUID], places: bool) -> list[tuple[UUID, datetime]]:
    """When public services (or services at shown locations) with these ids were modified, in their order."""
    key: Any = ServiceAtLocation.id if places else Service.id
    query = select(key, Service.last_modified).where(*_public())
    if places:
        query = query.join(Service, Service.id == ServiceAtLocation.service_id).where(_shown())
    found: dict[UUID, datetime] = {}
    for batch in batched(ids, MOST_IDS):
        found |= {row[0]: row[1] for row in session.execute(query.where(key.in_(batch)))}
    return [(identity, found[identity]) for identity in ids if identity in found]


def _public() -> list[ColumnElement[bool]]:
    return [
        Service.published.is_(True),
        Service.status == "active",
        Service.confidence.in_(("high", "medium")),
    ]


def _shown() -> ColumnElement[bool]:
    return ~exists().where(
        Address.location_id == ServiceAtLocation.location_id, Address.confidential.is_(True)
    )


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions = _public()
    conditions += [_has_word(word) for word in wanted.words.split()[:MOST_WORDS]]
    if wanted.terms:
        conditions.append(_has_term(wanted.terms))
    if wanted.taxonomy is not None:
        conditions.append(_has_taxonomy(wanted.taxonomy))
    if wanted.organization is not None:
        conditions.append(Service.organization_id == wanted.organization)
    if wanted.modified_after is not None:
        conditions.append(Service.last_modified >= wanted.modified_after)
    # Ages as records show them: the lowest and the highest, if there are several limits.
    ages = select(func.min(Eligibility.minimum_age)).where(Eligibility.service_id == Service.id)
    if wanted.minimum_age is not None:
        conditions.append(ages.scalar_subquery() >= wanted.minimum_age)
    if wanted.maximum_age is not None:
        ages = ages.with_only_columns(func.max(Eligibility.maximum_age))
        conditions.append(ages.scalar_subquery() <= wanted.maximum_age)
    return conditions


def _has_word(word: str) -> ColumnElement[bool]:
    """A word in what the feed itself shows; never in an address, which may be confidential."""
    organization = exists().where(
        Organization.id == Service.organization_id, Organization.name.icontains(word, autoescape=True)
    )
    term = exists().where(
        Attribute.service_id == Service.id,
        TaxonomyTerm.id == Attribute.taxonomy_term_id,
        TaxonomyTerm.name.icontains(word, autoescape=True),
    )
    texts = (
        Service.name,
        Service.description,
        Service.application_process,
        Service.eligibility_description,
    )
    return or_(*(text.icontains(word, autoescape=True) for text in texts), organization, term)


def _has_term(terms: tuple[UUID, ...]) -> ColumnElement[bool]:
    held = exists().where(Attribute.service_id == Service.id, Attribute.taxonomy_term_id.in_(terms))
    return or_(held, *eligibility_conditions(terms))


def _has_taxonomy(taxonomy: UUID) -> ColumnElement[bool]:
    held = exists().where(
        Attribute.service_id == Service.id,
        TaxonomyTerm.id == Attribute.taxonomy_term_id,
        TaxonomyTerm.taxonomy_id == taxonomy,
    )
    ours = map(eligibility_id, ELIGIBILITY_TERMS) if taxonomy == ELIGIBILITY_ID else ()
    return or_(held, *eligibility_conditions(ours))


def _serves(served: Served) -> ColumnElement[bool]:
    has_areas = exists().where(ServiceArea.service_id == Service.id)
    has_this = exists().where(ServiceArea.service_id == Service.id, ServiceArea.name.in_(served.areas))
    anywhere = ~has_areas if served.in_leeds else ~has_areas & (Service.coverage != "citywide")
    return or_(has_this, anywhere)


def _in_box(near: Near) -> list[ColumnElement[bool]]:
    """A box round the circle, so that the database leaves out most of what is far."""
    lat = BOX_MARGIN * near.metres / METRES_PER_DEGREE
    lon = lat / math.cos(math.radians(near.lat))
    return [
        Location.latitude.between(near.lat - lat, near.lat + lat),
        Location.longitude.between(near.lon - lon, near.lon + lon),
    ]


def _metres(near: Near, lat: float, lon: float) -> float:
    """The great-circle distance, by the haversine formula."""
    here, there = math.radians(near.lat), math.radians(lat)
    half = math.sin((there - here) / 2) ** 2
    half += math.cos(here) * math.cos(there) * math.sin(math.radians(lon - near.lon) / 2) ** 2
    return 2000 * EARTH_KM * math.asin(math.sqrt(half))


def _open_at(session: Session, times: TimesAsked) -> set[UUID]:
    """Services with a schedule that fits. Hours are text, so they are read here; texts repeat, so seldom."""
    query = (
        select(Schedule.service_id, Schedule.opening_hours)
        .join(Service, Service.id == Schedule.service_id)
        .where(*_public(), Schedule.certainty != "none", Schedule.opening_hours != "")
    )
    return {service for service, hours in session.execute(query) if fits_times(hours, times)}


def _cut_in_sql(
    session: Session, query: Select[UUID], start: int, count: int | None
) -> tuple[int, list[UUID]]:
    if count is None:
        ids = list(session.scalars(query))
        return len(ids), ids
    total = session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    if start >= total:
        return total, []
    return total, list(session.scalars(query.offset(start).limit(count)))


def _cut(ids: list[UUID], start: int, count: int | None) -> tuple[int, list[UUID]]:
    return len(ids), ids if count is None else ids[start : start + count]


def _flat() -> list[ExecutableOption]:
    return [joinedload(Service.organization), selectinload(Service.eligibility)]


def _all_parts() -> list[ExecutableOption]:
    places = selectinload(Service.locations).joinedload(ServiceAtLocation.location)
    return [
        *_flat(),
        places.selectinload(Location.addresses),
        selectinload(Service.attributes).joinedload(Attribute.term).joinedload(TaxonomyTerm.taxonomy),
        selectinload(Service.phones),
        selectinload(Service.contacts),
        selectinload(Service.schedules),
        selectinload(Service.languages),
        selectinload(Service.areas),
        selectinload(Service.cost_options),
        selectinload(Service.documents),
        selectinload(Service.accessibility),
    ]
