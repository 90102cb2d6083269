"""Opening times: open, closed and unknown, in words that claim no more than the source does."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referral_directory.bank_holidays import bank_holidays
from referral_directory.clock import LEEDS
from referral_directory.errors import BadHours
from referral_directory.opening import Rank, opening_at, read_times, time_text, week_of
from tests.directory.factories import Start, make_row

OFFICE = "Mo-Fr 09:00-17:00; PH off"


def at(year: int, month: int, day: int, hour: int = 10, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=LEEDS)


def says(hours: str, now: datetime, status: str = "confirmed") -> tuple[str, str]:
    opening = opening_at(read_times(hours, status, "2023", has_phone=True), now)
    return opening.state, opening.text


@pytest.mark.parametrize(
    ("hours", "now", "expected"),
    [
        (OFFICE, at(2026, 11, 2), ("open", "Open until 5pm today")),
        (OFFICE, at(2026, 11, 2, 8), ("closed", "Closed now, opens today 9am")),
        (OFFICE, at(2026, 11, 2, 18), ("closed", "Closed now, opens tomorrow 9am")),
        (OFFICE, at(2026, 11, 6, 18), ("closed", "Closed now, opens Monday 9am")),
        (OFFICE, at(2026, 8, 31), ("closed", "Closed now, opens tomorrow 9am")),
        (OFFICE, at(2027, 1, 1), ("closed", "Closed now, opens Monday 9am")),
        ("PH off; Mo 10:00-12:00", at(2026, 8, 31, 11), ("closed", "Closed now, opens 7 September, 10am")),
        ("Mo-Su,PH 10:00-16:00", at(2026, 8, 31), ("open", "Open until 4pm today")),
        ("24/7", at(2026, 12, 25), ("open", "Open 24 hours a day")),
        ("Mo-Fr 22:00-06:00", at(2026, 11, 2, 23), ("open", "Open until 6am tomorrow")),
        ("Mo 18:00-24:00", at(2026, 11, 2, 20), ("open", "Open until midnight")),
        ("Mo[1] 09:30-12:00", at(2026, 11, 2), ("open", "Open until midday today")),
        ("Mo 10:00-12:00 unknown", at(2026, 11, 2, 11), ("unknown", "Opening times not certain: ring first")),
    ],
)
def test_confirmed_times_say_open_or_closed(hours: str, now: datetime, expected: tuple[str, str]) -> None:
    assert says(hours, now) == expected


def test_indicative_times_never_claim_more_than_what_is_usual() -> None:
    state, text = says(OFFICE, at(2026, 11, 2), "indicative")
    assert (state, text) == ("unknown", "Usually open until 5pm on a Monday (times from 2023: ring first)")
    state, text = says(OFFICE, at(2026, 11, 2, 20), "indicative")
    assert state == "unknown"
    assert text.startswith("Usually closed at this time, usually opens tomorrow 9am")


def test_no_times_are_said_to_be_unknown() -> None:
    assert says("", at(2026, 11, 2), "none") == ("unknown", "Opening times not known: ring first")
    without_phone = opening_at(read_times("", "none", None, has_phone=False), at(2026, 11, 2))
    assert without_phone.text == "Opening times not known: check first"


def test_a_bank_holiday_makes_times_without_a_rule_for_it_unknown() -> None:
    assert says("Mo-Fr 09:00-17:00", at(2026, 8, 31)) == ("unknown", "Today is a bank holiday: ring first")
    assert says("Mo-Fr 09:00-17:00", at(2026, 8, 28, 20)) == (
        "closed",
        "Closed now, and Monday is a bank holiday: ring first",
    )


# As published on gov.uk/bank-holidays.
PUBLISHED = {
    2024: ["01-01", "03-29", "04-01", "05-06", "05-27", "08-26", "12-25", "12-26"],
    2025: ["01-01", "04-18", "04-21", "05-05", "05-26", "08-25", "12-25", "12-26"],
    2026: ["01-01", "04-03", "04-06", "05-04", "05-25", "08-31", "12-25", "12-28"],
    2027: ["01-01", "03-26", "03-29", "05-03", "05-31", "08-30", "12-27", "12-28"],
}


@pytest.mark.parametrize("year", PUBLISHED)
def test_bank_holidays_are_those_published_for_england(year: int) -> None:
    assert sorted(f"{day:%m-%d}" for day in bank_holidays(year)) == PUBLISHED[year]


@given(st.integers(2024, 2060))
def test_a_rule_for_holidays_closes_on_every_english_one(year: int) -> None:
    times = read_times("Mo-Su 00:00-24:00; PH off", "confirmed", None, has_phone=True)
    for day in bank_holidays(year):
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=LEEDS)
        assert opening_at(times, noon).state == "closed", day


def test_clocks_going_back_do_not_move_opening_times() -> None:
    summer = datetime(2026, 10, 23, 8, 30, tzinfo=UTC)
    winter = datetime(2026, 10, 26, 9, 30, tzinfo=UTC)
    assert says(OFFICE, summer.astimezone(LEEDS))[0] == "open"
    assert says(OFFICE, winter.astimezone(LEEDS))[0] == "open"
    assert says(OFFICE, datetime(2026, 10, 26, 8, 30, tzinfo=UTC).astimezone(LEEDS))[0] == "closed"


def test_a_night_belongs_to_the_day_it_begins_on() -> None:
    times = read_times("Fr 22:00-02:00", "confirmed", None, has_phone=True)
    week = {day["day"]: day["text"] for day in week_of(times, date(2026, 11, 2))}
    assert week["Friday"] == "10pm to 2am"
    assert week["Saturday"] == "Closed"


def test_the_week_starts_on_monday_and_says_bank_holidays() -> None:
    times = read_times("Mo-Fr 09:00-12:00,13:00-17:00", "confirmed", None, has_phone=True)
    week = week_of(times, date(2026, 8, 27))
    assert [day["day"] for day in week][:2] == ["Monday", "Tuesday"]
    assert week[0]["text"] == "Bank holiday: ring first"
    assert week[1]["text"] == "9am to midday, 1pm to 5pm"
    assert week[6]["text"] == "Closed"


DAYS = st.sampled_from(["Mo", "Tu-Th", "Fr", "Sa", "Su", "Mo-Su", "Mo[1]", "We,Sa"])
SPANS = st.tuples(st.integers(0, 23), st.integers(1, 12)).map(
    lambda span: f"{span[0]:02}:00-{(span[0] + span[1] - 1) % 24 + 1:02}:00"
)
RULES = st.lists(st.tuples(DAYS, SPANS).map(" ".join), min_size=1, max_size=4).map("; ".join)
MOMENTS = st.integers(0, 3 * 366 * 24 * 60).map(lambda minutes: at(2025, 1, 1) + timedelta(minutes=minutes))


@given(RULES, MOMENTS, st.booleans())
def test_an_answer_holds_until_it_says_and_matches_its_state(hours: str, now: datetime, sure: bool) -> None:
    times = read_times(hours, "confirmed" if sure else "indicative", "2024", has_phone=True)
    opening = opening_at(times, now)
    assert opening.until > now
    assert (opening.state in {"open", "closed"}) <= sure
    if opening.state == "open":
        assert opening.text.startswith("Open")
    if opening.state == "closed":
        assert opening.text.startswith("Closed")
    later = opening_at(times, now + (opening.until - now) * 0.999)
    assert (later.state, later.rank) == (opening.state, opening.rank)
    assert len(week_of(times, now.date())) == 7


@given(st.text(max_size=30))
def test_hours_are_read_or_refused_and_nothing_else(text: str) -> None:
    try:
        times = read_times(text, "confirmed", None, has_phone=True)
    except BadHours:
        return
    assert opening_at(times, at(2026, 11, 2)).rank in Rank


@given(st.times())
def test_times_are_written_as_people_say_them(moment) -> None:
    assert time_text(moment)[-2:] in {"am", "pm", "ay", "ht"}


def test_the_clock_decides_what_a_card_says(start: Start) -> None:
    client = start([make_row()], now=at(2026, 11, 7, 20))
    card = client.get("/api/services/search", params={"need": "food.parcel"}).json()["services"][0]
    assert card["open"] == {"state": "closed", "text": "Closed now, opens Monday 9am"}


def test_one_can_ask_about_another_time(start: Start) -> None:
    client = start([make_row()], now=at(2026, 11, 7, 20))
    for moment in ("2026-11-09T10:00", "2026-11-09T10:00:00+00:00", "2026-11-09T10:00:00Z"):
        body = client.get("/api/services/search", params={"open_at": moment}).json()
        assert body["services"][0]["open"]["state"] == "open"
        assert datetime.fromisoformat(body["as_of"]) - at(2026, 11, 9) == timedelta()
    unescaped = client.get("/api/services/search?open_at=2026-11-09T10:00:00+00:00").json()
    assert unescaped["services"][0]["open"]["state"] == "open"
