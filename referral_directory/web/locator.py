"""A small drawing of where results lie: rings of walking distance round the place asked about, and their numbers.

It is drawn here as SVG, so that no page asks anybody for map tiles. The list says all that it shows, and more.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from referral_directory.catalogue.cards import Card

KM_A_DEGREE = 111.195  # of latitude, on a sphere of the Earth's mean radius
SIZE, EDGE = 260, 18
RINGS_KM = (1.6, 4.0, 8.0, 16.0, 32.0)
MOST = 12
# Numbers nearer to each other than this, in units of the drawing, would cover one another.
APART = 15.0


@dataclass(frozen=True, slots=True)
class Mark:
    """A result in the drawing: its number in the list, with a plus if others lie together with it."""

    x: float
    y: float
    label: str


@dataclass(frozen=True, slots=True)
class Locator:
    """What the template draws. `rings` are radii with what they stand for; `words` say it all."""

    size: int
    middle: float
    rings: list[tuple[float, str]]
    marks: list[Mark]
    words: str


def draw_locator(cards: Sequence[Card], middle: tuple[float, float] | None) -> Locator | None:
    """A locator of the first results that have an address; None without a place, or if none has."""
    if middle is None:
        return None
    placed = [
        (number, card) for number, card in enumerate(cards[:MOST], start=1) if card["distance_km"] is not None
    ]
    if not placed:
        return None
    furthest = sorted(card["distance_km"] for _, card in placed)[max(0, math.ceil(len(placed) * 0.8) - 1)]
    reach = next((ring for ring in RINGS_KM if ring >= furthest), RINGS_KM[-1])
    shown = [(number, card) for number, card in placed if card["distance_km"] <= reach]
    scale = (SIZE / 2 - EDGE) / reach
    rings = [(ring * scale, f"{ring:g} km") for ring in RINGS_KM if ring <= reach]
    marks = _join_near([_mark(number, card, middle, scale) for number, card in shown])
    words = "; ".join(
        f"{number}, {card['distance_km']:g} km {_direction(card, middle)}" for number, card in shown
    )
    return Locator(SIZE, SIZE / 2, rings, marks, f"Where the first results lie: {words}.")


def _offset(card: Card, middle: tuple[float, float]) -> tuple[float, float]:
    """Kilometres east and north of the middle."""
    lat, lon = middle
    east = (card["lon"] - lon) * KM_A_DEGREE * math.cos(math.radians(lat))
    return east, (card["lat"] - lat) * KM_A_DEGREE


def _mark(number: int, card: Card, middle: tuple[float, float], scale: float) -> Mark:
    east, north = _offset(card, middle)
    return Mark(round(SIZE / 2 + east * scale, 1), round(SIZE / 2 - north * scale, 1), str(number))


def _join_near(marks: list[Mark]) -> list[Mark]:
    joined: list[Mark] = []
    for mark in marks:
        for place, other in enumerate(joined):
            if math.hypot(mark.x - other.x, mark.y - other.y) < APART:
                joined[place] = Mark(other.x, other.y, f"{other.label.rstrip('+')}+")
                break
        else:
            joined.append(mark)
    return joined


def _direction(card: Card, middle: tuple[float, float]) -> str:
    east, north = _offset(card, middle)
    if math.hypot(east, north) < 0.1:
        return "away"
    names = ["north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west"]
    return names[round(math.atan2(east, north) / (math.pi / 4)) % 8]
