"""Withholding more figures until no attack succeeds, and the attacks that decide it.

Hiding small figures is nearly always enough, because totals carry their own noise and rounding. Now and then the
bounds of a hidden figure and of a total meet. Then a total is withheld too, shown as `[c]` like any other, and
all attacks are made again; a release that cannot be protected so is not made.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from referral_directory.demand.disclosure import (
    HIDDEN,
    KEPT,
    PLAIN,
    RECORD_KEYS,
    WITHHELD,
    bounds,
    correct,
    publish,
)
from referral_directory.demand.periods import Period
from referral_directory.demand.recovery import NARROW, table_ranges
from referral_directory.demand.system import Name, Published, System, find_narrow, make_system
from referral_directory.demand.tables import Frame, Sheet, Table

_MOST_ROUNDS = 40


@dataclass(frozen=True)
class Recovered:
    """What an attacker gets: exact and narrow hidden cells, narrow differences, and the system attacked."""

    exact: int
    narrow: list[Name]
    rests: list[int]
    cells: list[tuple[int, int, int]]  # table, row, column: found by the exact attack on single tables
    system: System = field(repr=False)

    @property
    def harmless(self) -> bool:
        return not (self.narrow or self.rests or self.cells)


def attack(period: Period, tables: Sequence[Table], others: Sequence[Published], frame: Frame) -> Recovered:
    """Try to recover hidden figures of this release, and of the others with its help."""
    system = make_system([*others, Published(period, tables)], frame)
    indices, rests, low, high = find_narrow(system)
    name_of = {index: name for name, index in system.names.items()}
    exact = sum(1 for index in indices if low[index] == high[index])
    cells = []
    for number, table in enumerate(tables):
        for (row, column), width in _ranges(table):
            if width <= NARROW:
                cells.append((number, row, column))
                exact += width == 0
    return Recovered(exact, [name_of[index] for index in indices], rests, cells, system)


def protect(
    period: Period, tables: Sequence[Table], others: Sequence[Published], frame: Frame
) -> tuple[list[Table], Recovered]:
    """The tables with figures withheld until the attack fails, or until there is nothing left to withhold."""
    protected = list(tables)
    for _ in range(_MOST_ROUNDS):
        recovered = attack(period, protected, others, frame)
        chosen = set() if recovered.harmless else _choose(period, protected, recovered)
        if not chosen:
            return protected, recovered
        for number, row, column in chosen:
            figures, marks = protected[number].figures.copy(), protected[number].marks.copy()
            figures[row, column], marks[row, column] = HIDDEN, WITHHELD
            protected[number] = replace(protected[number], figures=figures, marks=marks)
    return protected, attack(period, protected, others, frame)


def corrected(table: Table, earlier: Sheet) -> Table:
    """The table as a new version of an earlier one: figures stay unless they clearly changed."""
    figures, marks = correct(earlier.figures, table.figures)
    # What was withheld to protect another figure stays withheld.
    withheld = earlier.marks == WITHHELD
    marks = np.where(withheld, WITHHELD, marks).astype(np.int64)
    return replace(table, figures=np.where(withheld, HIDDEN, figures), marks=marks)


def count_visible(tables: Sequence[Table]) -> int:
    """Single enquiries, more or fewer, with any record key, that a corrected version would show.

    Figures kept from an earlier version are left out: if they move next time, several enquiries moved them.
    """
    visible = 0
    for table in tables:
        plain = table.marks == PLAIN
        pairs = np.unique(np.stack([table.counts[plain], table.figures[plain]]), axis=1)
        for change in (-1, 1):
            counts = pairs[0] + change
            known = counts >= 0
            keys = np.arange(RECORD_KEYS)[:, np.newaxis]
            new = publish(np.broadcast_to(counts[known], (RECORD_KEYS, int(known.sum()))), keys)
            old = np.broadcast_to(pairs[1][known], new.shape)
            shown, _ = correct(old, new)
            visible += int((shown != old).sum())
    return visible


def _ranges(table: Table) -> list[tuple[tuple[int, int], int]]:
    """The exact ranges of hidden cells of a table with both totals, where the truth is in the bounds."""
    if len(table.columns) == 1 or (table.marks == KEPT).any():
        # One column is one sum, for which passing bounds along is exact already. In a correction the truth may
        # have left the bounds, so that there is no flow to start from; the joint attack covers it.
        return []
    cells = [(int(row), int(column)) for row, column in np.argwhere(table.figures == HIDDEN)]
    low, high = bounds(table.figures, table.marks)
    return list(zip(cells, table_ranges(table.counts, low, high, cells), strict=True))


def _choose(period: Period, tables: Sequence[Table], recovered: Recovered) -> set[tuple[int, int, int]]:
    """A figure of this release to withhold for each thing recovered: a total if there is one."""
    system, own = recovered.system, {}
    for number, table in enumerate(tables):
        for row, column in np.argwhere(table.figures != HIDDEN).tolist():
            name = (period.name, table.name, table.rows[row], table.columns[column])
            own[system.names[name]] = (number, row, column)
    wanted = {system.names[name] for name in recovered.narrow} | set(recovered.rests)
    for number, row, column in recovered.cells:
        table = tables[number]
        wanted.add(system.names[period.name, table.name, table.rows[row], table.columns[column]])
    chosen = set()
    for each in system.sums:
        if not wanted.intersection((each.total, *each.parts)):
            continue
        shown = [index for index in (each.total, *each.parts) if index in own]
        if shown:
            chosen.add(own[max(shown, key=lambda index: _rank(tables, own[index]))])
    return chosen


def _rank(tables: Sequence[Table], cell: tuple[int, int, int]) -> tuple[bool, int, int, int]:
    """Totals before inner figures, large before small, and always the same choice."""
    number, row, column = cell
    table = tables[number]
    is_total = row == len(table.rows) - 1 or (len(table.columns) > 1 and column == len(table.columns) - 1)
    return is_total, int(table.figures[row, column]), -row, -column
