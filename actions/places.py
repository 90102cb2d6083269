"""Turns a place as it was said into a place that services can be near to."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from actions.conversation import CITYWIDE, Conversation
from actions.directory_client import find_place

# The front door replaces a postcode with its ward and a rounded point, or with the reason why it has none.
TOKEN = re.compile(
    r"\[place:(?:(?P<reason>outside|unknown)|(?P<ward>E\d{8}):(?P<lat>-?\d+\.\d+):(?P<lon>-?\d+\.\d+))\]"
)
# About 4 km from north to south and 2.5 km from west to east.
TOGETHER_DEGREES = 0.037
WHOLE_CITY = ("leeds", "anywhere", "anywhere in leeds")


@dataclass(frozen=True)
class PlaceAnswer:
    """What became of a place: ``status`` is found, ambiguous, outside_leeds or not_found."""

    status: str
    place: dict[str, Any] | None = None
    options: list[dict[str, Any]] = field(default_factory=list)


def resolve_place(said: str) -> PlaceAnswer:
    """Looks up a place as said, or reads the token that stands for a postcode.

    Raises:
        DirectoryUnavailable: the directory did not answer.
    """
    token = TOKEN.search(said)
    if said.strip().lower() in WHOLE_CITY:
        return PlaceAnswer("found", CITYWIDE)
    if token is None:
        answer = find_place(said)
        between = _between(answer["options"])
        if between is not None:
            return PlaceAnswer("found", between)
        return PlaceAnswer(answer["status"], answer["place"], answer["options"])
    if token["reason"]:
        return PlaceAnswer("outside_leeds" if token["reason"] == "outside" else "not_found")
    ward = find_place(token["ward"])["place"]
    if ward is None:
        return PlaceAnswer("not_found")
    return PlaceAnswer("found", {**ward, "lat": float(token["lat"]), "lon": float(token["lon"])})


def _between(options: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Returns one place for options of one name that lie together, such as the two wards of Morley; else None.

    Nobody in Morley knows or cares which ward they are in, and what is near is the same. Such a place is not counted
    for a ward (``counting.py``).
    """
    if not options or len({option["name"].split(" (")[0] for option in options}) > 1:
        return None
    latitudes = [option["lat"] for option in options]
    longitudes = [option["lon"] for option in options]
    if (
        max(latitudes) - min(latitudes) > TOGETHER_DEGREES
        or max(longitudes) - min(longitudes) > TOGETHER_DEGREES
    ):
        return None
    return {
        **options[0],
        "name": options[0]["name"].split(" (")[0],
        "kind": "approximate",
        "lat": round(sum(latitudes) / len(options), 4),
        "lon": round(sum(longitudes) / len(options), 4),
    }


def settle_place(conversation: Conversation) -> None:
    """Looks up a place that was said while the directory was away; one that cannot be found is the whole city.

    Raises:
        DirectoryUnavailable: the directory still does not answer.
    """
    said = (conversation.place or {}).get("said")
    if said:
        conversation.place = resolve_place(said).place or CITYWIDE
