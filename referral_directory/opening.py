"""Opening times: what is open at a moment, in words that claim no more than the source does.

Hours are written in OpenStreetMap's opening_hours syntax and read by opening-hours-py. How far they can be
trusted is a word of our own: `confirmed` hours give open or closed; `indicative` hours (an old or second-hand
listing) never do, they give "unknown" and say what is usual; `none` gives "unknown" and nothing else.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import IntEnum

from opening_hours import OpeningHours, validate

from referral_directory.bank_holidays import is_bank_holiday
from referral_directory.clock import LEEDS, day_text, in_leeds
from referral_directory.errors import BadHours

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
CONFIRMED, INDICATIVE, NONE = "confirmed", "indicative", "none"

# The library's British calendar holds only the days that all of the United Kingdom shares, so a rule for public
# holidays is repeated for the English ones it lacks: New Year's Day, its substitute Monday, Easter Monday, and the
# August holiday.
ENGLISH_ONLY = ("Jan 01", "Jan 02-03 Mo", "easter +1 day", "Aug Mo[-1]")
HOLIDAY_RULE = re.compile(r"(?:^|,)\s*PH\b[^0-9]*?(?P<rest>\d\d:\d\d.*|off|closed|open|unknown)?$")
ON_HOLIDAYS = re.compile(r"\bPH\b|24/7")

# Words of our own sentences that are about now, and what they are about another moment.
THEN = {
    "now": "then",
    "today": "that day",
    "Today": "That day",
    "tomorrow": "the next day",
    "this time": "that time",
}
NOWADAYS = re.compile(rf"\b(?:{'|'.join(THEN)})\b")

CLOSURE_HOURS = re.compile(r"\d\d:\d\d-\d\d:\d\d(?:, ?\d\d:\d\d-\d\d:\d\d)*")

# Further changes than these are not searched: hours with a comment on each part change without opening or
# closing.
MOST_CHANGES = 12


class Rank(IntEnum):
    """How good an opening state is for somebody who needs help now: lower is better."""

    OPEN = 0
    USUALLY_OPEN = 1
    UNKNOWN = 2
    USUALLY_CLOSED = 3
    CLOSED = 4


@dataclass(frozen=True, slots=True)
class Closure:
    """Days, both included, that are not as usual: closed, or open at `hours` ("10:00-14:00,16:00-18:00")."""

    first_day: date
    last_day: date
    hours: str = ""


@dataclass(frozen=True, slots=True)
class Times:
    """Opening times as filed: parsed hours or None, how sure they are, their year, and whether there is a
    phone.
    """

    hours: OpeningHours | None
    status: str
    year: str | None
    has_phone: bool
    knows_holidays: bool
    closures: tuple[Closure, ...] = ()


@dataclass(frozen=True, slots=True)
class Opening:
    """The answer at one moment. `state` is open, closed or unknown; it holds until `until` (aware) at the
    latest.
    """

    state: str
    text: str
    rank: Rank
    until: datetime


def read_times(
    hours: str, status: str, year: str | None, has_phone: bool, closures: tuple[Closure, ...] = ()
) -> Times:
    """Times from OpenStreetMap syntax ("Mo-Fr 09:00-17:00; PH off"; "" for none). Raises BadHours."""
    if not hours.strip() or status == NONE:
        return Times(None, NONE, year, has_phone, knows_holidays=False, closures=closures)
    if status not in (CONFIRMED, INDICATIVE):
        raise BadHours(f"{status!r} is not confirmed, indicative or none")
    in_england = with_english_holidays(hours)
    if not validate(in_england):
        raise BadHours(f"{hours!r} is not in opening_hours syntax")
    # The last rule for a day holds, so closures come after everything.
    changed = "; ".join([in_england, *(_rule_of(closure) for closure in closures)])
    parsed = OpeningHours(changed, timezone=LEEDS, country="GB")
    return Times(parsed, status, year, has_phone, bool(ON_HOLIDAYS.search(hours)), closures)


def is_readable(hours: str) -> bool:
    """Whether these are times of a day, as a closure has them."""
    return bool(CLOSURE_HOURS.fullmatch(hours)) and validate(hours)


def with_english_holidays(hours: str) -> str:
    """The same hours with every rule for public holidays repeated for England's own (see ENGLISH_ONLY).

    Rules for holidays go last, so that "PH off; Mo 10:00-12:00" means what its writer meant.
    """
    rules = [rule.strip() for rule in hours.split(";") if rule.strip()]
    ordinary = [rule for rule in rules if not HOLIDAY_RULE.search(rule)]
    holidays = [(rule, found["rest"] or "open") for rule in rules if (found := HOLIDAY_RULE.search(rule))]
    extra = [f"{day} {rest}" for _, rest in holidays for day in ENGLISH_ONLY]
    return "; ".join([*ordinary, *(rule for rule, _ in holidays), *extra])


def opening_at(times: Times, now: datetime) -> Opening:
    """What to say about `times` at `now` (aware, in Leeds)."""
    midnight = datetime.combine(now.date() + timedelta(days=1), time(0), LEEDS)
    ring = "ring first" if times.has_phone else "check first"
    closure = find_closure(times, now.date())
    if closure is not None:
        return _opening_by(closure, now, midnight)
    if times.hours is None:
        return Opening("unknown", f"Opening times not known: {ring}", Rank.UNKNOWN, midnight)
    if is_holiday(now.date()) and not times.knows_holidays:
        return Opening("unknown", f"Today is a bank holiday: {ring}", Rank.UNKNOWN, midnight)
    change = times.hours.next_change(now)
    until = min(midnight, change) if change is not None else midnight
    if times.hours.is_unknown(now):
        return Opening("unknown", f"Opening times not certain: {ring}", Rank.UNKNOWN, until)
    is_open = times.hours.is_open(now)
    if times.status == INDICATIVE:
        age = f"times from {times.year}" if times.year else "times not confirmed"
        says = _usually_open(times.hours, now) if is_open else _usually_closed(times.hours, now)
        rank = Rank.USUALLY_OPEN if is_open else Rank.USUALLY_CLOSED
        return Opening("unknown", f"{says} ({age}: {ring})", rank, until)
    if is_open:
        return Opening("open", _open_text(times.hours, now), Rank.OPEN, until)
    return Opening("closed", _closed_text(times, times.hours, now, ring), Rank.CLOSED, until)


def week_of(times: Times, today: date) -> list[dict[str, str]]:
    """The seven days from `today`, Monday first: [{"day": "Monday", "text": "9am to 5pm"}], [] if
    not known.
    """
    if times.hours is None:
        return []
    week = []
    for offset in range(7):
        day = today + timedelta(days=offset)
        text = _day_text(times.hours, day)
        if is_holiday(day) and not times.knows_holidays and find_closure(times, day) is None:
            text = "Bank holiday: " + ("ring first" if times.has_phone else "check first")
        week.append((day.weekday(), text))
    return [{"day": DAYS[weekday], "text": text} for weekday, text in sorted(week)]


def say_then(text: str) -> str:
    """What is said of a moment as said of another than now: "Closed now" is "Closed then"."""
    return NOWADAYS.sub(lambda found: THEN[found[0]], text)


def find_closure(times: Times, day: date) -> Closure | None:
    """The closure that holds on a day; of several, the one said last."""
    holding = [closure for closure in times.closures if closure.first_day <= day <= closure.last_day]
    return holding[-1] if holding else None


def _opening_by(closure: Closure, now: datetime, midnight: datetime) -> Opening:
    """What a closure says of its days: it was said for them, so it is sure whatever the usual hours are."""
    today = now.date()
    if not closure.hours:
        last = closure.last_day
        text = "Closed today" if last == today else f"Closed up to and including {day_text(last)}"
        return Opening("closed", text, Rank.CLOSED, midnight)
    hours = OpeningHours(_rule_of(Closure(today, today, closure.hours)), timezone=LEEDS, country="GB")
    change = hours.next_change(now)
    until = min(midnight, change) if change is not None else midnight
    if hours.is_open(now):
        return Opening("open", f"{_open_text(hours, now)}, at other times than usual", Rank.OPEN, until)
    text = f"Closed now. Open today {_day_text(hours, today)}, at other times than usual"
    return Opening("closed", text, Rank.CLOSED, until)


def _rule_of(closure: Closure) -> str:
    days = [f"{day.year} {day:%b} {day.day:02}" for day in (closure.first_day, closure.last_day)]
    return f"{'-'.join(dict.fromkeys(days))} {closure.hours or 'off'}"


def list_openings(times: Times, now: datetime, days: int) -> list[tuple[datetime, datetime]]:
    """When it opens and closes in the next days, for a calendar: nothing that is not certain, and nothing that has
    begun.
    """
    if times.hours is None or times.status != CONFIRMED:
        return []
    spells = _open_spells(times.hours, now, now + timedelta(days=days))
    return [
        (opens, closes)
        for opens, closes in spells
        if opens > now
        and closes - opens < timedelta(days=1)
        and (times.knows_holidays or not is_holiday(opens.date()) or find_closure(times, opens.date()))
    ]


def is_holiday(day: date) -> bool:
    """A bank holiday, or Christmas, Boxing or New Year's Day even when the bank holiday has moved to a
    weekday.
    """
    return is_bank_holiday(day) or (day.month, day.day) in ((1, 1), (12, 25), (12, 26))


def is_office_time(moment: datetime) -> bool:
    """Whether offices in Leeds are open: nine to five, on a working day."""
    local = in_leeds(moment)
    return local.weekday() < 5 and not is_holiday(local.date()) and time(9) <= local.time() < time(17)


def time_text(moment: time) -> str:
    """A time as people say it: 9am, 5:30pm, midday, midnight."""
    if (moment.hour, moment.minute) == (0, 0):
        return "midnight"
    if (moment.hour, moment.minute) == (12, 0):
        return "midday"
    minutes = f":{moment.minute:02}" if moment.minute else ""
    return f"{moment.hour % 12 or 12}{minutes}{'am' if moment.hour < 12 else 'pm'}"


def _next_turn(hours: OpeningHours, now: datetime, is_open: bool) -> datetime | None:
    """When the hours next become open, or not open, whatever comments change in between."""
    moment = now
    for _ in range(MOST_CHANGES):
        change = hours.next_change(moment)
        if change is None or hours.is_open(change) == is_open:
            return change
        moment = change
    return None


def _open_text(hours: OpeningHours, now: datetime) -> str:
    closes = _next_turn(hours, now, is_open=False)
    if closes is None or closes - now > timedelta(days=7):
        return "Open 24 hours a day"
    at = time_text(closes.time())
    if at == "midnight" and closes.date() == now.date() + timedelta(days=1):
        return "Open until midnight"
    return f"Open until {at} {_day_name(closes.date(), now.date())}"


def _closed_text(times: Times, hours: OpeningHours, now: datetime, ring: str) -> str:
    opens = _next_turn(hours, now, is_open=True)
    if opens is None or opens - now > timedelta(days=366):
        return "Closed now"
    day = _day_name(opens.date(), now.date())
    if is_holiday(opens.date()) and not times.knows_holidays and find_closure(times, opens.date()) is None:
        return f"Closed now, and {day} is a bank holiday: {ring}"
    return f"Closed now, opens {day} {time_text(opens.time())}"


def _usually_open(hours: OpeningHours, now: datetime) -> str:
    closes = _next_turn(hours, now, is_open=False)
    if closes is None or closes - now > timedelta(days=7):
        return "Usually open 24 hours a day"
    return f"Usually open until {time_text(closes.time())} on a {DAYS[now.weekday()]}"


def _usually_closed(hours: OpeningHours, now: datetime) -> str:
    opens = _next_turn(hours, now, is_open=True)
    if opens is None or opens - now > timedelta(days=31):
        return "Usually closed at this time"
    day = _day_name(opens.date(), now.date())
    return f"Usually closed at this time, usually opens {day} {time_text(opens.time())}"


def _day_name(day: date, today: date) -> str:
    ahead = (day - today).days
    if ahead == 0:
        return "today"
    if ahead == 1:
        return "tomorrow"
    return DAYS[day.weekday()] if ahead < 7 else f"{day.day} {day:%B},"


def _day_text(hours: OpeningHours, day: date) -> str:
    start = datetime.combine(day, time(0), LEEDS)
    end = datetime.combine(day + timedelta(days=1), time(0), LEEDS)
    spells = _open_spells(hours, start - timedelta(days=1), end + timedelta(days=1))
    if any(opens < start and closes > end for opens, closes in spells):
        return "Open 24 hours"
    # A night that runs past midnight belongs to the day it began on.
    todays = [f"{time_text(o.time())} to {time_text(c.time())}" for o, c in spells if start <= o < end]
    return ", ".join(todays) or "Closed"


def _open_spells(hours: OpeningHours, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """When it is open between two moments, with spells that touch joined: a comment can cut one in two."""
    spells: list[tuple[datetime, datetime]] = []
    for begins, ends, _, _ in hours.intervals(start, end):
        if not hours.is_open(begins):
            continue
        joined = spells and spells[-1][1] == begins
        opens = spells.pop()[0] if joined else begins
        spells.append((opens, min(ends, end)))
    return spells
