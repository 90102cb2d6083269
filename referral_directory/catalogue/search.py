"""One search: candidates, their order, and cards with the reason for each."""

from dataclasses import dataclass, field
from datetime import datetime

from referral_directory.catalogue.cards import Card, join_words
from referral_directory.catalogue.index import Entry, Index, distances_km, entry_opening, entry_week
from referral_directory.catalogue.ranking import Facts, Order, order_key
from referral_directory.catalogue.words import score_rows
from referral_directory.needs import Needs
from referral_directory.opening import Opening, Rank, opening_at, week_of
from referral_directory.place_tables import Place

MATCHED, NONE_MATCHED, CLOSED_NOW = "matched", "none_matched", "closed_now"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is searched for. `needs` are codes; `outside` is a place known not to be in Leeds; language is a
    name.
    """

    needs: tuple[str, ...] = ()
    words: str = ""
    place: Place | None = None
    outside: bool = False
    language: str = ""
    exclude: frozenset[str] = frozenset()
    limit: int = 10


@dataclass(slots=True)
class Found:
    """Cards in order, how many services matched in all, and the outcome to be counted."""

    cards: list[Card] = field(default_factory=list)
    total: int = 0
    outcome: str = NONE_MATCHED


@dataclass(slots=True)
class Candidate:
    """A service that matches, on its way to becoming a card."""

    order: Order
    entry: Entry
    opening: Opening
    distance_km: float | None
    serves: bool


def search(index: Index, needs: Needs, wanted: Wanted, now: datetime, is_live: bool = True) -> Found:
    """Services that match, best first. `is_live` says that `now` is the clock's time, whose
    answers are kept.
    """
    relevance = score_rows(index.words, wanted.words) if wanted.words.strip() else None
    rows = _list_rows(index, wanted, relevance)
    km = distances_km(index, wanted.place.lat, wanted.place.lon).tolist() if wanted.place else None
    candidates = []
    for row in rows:
        entry = index.entries[row]
        if entry.card["id"] in wanted.exclude or (
            wanted.outside and entry.row.coverage in ("local", "citywide")
        ):
            continue
        opening = entry_opening(entry, now) if is_live else opening_at(entry.times, now)
        distance = km[row] if km is not None and entry.has_point else None
        serves = serves_place(entry, wanted.place)
        facts = Facts(
            coverage=entry.row.coverage,
            distance_km=distance,
            has_point=entry.has_point,
            rank=opening.rank,
            serves_place=serves,
            can_be_reached=entry.can_be_reached,
            out_of_hours=entry.out_of_hours,
            particular=entry.particular,
            need_position=_need_position(entry, wanted.needs),
            speaks=not wanted.language or wanted.language.casefold() in entry.languages,
            relevance=1.0 if relevance is None else relevance.get(row, 0.0),
        )
        order = order_key(facts, has_place=wanted.place is not None)
        candidates.append(Candidate(order, entry, opening, distance, serves))
    candidates.sort(key=lambda candidate: (candidate.order, candidate.entry.row.name, candidate.entry.row.id))
    cards = [finish_card(candidate, needs, wanted, now, is_live) for candidate in candidates[: wanted.limit]]
    return Found(cards, len(candidates), _outcome(candidates))


def finish_card(candidate: Candidate, needs: Needs, wanted: Wanted, now: datetime, is_live: bool) -> Card:
    """A card with what depends on the asker: distance, opening, week, and why it was chosen."""
    entry, opening = candidate.entry, candidate.opening
    distance = candidate.distance_km
    return {
        **entry.card,
        "distance_km": None if distance is None else round(distance, 1),
        "open": {"state": opening.state, "text": opening.text},
        "week": entry_week(entry, now) if is_live else week_of(entry.times, now.date()),
        "why_this": explain(candidate, needs, wanted),
    }


def get_card(index: Index, needs: Needs, identity: str, now: datetime) -> Card | None:
    """The card of one public service as asked by nobody in particular; None if there is none."""
    row = index.by_id.get(identity)
    if row is None:
        return None
    entry = index.entries[row]
    opening = entry_opening(entry, now)
    order = (False, 0, False, 0, False, 0, 0, 0.0)
    return finish_card(
        Candidate(order, entry, opening, None, serves=True), needs, Wanted(), now, is_live=True
    )


def serves_place(entry: Entry, place: Place | None) -> bool:
    """Whether a service is for people who live at `place`: no areas named means everybody."""
    if place is None or not entry.areas:
        return True
    return place.ward.code in entry.areas or not entry.areas.isdisjoint(place.outcodes)


def explain(candidate: Candidate, needs: Needs, wanted: Wanted) -> str:
    """Why this service, in one true sentence: where, whether open, what for, how to get in."""
    entry = candidate.entry
    states = {
        Rank.OPEN: "open now",
        Rank.USUALLY_OPEN: "usually open at this time",
        Rank.USUALLY_CLOSED: "usually closed at this time",
        Rank.CLOSED: "closed now",
    }
    asked = [code for code in wanted.needs if code in entry.row.needs] or list(entry.row.needs[:1])
    parts = [
        _where(candidate, wanted.place),
        states.get(candidate.opening.rank, ""),
        _helps([needs[code].short for code in asked[:2]]),
        entry.way_in,
        f"speaks {wanted.language}"
        if wanted.language and wanted.language.casefold() in entry.languages
        else "",
    ]
    sentence = ", ".join(part for part in parts if part)
    return sentence[:1].upper() + sentence[1:] + "."


def _helps(shorts: list[str]) -> str:
    """ "helps with food for today"; "gives help with debt", because the phrase holds the word already."""
    gives = bool(shorts) and shorts[0].startswith(("help ", "support "))
    return f"{'gives' if gives else 'helps with'} {join_words(shorts)}" if shorts else ""


def _where(candidate: Candidate, place: Place | None) -> str:
    entry = candidate.entry
    if not candidate.serves:
        return f"for people in {join_words(entry.area_names)} only, which may not be you"
    if candidate.distance_km is None or place is None:
        if place is not None and entry.areas and not entry.has_point:
            return "serves your area"
        return {
            "citywide": "for all of Leeds",
            "national": "a national service",
            "online": "online",
        }.get(entry.row.coverage, "in Leeds")
    km = candidate.distance_km
    far = "less than 0.1 km" if km < 0.1 else f"{km:.1f} km" if km < 10 else f"{km:.0f} km"
    if place.kind == "point":
        return f"about {far} away"
    if place.kind == "area":
        return f"{far} from {place.name}"
    return (
        f"{far} from your postcode" if place.kind == "postcode" else f"{far} from the middle of {place.name}"
    )


def _list_rows(index: Index, wanted: Wanted, relevance: dict[int, float] | None) -> list[int]:
    if wanted.needs:
        return list(dict.fromkeys(row for need in wanted.needs for row in index.by_need.get(need, ())))
    if relevance is not None:
        return list(relevance)
    # Crisis lines have no need: they answer words and risks, and are never offered as ordinary help.
    return [row for row, entry in enumerate(index.entries) if entry.row.needs]


def _need_position(entry: Entry, asked: tuple[str, ...]) -> int:
    positions = [entry.row.needs.index(code) for code in asked if code in entry.row.needs]
    return min(positions, default=0)


def _outcome(candidates: list[Candidate]) -> str:
    if not candidates:
        return NONE_MATCHED
    return CLOSED_NOW if all(candidate.opening.state == "closed" for candidate in candidates) else MATCHED
