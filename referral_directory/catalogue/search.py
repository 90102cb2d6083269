"""One search: what matches, in which order, and cards with the reason for each."""

from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from referral_directory.catalogue.asking import read_question, rows_that_answer, score_question
from referral_directory.catalogue.cards import Card, finish_place, join_words, make_card, way_in
from referral_directory.catalogue.fitting import (
    NO_FILTERS,
    NOBODY,
    Asker,
    Filters,
    excluded_rows,
    explain_fit,
)
from referral_directory.catalogue.index import Index, distances_km, entry_notice, nearest_site
from referral_directory.catalogue.notices import FULL
from referral_directory.catalogue.openings import opening_of, ranks_at, week_at
from referral_directory.catalogue.ranking import Facts, order_keys, worth
from referral_directory.catalogue.reading import at_site
from referral_directory.needs import Needs
from referral_directory.opening import Rank, say_then
from referral_directory.place_tables import Place

# Cards of services already shown are kept, up to so many.
MOST_CARDS = 2_000
MATCHED, NONE_MATCHED, CLOSED_NOW = "matched", "none_matched", "closed_now"
# Reasons of the statistics that hold for every service there is.
ALL_FULL, NOT_ELIGIBLE, TOO_FAR = "full", "not_eligible", "too_far"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is searched for. `needs` are codes; `outside` is a place known not to be in Leeds; language is a name.

    `place_words` are words of the search that named the place; they are not among `words`.
    """

    needs: tuple[str, ...] = ()
    words: str = ""
    place_words: str = ""
    place: Place | None = None
    outside: bool = False
    language: str = ""
    exclude: frozenset[str] = frozenset()
    limit: int = 10
    asker: Asker = NOBODY
    filters: Filters = NO_FILTERS


@dataclass(slots=True)
class Found:
    """Cards in order, how many services matched in all, and the outcome to be counted."""

    cards: list[Card] = field(default_factory=list)
    total: int = 0
    outcome: str = NONE_MATCHED


@dataclass(frozen=True, slots=True)
class Asking:
    """One search under way: the moment it is about, and whether that is the clock's."""

    index: Index
    needs: Needs
    wanted: Wanted
    now: datetime
    is_live: bool


def search(index: Index, needs: Needs, wanted: Wanted, now: datetime, is_live: bool = True) -> Found:
    """Services that match, best first. `is_live` says that `now` is the clock's time, whose answers are kept."""
    asking = Asking(index, needs, wanted, now, is_live)
    relevance = None
    if wanted.words.strip():
        relevance = score_question(index, read_question(index, wanted.words, wanted.place_words))
    rows = _list_rows(asking, relevance)
    km = distances_km(index, wanted.place.lat, wanted.place.lon)[rows] if wanted.place else None
    facts = _gather(asking, rows, km)
    kept = _meets_filters(asking, rows, facts)
    if not kept.all():
        rows, facts = rows[kept], _gather(asking, rows[kept], None if km is None else km[kept])
    order = _order(asking, rows, facts, relevance)
    shown = order[: wanted.limit]
    cards = [
        _finish(asking, int(rows[one]), float(facts.distance_km[one]), bool(facts.serves_place[one]))
        for one in shown
    ]
    return Found(cards, len(rows), _outcome(asking, rows, facts))


def get_card(index: Index, needs: Needs, identity: str, now: datetime) -> Card | None:
    """The card of one public service as asked by nobody in particular; None if there is none."""
    row = index.by_id.get(identity)
    if row is None:
        return None
    return _finish(Asking(index, needs, Wanted(), now, is_live=True), row, float("nan"), serves=True)


def list_places(index: Index, identity: str) -> list[str]:
    """The addresses at which a service is given, as people write them; a confidential one is not among them."""
    sites = index.entries[index.by_id[identity]].sites
    places = [
        ", ".join(part for part in (site.address, site.postcode) if part) for site in sites if not site.hidden
    ]
    return [place for place in places if place]


def _list_rows(asking: Asking, relevance: np.ndarray | None) -> np.ndarray:
    """The entries that match what is asked for, in the order of the index."""
    index, wanted = asking.index, asking.wanted
    if wanted.needs:
        found = [index.by_need[code].rows for code in wanted.needs if code in index.by_need]
        rows = np.concatenate(found) if found else np.empty(0, np.int64)
        rows = np.unique(rows) if len(found) > 1 else rows
    elif relevance is not None:
        rows = rows_that_answer(relevance)
    else:
        # Crisis lines have no need: they answer words and risks, and are never offered as ordinary help.
        rows = np.flatnonzero(index.has_need)
    if wanted.outside:
        rows = rows[index.coverage[rows] >= 2]
    left_out = [index.by_id[one] for one in wanted.exclude if one in index.by_id]
    return rows[~np.isin(rows, left_out)] if left_out else rows


def _gather(asking: Asking, rows: np.ndarray, km: np.ndarray | None) -> Facts:
    index, wanted = asking.index, asking.wanted
    ranks = ranks_at(index.openings, asking.now, asking.is_live)
    for row in index.with_notice:
        # For somebody who needs help now a full service is a closed one.
        if _is_full(index, row, asking.now):
            ranks[row] = Rank.CLOSED
    return Facts(
        coverage=index.coverage[rows],
        distance_km=np.full(len(rows), np.nan) if km is None else km,
        has_point=index.has_point[rows],
        rank=ranks[rows],
        serves_place=_serves(index, wanted.place)[rows],
        can_be_reached=index.can_be_reached[rows],
        out_of_hours=index.out_of_hours[rows],
        particular=index.particular[rows],
        need_position=_need_positions(index, wanted.needs)[rows],
        speaks=_speaks(index, wanted.language)[rows],
    )


def _serves(index: Index, place: Place | None) -> np.ndarray:
    """Which services are for people who live at `place`: no areas named means everybody."""
    if place is None:
        return np.ones(len(index.entries), dtype=bool)
    serves = index.everywhere.copy()
    for area in (place.ward.code, *place.outcodes):
        if area in index.by_area:
            serves[index.by_area[area]] = True
    return serves


def _speaks(index: Index, language: str) -> np.ndarray:
    speaks = np.full(len(index.entries), not language)
    if language and language.casefold() in index.by_language:
        speaks[index.by_language[language.casefold()]] = True
    return speaks


def _need_positions(index: Index, asked: tuple[str, ...]) -> np.ndarray:
    positions = np.zeros(len(index.entries), dtype=np.int8)
    if asked:
        positions += 127
        for code in asked:
            if code in index.by_need:
                need = index.by_need[code]
                positions[need.rows] = np.minimum(positions[need.rows], need.positions)
    return positions


def _meets_filters(asking: Asking, rows: np.ndarray, facts: Facts) -> np.ndarray:
    filters, fits = asking.wanted.filters, asking.index.fits
    kept = np.ones(len(rows), dtype=bool)
    if filters.free:
        kept &= fits.free[rows]
    if filters.step_free:
        kept &= fits.step_free[rows]
    for way in filters.ways:
        kept &= fits.ways[way][rows]
    if filters.speaks:
        kept &= _speaks(asking.index, filters.speaks)[rows]
    if filters.within_km is not None and asking.wanted.place is not None:
        # What is for everybody by phone or online is as near as the phone.
        kept &= (facts.distance_km <= filters.within_km) | (~facts.has_point & (facts.coverage > 0))
    if filters.open_only:
        kept &= (facts.rank <= Rank.USUALLY_OPEN) | (facts.out_of_hours & (facts.rank < Rank.CLOSED))
    return kept


def _order(asking: Asking, rows: np.ndarray, facts: Facts, relevance: np.ndarray | None) -> np.ndarray:
    """Positions in `rows`, best first, as far as `limit` needs them."""
    has_place = asking.wanted.place is not None
    if relevance is None:
        keys = order_keys(facts, has_place).astype(np.float64)
    else:
        keys = -worth(facts, relevance[rows], has_place).astype(np.float64)
    if asking.wanted.asker != NOBODY:
        out = excluded_rows(asking.index.fits, asking.wanted.asker)[rows]
        keys = keys + np.where(out, 1e15, 0.0)
    most = asking.wanted.limit
    if len(keys) > 4 * most:
        bound = np.partition(keys, most)[most]
        near = np.flatnonzero(keys <= bound)
        return near[np.argsort(keys[near], kind="stable")]
    return np.argsort(keys, kind="stable")


def _finish(asking: Asking, row: int, km: float, serves: bool) -> Card:
    """A card with what depends on the asker: nearest site, distance, opening, week, and why it was chosen."""
    index, wanted, now = asking.index, asking.wanted, asking.now
    entry = index.entries[row]
    says, place = entry.row, wanted.place
    if len(entry.sites) > 1 and place is not None:
        site = nearest_site(index, row, place.lat, place.lon)
        says = at_site(says, site) if site is not None else says
    opening = opening_of(index.openings, row, now, asking.is_live)
    notice = entry_notice(entry, now)
    if notice is not None and not asking.is_live:
        notice = {**notice, "text": say_then(notice["text"])}
    card = index.cards.get(row) if says is entry.row else None
    if card is None:
        card = make_card(says, entry.id, index.wards, index.public_url, says.confidential, entry.checked_by)
        if says is entry.row and len(index.cards) < MOST_CARDS:
            index.cards[row] = card
    distance = None if np.isnan(km) else km
    return {
        **card,
        "distance_km": None if distance is None else round(distance, 1),
        "placed": finish_place(says, bool(index.has_point[row]), len(list_places(index, entry.id))),
        "open": {
            "state": opening.state,
            "text": opening.text if asking.is_live else say_then(opening.text),
        },
        "week": week_at(index.openings, row, now.date()),
        "notice": notice,
        "fit": explain_fit(index.fits, row, wanted.asker),
        "why_this": explain(asking, row, opening.rank, distance, serves),
    }


def explain(asking: Asking, row: int, rank: Rank, distance_km: float | None, serves: bool) -> str:
    """Why this service, in one true sentence: where, whether open, what for, how to get in."""
    needs, wanted, entry = asking.needs, asking.wanted, asking.index.entries[row]
    states = {
        Rank.OPEN: "open now",
        Rank.USUALLY_OPEN: "usually open at this time",
        Rank.USUALLY_CLOSED: "usually closed at this time",
        Rank.CLOSED: "closed now",
    }
    asked = [code for code in wanted.needs if code in entry.row.needs] or list(entry.row.needs[:1])
    parts = [
        _where(asking, row, distance_km, serves),
        states.get(rank, "") if asking.is_live else say_then(states.get(rank, "")),
        _helps([needs[code].short for code in asked[:2]]),
        way_in(entry.row),
        f"speaks {wanted.language}" if wanted.language and wanted.language in entry.row.languages else "",
    ]
    sentence = ", ".join(part for part in parts if part)
    return sentence[:1].upper() + sentence[1:] + "."


def _helps(shorts: list[str]) -> str:
    """ "helps with food for today"; "gives help with debt", because the phrase holds the word already."""
    gives = bool(shorts) and shorts[0].startswith(("help ", "support "))
    return f"{'gives' if gives else 'helps with'} {join_words(shorts)}" if shorts else ""


def _where(asking: Asking, row: int, distance_km: float | None, serves: bool) -> str:
    index, place, says = asking.index, asking.wanted.place, asking.index.entries[row].row
    if not serves:
        names = join_words(index.wards.get(area, area) for area in says.areas)
        return f"for people in {names} only, which may not be you"
    if distance_km is None or place is None:
        if place is not None and says.areas and not index.has_point[row]:
            return "serves your area"
        return {
            "citywide": "for all of Leeds",
            "national": "a national service",
            "online": "online",
        }.get(says.coverage, "in Leeds")
    far = (
        "less than 0.1 km"
        if distance_km < 0.1
        else f"{distance_km:.1f} km"
        if distance_km < 10
        else f"{distance_km:.0f} km"
    )
    if place.kind == "point":
        return f"about {far} away"
    if place.kind == "area":
        return f"{far} from {place.name}"
    return (
        f"{far} from your postcode" if place.kind == "postcode" else f"{far} from the middle of {place.name}"
    )


def _outcome(asking: Asking, rows: np.ndarray, facts: Facts) -> str:
    """What the statistics count: matched, or the reason that holds for every service there is."""
    index, wanted = asking.index, asking.wanted
    if not len(rows):
        # From outside Leeds there may be help that is only for people in Leeds.
        exists = wanted.outside and any(code in index.by_need for code in wanted.needs)
        return TOO_FAR if exists else NONE_MATCHED
    if wanted.asker != NOBODY and bool(excluded_rows(index.fits, wanted.asker)[rows].all()):
        return NOT_ELIGIBLE
    if not facts.serves_place.any():
        return TOO_FAR
    if not bool((facts.rank == Rank.CLOSED).all()):
        return MATCHED
    full = {row for row in index.with_notice if _is_full(index, row, asking.now)}
    return ALL_FULL if full.issuperset(rows.tolist()) else CLOSED_NOW


def _is_full(index: Index, row: int, now: datetime) -> bool:
    notice = entry_notice(index.entries[row], now)
    return notice is not None and notice["kind"] == FULL
