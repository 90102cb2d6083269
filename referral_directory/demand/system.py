"""Everything published about one ISO year as unknowns with bounds, and all sums that join them.

Releases of different years have no week in common, so nothing joins them. Within a year: totals and their parts
inside each table; weeks that make four weeks or a quarter; four weeks that lie in a quarter; wards that make a
committee; and unmet need, which is a part of the enquiries. Where something is missing to complete a sum, the
rest is an unknown of its own: it is what somebody would learn by subtracting one release from another.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from referral_directory.demand.disclosure import HIDDEN, HIDE_UP_TO, MOST_NOISE, NO_LIMIT, Figures, bounds
from referral_directory.demand.outcomes import REASONS
from referral_directory.demand.periods import FOUR_WEEKS, QUARTER, WEEK, Period
from referral_directory.demand.recovery import NARROW, Sum, narrow
from referral_directory.demand.tables import CITY, TOTAL, Frame, Sheet

Name = tuple[str, str, str, str]  # period, table, row, column


@dataclass(frozen=True, eq=False)
class Published:
    """One release as an attacker has it."""

    period: Period
    sheets: Sequence[Sheet]


@dataclass(eq=False)
class System:
    """Unknowns by index. `names` are published cells; `rests` are differences that nobody published."""

    low: list[int] = field(default_factory=list)
    high: list[int] = field(default_factory=list)
    sums: list[Sum] = field(default_factory=list)
    names: dict[Name, int] = field(default_factory=dict)
    hidden: list[int] = field(default_factory=list)
    rests: list[int] = field(default_factory=list)

    def add_unknown(self) -> int:
        self.low.append(0)
        self.high.append(NO_LIMIT)
        return len(self.low) - 1

    def add_sum(self, total: int, parts: Iterable[int], complete: bool = True) -> None:
        """`total` is the sum of `parts`, and of a rest if they are not all."""
        whole = list(parts)
        if not complete:
            self.rests.append(self.add_unknown())
            whole.append(self.rests[-1])
        self.sums.append(Sum(total, tuple(whole)))


def make_system(releases: Sequence[Published], frame: Frame) -> System:
    """The system of the releases of one ISO year; at most one version of each period."""
    system = System()
    for release in releases:
        for sheet in release.sheets:
            _add_sheet(system, release.period.name, sheet)
        _add_unmet(system, release.period, frame)
    by_kind = {
        kind: [release.period for release in releases if release.period.kind == kind]
        for kind in (WEEK, FOUR_WEEKS, QUARTER)
    }
    for block in by_kind[FOUR_WEEKS]:
        _add_weeks(system, block, by_kind[WEEK], frame)
    for quarter in by_kind[QUARTER]:
        inside = [block for block in by_kind[FOUR_WEEKS] if _covers(quarter, block)]
        _add_weeks(system, quarter, by_kind[WEEK], frame)
        _add_weeks(system, quarter, _tile(inside, by_kind[WEEK]), frame)
    _add_committees(system, by_kind[QUARTER], by_kind[FOUR_WEEKS], frame)
    return system


def find_narrow(system: System) -> tuple[list[int], list[int], Figures, Figures]:
    """Hidden cells, and small rests, known to within plus or minus 2; then all bounds."""
    low, high = narrow(np.array(system.low), np.array(system.high), system.sums)
    width = high - low
    cells = [index for index in system.hidden if width[index] <= NARROW]
    rests = [i for i in system.rests if width[i] <= NARROW and high[i] <= HIDE_UP_TO + MOST_NOISE]
    return cells, rests, low, high


def _add_sheet(system: System, period: str, sheet: Sheet) -> None:
    low, high = bounds(sheet.figures, sheet.marks)
    start = len(system.low)
    system.low += low.ravel().tolist()
    system.high += high.ravel().tolist()
    index = np.arange(start, len(system.low)).reshape(sheet.figures.shape)
    system.hidden += index[sheet.figures == HIDDEN].tolist()
    for row, code in enumerate(sheet.rows):
        for column, other in enumerate(sheet.columns):
            system.names[period, sheet.name, code, other] = int(index[row, column])
    for column in range(len(sheet.columns)):
        system.add_sum(int(index[-1, column]), index[:-1, column].tolist())
    if len(sheet.columns) > 1:
        for row in range(len(sheet.rows)):
            system.add_sum(int(index[row, -1]), index[row, :-1].tolist())


def _add_unmet(system: System, period: Period, frame: Frame) -> None:
    """Unmet need is a part of the enquiries of the same need; the rest was met or left."""
    names = system.names
    if period.kind == WEEK:
        unmet = names[period.name, "unmet", TOTAL, CITY]
        system.add_sum(names[period.name, "need", TOTAL, CITY], [unmet], complete=False)
    if period.kind == FOUR_WEEKS:
        for need in (*frame.needs, TOTAL):
            unmet = names[period.name, "need_unmet", need, TOTAL]
            system.add_sum(names[period.name, "area_need", TOTAL, need], [unmet], complete=False)


def _add_weeks(system: System, whole: Period, parts: Sequence[Period], frame: Frame) -> None:
    """The city's figures of a period are the sums of those of shorter periods in it."""
    inside = [part for part in parts if _covers(whole, part)]
    if not inside:
        return
    weeks = sum(part.last_week - part.first_week + 1 for part in inside)
    complete = weeks == whole.last_week - whole.first_week + 1
    for find, codes in ((_need_name, (*frame.needs, TOTAL)), (_reason_name, (*REASONS, TOTAL))):
        for code in codes:
            total = _find(system, find, whole, code)
            found = [_find(system, find, part, code) for part in inside]
            if total is not None and None not in found:
                system.add_sum(total, [part for part in found if part is not None], complete)


def _add_committees(
    system: System, quarters: Sequence[Period], blocks: Sequence[Period], frame: Frame
) -> None:
    """Wards make committees: the quarters' wards against the four weeks' committees."""
    whole_year = len(quarters) == 4 and len(blocks) == 13
    for committee in frame.committees:
        wards = [w for w in frame.wards if frame.committee_of.get(w, w) == committee]
        for need in (*frame.needs, TOTAL):
            made = []
            for quarter in quarters:
                made.append(system.add_unknown())
                names = [(quarter.name, "area_need", ward, need) for ward in wards]
                system.add_sum(made[-1], [system.names[name] for name in names])
                inside = [block for block in blocks if _covers(quarter, block)]
                if inside:
                    parts = [system.names[b.name, "area_need", committee, need] for b in inside]
                    system.add_sum(made[-1], parts, complete=False)
            if whole_year:
                year = system.add_unknown()
                system.add_sum(year, made)
                system.add_sum(year, [system.names[b.name, "area_need", committee, need] for b in blocks])


def _find(system: System, name: Callable[[Period, str], Name], period: Period, code: str) -> int | None:
    return system.names.get(name(period, code))


def _need_name(period: Period, need: str) -> Name:
    if period.kind == WEEK:
        return (period.name, "need", need, CITY)
    return (period.name, "area_need", TOTAL, need)


def _reason_name(period: Period, reason: str) -> Name:
    if period.kind == WEEK:
        return (period.name, "unmet", reason, CITY)
    return (period.name, "need_unmet", TOTAL, reason)


def _covers(whole: Period, part: Period) -> bool:
    return whole != part and whole.first <= part.first and part.last <= whole.last


def _tile(blocks: Sequence[Period], weeks: Sequence[Period]) -> list[Period]:
    """Blocks, and the weeks that lie in none of them."""
    return [*blocks, *(week for week in weeks if not any(_covers(block, week) for block in blocks))]
