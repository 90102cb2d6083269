"""The commands, and counting from several processes at once."""

import multiprocessing
import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from typer.testing import CliRunner

from referral_directory.__main__ import cli
from referral_directory.application.statistics import load_frame
from referral_directory.database import open_database, transaction
from referral_directory.demand.counting import Enquiry, record_enquiry
from referral_directory.demand.demonstration import fill
from referral_directory.demand.models import DemandCount, SimulatedData, StatisticsRelease
from referral_directory.errors import InvalidInput, ReleaseRefused
from tests.directory.factories import TOKEN, make_row
from tests.directory.statistics.conftest import NOW, WEEK_ONE, add_row, add_weeks

TODAY = date(2026, 2, 2)
REASONS = ("no_such_service", "full", "closed", "not_eligible", "too_far", "no_answer")


def count_many(url: str, process: int, outcomes: list[str]) -> None:
    """Runs in a process of its own: one transaction an enquiry."""
    database = open_database(url)
    for number, outcome in enumerate(outcomes):
        enquiry = Enquiry("food.parcel", "E05011394", "web", "en", outcome)
        with transaction(database) as session:
            record_enquiry(session, enquiry, f"process {process} enquiry {number}", b"salt", TODAY)
    database.engine.dispose()


@hypothesis_settings(max_examples=2, deadline=None)
@given(outcomes=st.lists(st.sampled_from(["matched", *REASONS]), min_size=5, max_size=15))
def test_what_several_processes_count_adds_up(sqlite_template, tmp_path_factory, outcomes) -> None:
    path = tmp_path_factory.mktemp("counting") / "directory.db"
    path.write_bytes(sqlite_template.read_bytes())
    url = f"sqlite:///{path}"
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=count_many, args=(url, number, outcomes)) for number in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    database = open_database(url)
    with database.read() as session:
        rows = session.execute(
            select(DemandCount.outcome, DemandCount.count, DemandCount.record_key_sum)
        ).all()
    database.engine.dispose()
    assert {row.outcome: row.count for row in rows} == {o: 2 * outcomes.count(o) for o in set(outcomes)}
    assert all(0 <= row.record_key_sum < 256 for row in rows)


@pytest.mark.parametrize("reason", REASONS)
def test_an_enquiry_can_say_why_it_went_unmet(start, settings, writing, reason) -> None:
    client = start([make_row()])
    body = {
        "need": "food.parcel",
        "ward_code": None,
        "channel": "web",
        "language": "en",
        "outcome": reason,
        "key": f"conversation {reason}",
    }
    answer = client.post("/api/enquiries", json=body, headers={"authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 204
    with writing() as session:
        assert session.scalars(select(DemandCount.outcome)).all() == [reason]


@pytest.fixture
def run(settings, monkeypatch):
    """run(*arguments) -> the result of the command line on this test's own directory, on 20 February 2026."""
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("DIRECTORY_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("SIGNPOST_STATE_DIR", str(settings.state_dir))
    monkeypatch.setenv("SIGNPOST_CLOCK", NOW.isoformat())
    return lambda *arguments: CliRunner().invoke(cli, list(arguments))


def test_the_command_makes_a_release_and_making_it_again_is_the_same(run, settings, writing) -> None:
    with writing() as session:
        add_weeks(session, load_frame(settings), 5)
    first, second = run("release", "--period", "2026-W02"), run("release", "--period", "2026-W02")
    assert first.exit_code == second.exit_code == 0
    (digest,) = re.findall("sha256 ([0-9a-f]{64})", first.output)
    assert digest in second.output
    assert run("release", "--due").output.count("version 1") == 7
    with writing() as session:
        periods = session.scalars(select(StatisticsRelease.period).order_by(StatisticsRelease.number)).all()
    assert periods == [
        "2026-W02",
        "2026-W01",
        "2026-W03",
        "2026-W04",
        "2026-W05",
        "2026-W06",
        "2026-W07",
        "2026-P01",
    ]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ((), InvalidInput),
        (("--due", "--period", "2026-W02"), InvalidInput),
        (("--period", "2026-W09"), ReleaseRefused),
        (("--period", "November"), InvalidInput),
        (("--period", "2026-W02", "--correct", "--note", "None yet."), ReleaseRefused),
    ],
)
def test_the_command_refuses_what_it_cannot_do(run, settings, writing, arguments, error) -> None:
    with writing() as session:
        add_row(session, WEEK_ONE, "food.parcel", "E05011394", "matched", 1, 7)
    assert isinstance(run("release", *arguments).exception, error)


def test_made_up_years_never_enter_a_database_with_counts(session, settings) -> None:
    frame = load_frame(settings)
    add_row(session, WEEK_ONE, "food.parcel", "E05011394", "matched", 1, 7)
    session.flush()
    with pytest.raises(ReleaseRefused, match="not marked as simulated"):
        fill(session, frame, NOW.date(), 1, seed=1)
    assert session.scalar(select(func.count()).select_from(SimulatedData)) == 0


def test_made_up_years_are_marked_before_they_are_counted(session, settings) -> None:
    frame = load_frame(settings)
    fill(session, frame, WEEK_ONE, 1, seed=1)
    assert session.get(SimulatedData, 1).seed == 1
    count = session.scalar(select(func.sum(DemandCount.count)))
    fill(session, frame, WEEK_ONE, 1, seed=1)
    assert session.scalar(select(func.sum(DemandCount.count))) == count
