"""A starter row as records of the catalogue, and the records as a starter row again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from referral_directory.catalogue.models import (
    Accessibility,
    Address,
    Attribute,
    CostOption,
    Language,
    Location,
    Organization,
    Phone,
    RequiredDocument,
    Schedule,
    Service,
    ServiceArea,
    ServiceAtLocation,
    Taxonomy,
    TaxonomyTerm,
    make_id,
)
from referral_directory.catalogue.sites import Site, has_place, place_columns, read_site, site_of
from referral_directory.catalogue.starter import ACCESS, StarterRow
from referral_directory.needs import RISKS, Needs

NEEDS, RISK, WAYS = "need", "risk", "access"
TAXONOMIES = {
    NEEDS: "What a service helps with.",
    RISK: "The emergencies that a service answers.",
    WAYS: "How people reach a service.",
}


def record_terms(session: Session, needs: Needs) -> None:
    """The taxonomies and their terms, added or brought up to date."""
    for name, description in TAXONOMIES.items():
        session.merge(Taxonomy(id=make_id("taxonomy", name), name=name, description=description))
    session.flush()
    topics = dict.fromkeys(need.topic for need in needs.values())
    for topic in topics:
        session.merge(_term(NEEDS, topic, topic.capitalize(), f"All needs of the topic {topic}."))
    session.flush()
    for need in needs.values():
        session.merge(_term(NEEDS, need.code, need.label, need.short, parent=term_id(NEEDS, need.topic)))
    for code in RISKS:
        session.merge(_term(RISK, code, code.replace("_", " ").capitalize(), "An emergency."))
    for code in ACCESS:
        session.merge(_term(WAYS, code, code.replace("_", " ").capitalize(), "A way in."))
    session.flush()


def term_id(taxonomy: str, code: str) -> UUID:
    """The id of a term."""
    return make_id("taxonomy_term", taxonomy, code)


def write_row(session: Session, row: StarterRow, service: Service | None, now: datetime) -> Service:
    """Make `service` (None: a new one) say what `row` says. Writes nothing to disk by itself."""
    organization = _find_or_make_organization(session, row.organisation)
    if service is None:
        service = Service(id=make_id(row.id), external_id=row.id)
    service.organization = organization
    service.name = row.name
    service.description = row.what
    service.eligibility_description = row.who_for
    service.application_process = row.how_to_get_help
    service.url, service.email = row.website, row.email
    service.coverage = row.coverage
    service.referral_possible = row.referral_possible
    service.source_name, service.source_url = row.source_name, row.source_url
    service.source_note, service.source_date = row.source_note, row.source_date
    service.assured_date = row.checked_on
    service.checked_by, service.next_check_on = "source", None
    service.confidence, service.published = row.confidence, row.published
    service.curator_note = row.curator_note
    service.status = "active"
    service.last_modified = now
    _write_parts(service, row)
    session.add(service)
    return service


def read_record(service: Service) -> StarterRow:
    """What a record says, as a starter row: the inverse of write_row."""
    phone = service.phones[0] if service.phones else None
    schedule = service.schedules[0] if service.schedules else None
    terms = {name: _codes(service, name) for name in TAXONOMIES}
    return StarterRow(
        id=service.external_id,
        organisation=service.organization.name,
        name=service.name,
        needs=terms[NEEDS],
        risks=terms[RISK],
        what=service.description,
        who_for=service.eligibility_description,
        how_to_get_help=service.application_process,
        access=terms[WAYS],
        phone=phone.number if phone else "",
        phone_note=phone.description if phone else "",
        email=service.email,
        website=service.url,
        **_read_place(service),
        coverage=service.coverage,
        areas=tuple(area.name for area in service.areas),
        opening_hours=schedule.opening_hours if schedule else "",
        opening_status=schedule.certainty if schedule else "none",
        opening_note=schedule.description if schedule else "",
        languages=tuple(language.name for language in service.languages),
        accessibility=service.accessibility[0].description if service.accessibility else "",
        cost=service.cost_options[0].option if service.cost_options else "",
        documents=service.documents[0].document if service.documents else "",
        referral_possible=service.referral_possible,
        source_name=service.source_name,
        source_url=service.source_url,
        source_note=service.source_note,
        source_date=service.source_date,
        checked_on=service.assured_date,
        confidence=service.confidence,
        published=service.published and service.status == "active",
        curator_note=service.curator_note,
    )


def order_sites(external_id: str, found: Sequence[tuple[UUID, Site]]) -> tuple[Site, ...]:
    """The places of a record by the ids of their links: the one that was written as its first comes first."""
    if len(found) < 2:
        return tuple(site for _, site in found)
    first = make_id("service_at_location", external_id)
    return tuple(site for _, site in sorted(found, key=lambda one: (one[0] != first, one[0])))


def _read_place(service: Service) -> dict[str, Any]:
    """Where a service is given; the columns of a starter row that _write_places reads."""
    found = [(link.id, _read_site(link.location)) for link in service.locations]
    return place_columns(order_sites(service.external_id, found))


def _read_site(place: Location) -> Site:
    address = place.addresses[0] if place.addresses else None
    return Site(
        address.address_1 if address else "",
        address.postal_code if address else "",
        place.latitude,
        place.longitude,
        place.ward_code or "",
        any(one.confidential for one in place.addresses),
    )


def _write_parts(service: Service, row: StarterRow) -> None:
    """Everything that hangs off a service. Ids come from the external id, so a second load meets its own
    rows.
    """

    def part_id(kind: str, detail: str = "") -> UUID:
        return make_id(kind, row.id, detail)

    _write_places(service, row)
    phones = [Phone(id=part_id("phone"), number=row.phone, description=row.phone_note)]
    service.phones = phones if row.phone or row.phone_note else []
    service.schedules = [
        Schedule(
            id=part_id("schedule"),
            opening_hours=row.opening_hours,
            certainty=row.opening_status or "none",
            description=row.opening_note,
        )
    ]
    service.languages = [
        Language(id=part_id("language", name), name=name, position=n) for n, name in enumerate(row.languages)
    ]
    service.cost_options = [CostOption(id=part_id("cost"), option=row.cost)] if row.cost else []
    service.areas = [
        ServiceArea(
            id=part_id("area", name),
            name=name,
            extent_type="ward" if name.startswith("E05") else "outcode",
            position=n,
        )
        for n, name in enumerate(row.areas)
    ]
    documents = [RequiredDocument(id=part_id("document"), document=row.documents)]
    service.documents = documents if row.documents else []
    access = [Accessibility(id=part_id("accessibility"), description=row.accessibility)]
    service.accessibility = access if row.accessibility else []
    words = [(NEEDS, row.needs), (RISK, row.risks), (WAYS, row.access)]
    service.attributes = [
        Attribute(id=part_id("attribute", f"{kind}.{code}"), taxonomy_term_id=term_id(kind, code), position=n)
        for kind, codes in words
        for n, code in enumerate(codes)
    ]


def _write_places(service: Service, row: StarterRow) -> None:
    first = site_of(row)
    # A confidential first place that a file left out still stands before the others.
    has_first = has_place(first) or (row.confidential and row.more_places)
    links = [_make_link(row, first)] if has_first else []
    service.locations = links + [_make_link(row, read_site(text), text) for text in row.more_places]


def _make_link(row: StarterRow, site: Site, *key: str) -> ServiceAtLocation:
    """A place of a service; the key of a further one is its text, so that it keeps its id among the others."""
    location = Location(
        id=make_id("location", row.id, *key),
        name=row.organisation,
        latitude=site.lat,
        longitude=site.lon,
        ward_code=site.ward_code or None,
    )
    if site.address or site.postcode or site.hidden:
        location.addresses = [
            Address(
                id=make_id("address", row.id, *key),
                address_1=site.address,
                postal_code=site.postcode,
                confidential=site.hidden,
            )
        ]
    return ServiceAtLocation(id=make_id("service_at_location", row.id, *key), location=location)


def _find_or_make_organization(session: Session, name: str) -> Organization:
    # No flush for a look: what is new in this session is looked through first.
    made: dict[str, Organization] = session.info.setdefault("organizations", {})
    if name in made and made[name] in session:
        return made[name]
    with session.no_autoflush:
        found = session.scalars(select(Organization).where(Organization.name == name)).one_or_none()
    if found is None:
        found = Organization(id=make_id("organization", name), name=name)
        session.add(found)
    made[name] = found
    return found


def _codes(service: Service, taxonomy: str) -> tuple[str, ...]:
    return tuple(
        attribute.term.code for attribute in service.attributes if attribute.term.taxonomy.name == taxonomy
    )


def _term(taxonomy: str, code: str, name: str, description: str, parent: UUID | None = None) -> TaxonomyTerm:
    return TaxonomyTerm(
        id=term_id(taxonomy, code),
        taxonomy_id=make_id("taxonomy", taxonomy),
        parent_id=parent,
        code=code,
        name=name,
        description=description,
    )
