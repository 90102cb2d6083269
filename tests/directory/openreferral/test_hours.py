"""Opening hours as repetitions: they say exactly what the hours say, or nothing."""

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opening_hours import OpeningHours

from referral_directory.catalogue.feed_hours import WEEKDAYS, read_hours

# A month that begins on a Monday and has no bank holiday.
JUNE = date(2026, 6, 1)
DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")


def said(text: str) -> list[tuple[str, str, str, str]]:
    hours = read_hours(text)
    assert hours is not None
    return [(one.freq, ",".join(one.days), one.opens_at, one.closes_at) for one in hours.recurrences]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("24/7", [("WEEKLY", "MO,TU,WE,TH,FR,SA,SU", "00:00", "23:59")]),
        ("10:00-12:00", [("WEEKLY", "MO,TU,WE,TH,FR,SA,SU", "10:00", "12:00")]),
        ("Mo-We,Fr 09:00-17:00; PH off", [("WEEKLY", "MO,TU,WE,FR", "09:00", "17:00")]),
        ("Sa-Mo 09:00-17:00", [("WEEKLY", "MO,SA,SU", "09:00", "17:00")]),
        ("Tu 18:00-24:00", [("WEEKLY", "TU", "18:00", "23:59")]),
        ("Su 18:00-02:00", [("WEEKLY", "SU", "18:00", "02:00")]),
        ("Mo[1],Th[-1] 10:00-12:00", [("MONTHLY", "1MO,-1TH", "10:00", "12:00")]),
        (
            "Mo-Fr 09:00-12:00,13:00-17:00; We 10:00-11:00; Th off",
            [
                ("WEEKLY", "MO,TU,FR", "09:00", "12:00"),
                ("WEEKLY", "WE", "10:00", "11:00"),
                ("WEEKLY", "MO,TU,FR", "13:00", "17:00"),
            ],
        ),
    ],
)
def test_weekly_and_monthly_hours_are_repetitions(
    text: str, expected: list[tuple[str, str, str, str]]
) -> None:
    assert said(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Apr-Oct: Mo 10:00-12:00",
        "SH Mo 10:00-12:00",
        'Mo 10:00-12:00 "by appointment"',
        "Mo 10:00-12:00; Mo[1] off",
        "Mo 10:00-12:00; Mo[1] 11:00-12:00",
        "Mo 10:00-12:00, Tu 11:00-12:00",
        "sunrise-sunset",
        "nonsense",
    ],
)
def test_what_a_repetition_cannot_say_is_left_to_words(text: str) -> None:
    assert read_hours(text) is None


@pytest.mark.parametrize(
    ("text", "holidays"),
    [("Mo 10:00-12:00", ""), ("Mo 10:00-12:00; PH off", "off"), ("Mo,PH 10:00-12:00", "10:00-12:00")],
)
def test_bank_holidays_are_told_apart(text: str, holidays: str) -> None:
    hours = read_hours(text)
    assert hours is not None
    assert hours.holidays == holidays


spans = st.tuples(st.integers(6, 12), st.integers(13, 22)).map(
    lambda span: f"{span[0]:02}:00-{span[1]:02}:30"
)
rules = st.tuples(
    st.lists(st.sampled_from(DAYS), min_size=1, max_size=4, unique=True), st.one_of(spans, st.just("off"))
).map(lambda rule: f"{','.join(rule[0])} {rule[1]}")
nth_rules = st.tuples(st.sampled_from(DAYS), st.sampled_from([1, 2, 4, -1]), spans).map(
    lambda rule: f"{rule[0]}[{rule[1]}] {rule[2]}"
)


@given(st.one_of(st.lists(rules, min_size=1, max_size=4).map("; ".join), nth_rules))
def test_repetitions_are_open_when_the_hours_are(text: str) -> None:
    hours, reference = read_hours(text), OpeningHours(text)
    assert hours is not None
    for offset in range(30):
        day = JUNE + timedelta(days=offset)
        week, weekday = offset // 7 + 1, WEEKDAYS[day.weekday()]
        names = {weekday, f"{week}{weekday}", f"-{(29 - offset) // 7 + 1}{weekday}"}
        for hour in (5, 6, 9, 12, 13, 18, 22, 23):
            minutes = hour * 60 + 15
            is_open = any(
                names & set(one.days) and one.opens <= minutes < one.closes for one in hours.recurrences
            )
            assert is_open == reference.is_open(datetime.combine(day, time(hour, 15))), (text, day, hour)
