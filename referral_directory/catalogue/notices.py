"""Exceptions: a service is full, closed, or open at other times on some days. They end by themselves."""

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, Date, DateTime, ForeignKey, String, Uuid, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from referral_directory.catalogue.loading import get_revision
from referral_directory.clock import day_text, in_leeds
from referral_directory.database import Base
from referral_directory.errors import InvalidInput
from referral_directory.opening import Closure, is_readable

FULL, CLOSED, HOURS = "full", "closed", "hours"
KINDS = (FULL, CLOSED, HOURS)
SERVICE, CURATOR = "service", "curator"
LONGEST_DAYS = 366


class Notice(Base):
    """What is different at a service from one day up to and including another."""

    __tablename__ = "service_notice"
    __table_args__ = (
        CheckConstraint("kind IN ('full', 'closed', 'hours')", name="kind"),
        CheckConstraint("first_day <= last_day", name="days"),
    )
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid4)
    service_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("service.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    first_day: Mapped[date] = mapped_column(Date)
    last_day: Mapped[date] = mapped_column(Date, index=True)
    # Times of each of these days, "10:00-14:00", when kind is hours.
    opening_hours: Mapped[str] = mapped_column(String(80), default="")
    # Whom it comes from: the service itself, or a curator.
    said_by: Mapped[str] = mapped_column(String(10))
    said_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


def read_day(field: str, text: str) -> date:
    """The first or last day of a notice as a form sends it. Raises InvalidInput."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(field, "Choose a day.") from error


def add_notice(session: Session, notice: Notice, today: date) -> Notice:
    """Keep a notice; one of the same kind on the same days gives way. Raises InvalidInput."""
    if not today <= notice.last_day or notice.first_day > notice.last_day:
        raise InvalidInput("last_day", "The last day is today or later, and not before the first day.")
    if (notice.last_day - today).days > LONGEST_DAYS:
        raise InvalidInput("last_day", "Choose a last day within a year.")
    if notice.kind == HOURS and not is_readable(notice.opening_hours):
        raise InvalidInput("opening_hours", "Type times like 10:00-14:00, with a comma between several.")
    for other in list_notices(session, today, notice.service_id):
        alike = other.kind == notice.kind or FULL not in (other.kind, notice.kind)
        if alike and other.first_day <= notice.last_day and notice.first_day <= other.last_day:
            other.ended_at = notice.said_at
    session.add(notice)
    session.flush()
    get_revision(session).number += 1
    return notice


def say_full(session: Session, service_id: UUID, until: date | None, said_by: str, now: datetime) -> None:
    """A service has no room up to and including a day; None: it has room again. Raises InvalidInput."""
    if until is None:
        for notice in list_notices(session, now.date(), service_id):
            if notice.kind == FULL:
                end_notice(session, notice, now)
        return
    full = Notice(
        service_id=service_id,
        kind=FULL,
        first_day=min(now.date(), until),
        last_day=until,
        said_by=said_by,
        said_at=now,
    )
    add_notice(session, full, now.date())


def end_notice(session: Session, notice: Notice, now: datetime) -> None:
    """Take a notice back."""
    notice.ended_at = now
    get_revision(session).number += 1


def list_notices(session: Session, today: date, service_id: UUID | None = None) -> list[Notice]:
    """Notices that hold today or later, the earliest first: of one service, or of all."""
    query = select(Notice).where(Notice.ended_at.is_(None), Notice.last_day >= today)
    if service_id is not None:
        query = query.where(Notice.service_id == service_id)
    return list(session.scalars(query.order_by(Notice.first_day, Notice.said_at, Notice.id)))


def notices_by_service(session: Session, today: date) -> dict[UUID, list[Notice]]:
    """Notices that hold today or later, by service."""
    found: dict[UUID, list[Notice]] = {}
    for notice in list_notices(session, today):
        found.setdefault(notice.service_id, []).append(notice)
    return found


def closures_of(notices: list[Notice]) -> tuple[Closure, ...]:
    """The notices that change opening times, as opening.py reads them."""
    return tuple(
        Closure(notice.first_day, notice.last_day, notice.opening_hours)
        for notice in notices
        if notice.kind in (CLOSED, HOURS)
    )


def say_notice(notices: list[Notice], today: date) -> dict[str, str] | None:
    """What a card says today: that the service is full, before anything else. None without a notice today."""
    todays = [notice for notice in notices if notice.first_day <= today <= notice.last_day]
    if not todays:
        return None
    notice = min(todays, key=lambda notice: KINDS.index(notice.kind))
    until = "today" if notice.last_day == today else f"up to and including {day_text(notice.last_day)}"
    says = {
        FULL: f"Full {until}: it cannot take anybody new.",
        CLOSED: f"Closed {until}.",
        HOURS: f"Other opening times {until}.",
    }[notice.kind]
    who = "the service itself" if notice.said_by == SERVICE else "Signpost Leeds"
    return {
        "kind": notice.kind,
        "text": f"{says} Said by {who} on {day_text(in_leeds(notice.said_at).date())}.",
        "until": notice.last_day.isoformat(),
    }
