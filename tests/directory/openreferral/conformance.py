"""A checker of Open Referral UK 3.0 feeds in our own words, for any feed that answers `get(path)`.

It asks more than the published list schemas do: those hide the envelope under a key that nobody reads, so that an
empty object passes. Every fault is a sentence that names where it is.
"""

import math
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

Get = Callable[[str], Any]
LISTS = ("services", "service_at_locations", "taxonomies", "taxonomy_terms")
# What the standard demands of each entity beside an id.
MANDATORY = {
    "service": ("name", "status", "organization_id", "organization"),
    "organization": ("name", "description"),
    "location": ("location_type",),
    "address": ("address_1", "city", "state_province", "postal_code", "country", "address_type"),
    "phone": ("number",),
    "taxonomy": ("name", "description"),
    "taxonomy_term": ("name", "description"),
    "service_at_location": ("service_id", "location_id", "location"),
}
KIND_OF_FIELD = {
    "organization": "organization",
    "service": "service",
    "location": "location",
    "addresses": "address",
    "phones": "phone",
    "taxonomy_term": "taxonomy_term",
    "taxonomy_terms": "taxonomy_term",
    "service_at_locations": "service_at_location",
}
KIND_OF_LIST = dict(zip(LISTS, ("service", "service_at_location", "taxonomy", "taxonomy_term"), strict=True))
PLACE_TYPES = ("physical", "postal", "virtual")
CODES = {
    "status": ("active", "inactive", "defunct", "temporarily closed"),
    "location_type": PLACE_TYPES,
    "address_type": PLACE_TYPES,
    "freq": ("WEEKLY", "MONTHLY"),
}
DAYS = r"(-?[1-5])?(MO|TU|WE|TH|FR|SA|SU)"
FORMS = {
    "last_modified": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
    "opens_at": r"([01]\d|2[0-3]):[0-5]\d",
    "closes_at": r"([01]\d|2[0-3]):[0-5]\d",
    "byday": rf"{DAYS}(,{DAYS})*",
    "country": r"[A-Z]{2}",
    "email": r"[^@\s]+@[^@\s]+\.[^@\s]+",
}
DATES = ("assured_date", "valid_from", "valid_to")
ADDRESSES = ("url", "uri", "website", "term_uri", "profile", "openapi_url")
COUNTS = ("total_items", "total_pages", "page_number", "size")
FLAGS = ("first_page", "last_page", "empty")


def find_faults(get: Get, sizes: tuple[int, ...] = (1, 500), lists: tuple[str, ...] = LISTS) -> list[str]:
    """Everything that is wrong with the feed at `get("/services?page=1")` and its like, on all pages."""
    faults = list(_about_faults(get))
    for name in lists:
        seen: list[list[Any]] = []
        for size in sizes:
            for spelling in ("per_page", "perPage"):
                items, found = _read_pages(get, f"/{name}?{spelling}={size}", size)
                faults += found
                seen.append([item["id"] for item in items])
        if any(ids != seen[0] for ids in seen):
            faults.append(f"/{name}: pages of different sizes hold different items, or another order")
        if len(set(seen[0])) != len(seen[0]):
            faults.append(f"/{name}: an id is repeated")
        faults += _item_faults(get, name)
    return faults


def _about_faults(get: Get) -> Iterator[str]:
    about = _body(get, "")
    if about.get("version") != "HSDS-UK-3.0":
        yield f"/: version is {about.get('version')!r}"
    yield from _value_faults(about, "/")
    if get(urlsplit(about["openapi_url"]).path.partition("/v3")[2]).status_code != 200:
        yield "/: openapi_url does not answer"


def _read_pages(get: Get, path: str, size: int) -> tuple[list[dict[str, Any]], list[str]]:
    """The items of all pages, and what is wrong with the envelopes; one page beyond the last is asked for."""
    first = _body(get, path)
    items, faults = [], []
    pages = math.ceil(int(first["total_items"]) / size)
    for number in range(1, pages + 2):
        page = _body(get, f"{path}&page={number}")
        expected = {
            "total_items": int(first["total_items"]),
            "total_pages": pages,
            "page_number": number,
            "size": max(0, min(size, int(first["total_items"]) - (number - 1) * size)),
            "first_page": number == 1,
            "last_page": number >= pages,
            "empty": int(first["total_items"]) <= (number - 1) * size,
        }
        faults += [
            f"{path}&page={number}: {field} is {page.get(field)!r}, not {value!r}"
            for field, value in expected.items()
            if page.get(field) != value or type(page[field]) is not type(value)
        ]
        if page.keys() != expected.keys() | {"contents"} or len(page["contents"]) != page["size"]:
            faults.append(f"{path}&page={number}: size is not the number of items, or a field is foreign")
        items += page["contents"]
    return items, faults


def _item_faults(get: Get, name: str) -> Iterator[str]:
    """What is wrong with the items of a list, with their details, and between the two."""
    path = f"/{name}?per_page=500"
    flat = _body(get, path)["contents"]
    ids = [item["id"] for item in flat]
    if ids != sorted(ids):
        yield f"/{name}: not ordered by id"
    takes_full = name in ("services", "service_at_locations")
    whole = _body(get, path + "&full=true")["contents"] if takes_full else [None] * len(flat)
    for item, full in zip(flat, whole, strict=True):
        where = f"/{name}/{item['id']}"
        detail = _body(get, where)
        yield from _entity_faults(item, KIND_OF_LIST[name], where + " in the list")
        yield from _entity_faults(detail, KIND_OF_LIST[name], where)
        if not _is_within(item, detail):
            yield f"{where}: the list says something else than the record"
        if takes_full and full != detail:
            yield f"{where}: full=true says something else than the record"


def _entity_faults(entity: dict[str, Any], kind: str, where: str) -> Iterator[str]:
    for field in ("id", *MANDATORY.get(kind, ())):
        if field not in entity:
            yield f"{where}: a {kind} lacks {field}"
    yield from _value_faults(entity, where)
    yield from _link_faults(entity, kind, where)
    for field, value in entity.items():
        below = KIND_OF_FIELD.get(field, field)
        for number, part in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(part, dict):
                yield from _entity_faults(part, below, f"{where}/{field}/{number}")


def _value_faults(entity: dict[str, Any], where: str) -> Iterator[str]:
    for field, value in entity.items():
        if value is None or value in ("", [], {}) or (isinstance(value, str) and not value.strip()):
            yield f"{where}: {field} has no value and is not left out"
        elif field == "id" or field.endswith("_id"):
            if str(UUID(value)) != value:
                yield f"{where}: {field} is not a UUID as the standard writes it"
        elif field in CODES and value not in CODES[field]:
            yield f"{where}: {field} is {value!r}"
        elif field in FORMS and not re.fullmatch(FORMS[field], value):
            yield f"{where}: {field} has the wrong form: {value!r}"
        elif field in DATES and date.fromisoformat(value).isoformat() != value:
            yield f"{where}: {field} is no date"
        elif field in ADDRESSES and not _is_address(value):
            yield f"{where}: {field} is no web address: {value!r}"
    if "last_modified" in entity:
        datetime.fromisoformat(entity["last_modified"])


def _link_faults(entity: dict[str, Any], kind: str, where: str) -> Iterator[str]:
    """Ids that do not fit what they stand beside or belong to."""
    for field in ("organization", "location", "service", "taxonomy_term"):
        part = entity.get(field)
        if isinstance(part, dict) and entity.get(f"{field}_id") != part["id"]:
            yield f"{where}: {field}_id is not the id of {field}"
    owners = {
        "service": ("service_id", "link_id"),
        "location": ("location_id",),
        "taxonomy": ("taxonomy_id",),
    }
    for value in entity.values():
        for part in value if isinstance(value, list) else []:
            for field in owners.get(kind, ()):
                if isinstance(part, dict) and part.get(field, entity["id"]) != entity["id"]:
                    yield f"{where}: a part belongs to another {kind}"


def _is_within(item: Any, detail: Any) -> bool:
    """Whether all that a list says is said by the record as well."""
    if isinstance(item, dict) and isinstance(detail, dict):
        return all(field in detail and _is_within(value, detail[field]) for field, value in item.items())
    return bool(item == detail)


def _is_address(text: str) -> bool:
    parts = urlsplit(text)
    return (
        parts.scheme in ("http", "https") and bool(parts.netloc) and re.fullmatch(r"[!-~]+", text) is not None
    )


def _body(get: Get, path: str) -> dict[str, Any]:
    answer = get(path)
    assert answer.status_code == 200, f"{path}: {answer.status_code}"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["content-type"].startswith("application/json")
    body = answer.json()
    assert isinstance(body, dict)
    return body
