"""Times in words: "open on Sunday" is about Sunday's opening times, and says so."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referral_directory.catalogue.moments import (
    GUARDS,
    LINKS,
    OPENS,
    PARTS,
    WEEKDAYS,
    say_moment,
    split_moment,
)
from referral_directory.clock import LEEDS, in_leeds
from tests.directory.factories import Start, make_row

# A Wednesday, at half past two in the afternoon.
NOW = datetime(2026, 11, 4, 14, 30, tzinfo=LEEDS)
BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
SUNDAY_OPEN = {"opening_hours": "Su 10:00-16:00", "opening_status": "confirmed"}


def at(day: int, hour: int = 10, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=LEEDS)


@pytest.mark.parametrize(
    ("words", "moment", "rest"),
    [
        ("food bank open on sunday", at(8), "food bank"),
        ("somewhere warm tonight", at(4, 20), "somewhere warm"),
        ("Open tomorrow morning", at(5), ""),
        ("free meal this evening", at(4, 19), "free meal"),
        ("in the evening, debt advice", at(4, 19), ", debt advice"),
        ("warm space at the weekend", at(7), "warm space"),
        ("saturday afternoon food in Armley", at(7, 14, 30), "food in Armley"),
        ("breakfast saturday or sunday", at(7), "breakfast"),
        ("which food banks are open on wednesdays", NOW, "which food banks are"),
        ("wednesday morning", at(11), ""),
        ("food this afternoon", NOW, "food"),
        ("food this morning", NOW, "food"),
        ("next wednesday", at(11), ""),
        ("next sunday", at(15), ""),
        ("open next weekend", at(14), ""),
        ("shower tomorrow at 6.30pm", at(5, 18, 30), "shower"),
        ("library open at 18:00", at(4, 18), "library"),
        ("cafe open at 9am", at(5, 9), "cafe"),
        ("fri night shelter", at(6, 20), "shelter"),
        ("open from 6pm", at(4, 18), ""),
        ("food open on Christmas Day", at(25, month=12), "food"),
        ("open bank holiday monday?", datetime(2026, 12, 25, 10, tzinfo=LEEDS), "?"),
        ("what’s open new years eve", at(31, month=12), "what’s"),
        ("food bank open now", NOW, "food bank"),
        ("court tomorrow, which advice is open tomorrow", at(5), "court , which advice is"),
    ],
)
def test_a_time_is_read_and_its_words_are_left_out(words, moment, rest):
    said = split_moment(words, NOW)
    assert (said.moment, said.rest) == (moment, rest)


@pytest.mark.parametrize(
    "words",
    [
        "food bank", "", "nothing to eat since sunday", "bailiffs coming tomorrow", "I get paid on friday",
        "Night Stop", "morning after pill", "sat nav", "rent due monday", "court on tuesday", "LS9 6AB", "24/7 help",
        "no money until 6pm", "tea in the sun", "Opening Doors", "benefits stopped last monday", "10 nappies", "25:99",
        "13pm",
    ],
)  # fmt: skip
def test_what_is_no_time_to_go_somewhere_is_left_alone(words):
    assert split_moment(words, NOW) is None


@pytest.mark.parametrize(
    ("now", "words", "moment"),
    [
        (at(7, 0, 30), "somewhere warm tonight", at(7, 0, 30)),
        (at(7, 0, 30), "open tomorrow", at(7)),
        (at(7, 0, 30), "open this evening", at(7, 19)),
        (at(6, 23, 30), "somewhere warm tonight", at(6, 23, 30)),
        (at(6, 22), "tonight at 2am", at(7, 2)),
        (at(8, 9), "open on sunday", at(8)),
        (at(8, 12), "open on sunday", at(8, 12)),
        (at(8, 18), "open on sunday", at(15)),
        (at(8, 12), "at the weekend", at(8, 12)),
        (at(8, 18), "open at the weekend", at(14)),
        (at(7, 18), "open at the weekend", at(8)),
        (at(31, 18, month=12), "open new year's day", datetime(2027, 1, 1, 10, tzinfo=LEEDS)),
    ],
)
def test_the_time_is_the_next_that_is_not_over(now, words, moment):
    assert split_moment(words, now).moment == moment


def test_an_hour_on_the_other_side_of_the_change_of_clocks_is_that_of_the_clocks():
    said = split_moment("food on sunday", datetime(2026, 10, 24, 12, tzinfo=LEEDS))
    assert said.moment.isoformat() == "2026-10-25T10:00:00+00:00"


TIMES = [
    *PARTS,
    *WEEKDAYS,
    *LINKS,
    *OPENS,
    *GUARDS,
    "today",
    "tomorrow",
    "weekend",
    "6pm",
    "18:30",
    "now",
    "bank holiday",
]
MOMENTS = st.integers(0, 11 * 365 * 24 * 60).map(lambda minutes: in_leeds(BEGIN + timedelta(minutes=minutes)))


@given(
    st.lists(st.sampled_from([*TIMES, "food", "Night", "é"]), max_size=12) | st.lists(st.text(max_size=8)),
    MOMENTS,
)
def test_whatever_is_typed_the_moment_is_within_a_year_and_no_word_is_made_up(words, now):
    text = " ".join(words)
    said = split_moment(text, now)
    if said is not None:
        assert now <= said.moment <= now + timedelta(days=366)
        assert said.moment.tzinfo is LEEDS
        typed = iter(text)
        assert all(letter in typed for letter in said.rest if not letter.isspace())
        assert len(said.rest.split()) <= len(text.split()) + text.count(",")


@given(
    st.sampled_from(["food", "debt advice", "somewhere warm", "help for my mum"]),
    st.sampled_from(["", "on ", "this ", "next ", "open on "]),
    st.sampled_from([day for day in WEEKDAYS if len(day) > 5]),
    st.sampled_from(["", " morning", " afternoon", " evening", " night", " at 6pm", " at 14:15"]),
    MOMENTS,
)
def test_a_day_that_is_named_is_that_day_and_never_over(need, link, day, part, now):
    said = split_moment(f"{need} {link}{day}{part}", now)
    assert said.rest == need
    assert said.moment.weekday() == WEEKDAYS[day]
    assert timedelta() <= said.moment - now < timedelta(days=15 if link == "next " else 8)


def test_a_moment_is_said_as_people_say_it():
    assert say_moment(at(8)) == "Sunday 8 November, 10am"


@pytest.fixture
def two(start: Start):
    """A directory with a service that is open on weekdays, and one, further away in the alphabet, on Sundays."""
    return start([make_row(), make_row(id="sunday", name="Sunday Larder", **SUNDAY_OPEN)], now=NOW)


def search(client, **params):
    answer = client.get("/api/services/search", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("asked", [{"q": "larder open on sunday"}, {"q": "larder", "when": "open on sunday"}])
def test_a_day_in_the_words_decides_what_counts_as_open(two, asked):
    now = search(two, q="larder")
    assert (now["services"][0]["name"], now["about"]) == ("Harehills Larder", "")
    found = search(two, **asked)
    first, second = found["services"]
    assert (first["name"], first["open"]["text"]) == ("Sunday Larder", "Open until 4pm that day")
    assert second["open"]["text"] == "Closed then, opens the next day 9am"
    assert "closed then" in second["why_this"]
    assert (found["about"], found["as_of"]) == (
        "Opening times for Sunday 8 November, 10am",
        "2026-11-08T10:00:00+00:00",
    )


def test_the_words_that_say_when_match_no_record(start):
    client = start(
        [make_row(), make_row(id="club", name="Club", needs="money.debt", what="Open every Sunday.")]
    )
    assert search(client, q="larder open on sunday")["services"][0]["name"] == "Harehills Larder"
    with_day, without = (
        search(client, q="debt open on sunday"),
        search(client, q="debt", when="open on sunday"),
    )
    assert with_day == without


def test_what_is_chosen_counts_before_what_is_said_and_the_words_still_match_nothing(two):
    found = search(two, q="larder open on sunday", open_at="2026-11-05T10:00")
    assert found["about"] == "Opening times for Thursday 5 November, 10am"
    assert found["services"] == search(two, q="larder", open_at="2026-11-05T10:00")["services"]


def test_only_what_is_open_is_only_what_is_open_then(two):
    names = [card["name"] for card in search(two, q="open on sunday", open_only=True)["services"]]
    assert names == ["Sunday Larder"]


def test_a_bank_holiday_is_unknown_without_a_word_about_it(start):
    client = start([make_row(opening_hours="Mo-Fr 09:00-17:00")], now=NOW)
    found = search(client, q="larder open on christmas day")
    assert found["services"][0]["open"] == {
        "state": "unknown",
        "text": "That day is a bank holiday: ring first",
    }


def test_the_page_says_what_time_it_is_about_and_says_nothing_about_now(two):
    page = two.get("/services", params={"q": "larder open on sunday"}).text
    assert "Opening times for Sunday 8 November, 10am, because you said when." in page
    assert "Open until 4pm that day" in page
    chosen = two.get("/services", params={"q": "larder", "open_at": "2026-11-05T10:00"}).text
    assert "Opening times for Thursday 5 November, 10am, as you chose." in chosen
    assert "Opening times for" not in two.get("/services", params={"q": "larder"}).text
