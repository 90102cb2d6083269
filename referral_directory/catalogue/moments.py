"""When a search is about: "food bank open on Sunday" asks for a food bank, and for Sunday morning's opening times.

A time is only read where it can be meant as one. "Since Sunday", "court on Monday" and "paid on Friday" say when
something happens, not when to go somewhere; such words are left as they are, unless the search says "open".
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from referral_directory.bank_holidays import bank_holidays, easter_sunday
from referral_directory.clock import LEEDS, day_text
from referral_directory.opening import DAYS, time_text

TOKEN = re.compile(r"\d{1,2}(?:[:.]\d\d)?\s?[ap]m\b|\d{1,2}:\d\d\b|[^\W_]+(?:['’][^\W_]+)*", re.IGNORECASE)
CLOCK = re.compile(r"(\d{1,2})(?:[:.](\d\d))?\s?(am|pm)?")
# Each part of a day: when it is judged, and when it is over.
PARTS = {
    "": (time(10), time(17)),
    "morning": (time(10), time(12)),
    "lunchtime": (time(12, 30), time(14)),
    "midday": (time(12), time(13)),
    "noon": (time(12), time(13)),
    "afternoon": (time(14, 30), time(17, 30)),
    "evening": (time(19), time(22)),
    "night": (time(20), time(23, 59)),
    "tonight": (time(20), time(23, 59)),
}
# Until four in the morning, "tomorrow" is after the next sleep and "tonight" is now.
NIGHT_ENDS = time(4)
WEEKDAYS = {
    name: number
    for number, day in enumerate(DAYS)
    for name in (day.lower(), f"{day.lower()}s", day[:3].lower(), {1: "tues", 3: "thurs"}.get(number, ""))
    if name
}
HOLIDAYS = (
    "christmas day", "christmas eve", "boxing day", "new year's day", "new year's eve", "good friday", "easter sunday",
    "easter monday", "bank holiday",
)  # fmt: skip
LINKS = frozenset("on at in the over during this next every coming for about around".split())
OPENS = frozenset("open opens opened opening".split())
# After these a time is when something began or ends.
GUARDS = frozenset("since until till til by before last than from".split())
# What happens at a time by itself: the search is about now.
EVENTS = frozenset(
    """appointment arrive arrives arriving bailiff bailiffs came come comes coming court cut deadline died due end ended
    ends evict evicted eviction expire expires happened hearing interview interviews left lost move moved moves moving
    owe paid pay payday pays release released run runs sanctioned start started starting starts stop stopped stops
    wedding funeral""".split()
)


@dataclass(frozen=True, slots=True)
class Said:
    """What a search says about time: the moment, not before now, and the words without those that said it."""

    moment: datetime
    rest: str


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    start: int
    end: int


@dataclass(slots=True)
class _Group:
    """Neighbouring words that say one time: their positions, from and to, and what they say."""

    first: int
    last: int
    day: str = ""
    part: str = ""
    clock: time | None = None
    links: frozenset[str] = frozenset()


def split_moment(text: str, now: datetime) -> Said | None:
    """The moment that a search names, and its other words; None if it names none. Of several times the first counts."""
    words = [_Word(_plain(m.group()), m.start(), m.end()) for m in TOKEN.finditer(text)]
    spoken = {word.text for word in words}
    opens = bool(spoken & OPENS)
    if not opens and spoken & EVENTS:
        return None
    groups = [group for group in _list_groups(words) if _is_meant(words, group, opens)]
    if not groups:
        return None
    taken = {number for group in groups for number in range(group.first, group.last + 1)}
    taken |= {number for number, word in enumerate(words) if word.text in OPENS}
    # "saturday or sunday": the word between two times goes with them.
    taken |= {number for number in range(1, len(words)) if {number - 1, number + 1} <= taken}
    rest = _without(text, [word for number, word in enumerate(words) if number in taken])
    return Said(max(now, _moment_of(groups[0], now)), rest)


def say_moment(moment: datetime) -> str:
    """A moment as people say it: "Sunday 29 November, 10am"."""
    return f"{day_text(moment.date())}, {time_text(moment.time())}"


def _plain(word: str) -> str:
    return word.casefold().replace("’", "'")


def _without(text: str, taken: list[_Word]) -> str:
    for word in reversed(taken):
        text = f"{text[: word.start]} {text[word.end :]}"
    return " ".join(text.split())


def _list_groups(words: list[_Word]) -> Iterator[_Group]:
    position = 0
    while position < len(words):
        group = _read_group(words, position)
        if group is None:
            position += 1
        else:
            yield group
            position = group.last + 1


def _read_group(words: list[_Word], start: int) -> _Group | None:
    """The time that begins with the word at `start`, its small words ("on the") included."""
    group, position, links = _Group(start, start - 1), start, set()
    while position < len(words):
        text = words[position].text
        if text in LINKS:
            links.add(text)
            position += 1
            continue
        taken = _take(group, words, position)
        if not taken:
            break
        position += taken
        group.last = position - 1
        group.links = frozenset(links)
    return group if group.last >= start else None


def _take(group: _Group, words: list[_Word], position: int) -> int:
    """Add the word at `position` to a group; how many words that took, 0 if it says no further time."""
    text = words[position].text
    after = " ".join(word.text for word in words[position : position + 3]).replace("new years", "new year's")
    holiday = next((name for name in HOLIDAYS if f"{after} ".startswith(f"{name} ")), "")
    if holiday and not group.day:
        group.day = holiday
        return len(holiday.split())
    if not group.day and (text in WEEKDAYS or text in ("today", "tomorrow", "weekend", "weekends", "now")):
        group.day = text.removesuffix("s") if text.startswith("weekend") else text
        return 1
    if group.day == "bank holiday" and text in WEEKDAYS:
        return 1
    part = "lunchtime" if after.startswith("lunch time") else text.removesuffix("s")
    if not group.part and part and part in PARTS:
        group.part = part
        return 2 if text == "lunch" else 1
    if group.clock is None and (clock := _read_clock(text)) is not None:
        group.clock = clock
        return 1
    return 0


def _read_clock(text: str) -> time | None:
    found = CLOCK.fullmatch(text)
    if not found or not (found[3] or ":" in text):
        return None
    hour, minute = int(found[1]), int(found[2] or 0)
    if found[3]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found[3] == "pm" else 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None


def _is_meant(words: list[_Word], group: _Group, opens: bool) -> bool:
    """Whether a time is one to go somewhere at, and no part of a name: "Night Stop", "sat nav", "since Sunday"."""
    before = words[group.first - 1].text if group.first else ""
    if before in GUARDS and not (opens and before == "from"):
        return False
    if group.day == "now":
        return before in OPENS
    if group.day in WEEKDAYS and len(group.day) <= 5 and group.day != "today":
        # "sun" and "wed" are other words too.
        return opens or bool(group.part or group.clock or group.links & {"on", "this", "next", "every"})
    if group.day or group.clock or group.part == "tonight":
        return True
    return opens or "this" in group.links or {"in", "the"} <= group.links


def _moment_of(group: _Group, now: datetime) -> datetime:
    starts, ends = PARTS[group.part]
    if group.clock is not None:
        # Somewhere that closes at six is not open at six.
        starts = ends = group.clock
    is_night = now.time() < NIGHT_ENDS
    if group.day == "now" or (group.part == "tonight" and is_night and group.clock is None):
        return now
    day = _day_of(group, now, ends)
    moment = datetime.combine(day, starts, LEEDS)
    if group.clock is not None and group.day in ("", "today") and moment < now:
        # "At 6pm", said at seven, is tomorrow; "tonight at 2am" too.
        moment = datetime.combine(day + timedelta(days=1), starts, LEEDS)
    return moment


def _day_of(group: _Group, now: datetime, ends: time) -> date:
    """The first day that fits and whose time is not over: of Monday's week, if it is "next"."""
    today, over = now.date(), now.time() >= ends
    if group.day in ("", "today"):
        return today
    if group.day == "tomorrow":
        return today if now.time() < NIGHT_ENDS else today + timedelta(days=1)
    if group.day in HOLIDAYS:
        return _holiday(group.day, today + timedelta(days=over))
    wanted = [5, 6] if group.day == "weekend" else [WEEKDAYS[group.day]]
    if "next" in group.links:
        return today + timedelta(days=7 - today.weekday() + wanted[0])
    days = (today + timedelta(days=ahead) for ahead in range(over, 9))
    return next(day for day in days if day.weekday() in wanted)


def _holiday(name: str, today: date) -> date:
    for year in (today.year, today.year + 1):
        easter = easter_sunday(year)
        days = {
            "christmas day": [date(year, 12, 25)],
            "christmas eve": [date(year, 12, 24)],
            "boxing day": [date(year, 12, 26)],
            "new year's day": [date(year, 1, 1)],
            "new year's eve": [date(year, 12, 31)],
            "good friday": [easter - timedelta(days=2)],
            "easter sunday": [easter],
            "easter monday": [easter + timedelta(days=1)],
            "bank holiday": sorted(bank_holidays(year)),
        }[name]
        for day in days:
            if day >= today:
                return day
    raise AssertionError(name)  # every one of them comes within two years
