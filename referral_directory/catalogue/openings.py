"""Opening states of all services at once: worked out once for equal times, and kept until they can change."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import numpy as np

from referral_directory.opening import Opening, Times, opening_at, week_of

MOMENTS = 8  # moments asked about, other than now, that are kept


@dataclass(slots=True)
class States:
    """The opening of each of the distinct times at one moment, as far as it was asked for."""

    at: datetime
    openings: list[Opening | None]
    ranks: np.ndarray
    until: float  # a timestamp: the first moment at which one of the ranks may be another


@dataclass(slots=True)
class Openings:
    """The distinct opening times, and which of them each service has. `live` are the states at the clock's time."""

    times: list[Times]
    of_row: np.ndarray
    live: States | None = None
    moments: "OrderedDict[datetime, States]" = field(default_factory=OrderedDict)
    weeks: dict[tuple[date, int], list[dict[str, str]]] = field(default_factory=dict)


def index_openings(of_rows: Sequence[Times]) -> Openings:
    """The opening times of services, one a row, those that say the same kept once."""
    distinct: dict[tuple[object, ...], int] = {}
    times: list[Times] = []
    of_row = np.empty(len(of_rows), dtype=np.int32)
    for row, each in enumerate(of_rows):
        key = (str(each.hours), each.status, each.year, each.has_phone, each.knows_holidays, each.closures)
        if key not in distinct:
            distinct[key] = len(times)
            times.append(each)
        of_row[row] = distinct[key]
    return Openings(times, of_row)


def ranks_at(openings: Openings, now: datetime, is_live: bool) -> np.ndarray:
    """The rank of each row at a moment. `is_live` says that it is the clock's."""
    return np.asarray(_states(openings, now, is_live).ranks[openings.of_row])


def opening_of(openings: Openings, row: int, now: datetime, is_live: bool) -> Opening:
    """Whether one row is open at a moment, in words."""
    number = int(openings.of_row[row])
    states = _states(openings, now, is_live)
    opening = states.openings[number]
    # Words hold until they can change; the moment they were said at moves on.
    if opening is None or not states.at <= now < opening.until:
        opening = states.openings[number] = opening_at(openings.times[number], now)
    return opening


def week_at(openings: Openings, row: int, today: date) -> list[dict[str, str]]:
    """The opening times of one row in the seven days from `today`, kept for a while."""
    key = (today, int(openings.of_row[row]))
    if key not in openings.weeks:
        if len(openings.weeks) > 2_000:
            openings.weeks.clear()
        openings.weeks[key] = week_of(openings.times[key[1]], today)
    return openings.weeks[key]


def _states(openings: Openings, now: datetime, is_live: bool) -> States:
    if is_live:
        live = openings.live
        if live is None or not live.at <= now or now.timestamp() >= live.until:
            live = openings.live = _work_out(openings, now, live)
        return live
    if now not in openings.moments:
        openings.moments[now] = _work_out(openings, now, None)
        while len(openings.moments) > MOMENTS:
            openings.moments.popitem(last=False)
    return openings.moments[now]


def _work_out(openings: Openings, now: datetime, before: States | None) -> States:
    """The states at `now`; those of before that still hold are taken over."""
    found: list[Opening | None] = []
    for number, times in enumerate(openings.times):
        kept = before.openings[number] if before and before.at <= now else None
        found.append(kept if kept is not None and now < kept.until else opening_at(times, now))
    known = [opening for opening in found if opening is not None]
    until = min((opening.until.timestamp() for opening in known), default=now.timestamp() + 3600)
    return States(now, found, np.array([opening.rank for opening in known], dtype=np.int8), until)
