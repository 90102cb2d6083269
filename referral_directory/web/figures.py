"""How the directory is doing, read from the database: for the status page and for Prometheus.

Only counts of rows and ages of things: nothing here says what anybody needs or where.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from prometheus_client import CollectorRegistry, Gauge
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from referral_directory.catalogue.models import Service
from referral_directory.housekeeping.runs import Run, list_runs
from referral_directory.life_cycle import OPEN
from referral_directory.referrals.models import Referral, ReferralMail
from referral_directory.truth.models import ServiceMail

# A record that nobody has looked at for half a year is old (docs/operating.md).
OLD_AFTER = timedelta(days=182)
# Mail about a record is not tried again: the service is asked anew later, so that what is older tells nothing any more.
RECORD_MAIL_TOLD_FOR = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Status:
    """The state of the directory at a moment. Ages are in days, mail ages in minutes; None: there is none."""

    runs: list[Run]
    mail_waiting: int
    mail_oldest_minutes: float | None
    mail_given_up: int
    referrals_open: int
    services: int
    services_unchecked: int
    services_old: int
    oldest_check_days: int | None

    @property
    def faults(self) -> list[str]:
        """What somebody should look at, in plain words; docs/operating.md says what to do about each."""
        found = [f"The job {run.name} of the background worker is late." for run in self.runs if run.late]
        if self.mail_given_up:
            found.append(f"{self.mail_given_up} mails could not be delivered and are given up.")
        if self.mail_oldest_minutes is not None and self.mail_oldest_minutes > 60:
            found.append("Mail has been waiting for more than an hour.")
        if self.services_old:
            found.append(f"{self.services_old} records have not been checked for half a year.")
        return found


def read_status(session: Session, now: datetime) -> Status:
    """Read the state of the directory."""
    due = ReferralMail.next_try_at.is_not(None)
    oldest: datetime | None = session.scalar(select(func.min(ReferralMail.created_at)).where(due))
    given_up = select(func.count()).where(ReferralMail.failed_at.is_not(None))
    not_asked = select(func.count()).where(ServiceMail.failed_at > now - RECORD_MAIL_TOLD_FOR)
    shown = Service.published.is_(True)
    old = select(func.count()).where(shown, Service.assured_date < now.date() - OLD_AFTER)
    first: date | None = session.scalar(select(func.min(Service.assured_date)).where(shown))
    return Status(
        runs=list_runs(session, now),
        mail_waiting=session.scalar(select(func.count()).where(due)) or 0,
        mail_oldest_minutes=(now - oldest).total_seconds() / 60 if oldest else None,
        mail_given_up=(session.scalar(given_up) or 0) + (session.scalar(not_asked) or 0),
        referrals_open=session.scalar(select(func.count()).where(Referral.status.in_(OPEN))) or 0,
        services=session.scalar(select(func.count()).where(shown)) or 0,
        services_unchecked=session.scalar(select(func.count()).where(shown, Service.assured_date.is_(None)))
        or 0,
        services_old=session.scalar(old) or 0,
        oldest_check_days=(now.date() - first).days if first else None,
    )


def make_status_metrics(registry: CollectorRegistry) -> dict[str, Gauge]:
    """The gauges of the status, in the registry of the process."""
    described = {
        "mail_waiting": "Mails that wait to be sent.",
        "mail_oldest_minutes": "Age of the oldest of them.",
        "mail_given_up": "Mails that could not be delivered; those about records for a week.",
        "referrals_open": "Referrals that have not ended.",
        "services_unchecked": "Public services without a date of checking.",
        "services_old": "Public services checked more than half a year ago.",
        "oldest_check_days": "Days since the check of the public service checked longest ago.",
        "jobs_late": "Jobs of the background worker that are late.",
    }
    return {
        name: Gauge(f"signpost_directory_{name}", text, registry=registry) for name, text in described.items()
    }


def set_status_metrics(gauges: dict[str, Gauge], status: Status) -> None:
    """Put a status into the gauges."""
    for name, gauge in gauges.items():
        value = sum(run.late for run in status.runs) if name == "jobs_late" else getattr(status, name)
        gauge.set(0 if value is None else value)
