"""The catalogue in memory: every public service ready to be ranked, rebuilt when the database says it
changed.
"""

import math
import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

import numpy as np
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from referral_directory.catalogue.cards import Card, make_card, way_in, year_of
from referral_directory.catalogue.loading import list_services
from referral_directory.catalogue.models import CatalogueRevision, Service
from referral_directory.catalogue.ranking import is_particular
from referral_directory.catalogue.records import read_record
from referral_directory.catalogue.starter import StarterRow
from referral_directory.catalogue.words import WordIndex, index_words
from referral_directory.database import Database
from referral_directory.errors import NotReady
from referral_directory.needs import Needs
from referral_directory.opening import Opening, Times, opening_at, read_times, week_of
from referral_directory.places import EARTH_KM


@dataclass(slots=True)
class Entry:
    """One public service: its card without what depends on the asker, and what ranking needs."""

    card: Card
    row: StarterRow
    times: Times
    areas: frozenset[str]
    area_names: list[str]
    languages: frozenset[str]
    particular: bool
    way_in: str
    has_point: bool
    can_be_reached: bool
    out_of_hours: bool
    kept: tuple[datetime, Opening] | None = None
    week: tuple[date, list[dict[str, str]]] | None = None


@dataclass
class Index:
    """All entries, with the rows of each need, the points (radians, NaN where there is none) and
    the words.
    """

    revision: int
    entries: list[Entry]
    by_id: Mapping[str, int]
    by_need: Mapping[str, list[int]]
    lat: np.ndarray
    lon: np.ndarray
    cos_lat: np.ndarray
    words: WordIndex


@dataclass
class Catalogue:
    """The index in use, and how to get a newer one. Safe to use from several threads."""

    database: Database
    needs: Needs
    wards: Mapping[str, str]
    public_url: str
    check_seconds: float
    index: Index | None = None
    checked_at: float = -math.inf
    lock: threading.Lock = field(default_factory=threading.Lock)


def is_due(catalogue: Catalogue) -> bool:
    """Whether it is time to look if the database has changed: cheap, for every search."""
    return time.monotonic() - catalogue.checked_at >= catalogue.check_seconds


def refresh(catalogue: Catalogue) -> Index:
    """The index of the catalogue as it is now, built anew only if its revision moved.

    While the database is away the last index goes on answering; without any, raises NotReady.
    """
    with catalogue.lock:
        catalogue.checked_at = time.monotonic()
        try:
            with catalogue.database.read() as session:
                number = session.scalar(select(CatalogueRevision.number))
                if number is None:
                    raise NotReady("The starter directory has not been loaded: run prepare.")
                if catalogue.index is None or catalogue.index.revision != number:
                    catalogue.index = build_index(list_services(session, only_public=True), number, catalogue)
        except SQLAlchemyError as error:
            if catalogue.index is None:
                raise NotReady("The database cannot be read.") from error
        return catalogue.index


def get_index(catalogue: Catalogue) -> Index:
    """The index in use. Raises NotReady before the first one is built."""
    if catalogue.index is None:
        raise NotReady("The index is not built yet.")
    return catalogue.index


def build_index(services: list[Service], revision: int, catalogue: Catalogue) -> Index:
    """An index of these services, which must all be public."""
    entries = [_make_entry(service, catalogue) for service in services]
    by_need: dict[str, list[int]] = defaultdict(list)
    for number, entry in enumerate(entries):
        for need in entry.row.needs:
            by_need[need].append(number)
    points = np.radians([_point(entry) for entry in entries] or np.empty((0, 2)))
    return Index(
        revision=revision,
        entries=entries,
        by_id={entry.card["id"]: number for number, entry in enumerate(entries)},
        by_need=by_need,
        lat=points[:, 0],
        lon=points[:, 1],
        cos_lat=np.cos(points[:, 0]),
        words=index_words([_searchable(entry, catalogue) for entry in entries]),
    )


def distances_km(index: Index, lat: float, lon: float) -> np.ndarray:
    """Kilometres from a point in degrees to every entry (NaN without an address), by the
    haversine formula.
    """
    here_lat, here_lon = math.radians(lat), math.radians(lon)
    half = np.sin((index.lat - here_lat) / 2) ** 2
    half += math.cos(here_lat) * index.cos_lat * np.sin((index.lon - here_lon) / 2) ** 2
    return np.asarray(2 * EARTH_KM * np.arcsin(np.sqrt(half)))


def entry_opening(entry: Entry, now: datetime) -> Opening:
    """Whether an entry is open at `now`, kept until the answer can change."""
    if entry.kept is not None and entry.kept[0] <= now < entry.kept[1].until:
        return entry.kept[1]
    opening = opening_at(entry.times, now)
    entry.kept = (now, opening)
    return opening


def entry_week(entry: Entry, now: datetime) -> list[dict[str, str]]:
    """The opening times of the seven days from `now`, kept for the day."""
    if entry.week is None or entry.week[0] != now.date():
        entry.week = (now.date(), week_of(entry.times, now.date()))
    return entry.week[1]


def _make_entry(service: Service, catalogue: Catalogue) -> Entry:
    row = read_record(service)
    hidden = any(address.confidential for link in service.locations for address in link.location.addresses)
    return Entry(
        card=make_card(row, str(service.id), catalogue.wards, catalogue.public_url, hidden),
        row=row,
        times=read_times(row.opening_hours, row.opening_status, year_of(row), has_phone=bool(row.phone)),
        areas=frozenset(row.areas),
        area_names=[catalogue.wards.get(area, area) for area in row.areas],
        languages=frozenset(language.casefold() for language in row.languages),
        particular=is_particular(row.who_for),
        way_in=way_in(row),
        has_point=row.lat is not None and not hidden,
        can_be_reached=bool(row.phone and "phone" in row.access) or "walk_in" in row.access,
        out_of_hours="out of hours" in row.phone_note.lower().replace("-", " "),
    )


def _point(entry: Entry) -> tuple[float, float]:
    if entry.row.lat is None or entry.row.lon is None or not entry.has_point:
        return math.nan, math.nan
    return entry.row.lat, entry.row.lon


def _searchable(entry: Entry, catalogue: Catalogue) -> list[tuple[str, float]]:
    row, card = entry.row, entry.card
    needs = [catalogue.needs[code] for code in row.needs]
    labels = " ".join(f"{need.label} {need.short} {need.topic}" for need in needs)
    return [
        (row.name, 3.0),
        (row.organisation, 3.0),
        (labels, 1.5),
        (" ".join(row.risks).replace("_", " "), 1.5),
        (row.what, 1.0),
        (row.who_for, 0.7),
        (f"{card['address'] or ''} {card['ward'] or ''}", 1.0),
        (row.how_to_get_help, 0.4),
    ]
