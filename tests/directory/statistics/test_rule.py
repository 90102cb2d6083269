"""The disclosure rule, the periods, and the attacks on hidden figures: plain functions."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.stats import chi2

from referral_directory.demand.checks import CHI_SQUARE_LIMIT, has_contact
from referral_directory.demand.disclosure import (
    HIDDEN,
    KEPT,
    NOISE,
    PLAIN,
    REACH,
    bounds,
    correct,
    percent,
    perturb,
    publish,
)
from referral_directory.demand.periods import (
    FOUR_WEEKS,
    QUARTER,
    WEEK,
    find_year_before,
    following,
    make_period,
    parse_period,
    period_of,
)
from referral_directory.demand.recovery import NARROW, Sum, narrow, table_ranges
from referral_directory.errors import InvalidInput

ALL_KEYS = np.arange(256)


def test_the_noise_is_small_and_averages_to_nothing() -> None:
    assert (len(NOISE), sum(NOISE), min(NOISE), max(NOISE)) == (256, 0, -2, 2)
    assert sum(noise**2 for noise in NOISE) / 256 == 1.5
    assert np.array_equal(perturb(np.zeros(256, int), ALL_KEYS), np.zeros(256))


def test_small_figures_and_zero_are_hidden_and_the_rest_are_multiples_of_five() -> None:
    for count in range(200):
        figures = publish(np.full(256, count), ALL_KEYS)
        shown = figures[figures != HIDDEN]
        assert (shown % 5 == 0).all()
        assert (shown >= 10).all()
        assert (np.abs(shown - count) <= REACH).all()
        if count <= 5:
            assert shown.size == 0
        if count >= 10:
            assert shown.size == 256


@given(st.integers(0, 400), st.integers(0, 255))
def test_the_truth_lies_within_what_can_be_concluded(count: int, key: int) -> None:
    figure = publish(np.array([count]), np.array([key]))
    low, high = bounds(figure, np.array([PLAIN]))
    assert low[0] <= count <= high[0]
    assert high[0] - low[0] > NARROW


@given(st.integers(0, 60), st.integers(0, 255), st.integers(0, 60), st.integers(0, 255))
def test_the_truth_lies_within_what_can_be_concluded_from_a_correction(
    before: int, old_key: int, after: int, new_key: int
) -> None:
    old = publish(np.array([before]), np.array([old_key]))
    figure, mark = correct(old, publish(np.array([after]), np.array([new_key])))
    low, high = bounds(figure, mark)
    assert low[0] <= after <= high[0]


def test_one_enquiry_more_or_fewer_never_changes_a_corrected_figure() -> None:
    for count in range(60):
        old = publish(np.repeat(count, 256)[:, None], ALL_KEYS[:, None])
        for change in (-1, 1):
            if count + change < 0:
                continue
            new = publish(np.repeat(count + change, 256)[None, :], ALL_KEYS[None, :])
            shown, marks = correct(*np.broadcast_arrays(old, new))
            assert np.array_equal(shown, np.broadcast_to(old, shown.shape))
            assert (marks == KEPT).all()


def test_percentages_come_from_published_figures_alone() -> None:
    assert percent(30, 120) == 25
    assert percent(None, 120) is None
    assert percent(30, None) is None
    assert percent(105, 100) == 100


@pytest.mark.parametrize("kind", [WEEK, FOUR_WEEKS, QUARTER])
def test_periods_follow_one_another_without_gap_or_overlap(kind: str) -> None:
    period = make_period(kind, 2020, 1)
    for _ in range(7 * 54):
        after = following(period)
        assert after.first == period.last + timedelta(days=1)
        assert parse_period(period.name) == period
        assert period_of(kind, period.last) == period
        period = after


def test_the_last_period_of_a_long_year_takes_week_53() -> None:
    assert parse_period("2026-P13").last == parse_period("2026-Q4").last == date(2027, 1, 3)
    assert find_year_before(parse_period("2026-W53")) is None
    assert find_year_before(parse_period("2026-W52")) == parse_period("2025-W52")


@pytest.mark.parametrize(
    "name", ["2026", "2026-W00", "2025-W53", "2026-P14", "2026-Q5", "2026-11", "1999-W01", "0000-Q1"]
)
def test_what_is_not_a_period_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput):
        parse_period(name)


def test_a_hidden_figure_is_recovered_from_exact_totals() -> None:
    low, high = narrow(np.array([20, 12, 0]), np.array([20, 12, 9]), [Sum(0, (1, 2))])
    assert (low[2], high[2]) == (8, 8)


tables = st.tuples(st.integers(2, 4), st.integers(2, 4), st.integers(0, 2**32 - 1))


@settings(max_examples=25, deadline=None)
@given(tables)
def test_the_exact_attack_finds_what_a_linear_program_finds(shape: tuple[int, int, int]) -> None:
    source = np.random.default_rng(shape[2])
    inner = source.integers(0, 14, shape[:2])
    counts = np.vstack([inner, inner.sum(axis=0)])
    counts = np.hstack([counts, counts.sum(axis=1, keepdims=True)])
    # Bounds of a bad rule: small figures hidden, totals nearly exact.
    slack = np.where(counts <= 7, 9, source.integers(0, 2, counts.shape))
    low, high = np.where(counts <= 7, 0, counts - slack), np.where(counts <= 7, 9, counts + slack)
    cells = [(int(row), int(column)) for row, column in np.argwhere(counts <= 7)]
    widths = table_ranges(counts, low, high, cells)
    for cell, width in zip(cells, widths, strict=True):
        assert width == min(width_by_program(counts.shape, low, high, cell), NARROW + 1)


def width_by_program(shape: tuple[int, int], low: np.ndarray, high: np.ndarray, cell: tuple[int, int]) -> int:
    """The range of a cell by two linear programs over the whole table."""
    index = np.arange(low.size).reshape(shape)
    equations = [(index[row, -1], index[row, :-1]) for row in range(shape[0])]
    equations += [(index[-1, column], index[:-1, column]) for column in range(shape[1])]
    matrix = np.zeros((len(equations), low.size))
    for line, (total, parts) in zip(matrix, equations, strict=True):
        line[total], line[parts] = -1, 1
    aim = np.zeros(low.size)
    aim[index[cell]] = 1
    limits = list(zip(low.ravel(), high.ravel(), strict=True))
    least, most = (
        linprog(sign * aim, A_eq=matrix, b_eq=np.zeros(len(equations)), bounds=limits) for sign in (1, -1)
    )
    return round(-most.fun) - round(least.fun)


def test_the_limit_of_the_key_test_is_one_in_a_million() -> None:
    assert chi2.sf(CHI_SQUARE_LIMIT, 15) == pytest.approx(1e-6, rel=0.2)


@pytest.mark.parametrize("text", ["Ring 0113 496 0000", "a@example.org", "at LS9 6AB", "case 123456"])
def test_contact_details_are_seen_in_a_note(text: str) -> None:
    assert has_contact(text)
    assert not has_contact("Counts of a test in week 7 were taken out.")
