"""The catalogue in memory: every public service ready to be ranked, rebuilt when the database says it changed."""

import math
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

import numpy as np
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from referral_directory.catalogue.cards import Card, year_of
from referral_directory.catalogue.fitting import Fits, index_fits
from referral_directory.catalogue.meaning import Meanings, encode_missing, get_reader, index_meanings
from referral_directory.catalogue.models import CatalogueRevision
from referral_directory.catalogue.notices import Notice, closures_of, notices_by_service, say_notice
from referral_directory.catalogue.openings import Openings, index_openings
from referral_directory.catalogue.ranking import COVERAGES, is_particular
from referral_directory.catalogue.reading import Record, read_public
from referral_directory.catalogue.sites import Site
from referral_directory.catalogue.starter import StarterRow
from referral_directory.catalogue.words import Document, WordIndex, index_words
from referral_directory.clock import Clock, system_clock
from referral_directory.database import Database
from referral_directory.errors import NotReady
from referral_directory.needs import Needs
from referral_directory.opening import Times, read_times
from referral_directory.places import EARTH_KM

# A catalogue above this size is rebuilt beside the one in use, which goes on answering meanwhile.
LARGE = 5_000
# How much of a need a service meets, by the place of the need in its list: the main one wholly.
STRENGTHS = (1.0, 0.85, 0.75)
RISK_STRENGTH = 0.9


@dataclass(slots=True)
class Entry:
    """One public service: what it says, where it is given, and what is different at it on some days."""

    id: str
    row: StarterRow
    sites: tuple[Site, ...]
    times: Times
    notices: Sequence[Notice]
    checked_by: str


@dataclass(frozen=True, slots=True)
class Need:
    """The services of one need or emergency: their rows, the place of the need in their lists, and its strength."""

    rows: np.ndarray
    positions: np.ndarray
    strengths: np.ndarray


@dataclass(frozen=True, slots=True)
class Points:
    """Every address that may be shown (radians), those of one service together: `rows` are the services that have any,
    and `starts` where theirs begin.
    """

    lat: np.ndarray
    lon: np.ndarray
    cos_lat: np.ndarray
    rows: np.ndarray
    starts: np.ndarray


@dataclass(slots=True)
class Index:
    """All entries by name, and in arrays one place an entry what ranking needs."""

    revision: int
    entries: list[Entry]
    by_id: Mapping[str, int]
    by_need: Mapping[str, Need]
    wards: Mapping[str, str]
    public_url: str
    points: Points
    words: WordIndex
    meanings: Meanings
    openings: Openings
    fits: Fits
    coverage: np.ndarray
    has_point: np.ndarray
    particular: np.ndarray
    can_be_reached: np.ndarray
    out_of_hours: np.ndarray
    has_need: np.ndarray
    everywhere: np.ndarray
    by_area: Mapping[str, np.ndarray]
    by_language: Mapping[str, np.ndarray]
    with_notice: list[int]
    cards: dict[int, Card] = field(default_factory=dict)


@dataclass
class Catalogue:
    """The index in use, and how to get a newer one. Safe to use from several threads."""

    database: Database
    needs: Needs
    wards: Mapping[str, str]
    public_url: str
    check_seconds: float
    clock: Clock = system_clock
    index: Index | None = None
    checked_at: float = -math.inf
    lock: threading.Lock = field(default_factory=threading.Lock)


def is_due(catalogue: Catalogue) -> bool:
    """Whether it is time to look if the database has changed: cheap, for every search."""
    return time.monotonic() - catalogue.checked_at >= catalogue.check_seconds


def refresh(catalogue: Catalogue) -> Index:
    """The index of the catalogue as it is now, built anew only if its revision moved.

    While the database is away, or a large index is being built by another thread, the last one goes on answering;
    without any, raises NotReady.
    """
    index = catalogue.index
    waits = index is None or len(index.entries) < LARGE
    if not catalogue.lock.acquire(blocking=waits):
        return get_index(catalogue)
    try:
        return _refresh(catalogue)
    finally:
        catalogue.lock.release()


def _refresh(catalogue: Catalogue) -> Index:
    catalogue.checked_at = time.monotonic()
    try:
        with catalogue.database.read() as session:
            number = session.scalar(select(CatalogueRevision.number))
            if number is None:
                raise NotReady("The starter directory has not been loaded: run prepare.")
            if catalogue.index is None or catalogue.index.revision != number:
                notices = notices_by_service(session, catalogue.clock().date())
                records = read_public(session)
                catalogue.index = build_index(records, number, catalogue, notices)
                _encode_behind(catalogue.index)
    except SQLAlchemyError as error:
        if catalogue.index is None:
            raise NotReady("The database cannot be read.") from error
    return catalogue.index


def _encode_behind(index: Index) -> None:
    """What is too much to encode before an index is used is encoded behind it, while it answers by words and needs."""
    if index.meanings.missing:
        texts = [text_of(entry.row) for entry in index.entries]
        threading.Thread(target=encode_missing, args=(index.meanings, texts), daemon=True).start()


def stop(catalogue: Catalogue) -> None:
    """End what is going on behind the index in use."""
    if catalogue.index is not None:
        catalogue.index.meanings.stopping.set()


def text_of(row: StarterRow) -> str:
    """What a service is about, as a text to compare meanings with."""
    return f"{row.name}. {row.what} {row.who_for}"


def get_index(catalogue: Catalogue) -> Index:
    """The index in use. Raises NotReady before the first one is built."""
    if catalogue.index is None:
        raise NotReady("The index is not built yet.")
    return catalogue.index


def build_index(
    records: Sequence[Record],
    revision: int,
    catalogue: Catalogue,
    notices: Mapping[UUID, list[Notice]] = MappingProxyType({}),
) -> Index:
    """An index of these records, which must all be public, with their notices."""
    entries = [_make_entry(record, notices.get(record.id, ())) for record in records]
    rows = [entry.row for entry in entries]
    points = _index_points(entries)
    has_point = np.zeros(len(entries), dtype=bool)
    has_point[points.rows] = True
    return Index(
        revision=revision,
        entries=entries,
        by_id={entry.id: number for number, entry in enumerate(entries)},
        by_need=_index_needs(rows),
        wards=catalogue.wards,
        public_url=catalogue.public_url,
        points=points,
        words=index_words((_searchable(row, catalogue) for row in rows), get_reader().words),
        meanings=index_meanings(
            [text_of(row) for row in rows], catalogue.index.meanings if catalogue.index else None
        ),
        openings=index_openings([entry.times for entry in entries]),
        fits=index_fits(rows, [record.ages for record in records]),
        coverage=np.array([COVERAGES[row.coverage] for row in rows], dtype=np.int8),
        has_point=has_point,
        particular=np.array([is_particular(row.who_for) for row in rows], dtype=bool),
        can_be_reached=np.array([_can_be_reached(row) for row in rows], dtype=bool),
        out_of_hours=np.array(
            ["out of hours" in row.phone_note.lower().replace("-", " ") for row in rows], dtype=bool
        ),
        has_need=np.array([bool(row.needs) for row in rows], dtype=bool),
        everywhere=np.array([not row.areas for row in rows], dtype=bool),
        by_area=_rows_by(row.areas for row in rows),
        by_language=_rows_by([language.casefold() for language in row.languages] for row in rows),
        with_notice=[number for number, entry in enumerate(entries) if entry.notices],
    )


def distances_km(index: Index, lat: float, lon: float) -> np.ndarray:
    """Kilometres from a point in degrees to the nearest address of each entry (NaN without one).

    On a plane through both points: across a city that is within a metre or two of the sphere, at a tenth of the cost.
    """
    points = index.points
    here_lat, here_lon = math.radians(lat), math.radians(lon)
    cos = (points.cos_lat + math.cos(here_lat)) / 2
    north, east = points.lat - here_lat, (points.lon - here_lon) * cos
    km = EARTH_KM * np.sqrt(north * north + east * east)
    nearest = np.full(len(index.entries), np.nan)
    if len(km):
        nearest[points.rows] = np.minimum.reduceat(km, points.starts)
    return nearest


def nearest_site(index: Index, row: int, lat: float, lon: float) -> Site | None:
    """The site of an entry that is nearest to a point in degrees; None if it has none to show."""
    here_cos = math.cos(math.radians(lat))
    sites = [site for site in index.entries[row].sites if _is_shown(site)]
    return min(
        sites,
        key=lambda site: math.hypot((site.lat or 0) - lat, ((site.lon or 0) - lon) * here_cos),
        default=None,
    )


def entry_notice(entry: Entry, now: datetime) -> dict[str, str] | None:
    """What is different at a service on the day of `now`: full, closed, other times; None if nothing is."""
    return say_notice(list(entry.notices), now.date()) if entry.notices else None


def _make_entry(record: Record, notices: Sequence[Notice]) -> Entry:
    row = record.row
    closures = closures_of(list(notices))
    times = read_times(row.opening_hours, row.opening_status, year_of(row), bool(row.phone), closures)
    return Entry(str(record.id), row, record.sites, times, notices, record.checked_by)


def _is_shown(site: Site) -> bool:
    return site.lat is not None and site.lon is not None and not site.hidden


def _can_be_reached(row: StarterRow) -> bool:
    return bool(row.phone and "phone" in row.access) or "walk_in" in row.access


def _index_points(entries: list[Entry]) -> Points:
    found = [
        (site.lat, site.lon, row)
        for row, entry in enumerate(entries)
        for site in entry.sites
        if _is_shown(site)
    ]
    columns = np.array(found, dtype=np.float64).reshape(-1, 3)
    lat, lon = np.radians(columns[:, 0]), np.radians(columns[:, 1])
    rows, starts = np.unique(columns[:, 2].astype(np.int64), return_index=True)
    return Points(lat, lon, np.cos(lat), rows, starts)


def _index_needs(rows: list[StarterRow]) -> dict[str, Need]:
    found: dict[str, list[tuple[int, int, float]]] = defaultdict(list)
    for number, row in enumerate(rows):
        for position, code in enumerate(row.needs):
            strength = STRENGTHS[min(position, len(STRENGTHS) - 1)]
            found[code].append((number, position, strength))
        for code in row.risks:
            found[code].append((number, 0, RISK_STRENGTH))
    return {
        code: Need(
            np.array([line[0] for line in lines], dtype=np.int32),
            np.array([line[1] for line in lines], dtype=np.int8),
            np.array([line[2] for line in lines], dtype=np.float32),
        )
        for code, lines in found.items()
    }


def _rows_by(words: Iterable[Iterable[str]]) -> dict[str, np.ndarray]:
    found: dict[str, list[int]] = defaultdict(list)
    for number, each in enumerate(words):
        for word in each:
            found[word].append(number)
    return {word: np.array(rows, dtype=np.int32) for word, rows in found.items()}


def _searchable(row: StarterRow, catalogue: Catalogue) -> Document:
    needs = [catalogue.needs[code] for code in row.needs]
    labels = " ".join(f"{need.label} {need.short} {need.topic}" for need in needs)
    place = "" if row.confidential else f"{row.address} {catalogue.wards.get(row.ward_code, '')}"
    return [
        (row.name, 3.0),
        (row.organisation, 3.0),
        (labels, 1.5),
        (" ".join(row.risks).replace("_", " "), 1.5),
        (row.what, 1.0),
        (row.who_for, 0.7),
        (place, 1.0),
        (row.how_to_get_help, 0.4),
    ]
