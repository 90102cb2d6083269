"""The tables of data/places, read once at start, and what a place is."""

import csv
import gzip
import io
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np

from referral_directory.elsewhere import outside_names
from referral_directory.errors import BadFile

# An outcode with a smaller part of a ward's postcodes is the ward's edge, not its neighbourhood.
WARD_OUTCODE_SHARE = 0.05
FILES = ("wards.csv", "postcodes.csv.gz", "sectors.csv", "outcodes.csv", "areas.csv")


@dataclass(frozen=True, slots=True)
class Ward:
    """One of the 33 wards, with its centre."""

    code: str
    name: str
    committee: str
    lat: float
    lon: float
    plain: str


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere in Leeds. kind: ward, area, postcode, sector, outcode or point; degrees on WGS84."""

    name: str
    kind: str
    ward: Ward
    lat: float
    lon: float
    outcodes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Outcode:
    """The front of a postcode, how much of it lies in Leeds, and its wards there, the largest first."""

    share_in_leeds: float
    lat: float
    lon: float
    wards: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sector:
    """ "LS9 6": its postcodes in Leeds, their mean point, and the ward most of them lie in."""

    postcodes: int
    lat: float
    lon: float
    ward_code: str


@dataclass(frozen=True)
class Tables:
    """Everything known about places, loaded once at start."""

    wards: Mapping[str, Ward]
    postcodes: Mapping[str, tuple[str, float, float]]
    sectors: Mapping[str, Sector]
    outcodes: Mapping[str, Outcode]
    names: Mapping[str, tuple[Place, ...]]
    ward_outcodes: Mapping[str, frozenset[str]]
    outside: frozenset[str]
    points: np.ndarray
    point_wards: list[str] = field(repr=False)


def load_tables(folder: Path) -> Tables:
    """The tables of data/places. Raises BadFile when one is missing or does not fit the wards.

    Files that have not changed are read once in a process: nobody changes what is returned.
    """
    folder = folder.resolve()
    return _load_tables(folder, tuple(_stamp(folder / name) for name in FILES))


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        state = path.stat()
    except OSError:
        return None
    return state.st_mtime_ns, state.st_size


@lru_cache(maxsize=1)
def _load_tables(folder: Path, stamps: tuple[tuple[int, int] | None, ...]) -> Tables:
    wards = {row["ward_code"]: _read_ward(row) for row in _rows(folder / "wards.csv")}
    postcodes = {
        row["postcode"]: (row["ward_code"], float(row["lat"]), float(row["lon"]))
        for row in _rows(folder / "postcodes.csv.gz")
    }
    if unknown := {ward for ward, _, _ in postcodes.values()} - wards.keys():
        raise BadFile("postcodes.csv.gz", None, f"unknown wards {sorted(unknown)}")
    ward_outcodes = _outcodes_by_ward(postcodes)
    points = np.radians(np.array([(lat, lon) for _, lat, lon in postcodes.values()], dtype=np.float64))
    points.flags.writeable = False
    return Tables(
        wards=wards,
        postcodes=postcodes,
        sectors={row["sector"]: _read_sector(row) for row in _rows(folder / "sectors.csv")},
        outcodes={row["outcode"]: _read_outcode(row) for row in _rows(folder / "outcodes.csv")},
        names=_index_names(_rows(folder / "areas.csv"), wards, ward_outcodes),
        ward_outcodes=ward_outcodes,
        outside=outside_names(),
        points=points,
        point_wards=[ward for ward, _, _ in postcodes.values()],
    )


def _read_ward(row: Mapping[str, str]) -> Ward:
    name, point = row["ward"], (float(row["lat"]), float(row["lon"]))
    return Ward(row["ward_code"], name, row["committee"], *point, plain_name(name))


def _read_sector(row: Mapping[str, str]) -> Sector:
    return Sector(int(row["postcodes_in_leeds"]), float(row["lat"]), float(row["lon"]), row["ward_code"])


def _read_outcode(row: Mapping[str, str]) -> Outcode:
    wards = tuple(part.partition(":")[0] for part in row["ward_shares"].split("|"))
    return Outcode(float(row["share_in_leeds"]), float(row["lat"]), float(row["lon"]), wards)


def plain_name(text: str) -> str:
    """A name in small letters and single spaces, without marks: "Gipton & Harehills" -> "gipton and
    harehills".
    """
    text = text.casefold().replace("&", " and ").replace("'", "").replace("’", "")
    return " ".join(re.sub(r"[\W_]+", " ", text).split())


def _index_names(
    areas: Iterable[dict[str, str]], wards: Mapping[str, Ward], ward_outcodes: Mapping[str, frozenset[str]]
) -> Mapping[str, tuple[Place, ...]]:
    """Every spelling of a name -> its places. A ward's own full name means the ward and nothing else."""
    names: dict[str, list[Place]] = defaultdict(list)
    for row in areas:
        ward = wards.get(row["ward_code"])
        if ward is None:
            raise BadFile("areas.csv", None, f"{row['name']} lies in an unknown ward")
        place = Place(
            row["name"],
            "area",
            ward,
            float(row["lat"]),
            float(row["lon"]),
            ward_outcodes.get(ward.code, frozenset()),
        )
        # "Tyersal (Leeds side)" is also found as "Tyersal".
        spellings = {row["name"], re.sub(r"\(.*\)", "", row["name"]), *row["aliases"].split("|")}
        for spelling in {plain_name(spelling) for spelling in spellings} - {""}:
            names[spelling].append(place)
    for ward in wards.values():
        outcodes = ward_outcodes.get(ward.code, frozenset())
        place = Place(ward.name, "ward", ward, ward.lat, ward.lon, outcodes)
        names[plain_name(ward.name)] = [place]
    return {name: tuple(_labelled(places)) for name, places in names.items()}


def _labelled(places: list[Place]) -> Iterable[Place]:
    """Places that share a name get their ward added to it, so that a person can choose."""
    counts = Counter(place.name for place in places)
    for place in places:
        shared = counts[place.name] > 1
        name = f"{place.name} ({place.ward.name})" if shared else place.name
        yield Place(name, place.kind, place.ward, place.lat, place.lon, place.outcodes)


def _outcodes_by_ward(postcodes: Mapping[str, tuple[str, float, float]]) -> Mapping[str, frozenset[str]]:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for postcode, (ward, _, _) in postcodes.items():
        counts[ward][postcode.partition(" ")[0]] += 1
    return {
        ward: frozenset(o for o, n in outcodes.items() if n >= WARD_OUTCODE_SHARE * outcodes.total())
        for ward, outcodes in counts.items()
    }


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        raw = path.read_bytes()
        text = gzip.decompress(raw) if path.suffix == ".gz" else raw
        header, *lines = csv.reader(io.StringIO(text.decode("utf-8"), newline=""))
        return [dict(zip(header, line, strict=True)) for line in lines if line]
    except (OSError, ValueError, csv.Error) as error:
        raise BadFile(path.name, None, f"cannot be read ({type(error).__name__})") from error
