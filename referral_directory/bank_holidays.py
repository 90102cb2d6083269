"""Bank holidays of England, computed.

Source: the Banking and Financial Dealings Act 1971, schedule 1, with New Year's Day and the May Day holiday
added by royal proclamation, and substitute days as published on gov.uk/bank-holidays. The calendar of
opening-hours-py knows only the days shared by the whole United Kingdom, and so lacks New Year's Day and the
August holiday. One-off holidays (a coronation) are not computed.
"""

from datetime import date, timedelta
from functools import lru_cache

MONDAY, SATURDAY, SUNDAY = 0, 5, 6


@lru_cache(maxsize=64)
def bank_holidays(year: int) -> frozenset[date]:
    """The eight bank holidays of England in `year`, with substitute days in place of weekends."""
    easter = easter_sunday(year)
    may, june, september = date(year, 5, 1), date(year, 6, 1), date(year, 9, 1)
    return frozenset(
        {
            _next_weekday(date(year, 1, 1), taken=()),
            easter - timedelta(days=2),
            easter + timedelta(days=1),
            may + timedelta(days=-may.weekday() % 7),
            june - timedelta(days=june.weekday() or 7),
            september - timedelta(days=september.weekday() or 7),
            *_christmas(year),
        }
    )


def is_bank_holiday(day: date) -> bool:
    """Whether `day` is a bank holiday in England."""
    return day in bank_holidays(day.year)


def easter_sunday(year: int) -> date:
    """Easter Sunday by the anonymous Gregorian algorithm (Nature, 20 April 1876)."""
    golden = year % 19
    century, rest = divmod(year, 100)
    leap, four = divmod(century, 4)
    correction = (century - (century + 8) // 25 + 1) // 3
    moon = (19 * golden + century - leap - correction + 15) % 30
    quarter, odd = divmod(rest, 4)
    weekday = (32 + 2 * four + 2 * quarter - moon - odd) % 7
    late = (golden + 11 * moon + 22 * weekday) // 451
    month, day = divmod(moon + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def _christmas(year: int) -> tuple[date, date]:
    """Christmas Day and Boxing Day, or their substitutes: a Monday or Tuesday not already taken."""
    christmas, boxing = date(year, 12, 25), date(year, 12, 26)
    if christmas.weekday() in (SATURDAY, SUNDAY):
        # The substitute for Christmas Day comes after Boxing Day when Boxing Day is itself a Monday.
        return _next_weekday(christmas, taken=(boxing,)), _next_weekday(boxing, taken=(date(year, 12, 27),))
    return christmas, _next_weekday(boxing, taken=(christmas,))


def _next_weekday(day: date, taken: tuple[date, ...]) -> date:
    while day.weekday() in (SATURDAY, SUNDAY) or day in taken:
        day += timedelta(days=1)
    return day
