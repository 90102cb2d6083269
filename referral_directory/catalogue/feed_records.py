"""Records of the catalogue as entities of Open Referral UK 3.0.

A field without a value is left out, never null and never empty. A location with a confidential address is left
out as a whole, and so is everything of ours that the standard has no place for: sources, confidence, curators'
notes. Beside the UK profile's fields stand those of HSDS 3.0 that our readers need: phones, names of languages,
how to apply, what to bring.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from babel import Locale

from referral_directory.catalogue.feed_hours import Recurrence, read_hours
from referral_directory.catalogue.feed_terms import eligibility_codes, make_eligibility_term, make_term
from referral_directory.catalogue.models import (
    Address,
    Contact,
    Location,
    Organization,
    Phone,
    Schedule,
    Service,
    ServiceAtLocation,
    make_id,
)
from referral_directory.clock import in_leeds
from referral_directory.opening import CONFIRMED, NONE

Entity = dict[str, Any]
# What the standard's formats "uri" (RFC 3986) and "email" take. What does not pass is left out.
URI = re.compile(r"https?://[A-Za-z0-9][A-Za-z0-9.\-]*(?::\d+)?(?:[/?#][A-Za-z0-9\-._~:/?#@!$&'()*+,;=%]*)?")
EMAIL = re.compile(r"[A-Za-z0-9._%+\-]+@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)+")
# The Office for National Statistics names every ward and district by such an address.
AREA_URI = "http://statistics.data.gov.uk/id/statistical-geography/"
LEEDS_CODE = "E08000035"
UNCONFIRMED = "These times are not confirmed: check before you go."


@dataclass(frozen=True, slots=True)
class Names:
    """What builders need beside the record: ward names by code, and the address the feed begins with."""

    wards: Mapping[str, str]
    base_url: str


def make_service(service: Service) -> Entity:
    """A service with its one-to-one fields, as lists show it."""
    return _filled(
        {
            "id": str(service.id),
            "organization_id": str(service.organization_id),
            "name": service.name,
            "description": service.description,
            "url": _uri(service.url),
            "email": _email(service.email),
            "status": service.status,
            "application_process": service.application_process,
            "eligibility_description": service.eligibility_description,
            "minimum_age": _age(min, [row.minimum_age for row in service.eligibility]),
            "maximum_age": _age(max, [row.maximum_age for row in service.eligibility]),
            "assured_date": service.assured_date.isoformat() if service.assured_date else None,
            "last_modified": modified_text(service.last_modified),
            "organization": make_organization(service.organization),
        }
    )


def make_full_service(service: Service, names: Names, with_places: bool = True) -> Entity:
    """A service with everything that hangs off it."""
    owner = {"service_id": str(service.id)}
    nested = {
        "phones": [_phone(row, owner) for row in _by_id(service.phones) if row.number.strip()],
        "contacts": [
            _contact(row, owner)
            for row in _by_id(service.contacts)
            if (row.name + row.title + row.email).strip()
        ],
        "schedules": [entry for row in _by_id(service.schedules) for entry in make_schedules(row)],
        "languages": [
            _filled({"id": str(row.id), **owner, "name": row.name, "code": _language_code(row.name)})
            for row in service.languages
        ],
        "service_areas": _areas(service, names, owner),
        "cost_options": [
            {"id": str(row.id), **owner, "option": row.option}
            for row in _by_id(service.cost_options)
            if row.option.strip()
        ],
        "required_documents": [
            {"id": str(row.id), **owner, "document": row.document}
            for row in _by_id(service.documents)
            if row.document.strip()
        ],
        "attributes": _attributes(service, names.base_url),
    }
    if with_places:
        nested["service_at_locations"] = [
            make_place(link) | {"location": make_full_location(link.location, service)}
            for link in _by_id(service.locations)
            if is_shown(link.location)
        ]
    return make_service(service) | _filled(nested)


def make_place(link: ServiceAtLocation) -> Entity:
    """A service at a location, without what it joins."""
    return {"id": str(link.id), "service_id": str(link.service_id), "location_id": str(link.location_id)}


def make_location(location: Location) -> Entity:
    """A location with its one-to-one fields. Never call it for one that is not shown."""
    partial = [_address_text(address) for address in location.addresses if not _is_whole(address)]
    return _filled(
        {
            "id": str(location.id),
            "location_type": location.location_type,
            "name": location.name,
            # The standard takes whole addresses only; part of one still helps people to find the way.
            "description": "; ".join(text for text in partial if text),
            "latitude": location.latitude,
            "longitude": location.longitude,
        }
    )


def make_full_location(location: Location, service: Service) -> Entity:
    """A location with its addresses, and what is known of access to this service there."""
    owner = {"location_id": str(location.id)}
    # A record says how accessible a service is; with several locations it does not say which one.
    has_one = len(service.locations) == 1
    return make_location(location) | _filled(
        {
            "addresses": [
                {"id": str(row.id), **owner} | _address(row)
                for row in _by_id(location.addresses)
                if _is_whole(row)
            ],
            "accessibility": [
                {"id": str(row.id), **owner, "description": row.description}
                for row in _by_id(service.accessibility)
                if row.description.strip() and has_one
            ],
        }
    )


def is_shown(location: Location) -> bool:
    """Whether a location may leave: none of its addresses is confidential."""
    return not any(address.confidential for address in location.addresses)


def make_organization(row: Organization) -> Entity:
    """An organisation. The standard demands a description, so one without gets the plainest true sentence."""
    return _filled(
        {
            "id": str(row.id),
            "name": row.name,
            "description": row.description.strip()
            or f"{row.name} is listed in the Signpost Leeds directory.",
            "email": _email(row.email),
            "website": _uri(row.website),
        }
    )


def make_schedules(row: Schedule) -> list[Entity]:
    """The repetitions of a schedule that is confirmed or indicative, each with the note; [] if it is neither."""
    if row.certainty == NONE or not (row.opening_hours + row.description).strip():
        return []
    shared = _filled(
        {
            "service_id": str(row.service_id),
            "valid_from": row.valid_from.isoformat() if row.valid_from else None,
            "valid_to": row.valid_to.isoformat() if row.valid_to else None,
        }
    )
    hours = read_hours(row.opening_hours)
    if hours is None or not hours.recurrences:
        words = row.description.strip() or f"Opening hours (OpenStreetMap syntax): {row.opening_hours}"
        entry = {"id": str(row.id), **shared, "description": words, "notes": _certainty_note(row, "")}
        return [_filled(entry)]
    note = _certainty_note(row, hours.holidays)
    return [
        _filled({"id": str(make_id("schedule", str(row.id), str(number))), **shared})
        | _filled({**_recurrence(recurrence), "description": row.description, "notes": note})
        for number, recurrence in enumerate(hours.recurrences)
    ]


def modified_text(moment: datetime) -> str:
    """A moment in UTC with milliseconds, as the standard writes last_modified."""
    # SQLite keeps no offset: what is stored is the time of Leeds.
    utc = in_leeds(moment).astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03}Z"


def _recurrence(recurrence: Recurrence) -> Entity:
    # Times are those on the clocks of Leeds, without an offset: one would be wrong for half of the year.
    return {
        "freq": recurrence.freq,
        "byday": ",".join(recurrence.days),
        "opens_at": recurrence.opens_at,
        "closes_at": recurrence.closes_at,
    }


def _certainty_note(row: Schedule, holidays: str) -> str:
    said = "" if row.certainty == CONFIRMED else UNCONFIRMED
    if holidays:
        said += " Closed on bank holidays." if holidays == "off" else f" On bank holidays: {holidays}."
    return said.strip()


def _attributes(service: Service, base_url: str) -> list[Entity]:
    owner = {"link_id": str(service.id), "link_entity": "service"}
    held = [
        {
            "id": str(row.id),
            **owner,
            "link_type": row.term.taxonomy.name,
            "taxonomy_term_id": str(row.taxonomy_term_id),
            "taxonomy_term": make_term(row.term, base_url),
        }
        for row in service.attributes
    ]
    for code in eligibility_codes(service):
        term = make_eligibility_term(code, base_url)
        held.append(
            {
                "id": str(make_id("attribute", "eligibility", str(service.id), code)),
                **owner,
                "link_type": "eligibility",
                "taxonomy_term_id": term["id"],
                "taxonomy_term": term,
            }
        )
    return held


def _areas(service: Service, names: Names, owner: Entity) -> list[Entity]:
    """The areas a service is for; without any, what its coverage says by itself."""
    if service.areas:
        return [
            {"id": str(row.id), **owner, "name": names.wards.get(row.name, row.name)}
            | ({"uri": AREA_URI + row.name} if row.name in names.wards else {})
            for row in service.areas
        ]
    area = {"id": str(make_id("area", str(service.id), service.coverage)), **owner}
    if service.coverage == "citywide":
        return [area | {"name": "Leeds", "uri": AREA_URI + LEEDS_CODE}]
    return [area | {"name": "Nationwide"}] if service.coverage == "national" else []


def _phone(row: Phone, owner: Entity) -> Entity:
    says = {"number": row.number, "type": row.type, "description": row.description}
    return _filled({"id": str(row.id), **owner, **says})


def _contact(row: Contact, owner: Entity) -> Entity:
    says = {"name": row.name, "title": row.title, "email": _email(row.email)}
    return _filled({"id": str(row.id), **owner, **says})


def _address(row: Address) -> Entity:
    return {
        "address_1": row.address_1,
        "city": row.city,
        "state_province": row.state_province,
        "postal_code": row.postal_code,
        "country": row.country,
        "address_type": row.address_type,
    }


def _is_whole(row: Address) -> bool:
    return all(value.strip() for value in _address(row).values())


def _address_text(row: Address) -> str:
    return ", ".join(part for part in (row.address_1, row.postal_code) if part.strip())


def _age(choose: Any, ages: Iterable[float | None]) -> float | int | None:
    """The lowest or highest of the ages that are set; whole years without a decimal point."""
    known = [age for age in ages if age is not None]
    if not known:
        return None
    age = float(choose(known))
    return int(age) if age.is_integer() else age


def _uri(text: str) -> str | None:
    return text if URI.fullmatch(text) else None


def _email(text: str) -> str | None:
    return text if EMAIL.fullmatch(text) else None


@lru_cache(maxsize=1)
def _codes_by_language() -> Mapping[str, str]:
    return {name.casefold(): code for code, name in Locale("en").languages.items() if len(code) in (2, 3)}


def _language_code(name: str) -> str | None:
    return _codes_by_language().get(name.casefold())


def _filled(entity: Entity) -> Entity:
    """Without the fields that have no value; a text of spaces is none."""
    return {
        field: value
        for field, value in entity.items()
        if value is not None and value != [] and not (isinstance(value, str) and not value.strip())
    }


def _by_id[Row: Any](rows: Iterable[Row]) -> list[Row]:
    """In the order of ids, so that the same record is always written the same."""
    return sorted(rows, key=_id_of)


def _id_of(row: Any) -> UUID:
    identity: UUID = row.id
    return identity
