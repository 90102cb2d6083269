"""The counters, the table that tells a retry from a second enquiry, frozen releases, and what was decided."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    DateTime,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.orm import Mapped, mapped_column

from referral_directory.database import Base


class DemandCount(Base):
    """How many enquiries of one kind there were on one day. Its columns are all there is to know.

    `record_key_sum` adds up one random key (0 to 255) an enquiry, modulo 256, so that later roll-ups can be
    perturbed consistently (the cell-key method of the Office for National Statistics).
    """

    __tablename__ = "demand_count"
    __table_args__ = (
        CheckConstraint("count > 0", name="count"),
        CheckConstraint("record_key_sum BETWEEN 0 AND 255", name="record_key_sum"),
        # Without a row number the order of rows on disk is that of the key, and tells nothing about the order
        # of events.
        {"sqlite_with_rowid": False},
    )
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    need: Mapped[str] = mapped_column(String(40), primary_key=True)
    ward_code: Mapped[str] = mapped_column(String(9), primary_key=True)
    channel: Mapped[str] = mapped_column(String(20), primary_key=True)
    language: Mapped[str] = mapped_column(String(8), primary_key=True)
    outcome: Mapped[str] = mapped_column(String(20), primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger)
    record_key_sum: Mapped[int] = mapped_column(Integer, default=0)


class EnquiryKey(Base):
    """Salted hashes of the keys of enquiries already counted, until the day they are purged. Nothing else."""

    __tablename__ = "enquiry_key"
    __table_args__ = ({"sqlite_with_rowid": False},)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    purge_on: Mapped[date] = mapped_column(Date, index=True)


class StatisticsRelease(Base):
    """A frozen release. `content` is published as it is; `marks` is not published, and says which figures were
    withheld to protect others or kept in a correction, so that later releases can be tested against this one.
    """

    __tablename__ = "statistics_release"
    __table_args__ = (UniqueConstraint("period", "version"),)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    period: Mapped[str] = mapped_column(String(8))
    version: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(String(12))
    first_day: Mapped[date] = mapped_column(Date, index=True)
    last_day: Mapped[date] = mapped_column(Date)
    released_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    note: Mapped[str] = mapped_column(Text)
    content: Mapped[str] = mapped_column(Text)
    marks: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))


class SimulatedData(Base):
    """One row says that every count in this database is made up; a real database has none."""

    __tablename__ = "simulated_data"
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    seed: Mapped[int] = mapped_column(Integer)


class Decision(Base):
    """What the group decided about a need in an area, and what came of it. Public, apart from `recorded_by`.

    `area` is "city", the name of a community committee or a ward's code. `release_number` is the release whose
    figures it answers, if there was one.
    """

    __tablename__ = "decision"
    __table_args__ = (
        CheckConstraint("status IN ('planned', 'under_way', 'done', 'dropped')", name="status"),
    )
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    need: Mapped[str] = mapped_column(String(40), index=True)
    area: Mapped[str] = mapped_column(String(40), index=True)
    what: Mapped[str] = mapped_column(Text)
    who: Mapped[str] = mapped_column(String(120))
    by_when: Mapped[date] = mapped_column(Date)
    status: Mapped[str] = mapped_column(String(10), default="planned")
    done_on: Mapped[date | None] = mapped_column(Date)
    what_happened: Mapped[str] = mapped_column(Text, default="")
    release_number: Mapped[int | None] = mapped_column(Integer)
    decided_on: Mapped[date] = mapped_column(Date)
    changed_on: Mapped[date] = mapped_column(Date)
    recorded_by: Mapped[UUID] = mapped_column(Uuid)


class PrivacyBudget(Base):
    """How much of a year's privacy budget (epsilon, in thousandths) is spent. It only ever grows."""

    __tablename__ = "privacy_budget"
    __table_args__ = (CheckConstraint("spent BETWEEN 0 AND allowed", name="spent"),)
    year: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    allowed: Mapped[int] = mapped_column(Integer)
    spent: Mapped[int] = mapped_column(Integer)


class PrivateTable(Base):
    """A differentially private table, frozen as published. Its epsilon (thousandths) was charged to its year."""

    __tablename__ = "private_table"
    period: Mapped[str] = mapped_column(String(8), primary_key=True)
    year: Mapped[int] = mapped_column(Integer, index=True)
    epsilon: Mapped[int] = mapped_column(Integer)
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    content: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))
