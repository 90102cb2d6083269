"""Opening hours as the feed writes them: repeating entries in the manner of iCalendar's RRULE.

Catalogue hours are OpenStreetMap's opening_hours. What weekly and monthly repetition can say is translated; the
rest (seasons, dates, school holidays) is left in words, because a wrong rule is worse than none.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
DAY_MINUTES = 24 * 60
# One rule: days (none: every day), then times or "off".
DAY = r"(?:Mo|Tu|We|Th|Fr|Sa|Su)"
TIME = r"\d\d:\d\d-\d\d:\d\d"
RULE = re.compile(
    rf"(?:(?P<days>(?:{DAY}(?:-{DAY}|\[-?[1-5]\])?|PH)(?:,(?:{DAY}(?:-{DAY}|\[-?[1-5]\])?|PH))*)\s+)?"
    rf"(?P<times>off|closed|{TIME}(?:,\s?{TIME})*)"
)

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Recurrence:
    """One span of time on these days. Minutes after midnight; `closes` past 1440 is on the next day."""

    freq: str
    days: tuple[str, ...]
    opens: int
    closes: int

    @property
    def opens_at(self) -> str:
        """HH:MM on the clocks of Leeds."""
        return _clock_text(self.opens)

    @property
    def closes_at(self) -> str:
        """HH:MM on the clocks of Leeds. The end of a day is written 23:59, as other directories write it."""
        return "23:59" if self.closes == DAY_MINUTES else _clock_text(self.closes % DAY_MINUTES)


@dataclass(frozen=True, slots=True)
class Hours:
    """What hours say in repetitions. `holidays` is "off", times, or "" where nothing is said of them."""

    recurrences: tuple[Recurrence, ...]
    holidays: str


@dataclass(frozen=True, slots=True)
class TimesAsked:
    """The feed's filters `day`, `start_time` and `end_time`: one repetition must fit all that are given."""

    day: str | None = None
    start: int | None = None
    end: int | None = None


@dataclass(slots=True)
class _Week:
    """Rules read so far: a later rule replaces what earlier ones said of the same day."""

    weekly: dict[str, tuple[Span, ...]] = field(default_factory=dict)
    monthly: dict[str, tuple[Span, ...]] = field(default_factory=dict)
    holidays: str = ""


@lru_cache(maxsize=4096)
def read_hours(text: str) -> Hours | None:
    """The repetitions of opening_hours; None if they cannot be said in weekly and monthly repetitions."""
    if text.strip() == "24/7":
        return Hours((Recurrence("WEEKLY", WEEKDAYS, 0, DAY_MINUTES),), "")
    week = _Week()
    for rule in filter(None, (part.strip() for part in text.split(";"))):
        found = RULE.fullmatch(rule)
        if found is None:
            return None
        _apply_rule(week, found["days"], found["times"].replace(" ", ""))
    monthly_days = {day.lstrip("-12345") for day, spans in week.monthly.items()}
    if monthly_days & week.weekly.keys() or not all(week.monthly.values()):
        # "Every Monday, but not the first": an exception, which a repetition cannot say.
        return None
    return Hours(
        (*_group("WEEKLY", week.weekly), *_group("MONTHLY", week.monthly)),
        week.holidays,
    )


def fits_times(hours: str, asked: TimesAsked) -> bool:
    """Whether one repetition of these hours is on the day, begins no earlier and ends no later than asked."""
    read = read_hours(hours)
    return read is not None and any(_fits(recurrence, asked) for recurrence in read.recurrences)


def minutes_of(text: str) -> int:
    """Minutes after midnight of "HH:MM"; seconds are dropped."""
    return int(text[:2]) * 60 + int(text[3:5])


def _fits(recurrence: Recurrence, asked: TimesAsked) -> bool:
    closes = minutes_of(recurrence.closes_at) if recurrence.closes <= DAY_MINUTES else recurrence.closes
    return (
        (asked.day is None or any(day.endswith(asked.day) for day in recurrence.days))
        and (asked.start is None or recurrence.opens >= asked.start)
        and (asked.end is None or closes <= asked.end)
    )


def _apply_rule(week: _Week, days: str | None, times: str) -> None:
    spans = () if times in ("off", "closed") else tuple(_spans(times.split(",")))
    for part in (days or "Mo-Su").split(","):
        if part == "PH":
            week.holidays = times if spans else "off"
        elif "[" in part:
            week.monthly[part[3:-1] + part[:2].upper()] = spans
        else:
            first, _, last = part.upper().partition("-")
            begin, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
            for number in range(begin, end + 1 if end >= begin else end + 8):
                week.weekly[WEEKDAYS[number % 7]] = spans


def _spans(times: Iterable[str]) -> Iterable[Span]:
    for time in times:
        opens, closes = minutes_of(time[:5]), minutes_of(time[6:])
        yield opens, closes if closes > opens else closes + DAY_MINUTES


def _group(freq: str, by_day: dict[str, tuple[Span, ...]]) -> Iterable[Recurrence]:
    """One repetition a span, with all the days that have it, Monday first."""
    days: dict[Span, list[str]] = defaultdict(list)
    order = {day: number for number, day in enumerate(WEEKDAYS)}
    for day in sorted(by_day, key=lambda day: (order[day[-2:]], day)):
        for span in by_day[day]:
            days[span].append(day)
    for span in sorted(days):
        yield Recurrence(freq, tuple(days[span]), *span)


def _clock_text(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
