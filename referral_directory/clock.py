"""What time it is in Leeds, and how a date is written.

A clock is a function without arguments that returns an aware datetime in Europe/London, so that tests and the
setting SIGNPOST_CLOCK can hold it still.
"""

from collections.abc import Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

LEEDS = ZoneInfo("Europe/London")

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """The time now, in Leeds."""
    return datetime.now(LEEDS)


def frozen_clock(moment: datetime) -> Clock:
    """A clock that always shows `moment`; a moment without an offset is read as Leeds time."""
    fixed = in_leeds(moment)
    return lambda: fixed


def in_leeds(moment: datetime) -> datetime:
    """`moment` on the clocks of Leeds; a moment without an offset is taken to be Leeds time already."""
    if moment.tzinfo is None:
        return moment.replace(tzinfo=LEEDS)
    return moment.astimezone(LEEDS)


def day_text(day: date) -> str:
    """A day not far away as people say it: "Friday 27 November"."""
    return f"{day:%A} {day.day} {day:%B}"


def date_text(day: date) -> str:
    """A date as people write it: "28 August 2026"."""
    return f"{day.day} {day:%B %Y}"
