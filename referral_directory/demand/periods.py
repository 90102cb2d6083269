"""The three kinds of statistical period. Every one is made of whole ISO weeks, and no two of a kind overlap.

Names: `2026-W46` an ISO week (ISO 8601); `2026-P12` the twelfth four weeks of an ISO year, the thirteenth of
which also takes week 53; `2026-Q4` thirteen weeks, the last of which also takes week 53. Months are not used,
because weeks do not nest in them, and what does not nest can be subtracted.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from referral_directory.clock import date_text
from referral_directory.errors import InvalidInput

WEEK, FOUR_WEEKS, QUARTER = "week", "four_weeks", "quarter"
_KINDS = {"W": (WEEK, 1, 53), "P": (FOUR_WEEKS, 4, 13), "Q": (QUARTER, 13, 4)}
_LETTERS = {kind: letter for letter, (kind, _, _) in _KINDS.items()}
_NAME = re.compile(r"(\d{4})-(?:(W)(\d{2})|(P)(\d{2})|(Q)(\d))")


@dataclass(frozen=True, slots=True)
class Period:
    """Whole ISO weeks `first_week` to `last_week` of an ISO year; `first` and `last` are days, inclusive."""

    name: str
    kind: str
    year: int
    number: int
    first_week: int
    last_week: int

    @property
    def first(self) -> date:
        return date.fromisocalendar(self.year, self.first_week, 1)

    @property
    def last(self) -> date:
        return date.fromisocalendar(self.year, self.last_week, 7)

    @property
    def dates(self) -> str:
        """As people write it: "9 November 2026 to 15 November 2026"."""
        return f"{date_text(self.first)} to {date_text(self.last)}"


def parse_period(name: str) -> Period:
    """The period of this name. Raises InvalidInput, naming the field `period`."""
    found = _NAME.fullmatch(name.strip().upper())
    if found is None:
        raise InvalidInput("period", "Write a week 2026-W46, four weeks 2026-P12 or a quarter 2026-Q4.")
    letter, number = [part for part in found.groups()[1:] if part]
    return make_period(_KINDS[letter][0], int(found.group(1)), int(number))


def make_period(kind: str, year: int, number: int) -> Period:
    """The `number`th period of its kind in an ISO year. Raises InvalidInput if that year has none such."""
    letter = _LETTERS[kind]
    _, length, most = _KINDS[letter]
    # The years first: a calendar knows no year 0.
    weeks = weeks_of_year(year) if 2000 <= year <= 2199 else 0
    if not weeks or not 1 <= number <= (weeks if kind == WEEK else most):
        raise InvalidInput("period", f"There is no such period in {year}.")
    last = weeks if kind != WEEK and number == most else number * length
    digits = f"{number}" if kind == QUARTER else f"{number:02}"
    return Period(f"{year}-{letter}{digits}", kind, year, number, (number - 1) * length + 1, last)


def weeks_of_year(year: int) -> int:
    """52 or 53: 28 December always lies in the last ISO week."""
    return date(year, 12, 28).isocalendar().week


def period_of(kind: str, day: date) -> Period:
    """The period of a kind that a day lies in."""
    year, week, _ = day.isocalendar()
    _, length, most = _KINDS[_LETTERS[kind]]
    number = week if kind == WEEK else min((week - 1) // length + 1, most)
    return make_period(kind, year, number)


def find_year_before(period: Period) -> Period | None:
    """The same weeks a year earlier; None for week 53 if that year had none."""
    if period.kind == WEEK and period.number > weeks_of_year(period.year - 1):
        return None
    return make_period(period.kind, period.year - 1, period.number)


def following(period: Period) -> Period:
    """The next period of the same kind."""
    return period_of(period.kind, period.last + timedelta(days=1))


def list_closed(kind: str, since: date, today: date) -> list[Period]:
    """Periods that began on or after `since` and were over before `today`, in order."""
    period = period_of(kind, since)
    if period.first < since:
        period = following(period)
    closed = []
    while period.last < today:
        closed.append(period)
        period = following(period)
    return closed
