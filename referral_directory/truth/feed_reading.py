"""A service of somebody's Open Referral feed as a row of ours. Nothing in it is trusted: not types, not texts."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from referral_directory.catalogue.sites import LONGEST_ADDRESS, MOST_PLACES, Site, read_degrees, site_text
from referral_directory.catalogue.starter import LINK, NUMBER, StarterRow, read_row
from referral_directory.errors import BadHours
from referral_directory.needs import RISKS, Needs
from referral_directory.opening import INDICATIVE, NONE, read_times
from referral_directory.place_tables import Tables
from referral_directory.places import find_place
from referral_directory.postcodes import read_postcode

LONGEST_TEXT = 5_000
LONGEST_SHORT = 300
EMAIL = re.compile(r"[^@\s<>\"']{1,64}@[A-Za-z0-9.-]{1,190}")
MARKUP = re.compile(r"<[/!a-zA-Z][^>]*>|&(?:#\d+|#x[0-9a-fA-F]+|[a-zA-Z]+);")
CLOCK = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?")
DAYS = {"MO": "Mo", "TU": "Tu", "WE": "We", "TH": "Th", "FR": "Fr", "SA": "Sa", "SU": "Su"}
# A record with any of these came whole.
PARTS = ("phones", "schedules", "service_at_locations", "attributes", "languages", "cost_options", "service_areas",
         "regular_schedules", "contacts", "service_taxonomys", "locations")  # fmt: skip


@dataclass(slots=True)
class Reading:
    """A row that was read, and what of its record was left out."""

    row: StarterRow
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Reader:
    """What reading needs beside the record."""

    address: str
    needs: Needs
    tables: Tables
    today: date


def remote_id_of(item: Any) -> str:
    """The id of a record in its feed. Raises ValueError."""
    identity = item.get("id") if isinstance(item, dict) else None
    if not isinstance(identity, str | int) or isinstance(identity, bool) or not str(identity).strip():
        raise ValueError("has no id")
    if len(str(identity)) > 200:
        raise ValueError("its id is longer than 200 characters")
    return str(identity).strip()


def read_service(item: Mapping[str, Any], reader: Reader) -> Reading:
    """The row of a record. Raises ValueError saying what is wrong with it."""
    notes: list[str] = []
    organisation = item.get("organization")
    owner = clean(organisation.get("name") if isinstance(organisation, dict) else None, notes, "organization")
    name = clean(item.get("name"), notes, "name")
    if not name:
        raise ValueError("has no name")
    if not owner:
        raise ValueError("has no organisation with a name")
    if max(len(name), len(owner)) > LONGEST_SHORT:
        raise ValueError(f"name or organisation is longer than {LONGEST_SHORT} characters")
    phone, website = _phone(item, notes), _link(item.get("url"), notes)
    place = _places(item, reader, notes)
    areas = _names(item, "service_areas", ("name", "service_area"))
    values = _ours(item, reader) | place | _terms(item, reader.needs, phone, website)
    values |= _hours(item, notes) | _dates(item, reader, notes)
    values |= {
        "organisation": owner,
        "name": name,
        "what": clean(item.get("description"), notes, "description"),
        "who_for": _who_for(item, notes),
        "how_to_get_help": clean(item.get("application_process"), notes, "application_process"),
        "phone": phone,
        "email": _email(item.get("email"), notes),
        "website": website,
        "languages": "|".join(_names(item, "languages", ("name", "language"))[:20]),
        "cost": "; ".join(_names(item, "cost_options", ("option", "amount_description"))[:5]),
        "documents": "; ".join(_names(item, "required_documents", ("document",))[:5]),
        "coverage": _coverage(place, areas, website, phone),
    }
    try:
        return Reading(read_row(values, reader.needs), notes)
    except BadHours as error:
        raise ValueError(str(error)) from error


def _ours(item: Mapping[str, Any], reader: Reader) -> dict[str, str]:
    """What is ours to say of every record of a feed: where it is from, and that a curator has to look at it."""
    remote = remote_id_of(item)
    url = f"{reader.address}/services/{remote}"
    return {
        "id": external_id(reader.address, remote),
        "referral_possible": "no",
        "published": "no",
        "confidence": "medium",
        "curator_note": "From a feed: look at it, say what it helps with, and publish it.",
        "source_name": f"Open Referral feed of {urlsplit(reader.address).hostname}",
        "source_url": url if LINK.fullmatch(url) else reader.address,
        "source_note": f"Record {remote} of the feed.",
    }


def external_id(address: str, remote: str) -> str:
    """Our id of a record of a feed: the same at every import, and never that of another feed."""
    feed = hashlib.sha256(address.encode()).hexdigest()[:8]
    plain = re.sub(r"[^a-z0-9]+", "-", remote.lower()).strip("-")
    if plain != remote.lower() or len(plain) > 90:
        plain = f"{plain[:60]}-{hashlib.sha256(remote.encode()).hexdigest()[:10]}".strip("-")
    return f"feed-{feed}-{plain}"


def clean(value: Any, notes: list[str], name: str) -> str:
    """A text without markup, control signs and invisible signs, at most 5,000 characters."""
    if value is None:
        return ""
    if not isinstance(value, str | int | float):
        notes.append(f"{name} is not a text")
        return ""
    text = str(value)[: LONGEST_TEXT * 4]
    if MARKUP.search(text):
        text = _without_markup(text)
    text = unicodedata.normalize("NFC", text)
    text = "".join(
        " " if unicodedata.category(sign)[0] in "CZ" and sign != "\u200d" else sign for sign in text
    )
    text = " ".join(text.split())
    if len(text) > LONGEST_TEXT:
        notes.append(f"{name} was cut at {LONGEST_TEXT} characters")
        text = text[:LONGEST_TEXT].rstrip()
    return text


class _Plain(HTMLParser):
    """Gathers the text between tags; what is in script and style is no text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in ("script", "style")
        self.parts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        self.silent = max(0, self.silent - (tag in ("script", "style")))
        self.parts.append(" ")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.parts.append(data)


def _without_markup(text: str) -> str:
    parser = _Plain()
    parser.feed(text)
    parser.close()
    return "".join(parser.parts)


def _list(item: Mapping[str, Any], *names: str) -> list[dict[str, Any]]:
    for name in names:
        value = item.get(name)
        if isinstance(value, dict):
            return [value]
        if isinstance(value, list):
            return [one for one in value[:200] if isinstance(one, dict)]
    return []


def _names(item: Mapping[str, Any], part: str, fields: Iterable[str]) -> list[str]:
    found = []
    for one in _list(item, part):
        texts = [clean(one.get(name), [], part)[:LONGEST_SHORT] for name in fields]
        found.append(next((text for text in texts if text), ""))
    return list(dict.fromkeys(text.replace("|", " ") for text in found if text))


def _phone(item: Mapping[str, Any], notes: list[str]) -> str:
    listed = _list(item, "phones") or [
        one for contact in _list(item, "contacts") for one in _list(contact, "phones")
    ]
    for one in listed:
        text = re.sub(r"[()\-.\s]+", " ", clean(one.get("number"), notes, "phone")).strip()
        if NUMBER.fullmatch(text):
            return text
        notes.append("a phone number cannot be dialled")
    return ""


def _email(value: Any, notes: list[str]) -> str:
    text = clean(value, notes, "email")
    if text and not EMAIL.fullmatch(text):
        notes.append("email is not an address")
        return ""
    return text


def _link(value: Any, notes: list[str]) -> str:
    text = clean(value, notes, "url")
    if text.startswith("www."):
        text = f"https://{text}"
    if text and (not LINK.fullmatch(text) or len(text) > 1000):
        notes.append("url is not a web address")
        return ""
    return text


def _who_for(item: Mapping[str, Any], notes: list[str]) -> str:
    words = clean(item.get("eligibility_description"), notes, "eligibility_description")
    ages = [item.get(name) for name in ("minimum_age", "maximum_age")]
    low, high = (int(age) if isinstance(age, int | float) and 0 <= age <= 120 else None for age in ages)
    if words or (low is None and high is None):
        return words
    if high is None:
        return f"People aged {low} or over"
    return f"People aged {low or 0} to {high}"


def _places(item: Mapping[str, Any], reader: Reader, notes: list[str]) -> dict[str, str]:
    """The columns of all places: those of the first, and the further ones as texts."""
    listed = [
        one for link in _list(item, "service_at_locations") for one in _list(link, "location")
    ] or _list(item, "locations")
    read = (_place(place, reader, notes) for place in listed)
    found = [place for place in read if any(place.values())]
    if not found:
        return {}
    _, *others = dict.fromkeys(map(_place_text, found))
    if len(others) > MOST_PLACES:
        notes.append(f"{len(others) - MOST_PLACES} more places are left out: too many for one service")
    return found[0] | {"more_places": "|".join(others[:MOST_PLACES])}


def _place_text(place: Mapping[str, str]) -> str:
    lat, lon = read_degrees(place.get("lat", ""), 90), read_degrees(place.get("lon", ""), 180)
    address = place["address"][:LONGEST_ADDRESS].strip()
    return site_text(Site(address, place["postcode"], lat, lon, place.get("ward_code", ""), hidden=False))


def _place(place: Mapping[str, Any], reader: Reader, notes: list[str]) -> dict[str, str]:
    address = next(iter(_list(place, "addresses", "physical_addresses")), {})
    lines = [clean(address.get(name), notes, name) for name in ("address_1", "address_2", "city")]
    found: dict[str, str] = {"address": ", ".join(dict.fromkeys(line for line in lines if line))}
    written = read_postcode(clean(address.get("postal_code"), notes, "postal_code"))
    found["postcode"] = (
        clean(address.get("postal_code"), notes, "postal_code").upper()[:10] if written else ""
    )
    known = find_place(reader.tables, found["postcode"]).place if found["postcode"] else None
    if known is not None and known.kind == "postcode":
        found["ward_code"] = known.ward.code
    point = [place.get(name) for name in ("latitude", "longitude")]
    if all(isinstance(one, int | float) and not isinstance(one, bool) for one in point):
        lat, lon = float(point[0] or 0), float(point[1] or 0)
        # The British Isles: what lies elsewhere is a mistake, most often the two changed about.
        if 49 < lat < 61 and -9 < lon < 2:
            return found | {"lat": f"{lat:.6f}", "lon": f"{lon:.6f}"}
        notes.append("latitude and longitude are not in Britain")
    if known is not None and known.kind == "postcode":
        found |= {"lat": f"{known.lat:.6f}", "lon": f"{known.lon:.6f}"}
    return found


def _coverage(place: Mapping[str, str], areas: list[str], website: str, phone: str) -> str:
    words = " ".join(areas).casefold()
    if "nationwide" in words or "england" in words or "united kingdom" in words:
        return "national"
    if place.get("address") or place.get("postcode"):
        return "local"
    return "online" if website and not phone and not areas else "citywide"


def _terms(item: Mapping[str, Any], needs: Needs, phone: str, website: str) -> dict[str, str]:
    """Needs and emergencies, where a feed uses our own vocabulary; ways in from that, or from what is given."""
    terms = [one for link in _list(item, "attributes") for one in _list(link, "taxonomy_term")]
    codes = [code for one in terms if isinstance(code := one.get("code"), str)]
    ways: list[str] = [
        code for code in ("walk_in", "phone", "online", "self_referral", "staff_referral") if code in codes
    ]
    if not ways:
        ways = [way for way, given in (("phone", phone), ("online", website)) if given]
    return {
        "needs": "|".join(dict.fromkeys(code for code in codes if code in needs)),
        "risks": "|".join(dict.fromkeys(code for code in codes if code in RISKS)),
        "access": "|".join(ways),
    }


def _hours(item: Mapping[str, Any], notes: list[str]) -> dict[str, str]:
    """Weekly times; they are second-hand, and so only indicative."""
    rules, words = [], []
    for one in _list(item, "schedules", "regular_schedules"):
        words.append(clean(one.get("description"), notes, "schedule"))
        days = _days(one)
        times = [CLOCK.fullmatch(str(one.get(name) or "")) for name in ("opens_at", "closes_at")]
        if days and times[0] and times[1] and str(one.get("freq") or "WEEKLY").upper() == "WEEKLY":
            opens, closes = (f"{int(found[1]):02}:{found[2]}" for found in times if found)
            rules.append(f"{','.join(days)} {opens}-{closes}")
        elif one.get("opens_at") or one.get("closes_at"):
            notes.append("a schedule is not weekly times")
    hours = ", ".join(dict.fromkeys(rules))
    try:
        read_times(hours, INDICATIVE, None, has_phone=False)
    except BadHours:
        notes.append("opening times cannot be read")
        hours = ""
    note = "; ".join(dict.fromkeys(text for text in words if text))[:LONGEST_SHORT]
    return {"opening_hours": hours, "opening_status": INDICATIVE if hours else NONE, "opening_note": note}


def _days(schedule: Mapping[str, Any]) -> list[str]:
    text = str(schedule.get("byday") or schedule.get("weekday") or "").upper()
    parts = [part.strip() for part in text.split(",")]
    return [DAYS[part] for part in parts if part in DAYS] if all(part in DAYS for part in parts) else []


def _dates(item: Mapping[str, Any], reader: Reader, notes: list[str]) -> dict[str, str]:
    for name in ("assured_date", "last_modified"):
        value = item.get(name)
        if value in (None, ""):
            continue
        try:
            day = date.fromisoformat(str(value)[:10])
        except ValueError:
            notes.append(f"{name} is not a date")
            continue
        if not date(1990, 1, 1) <= day <= reader.today:
            notes.append(f"{name} is in the future, or long ago")
        elif name == "assured_date":
            return {"checked_on": day.isoformat(), "source_date": day.isoformat()}
        else:
            return {"source_date": day.isoformat()}
    return {}
