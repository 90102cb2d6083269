"""When each job of the background worker last ran: written by the worker, read by the status page and the metrics."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from referral_directory.clock import LEEDS, in_leeds
from referral_directory.database import insert_into
from referral_directory.housekeeping.models import JobRun

# {job: how long it may be since it was last done before somebody should look}
JOBS = {
    "mail": timedelta(minutes=2),
    "clock": timedelta(minutes=10),
    "releases": timedelta(hours=3),
    "asking": timedelta(hours=1),
}
# The row beside the jobs' own that says on which day services were last asked.
ASKED = "services asked"


@dataclass(frozen=True, slots=True)
class Run:
    """A job as the status page tells it."""

    name: str
    done_at: datetime | None
    failed_at: datetime | None
    fault: str
    late: bool


def record_done(session: Session, name: str, now: datetime) -> None:
    """Note that a job ended well."""
    _put(session, name, {"done_at": now.astimezone(UTC)})


def record_failure(session: Session, name: str, fault: str, now: datetime) -> None:
    """Note what stopped a job."""
    _put(session, name, {"failed_at": now.astimezone(UTC), "fault": fault[:80]})


def list_runs(session: Session, now: datetime) -> list[Run]:
    """Every job, also those that never ran."""
    rows = {row.name: row for row in session.scalars(select(JobRun))}
    runs = []
    for name, patience in JOBS.items():
        row = rows.get(name)
        done_at = _utc(row.done_at) if row else None
        late = done_at is None or now - done_at > patience
        runs.append(Run(name, done_at, _utc(row.failed_at) if row else None, row.fault if row else "", late))
    return runs


def claim_day(session: Session, name: str, now: datetime) -> bool:
    """Whether this is the first claim of a name on this day of Leeds: of many workers at once one gets it."""
    begins = datetime.combine(in_leeds(now).date(), time(0), LEEDS).astimezone(UTC)
    statement = insert_into(session, JobRun).values(name=name, done_at=now.astimezone(UTC), fault="")
    claimed = session.execute(
        statement.on_conflict_do_update(
            index_elements=["name"],
            set_={"done_at": statement.excluded.done_at},
            where=JobRun.done_at < begins,
        ).returning(JobRun.name)
    )
    return claimed.first() is not None


def _put(session: Session, name: str, values: dict[str, object]) -> None:
    statement = insert_into(session, JobRun).values(name=name, **({"fault": ""} | values))
    session.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))


def _utc(moment: datetime | None) -> datetime | None:
    """SQLite keeps no offset: what is written is UTC."""
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment
