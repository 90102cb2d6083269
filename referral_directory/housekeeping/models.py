"""The table of the background worker's jobs."""

from datetime import datetime

from sqlalchemy import DateTime, String
from sqlalchemy.orm import Mapped, mapped_column

from referral_directory.database import Base


class JobRun(Base):
    """One job of the background worker: when it last ended well, and what stopped it last."""

    __tablename__ = "job_run"
    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    done_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    failed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    # The class of the exception, which names nobody.
    fault: Mapped[str] = mapped_column(String(80), default="")
