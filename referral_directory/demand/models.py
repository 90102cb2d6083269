"""The counter table and the table that tells a retry from a second enquiry."""

from datetime import date

from sqlalchemy import BigInteger, CheckConstraint, Date, Integer, LargeBinary, String
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
