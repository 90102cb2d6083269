"""The background worker, the status page's figures and what tells that the worker is late."""

from datetime import timedelta

import pytest
from typer.testing import CliRunner

from referral_directory.__main__ import cli
from referral_directory.database import transaction, using_database
from referral_directory.housekeeping.runs import JOBS, list_runs, record_done, record_failure
from referral_directory.web.figures import read_status
from tests.directory.factories import MONDAY_MORNING, make_row


@pytest.fixture
def session(settings, start):
    start([make_row()])
    with using_database(settings.get_database_url()) as database, transaction(database) as session:
        yield session


def test_a_job_that_never_ran_is_late_and_one_that_ran_in_time_is_not(session):
    assert [run.late for run in list_runs(session, MONDAY_MORNING)] == [True, True, True]
    for name in JOBS:
        record_done(session, name, MONDAY_MORNING)
    assert not any(run.late for run in list_runs(session, MONDAY_MORNING + timedelta(minutes=1)))
    assert [run.name for run in list_runs(session, MONDAY_MORNING + timedelta(minutes=5)) if run.late] == [
        "mail"
    ]


def test_a_failure_is_remembered_beside_the_last_success(session):
    record_done(session, "mail", MONDAY_MORNING)
    record_failure(session, "mail", "NotDelivered", MONDAY_MORNING + timedelta(seconds=5))
    (mail,) = [run for run in list_runs(session, MONDAY_MORNING) if run.name == "mail"]
    assert (mail.done_at, mail.fault) == (MONDAY_MORNING, "NotDelivered")


def test_the_status_says_what_to_look_at_and_nothing_when_all_is_well(session):
    assert [fault.split()[2] for fault in read_status(session, MONDAY_MORNING).faults[:3]] == [*JOBS]
    for name in JOBS:
        record_done(session, name, MONDAY_MORNING)
    status = read_status(session, MONDAY_MORNING)
    assert (status.services, status.mail_waiting, status.referrals_open) == (1, 0, 0)
    later = read_status(session, MONDAY_MORNING + timedelta(days=400))
    assert later.services_old == status.services - later.services_unchecked


def test_the_figures_are_among_the_metrics(start):
    figures = start([make_row()]).get("/metrics").text
    assert "signpost_directory_jobs_late 3.0" in figures
    assert "signpost_directory_mail_waiting 0.0" in figures


def test_the_worker_does_everything_once_and_is_then_in_time(settings, start, monkeypatch):
    start([make_row()])
    monkeypatch.setenv("DATABASE_URL", settings.get_database_url())
    monkeypatch.setenv("SIGNPOST_STATE_DIR", str(settings.state_dir))
    assert CliRunner().invoke(cli, ["check-worker"]).exit_code == 1
    worked = CliRunner().invoke(cli, ["work", "--once"])
    assert worked.exit_code == 0, worked.output
    assert CliRunner().invoke(cli, ["check-worker"]).exit_code == 0
