"""The tables of a release: which figures each kind of period has, and how they are added up from the counters."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from referral_directory.demand.counting import UNKNOWN_WARD
from referral_directory.demand.disclosure import PLAIN, RECORD_KEYS, Figures, publish
from referral_directory.demand.models import DemandCount
from referral_directory.demand.outcomes import (
    ENQUIRY_OUTCOMES,
    OUTCOMES,
    REASON_OF,
    REASONS,
    REFERRAL_ENDS,
    REFERRAL_SENT,
    SAID,
)
from referral_directory.demand.periods import FOUR_WEEKS, WEEK, Period
from referral_directory.errors import ReleaseRefused

TOTAL = "total"
CITY = "city"
UNKNOWN_AREA = "unknown"


@dataclass(frozen=True)
class Frame:
    """The codes that statistics are made in: needs in order, and the committee of each ward."""

    needs: tuple[str, ...]
    committee_of: Mapping[str, str]

    @property
    def committees(self) -> tuple[str, ...]:
        return (*sorted(set(self.committee_of.values())), UNKNOWN_AREA)

    @property
    def wards(self) -> tuple[str, ...]:
        return (*self.committee_of, UNKNOWN_AREA)


@dataclass(frozen=True, eq=False)
class Sheet:
    """Published figures with totals in the last row, and in the last column if there is more than one column.

    `figures` and `marks` as in disclosure.py.
    """

    name: str
    row_kind: str
    column_kind: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    figures: Figures
    marks: Figures


@dataclass(frozen=True, eq=False)
class Table(Sheet):
    """A sheet with the truth behind it, which stays in memory: counts and cell keys of the same shape."""

    counts: Figures
    keys: Figures


@dataclass(frozen=True, slots=True)
class Cell:
    """A counter added up over a period: how many, and the sum of their record keys modulo 256."""

    need: str
    ward: str
    outcome: str
    count: int
    key: int


def read_cells(session: Session, period: Period, frame: Frame) -> list[Cell]:
    """The counters of a period by need, ward and outcome. Raises ReleaseRefused for codes that are not known."""
    count, key = func.sum(DemandCount.count), func.sum(DemandCount.record_key_sum)
    by = (DemandCount.need, DemandCount.ward_code, DemandCount.outcome)
    rows = session.execute(
        select(*by, count, key).where(DemandCount.day.between(period.first, period.last)).group_by(*by)
    )
    cells = []
    for need, ward, outcome, counted, keys in rows:
        area = UNKNOWN_AREA if ward == UNKNOWN_WARD else ward
        if need not in frame.needs or area not in frame.wards or outcome not in OUTCOMES:
            raise ReleaseRefused(f"The counters hold a code that is not known: {need}, {ward}, {outcome}.")
        cells.append(Cell(need, area, outcome, int(counted), int(keys) % RECORD_KEYS))
    return cells


def make_tables(cells: Sequence[Cell], period: Period, frame: Frame) -> list[Table]:
    """The tables of a period, published by the rule, before anything is withheld."""
    enquiries = [cell for cell in cells if cell.outcome in ENQUIRY_OUTCOMES]
    unmet = [replace(cell, outcome=REASON_OF[cell.outcome]) for cell in cells if cell.outcome in REASON_OF]
    if period.kind == WEEK:
        return [
            _table("need", enquiries, ("need", frame.needs), ("area", (CITY,)), lambda c: (c.need, CITY)),
            _table("unmet", unmet, ("reason", REASONS), ("area", (CITY,)), lambda c: (c.outcome, CITY)),
        ]
    if period.kind == FOUR_WEEKS:
        areas = {**frame.committee_of, UNKNOWN_AREA: UNKNOWN_AREA}
        committees, needs = ("area", frame.committees), ("need", frame.needs)
        said = [cell for cell in cells if cell.outcome in SAID]
        return [
            _table("area_need", enquiries, committees, needs, lambda c: (areas[c.ward], c.need)),
            _table("need_unmet", unmet, needs, ("reason", REASONS), lambda c: (c.need, c.outcome)),
            _table("need_said", said, needs, ("said", SAID), lambda c: (c.need, c.outcome)),
        ]
    sent = [cell for cell in cells if cell.outcome == REFERRAL_SENT]
    ends = [cell for cell in cells if cell.outcome in REFERRAL_ENDS]
    wards, needs, city = ("area", frame.wards), ("need", frame.needs), ("area", (CITY,))
    return [
        _table("area_need", enquiries, wards, needs, lambda c: (c.ward, c.need)),
        _table("referral_sent", sent, needs, city, lambda c: (c.need, CITY)),
        _table("referral_end", ends, ("end", REFERRAL_ENDS), city, lambda c: (c.outcome, CITY)),
    ]


def _table(
    name: str,
    cells: Iterable[Cell],
    rows: tuple[str, tuple[str, ...]],
    columns: tuple[str, tuple[str, ...]],
    place: Callable[[Cell], tuple[str, str]],
) -> Table:
    """Adds cells up where `place` puts them (row, column); the totals are added up before any noise."""
    at_row = {code: index for index, code in enumerate(rows[1])}
    at_column = {code: index for index, code in enumerate(columns[1])}
    counts = np.zeros((len(at_row), len(at_column)), dtype=np.int64)
    keys = np.zeros_like(counts)
    for cell in cells:
        row, column = place(cell)
        counts[at_row[row], at_column[column]] += cell.count
        keys[at_row[row], at_column[column]] += cell.key
    counts, keys = _with_totals(counts), _with_totals(keys) % RECORD_KEYS
    figures = publish(counts, keys)
    marks = np.full_like(figures, PLAIN)
    has_total = len(columns[1]) > 1
    shown_columns = (*columns[1], TOTAL) if has_total else columns[1]
    return Table(name, rows[0], columns[0], (*rows[1], TOTAL), shown_columns, figures, marks, counts, keys)


def _with_totals(inner: Figures) -> Figures:
    whole = np.vstack([inner, inner.sum(axis=0, keepdims=True)])
    if inner.shape[1] == 1:
        return whole
    return np.hstack([whole, whole.sum(axis=1, keepdims=True)])
