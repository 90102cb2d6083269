"""Places where a service is given. The first has columns of its own in a row; each further one is a readable text:

`9 Branch Road, Leeds; LS12 3AA; 53.795; -1.588; E05011398`: address, postcode, latitude, longitude and ward, and
`confidential` as a sixth part if nobody may know of it. What is not known is empty.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

# Of one service; more are a mistake of a feed.
MOST_PLACES = 100
LONGEST_ADDRESS = 300
WARD = re.compile(r"E05[0-9]{6}")
HIDDEN_WORD = "confidential"


@dataclass(frozen=True, slots=True)
class Site:
    """One place where a service is given. A hidden one is never shown, and never measured from."""

    address: str
    postcode: str
    lat: float | None
    lon: float | None
    ward_code: str
    hidden: bool


def site_text(site: Site) -> str:
    """A further place as a text: the inverse of read_site."""
    degrees = ["" if value is None else str(value) for value in (site.lat, site.lon)]
    parts = [_plain(site.address), _plain(site.postcode), *degrees, site.ward_code]
    return "; ".join([*parts, HIDDEN_WORD if site.hidden else ""]).rstrip("; ")


def read_site(text: str) -> Site:
    """A further place from its text. Raises ValueError saying what is wrong."""
    parts = [part.strip() for part in text.split(";")]
    if len(parts) > 6:
        raise ValueError("more_places: a place has at most six parts with ; between them")
    address, postcode, lat, lon, ward, word = [*parts, *[""] * (6 - len(parts))]
    site = Site(address, postcode, read_degrees(lat, 90), read_degrees(lon, 180), ward, word == HIDDEN_WORD)
    if word not in ("", HIDDEN_WORD):
        raise ValueError(f"more_places: {word!r} is not {HIDDEN_WORD}")
    if not has_place(site):
        raise ValueError("more_places: a place has an address, a postcode or a point")
    if len(address) > LONGEST_ADDRESS or len(postcode) > 10 or (ward and not WARD.fullmatch(ward)):
        raise ValueError("more_places: a place is written as address; postcode; latitude; longitude; ward")
    if (site.lat is None) != (site.lon is None):
        raise ValueError("more_places: give latitude and longitude, or neither")
    return site


def site_of(row: Any) -> Site:
    """The first place of a row."""
    return Site(row.address, row.postcode, row.lat, row.lon, row.ward_code, row.confidential)


def read_more_places(texts: Iterable[str]) -> tuple[str, ...]:
    """Further places, each written in the one way there is, in an order of their own. Raises ValueError."""
    found = tuple(sorted({site_text(read_site(text)) for text in texts}))
    if len(found) > MOST_PLACES:
        raise ValueError(f"more_places: more than {MOST_PLACES} places")
    return found


def read_degrees(text: str, most: float) -> float | None:
    """A number of degrees; None for none. Raises ValueError."""
    if not text:
        return None
    value = float(text)
    if not -most <= value <= most:
        raise ValueError(f"{text} is not a number of degrees")
    return value


def has_place(site: Site) -> bool:
    """Whether anything is known of where it is."""
    return bool(site.address or site.postcode or site.lat is not None or site.ward_code)


def place_columns(sites: Sequence[Site]) -> dict[str, Any]:
    """The columns of a row that say where a service is given, the first place first."""
    first = sites[0] if sites else Site("", "", None, None, "", hidden=False)
    return {
        "address": first.address,
        "postcode": first.postcode,
        "lat": first.lat,
        "lon": first.lon,
        "ward_code": first.ward_code,
        "confidential": first.hidden,
        "more_places": tuple(sorted({site_text(site) for site in sites[1:] if has_place(site)})),
    }


def open_places(texts: Iterable[str]) -> tuple[str, ...]:
    """The further places that are not confidential."""
    return tuple(text for text in texts if not read_site(text).hidden)


def with_hidden_places(before: Iterable[str], says: Sequence[str]) -> tuple[str, ...]:
    """The further places that somebody says who is not shown confidential ones: those of before stay, and stay hidden.

    Whoever names a confidential place knows them all.
    """
    hidden = [site for site in map(read_site, before) if site.hidden]
    known = {(site.address, site.postcode) for site in hidden}
    said = {text: read_site(text) for text in says}
    if not hidden or any(site.hidden for site in said.values()):
        return tuple(says)
    open_ones = [text for text, site in said.items() if (site.address, site.postcode) not in known]
    return tuple(sorted({*open_ones, *map(site_text, hidden)}))


def _plain(text: str) -> str:
    return " ".join(text.replace(";", ",").replace("|", " ").split())
