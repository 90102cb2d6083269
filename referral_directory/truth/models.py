"""The tables of truth: versions of records, reports about them, links to their services, and import sources.

None of them has a column for a resident.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, Integer, LargeBinary, String, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from referral_directory.database import Base
from referral_directory.referrals.models import Mail

Moment = DateTime(timezone=True)


def _of_service() -> Mapped[UUID]:
    return mapped_column(Uuid, ForeignKey("service.id", ondelete="CASCADE"), index=True)


class RecordVersion(Base):
    """What a record said after a change, whole, so that any change can be undone."""

    __tablename__ = "service_version"
    __table_args__ = (UniqueConstraint("service_id", "number"),)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    service_id: Mapped[UUID] = _of_service()
    number: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime] = mapped_column(Moment)
    action: Mapped[str] = mapped_column(String(12))
    # curator, service or source; and, of a curator, which one.
    actor: Mapped[str] = mapped_column(String(10))
    actor_id: Mapped[UUID | None] = mapped_column(Uuid)
    actor_name: Mapped[str] = mapped_column(String(120), default="")
    content: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text, default="")


class RecordReport(Base):
    """Somebody says that a field is wrong: a resident, of whom nothing is kept, or the service itself."""

    __tablename__ = "service_report"
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    service_id: Mapped[UUID] = _of_service()
    field: Mapped[str] = mapped_column(String(20))
    words: Mapped[str] = mapped_column(Text, default="")
    said_by: Mapped[str] = mapped_column(String(10))
    made_at: Mapped[datetime] = mapped_column(Moment)
    settled_at: Mapped[datetime | None] = mapped_column(Moment, index=True)
    settled_by: Mapped[str] = mapped_column(String(120), default="")


class ServiceLink(Base):
    """The SHA-256 of a link with which a service keeps its own record, without an account."""

    __tablename__ = "service_link"
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    service_id: Mapped[UUID] = _of_service()
    made_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)


class ServiceMail(Mail, Base):
    """A mail to a service about its record, with a link's token."""

    __tablename__ = "service_mail"
    service_id: Mapped[UUID] = _of_service()


class ImportSource(Base):
    """A feed or a file that records came from, and how far its present run has got."""

    __tablename__ = "import_source"
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    address: Mapped[str] = mapped_column(String(1000), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    # The number of the run; while `next_page` is above 1 it is unfinished, and goes on there.
    run: Mapped[int] = mapped_column(Integer, default=1)
    next_page: Mapped[int] = mapped_column(Integer, default=1)
    # Whether a row of this run was left out: then nothing is taken to be gone.
    faulty: Mapped[bool] = mapped_column(default=False)
    finished_at: Mapped[datetime | None] = mapped_column(Moment)


class ImportPage(Base):
    """The ETag of a page as it was last read whole."""

    __tablename__ = "import_page"
    source_id: Mapped[UUID] = mapped_column(
        Uuid, ForeignKey("import_source.id", ondelete="CASCADE"), primary_key=True
    )
    page: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    etag: Mapped[str] = mapped_column(String(300))


class ImportRecord(Base):
    """Where a record came from: its id there, the page, and what it said then. `offered` is what the source says
    now of a record that was edited here: a curator decides.
    """

    __tablename__ = "import_record"
    source_id: Mapped[UUID] = mapped_column(
        Uuid, ForeignKey("import_source.id", ondelete="CASCADE"), primary_key=True
    )
    remote_id: Mapped[str] = mapped_column(String(300), primary_key=True)
    service_id: Mapped[UUID] = _of_service()
    page: Mapped[int] = mapped_column(Integer, default=0)
    digest: Mapped[str] = mapped_column(String(64))
    # The digest of what the list said of it, if the rest has to be fetched one by one.
    listed: Mapped[str] = mapped_column(String(64), default="")
    offered: Mapped[str] = mapped_column(Text, default="")
    seen_run: Mapped[int] = mapped_column(Integer, default=0)
