"""Where in Leeds somebody is: pure rules over the tables in data/places.

A place is never more exact than its ward and a point in memory. What leaves is rounded (see describe_place),
and a full postcode is never repeated.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import OSA

from referral_directory.place_tables import Place, Tables, plain_name
from referral_directory.postcodes import Postcode, find_postcodes, read_postcode

EARTH_KM = 6371.0088  # mean radius, IUGG
FURTHEST_KM = 3.0  # a point further than this from every Leeds postcode is not in Leeds
PARTLY, MOSTLY = 0.02, 0.5  # shares of an outcode's postcodes that lie in Leeds: see _find_outcode
# Leeds postcodes that a sector of a shared outcode needs before it may stand for a postcode that is gone.
SECTOR_IN_LEEDS = 30

# Words around a place's name in a sentence.
AROUND = frozenset(
    """i im am id ive we were are is my me in at near by from the live living lives based stay staying area
    around round of on to its it leeds uk please hi hello just over up down here now ward postcode""".split()
)


@dataclass(frozen=True, slots=True)
class PlaceAnswer:
    """status: found, outside_leeds, not_found or ambiguous. `query` is what was understood."""

    status: str
    query: str
    place: Place | None = None
    options: tuple[Place, ...] = ()


def find_place(tables: Tables, text: str) -> PlaceAnswer:
    """Where `text` (a postcode or part of one, a ward, an area, or a phrase that holds one) is."""
    if readings := read_postcode(text) or find_postcodes(text):
        return _find_postcode(tables, readings)
    name = plain_name(text)
    if (ward := find_ward(tables, name)) is not None:
        return PlaceAnswer("found", ward.name, ward)
    for phrase in (name, strip_around(name)):
        if phrase in tables.names:
            return _choose(tables.names[phrase], phrase)
        if phrase in tables.outside:
            return PlaceAnswer("outside_leeds", phrase.title())
    if name and not strip_around(name) and "leeds" in name:
        # The whole city is no place to search near: the caller asks which part of it.
        return PlaceAnswer("ambiguous", "Leeds")
    return _find_in_phrase(tables, name) or _find_misspelt(tables, strip_around(name)) or NOWHERE


NOWHERE = PlaceAnswer("not_found", "")


def find_ward(tables: Tables, text: str) -> Place | None:
    """The ward with this code or this exact name, at its centre."""
    wanted = plain_name(text)
    for ward in tables.wards.values():
        if wanted in (ward.code.lower(), ward.plain):
            return Place(
                ward.name, "ward", ward, ward.lat, ward.lon, tables.ward_outcodes.get(ward.code, frozenset())
            )
    return None


def find_point(tables: Tables, lat: float, lon: float) -> Place | None:
    """The place at a point in degrees: the ward of the nearest postcode; None if Leeds is not near.

    Points reach us rounded to about a kilometre, so all outcodes of the ward count as the resident's.
    """
    here = np.radians(np.array([lat, lon]))
    # An equirectangular distance is exact enough to tell neighbours apart and needs no trigonometry per row.
    delta = tables.points - here
    delta[:, 1] *= np.cos(here[0])
    squared = np.einsum("ij,ij->i", delta, delta)
    nearest = int(np.argmin(squared))
    if EARTH_KM * float(np.sqrt(squared[nearest])) > FURTHEST_KM:
        return None
    ward = tables.wards[tables.point_wards[nearest]]
    return Place(ward.name, "point", ward, lat, lon, tables.ward_outcodes[ward.code])


def describe_place(place: Place) -> dict[str, object]:
    """What may leave: points from a postcode are rounded to 2 decimals, about a kilometre."""
    decimals = 2 if place.kind in ("postcode", "point") else 4
    return {
        "name": place.name,
        "kind": "ward" if place.kind == "point" else place.kind,
        "ward_code": place.ward.code,
        "ward": place.ward.name,
        "committee": place.ward.committee,
        "lat": round(place.lat, decimals),
        "lon": round(place.lon, decimals),
    }


def strip_around(name: str) -> str:
    """A plain name without the words that people put around it: "im in harehills leeds" -> "harehills"."""
    words = name.split()
    while words and words[0] in AROUND:
        words.pop(0)
    while words and words[-1] in AROUND:
        words.pop()
    return " ".join(words)


def _find_postcode(tables: Tables, readings: list[Postcode]) -> PlaceAnswer:
    for postcode in readings:
        if (row := tables.postcodes.get(str(postcode))) is not None:
            ward, lat, lon = row
            outcodes = frozenset({postcode.outward})
            place = Place(postcode.sector, "postcode", tables.wards[ward], lat, lon, outcodes)
            return PlaceAnswer("found", postcode.sector, place)
    for postcode in readings:
        if postcode.outward in tables.outcodes:
            if postcode.kind == "outcode":
                return _find_outcode(tables, postcode.outward)
            return _find_sector(tables, postcode)
    return PlaceAnswer("outside_leeds", readings[0].sector)


def _find_sector(tables: Tables, postcode: Postcode) -> PlaceAnswer:
    """A sector, or what stands for a postcode that is not among the live ones of Leeds.

    Most of those are closed postcodes. In an outcode shared with a neighbour the postcode may just as well be
    live and outside, so there the sector stands for it only if it has Leeds postcodes enough to be mainly
    ours.
    """
    outcode = tables.outcodes[postcode.outward]
    sector = tables.sectors.get(postcode.sector)
    shared = outcode.share_in_leeds < 0.95
    if sector is None:
        return (
            PlaceAnswer("outside_leeds", postcode.sector)
            if shared
            else _find_outcode(tables, postcode.outward)
        )
    if (
        shared
        and postcode.kind == "postcode"
        and (outcode.share_in_leeds < MOSTLY or sector.postcodes < SECTOR_IN_LEEDS)
    ):
        return PlaceAnswer("outside_leeds", postcode.sector)
    ward = tables.wards[sector.ward_code]
    outcodes = frozenset({postcode.outward})
    place = Place(postcode.sector, "sector", ward, sector.lat, sector.lon, outcodes)
    return PlaceAnswer("found", postcode.sector, place)


def _find_outcode(tables: Tables, outward: str) -> PlaceAnswer:
    """An outcode mostly in Leeds is found; one partly in Leeds is asked about; a sliver is outside."""
    outcode = tables.outcodes[outward]
    if outcode.share_in_leeds < PARTLY:
        return PlaceAnswer("outside_leeds", outward)
    outcodes = frozenset({outward})
    if outcode.share_in_leeds >= MOSTLY:
        ward = tables.wards[outcode.wards[0]]
        return PlaceAnswer(
            "found", outward, Place(outward, "outcode", ward, outcode.lat, outcode.lon, outcodes)
        )
    options = tuple(
        Place(ward.name, "ward", ward, ward.lat, ward.lon, outcodes)
        for ward in (tables.wards[code] for code in outcode.wards)
    )
    return PlaceAnswer("ambiguous", outward, None, options)


def _find_in_phrase(tables: Tables, name: str) -> PlaceAnswer | None:
    """Names inside a phrase, the longest first at each word; of several the last decides ("Park Lane,
    Bradford").
    """
    words, position = name.split(), 0
    found: list[str] = []
    while position < len(words):
        for length in range(min(5, len(words) - position), 0, -1):
            phrase = " ".join(words[position : position + length])
            if phrase in tables.names or phrase in tables.outside:
                found.append(phrase)
                position += length - 1
                break
        position += 1
    if not found:
        return None
    if found[-1] in tables.outside:
        return PlaceAnswer("outside_leeds", found[-1].title())
    inside = [phrase for phrase in found if phrase in tables.names]
    return _choose([place for phrase in inside for place in tables.names[phrase]], inside[0])


def _find_misspelt(tables: Tables, name: str) -> PlaceAnswer | None:
    """The nearest name by optimal string alignment: one slip in six letters, two in nine.

    tests/directory/test_places.py shows that this reads common slips and takes no other town for Leeds.
    """
    if not name:
        return None
    known = [*tables.names, *tables.outside]
    near = [
        (distance, candidate)
        for candidate, distance, _ in process.extract(
            name, known, scorer=OSA.distance, score_cutoff=2, limit=12
        )
        if distance <= (max(len(name), len(candidate)) >= 6) + (max(len(name), len(candidate)) >= 9)
    ]
    if not near:
        return None
    nearest = [candidate for distance, candidate in near if distance == min(near)[0]]
    inside = [candidate for candidate in nearest if candidate in tables.names]
    if not inside:
        return PlaceAnswer("outside_leeds", nearest[0].title())
    return _choose([place for candidate in inside for place in tables.names[candidate]], inside[0])


def _choose(places: Iterable[Place], name: str) -> PlaceAnswer:
    """One answer if all places lie in one ward (the first is the most exact), else the choice
    between them.
    """
    by_ward: dict[str, Place] = {}
    for place in places:
        by_ward.setdefault(place.ward.code, place)
    options = tuple(by_ward.values())
    if len(options) == 1:
        return PlaceAnswer("found", options[0].name, options[0])
    return PlaceAnswer("ambiguous", name.title(), None, options)
