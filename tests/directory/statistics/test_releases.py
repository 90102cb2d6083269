"""Releases: frozen, numbered, closed periods only, the same bytes twice, and attacked before they are made."""

from datetime import datetime, timedelta
from itertools import product

import numpy as np
import pytest
from sqlalchemy import delete, func, select, update

from referral_directory.clock import LEEDS
from referral_directory.demand.disclosure import HIDDEN, NOISE, REACH, WITHHELD
from referral_directory.demand.models import DemandCount, StatisticsRelease
from referral_directory.demand.periods import parse_period
from referral_directory.demand.protection import attack, protect
from referral_directory.demand.releases import correct_release, find_release, list_due, make_release
from referral_directory.demand.system import Published
from referral_directory.demand.tables import make_tables, read_cells
from referral_directory.errors import InvalidInput, ReleaseRefused
from tests.directory.statistics.conftest import NOW, WEEK_ONE, add_row, add_weeks

WEEK = parse_period("2026-W02")
BLOCK = parse_period("2026-P01")


def test_a_week_is_published_by_the_rule_and_close_to_the_truth(session, frame) -> None:
    add_weeks(session, frame, 3, a_week=2100)
    release = make_release(session, frame, WEEK, NOW)
    truth = dict(
        session.execute(
            select(DemandCount.need, func.sum(DemandCount.count))
            .where(DemandCount.day.between(WEEK.first, WEEK.last), DemandCount.outcome.not_like("end_%"))
            .group_by(DemandCount.need)
        ).all()
    )
    sheet = release.get_sheet("need")
    assert sheet.rows == (*frame.needs, "total")
    for need, (figure,) in zip(sheet.rows[:-1], sheet.figures[:-1].tolist(), strict=True):
        assert figure == HIDDEN or abs(figure - truth[need]) <= REACH
    assert abs(int(sheet.figures[-1, 0]) - sum(truth.values())) <= REACH
    assert (release.number, release.version, release.report["passed"]) == (1, 1, True)


def test_a_release_made_twice_is_the_same_and_made_from_nothing_gives_the_same_bytes(session, frame) -> None:
    add_weeks(session, frame, 5)
    made = [make_release(session, frame, period, NOW) for period in (WEEK, BLOCK)]
    again = [make_release(session, frame, period, NOW + timedelta(days=9)) for period in (WEEK, BLOCK)]
    assert [release.content for release in again] == [release.content for release in made]
    session.execute(delete(StatisticsRelease))
    anew = [make_release(session, frame, period, NOW + timedelta(days=9)) for period in (WEEK, BLOCK)]
    assert [release.digest for release in anew] == [release.digest for release in made]


def test_late_counts_do_not_change_a_frozen_release(session, frame) -> None:
    add_weeks(session, frame, 3)
    frozen = make_release(session, frame, WEEK, NOW)
    session.execute(update(DemandCount).values(count=DemandCount.count + 40))
    assert make_release(session, frame, WEEK, NOW).content == frozen.content


def test_a_period_that_is_not_over_is_refused(session, frame) -> None:
    add_weeks(session, frame, 2)
    sunday = datetime(WEEK.last.year, WEEK.last.month, WEEK.last.day, 23, 59, tzinfo=LEEDS)
    with pytest.raises(ReleaseRefused, match="not over"):
        make_release(session, frame, WEEK, sunday)
    assert make_release(session, frame, WEEK, sunday + timedelta(minutes=1)).number == 1


def test_a_period_that_overlaps_a_release_is_refused(session, frame) -> None:
    add_weeks(session, frame, 3)
    make_release(session, frame, WEEK, NOW)
    session.execute(update(StatisticsRelease).values(period="2026-W99"))
    with pytest.raises(ReleaseRefused, match="overlaps"):
        make_release(session, frame, WEEK, NOW)


def test_a_period_before_anything_was_counted_is_refused(session, frame) -> None:
    with pytest.raises(ReleaseRefused, match="Nothing had been counted"):
        make_release(session, frame, WEEK, NOW)


def test_what_is_due_are_the_closed_periods_without_a_release(session, frame) -> None:
    add_weeks(session, frame, 5)
    assert [period.name for period in list_due(session, "week", NOW.date())][:3] == [
        "2026-W01",
        "2026-W02",
        "2026-W03",
    ]
    make_release(session, frame, WEEK, NOW)
    assert WEEK not in list_due(session, "week", NOW.date())
    assert [period.name for period in list_due(session, "four_weeks", NOW.date())] == ["2026-P01"]


def test_a_correction_is_a_new_version_with_a_note_and_leaves_small_changes_alone(session, frame) -> None:
    add_weeks(session, frame, 3, a_week=2100)
    first = make_release(session, frame, WEEK, NOW)
    with pytest.raises(ReleaseRefused, match="changed enough"):
        correct_release(session, frame, WEEK, NOW, "Nothing changed.")
    add_row(session, WEEK.first, "food.parcel", "E05011394", "abandoned", 1, 7)
    with pytest.raises(ReleaseRefused, match="changed enough"):
        correct_release(session, frame, WEEK, NOW, "One more.")
    add_row(session, WEEK.first, "food.pantry", "E05011394", "abandoned", 60, 7)
    second = correct_release(session, frame, WEEK, NOW, "A day was counted late.")
    before, after = first.get_sheet("need").figures, second.get_sheet("need").figures
    changed = [
        code for code, was, now in zip(first.get_sheet("need").rows, before, after, strict=True) if was != now
    ]
    assert changed == ["food.pantry", "total"]
    assert (second.number, second.version, second.note) == (2, 2, "A day was counted late.")
    assert find_release(session, WEEK).version == 2


@pytest.mark.parametrize("note", ["", "x" * 301, "Ms Smith of LS9 6AB rang"])
def test_a_note_that_is_empty_long_or_personal_is_refused(session, frame, note) -> None:
    with pytest.raises(InvalidInput):
        correct_release(session, frame, WEEK, NOW, note)


def test_keys_that_are_not_random_stop_a_release_and_nothing_is_kept(session, frame) -> None:
    add_weeks(session, frame, 3)
    session.execute(update(DemandCount).values(record_key_sum=128))
    with pytest.raises(ReleaseRefused, match="noise"):
        make_release(session, frame, WEEK, NOW)
    assert session.scalars(select(StatisticsRelease)).all() == []


def test_a_code_that_is_not_ours_stops_a_release(session, frame) -> None:
    add_row(session, WEEK_ONE, "free text", "E05011394", "matched", 1, 7)
    with pytest.raises(ReleaseRefused, match="not known"):
        make_release(session, frame, parse_period("2026-W01"), NOW)


def test_figures_are_withheld_when_four_weeks_give_a_week_away(session, frame) -> None:
    # Four weeks of nine enquiries each, all hidden because their noise is minus two, and a total to which the
    # noise adds two: published as 40, it is at least 36, and no hidden week is more than 9.
    lowered = [key for key in range(256) if NOISE[key] == -2]
    *keys, last = next(keys for keys in product(lowered, repeat=4) if NOISE[sum(keys) % 256] == 2)
    for week, key in enumerate((*keys, last)):
        add_row(session, WEEK_ONE + timedelta(weeks=week), "food.parcel", "E05011394", "matched", 9, key)
    add_row(session, WEEK_ONE + timedelta(days=8), "fuel.meter", "E05011394", "matched", 90, 200)
    session.flush()
    weeks = [parse_period(f"2026-W0{number}") for number in range(1, 5)]
    others = [Published(week, make_tables(read_cells(session, week, frame), week, frame)) for week in weeks]
    tables = make_tables(read_cells(session, BLOCK, frame), BLOCK, frame)
    bare = attack(BLOCK, tables, others, frame)
    assert bare.exact >= 4
    protected, recovered = protect(BLOCK, tables, others, frame)
    assert recovered.harmless
    withheld = [(t.rows[r], t.columns[c]) for t in protected for r, c in np.argwhere(t.marks == WITHHELD)]
    assert ("total", "food.parcel") in withheld


def test_a_year_of_every_kind_of_release_withstands_every_attack(session, frame) -> None:
    add_weeks(session, frame, 13, a_week=700)
    later = NOW + timedelta(days=90)
    names = [f"2026-W{number:02}" for number in range(1, 14)] + [
        "2026-P01",
        "2026-P02",
        "2026-P03",
        "2026-Q1",
    ]
    reports = [make_release(session, frame, parse_period(name), later).report for name in names]
    assert all(report["passed"] for report in reports)
    assert reports[-1]["recovery"]["within_2"] == 0
    assert reports[-1]["differencing"]["releases_compared"] == len(names) - 1
    assert reports[-1]["one_person"]["visible"] == 0


def test_a_release_says_nothing_that_is_not_published(session, frame) -> None:
    add_weeks(session, frame, 3)
    release = make_release(session, frame, WEEK, NOW)
    for hidden in ("counts", "keys", "record_key", "marks"):
        assert f'"{hidden}":' not in release.content.replace('"keys":"', "")
    assert np.isin(release.get_sheet("need").figures[:, 0] % 5, [0, HIDDEN % 5]).all()
