"""The background worker, the status page's figures and what tells that the worker is late."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError
from typer.testing import CliRunner

from referral_directory.__main__ import cli
from referral_directory.application.application import make_directory
from referral_directory.application.working import ask_services_daily
from referral_directory.clock import in_leeds
from referral_directory.database import transaction, using_database
from referral_directory.errors import NotDelivered
from referral_directory.housekeeping.runs import JOBS, list_runs, record_done, record_failure
from referral_directory.referrals.delivery import MOST_TRIES
from referral_directory.truth.keeping import deliver_due
from referral_directory.truth.models import ServiceMail
from referral_directory.web.context import Directory
from referral_directory.web.figures import read_status
from tests.directory.factories import MONDAY_MORNING, make_row, seed, write_starter
from tests.directory.staff.visiting import MovingClock


@pytest.fixture
def session(settings, start):
    start([make_row()])
    with using_database(settings.get_database_url()) as database, transaction(database) as session:
        yield session


@contextmanager
def working(settings, moment: str) -> Iterator[Directory]:
    """What a worker of its own works with, at a moment."""
    now = in_leeds(datetime.fromisoformat(moment))
    directory = make_directory(settings, lambda: now)
    try:
        yield directory
    finally:
        directory.database.engine.dispose()


def test_a_job_that_never_ran_is_late_and_one_that_ran_in_time_is_not(session):
    assert [run.late for run in list_runs(session, MONDAY_MORNING)] == [True] * 4
    for name in JOBS:
        record_done(session, name, MONDAY_MORNING)
    assert not any(run.late for run in list_runs(session, MONDAY_MORNING + timedelta(minutes=1)))
    assert [run.name for run in list_runs(session, MONDAY_MORNING + timedelta(minutes=5)) if run.late] == [
        "mail"
    ]


def test_a_late_job_is_seen_in_summer_time_too(session):
    summer = in_leeds(datetime.fromisoformat("2026-07-01T10:00"))
    record_done(session, "mail", summer)
    late = [list_runs(session, summer + timedelta(minutes=after))[0].late for after in (1, 5)]
    assert late == [False, True]


def test_a_failure_is_remembered_beside_the_last_success(session):
    record_done(session, "mail", MONDAY_MORNING)
    record_failure(session, "mail", "NotDelivered", MONDAY_MORNING + timedelta(seconds=5))
    (mail,) = [run for run in list_runs(session, MONDAY_MORNING) if run.name == "mail"]
    assert (mail.done_at, mail.fault) == (MONDAY_MORNING, "NotDelivered")


def test_the_status_says_what_to_look_at_and_nothing_when_all_is_well(session):
    assert [fault.split()[2] for fault in read_status(session, MONDAY_MORNING).faults[:4]] == [*JOBS]
    for name in JOBS:
        record_done(session, name, MONDAY_MORNING)
    status = read_status(session, MONDAY_MORNING)
    assert (status.services, status.mail_waiting, status.referrals_open) == (1, 0, 0)
    later = read_status(session, MONDAY_MORNING + timedelta(days=400))
    assert later.services_old == status.services - later.services_unchecked


def test_mail_about_a_record_that_was_given_up_is_told_for_a_week(settings, start):
    start([make_row(email="larder@example.org", checked_on="")])

    def down(letter):
        raise NotDelivered("away")

    with working(settings, "2026-11-02T09:00") as directory:
        assert ask_services_daily(directory) == 1
        clock = MovingClock(directory.clock())
        for _ in range(MOST_TRIES):
            deliver_due(directory.database, directory.field_keys, down, clock)
            clock.move(hours=1)
        with directory.database.read() as session:
            failed_at = session.scalars(select(ServiceMail.failed_at)).one()
            told = [
                read_status(session, failed_at + timedelta(days=days)).mail_given_up for days in (0, 6, 7)
            ]
    assert told == [1, 1, 0]


def test_the_figures_are_among_the_metrics(start):
    figures = start([make_row()]).get("/metrics").text
    assert "signpost_directory_jobs_late 4.0" in figures
    assert "signpost_directory_mail_waiting 0.0" in figures


@pytest.mark.parametrize(
    ("moment", "asked"),
    [
        ("2026-11-02T09:00", 1),
        ("2026-11-02T08:59", 0),
        ("2026-11-02T17:00", 0),
        ("2026-11-07T10:00", 0),
        ("2026-12-25T10:00", 0),
        ("2026-12-28T10:00", 0),
        ("2026-07-01T08:30+00:00", 1),
        ("2026-07-01T16:30+00:00", 0),
    ],
)
def test_services_are_asked_in_office_hours_of_working_days_in_leeds(settings, start, moment, asked):
    start([make_row(email="larder@example.org", checked_on="")])
    with working(settings, moment) as directory:
        assert ask_services_daily(directory) == asked


def test_services_are_asked_once_a_day_by_however_many_workers(settings, start):
    rows = [make_row(id=f"s{n}", email=f"s{n}@example.org", checked_on="") for n in range(3)]
    start(rows[:2])
    with working(settings, "2026-11-02T09:00") as first, working(settings, "2026-11-02T09:00") as second:
        together = threading.Barrier(2)

        def ask(directory):
            together.wait(20)
            return ask_services_daily(directory)

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(ask, [first, second])) == [0, 2]
        write_starter(settings.data_dir, rows)
        seed(settings)
        assert ask_services_daily(first) == 0
    with working(settings, "2026-11-03T09:00") as tomorrow:
        assert [ask_services_daily(tomorrow) for _ in range(2)] == [1, 0]
        with tomorrow.database.read() as session:
            assert len(set(session.scalars(select(ServiceMail.address)))) == 3


def test_a_day_whose_asking_failed_is_asked_again(settings, start):
    start([make_row(email="larder@example.org", checked_on="")])
    with working(settings, "2026-11-02T09:00") as directory:
        # The table of links is away, so that the asking fails after the day was claimed.
        with directory.database.engine.begin() as connection:
            connection.execute(text("ALTER TABLE service_link RENAME TO elsewhere"))
        with pytest.raises(SQLAlchemyError):
            ask_services_daily(directory)
        with directory.database.engine.begin() as connection:
            connection.execute(text("ALTER TABLE elsewhere RENAME TO service_link"))
        assert ask_services_daily(directory) == 1


def test_the_worker_does_everything_once_and_is_then_in_time(settings, start, monkeypatch):
    start([make_row()])
    monkeypatch.setenv("DATABASE_URL", settings.get_database_url())
    monkeypatch.setenv("SIGNPOST_STATE_DIR", str(settings.state_dir))
    assert CliRunner().invoke(cli, ["check-worker"]).exit_code == 1
    worked = CliRunner().invoke(cli, ["work", "--once"])
    assert worked.exit_code == 0, worked.output
    assert CliRunner().invoke(cli, ["check-worker"]).exit_code == 0
