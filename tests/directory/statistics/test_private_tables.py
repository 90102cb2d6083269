"""Differentially private tables: noise of the promised size, frozen, and charged to a budget that refuses."""

import csv
import io
import json
import math

import numpy as np
import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from referral_directory.__main__ import cli
from referral_directory.application.statistics import load_frame
from referral_directory.demand.models import PrivacyBudget, PrivateTable
from referral_directory.demand.periods import parse_period
from referral_directory.demand.private_tables import (
    BUDGET_A_YEAR,
    ENQUIRIES_PROTECTED,
    draw_noise,
    error_within,
    make_private_table,
)
from referral_directory.errors import InvalidInput, ReleaseRefused
from tests.directory.factories import make_row
from tests.directory.statistics.conftest import NOW, add_weeks

QUARTER = parse_period("2026-Q1")
LATER = NOW.replace(month=4)


def test_the_noise_is_as_large_as_epsilon_promises() -> None:
    noise = np.array(draw_noise([0] * 40_000, 1.0))
    ratio = math.exp(-1 / ENQUIRIES_PROTECTED)
    variance = 2 * ratio / (1 - ratio) ** 2
    # Each limit is passed by chance less than once in ten million draws.
    assert abs(noise.mean()) < 6 * math.sqrt(variance / noise.size)
    assert abs(noise.var() / variance - 1) < 0.1
    for share in (0.95, 0.99):
        assert np.mean(np.abs(noise) <= error_within(1.0, share)) >= share - 0.01
    assert (error_within(1.0, 0.95), error_within(1.0, 0.99)) == (9, 14)


def test_one_conversation_more_can_hardly_be_told() -> None:
    """No proof: an attempt to falsify the promise on counts that differ by three enquiries."""
    without, having = (np.array(draw_noise([count] * 20_000, 1.0)) for count in (20, 23))
    for limit in range(10, 35):
        for low, high in ((without, having), (having, without)):
            seen, other = np.mean(low <= limit), np.mean(high <= limit)
            if min(seen, other) > 0.02:
                assert seen <= math.e * other * 1.25


def test_a_table_is_drawn_once_and_carries_its_parameters(session, frame) -> None:
    add_weeks(session, frame, 13)
    made = make_private_table(session, frame, QUARTER, LATER)
    content = json.loads(made.content)
    assert np.array(content["figures"]).shape == (11, 26)
    assert content["parameters"]["privacy_loss"] == {"epsilon": 1.0, "delta": 0}
    assert content["parameters"]["mechanism"] == "discrete Laplace"
    assert make_private_table(session, frame, QUARTER, LATER).digest == made.digest
    (budget,) = session.scalars(select(PrivacyBudget))
    assert (budget.year, budget.spent, budget.allowed) == (2026, 1000, round(BUDGET_A_YEAR * 1000))


def test_a_spent_budget_refuses_and_keeps_nothing(session, frame) -> None:
    add_weeks(session, frame, 26)
    make_private_table(session, frame, QUARTER, LATER, BUDGET_A_YEAR - 0.5)
    later = NOW.replace(month=8)
    with pytest.raises(ReleaseRefused, match="does not cover"):
        make_private_table(session, frame, parse_period("2026-Q2"), later, 0.501)
    assert session.scalars(select(PrivateTable.period)).all() == ["2026-Q1"]
    make_private_table(session, frame, parse_period("2026-Q2"), later, 0.5)
    assert session.scalar(select(PrivacyBudget.spent)) == round(BUDGET_A_YEAR * 1000)


@pytest.mark.parametrize("epsilon", [0, 0.05, 4.5, 0.5001, math.inf, math.nan])
def test_an_epsilon_that_cannot_be_charged_is_refused(session, frame, epsilon) -> None:
    add_weeks(session, frame, 13)
    with pytest.raises(InvalidInput):
        make_private_table(session, frame, QUARTER, LATER, epsilon)
    assert session.scalar(select(PrivacyBudget)) is None


def test_a_quarter_that_is_not_over_or_was_not_counted_costs_nothing(session, frame) -> None:
    with pytest.raises(ReleaseRefused, match="Nothing had been counted"):
        make_private_table(session, frame, QUARTER, LATER)
    add_weeks(session, frame, 13)
    with pytest.raises(ReleaseRefused, match="not over"):
        make_private_table(session, frame, QUARTER, NOW)
    with pytest.raises(InvalidInput):
        make_private_table(session, frame, parse_period("2026-W01"), LATER)
    assert session.scalar(select(PrivacyBudget)) is None


def test_the_command_makes_one_and_says_what_it_cost(settings, writing, monkeypatch) -> None:
    with writing() as session:
        add_weeks(session, load_frame(settings), 13)
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("DIRECTORY_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("SIGNPOST_STATE_DIR", str(settings.state_dir))
    monkeypatch.setenv("SIGNPOST_CLOCK", LATER.isoformat())
    first, second = (
        CliRunner().invoke(cli, ["private-table", "--period", "2026-Q1", "--epsilon", "0.5"])
        for _ in range(2)
    )
    assert first.exit_code == 0, first.output
    assert first.output == second.output
    assert "Private table 2026-Q1, epsilon 0.5, sha256 " in first.output


def test_the_page_and_the_files_show_table_and_ledger(start, settings, writing) -> None:
    frame = load_frame(settings)
    with writing() as session:
        add_weeks(session, frame, 13)
        make_private_table(session, frame, QUARTER, LATER, 0.5)
    client = start([make_row()], now=LATER)
    page = client.get("/statistics/private").text
    assert "any 3 enquiries from 2025-12-29 to 2026-03-29" in page
    listed = client.get("/api/statistics/private").json()
    assert listed["budgets"] == [{"year": 2026, "spent": 0.5, "allowed": BUDGET_A_YEAR}]
    frozen = client.get("/api/statistics/private/2026-Q1").json()
    rows = list(csv.DictReader(io.StringIO(client.get("/statistics/private/2026-Q1/figures.csv").text)))
    assert [int(row["figure"]) for row in rows] == [cell for line in frozen["figures"] for cell in line]
    assert {row["epsilon"] for row in rows} == {"0.5"}
    assert client.get("/api/statistics/private/2026-Q2").status_code == 404
    assert client.get("/api/statistics/private/2026-W01").status_code == 422
