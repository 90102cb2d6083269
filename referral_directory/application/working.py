"""The background worker: sends mail, does what the clock asks (chase, end, erase), makes statistics releases, asks
services whether their record is right.

Any number of workers may run: each job claims its rows. A job that fails is noted and tried again; it never stops
the others.
"""

import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog
import typer
from sqlalchemy.exc import SQLAlchemyError

from referral_directory.application.application import check_stored, make_directory, purge
from referral_directory.application.logs import configure_logs
from referral_directory.application.referrals import deliver_all, make_sender
from referral_directory.application.settings import Settings
from referral_directory.application.statistics import release_due
from referral_directory.database import transaction, using_database
from referral_directory.housekeeping.runs import ASKED, claim_day, list_runs, record_done, record_failure
from referral_directory.opening import is_office_time
from referral_directory.truth.keeping import ask_due
from referral_directory.web.context import Directory

MAIL_SECONDS, CLOCK_SECONDS, RELEASES_SECONDS, ASKING_SECONDS = 2.0, 60.0, 3600.0, 900.0
# Mail is looked for every two seconds, but that it was is written down more seldom.
NOTE_SECONDS = 20.0


@dataclass
class Job:
    """Something done again and again."""

    name: str
    every: float
    do: Callable[[], object]
    due_at: float = 0.0
    noted_at: float = float("-inf")


def add_commands(cli: typer.Typer) -> None:
    """Put the command of this module on the command line."""
    cli.command()(work)
    cli.command("check-worker")(check_worker)


def work(once: bool = typer.Option(False, help="Do every job once, and stop.")) -> None:
    """Do the background work until stopped: mail, reminders and erasure, statistics releases, asking services."""
    settings = Settings()
    configure_logs(settings.log_level)
    stopping = threading.Event()
    if not once:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
    directory = make_directory(settings)
    try:
        _wait_for_keys(directory, stopping, once)
        jobs = make_jobs(settings, directory)
        while not stopping.is_set():
            failed = [job.name for job in jobs if time.monotonic() >= job.due_at and not run(job, directory)]
            if once:
                raise typer.Exit(1 if failed else 0)
            stopping.wait(max(0.0, min(job.due_at for job in jobs) - time.monotonic()))
    finally:
        directory.database.engine.dispose()


def _wait_for_keys(directory: Directory, stopping: threading.Event, once: bool) -> None:
    """Wait until the database says whether the field keys fit. Raises BadKey: what was written with the wrong ones
    would stand in the audit for ever, and the directory would not start again.
    """
    while not stopping.is_set():
        try:
            check_stored(directory)
        except SQLAlchemyError as error:
            structlog.get_logger().warning("database away", error=type(error).__name__)
            if not once:  # Else each job fails, and says so.
                stopping.wait(MAIL_SECONDS)
                continue
        return


def make_jobs(settings: Settings, directory: Directory) -> list[Job]:
    """Every job of the worker."""
    send = make_sender(settings)

    def send_mail() -> None:
        delivered, failed = deliver_all(directory.database, directory.field_keys, send, directory.clock)
        if delivered or failed:
            structlog.get_logger().info("mail", delivered=delivered, failed=failed)

    return [
        Job("mail", MAIL_SECONDS, send_mail),
        Job("clock", CLOCK_SECONDS, lambda: purge(directory)),
        Job("releases", RELEASES_SECONDS, lambda: release_due(settings, directory.database)),
        Job("asking", ASKING_SECONDS, lambda: ask_services_daily(directory)),
    ]


def ask_services_daily(directory: Directory) -> int:
    """Ask services whose record is due, once on each working day and in office hours; how many mails that makes.

    Mail in the night or at a weekend is read late and looks like a fault, and on Monday it lies under all others.
    """
    now = directory.clock()
    if not is_office_time(now):
        return 0
    with transaction(directory.database) as session:
        if not claim_day(session, ASKED, now):
            return 0
        asked = ask_due(session, directory.field_keys, now)
    structlog.get_logger().info("services asked", services=asked)
    return asked


def run(job: Job, directory: Directory) -> bool:
    """Do a job and note how it went; whether it went well."""
    job.due_at = time.monotonic() + job.every
    try:
        job.do()
        if time.monotonic() - job.noted_at >= min(NOTE_SECONDS, job.every):
            job.noted_at = time.monotonic()
            with transaction(directory.database) as session:
                record_done(session, job.name, directory.clock())
    except Exception as error:  # noqa: BLE001 - one job that fails must not stop the others
        # The exception's text can hold an address: only its kind is written down.
        structlog.get_logger().error("job failed", job=job.name, error=type(error).__name__)
        _note_failure(job, directory, type(error).__name__)
        return False
    return True


def _note_failure(job: Job, directory: Directory, fault: str) -> None:
    try:
        with transaction(directory.database) as session:
            record_failure(session, job.name, fault, directory.clock())
    except SQLAlchemyError:
        # The database itself is away: the log line above is all that can be said now.
        structlog.get_logger().warning("database away", error=fault)


def check_worker() -> None:
    """End with 1, naming the jobs, if the background worker has not done its work in time."""
    settings = Settings()
    configure_logs(settings.log_level)
    with using_database(settings.get_database_url()) as database, database.read() as session:
        late = [each.name for each in list_runs(session, settings.get_clock()()) if each.late]
    if late:
        print(f"Late: {', '.join(late)}")
        raise typer.Exit(1)
    print("Every job was done in time.")
