"""The tables of staff accounts. No secret is stored as it is, and no internet address at all."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    Dialect,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Text,
    TypeDecorator,
    Uuid,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from referral_directory.database import Base


class Moment(TypeDecorator[datetime]):
    """A moment in UTC: SQLite keeps no offset, and clocks in Leeds change twice a year."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _of_staff() -> Mapped[UUID]:
    return mapped_column(Uuid, ForeignKey("staff_member.id", ondelete="CASCADE"), index=True)


class CommunitySpace(Base):
    """A tenant: its staff see its own referrals and nobody else's."""

    __tablename__ = "community_space"
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    created_at: Mapped[datetime] = mapped_column(Moment)


class StaffMember(Base):
    """A person who signs in. `email` is null only for the account of this machine's own sign-in link.

    `password_hash` is argon2id ("" until set), `totp_secret` is sealed with the staff key (null until
    confirmed), `totp_last_step` is the 30-second step of the last code that was used.
    """

    __tablename__ = "staff_member"
    __table_args__ = (CheckConstraint("status IN ('invited', 'active', 'disabled')", name="status"),)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    email: Mapped[str | None] = mapped_column(String(254), unique=True)
    display_name: Mapped[str] = mapped_column(String(120))
    community_space_id: Mapped[UUID | None] = mapped_column(
        Uuid, ForeignKey("community_space.id"), index=True
    )
    status: Mapped[str] = mapped_column(String(10), default="invited")
    password_hash: Mapped[str] = mapped_column(Text, default="")
    totp_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    totp_last_step: Mapped[int] = mapped_column(BigInteger, default=0)
    # Who they are at the organisation's own sign-in service, once they came from there: a hash of issuer and subject.
    openid_digest: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True, index=True)
    created_at: Mapped[datetime] = mapped_column(Moment)
    community_space: Mapped[CommunitySpace | None] = relationship()
    role_rows: Mapped[list["StaffRole"]] = relationship(cascade="all, delete-orphan", lazy="selectin")


class StaffRole(Base):
    """One role of one person."""

    __tablename__ = "staff_role"
    __table_args__ = (
        CheckConstraint(
            "role IN ('staff', 'provider_manager', 'curator', 'analyst', 'administrator')", name="role"
        ),
    )
    staff_id: Mapped[UUID] = mapped_column(
        Uuid, ForeignKey("staff_member.id", ondelete="CASCADE"), primary_key=True
    )
    role: Mapped[str] = mapped_column(String(20), primary_key=True)


class RecoveryCode(Base):
    """The SHA-256 of a recovery code that has not been used yet; a used one is deleted."""

    __tablename__ = "staff_recovery_code"
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    staff_id: Mapped[UUID] = _of_staff()


class StaffLink(Base):
    """The SHA-256 of a link that works once: to set up an account, or to sign in from this machine."""

    __tablename__ = "staff_link"
    __table_args__ = (CheckConstraint("purpose IN ('set_up', 'sign_in')", name="purpose"),)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    staff_id: Mapped[UUID] = _of_staff()
    purpose: Mapped[str] = mapped_column(String(10))
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)


class StaffSession(Base):
    """A session, under the SHA-256 of its id. Only stage `signed_in` opens a staff page.

    Stage `second_step` waits for a code; `enrolling` has yet to set up an authenticator app, whose unconfirmed
    secret it holds sealed.
    """

    __tablename__ = "staff_session"
    __table_args__ = (CheckConstraint("stage IN ('second_step', 'enrolling', 'signed_in')", name="stage"),)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    staff_id: Mapped[UUID] = _of_staff()
    stage: Mapped[str] = mapped_column(String(12))
    began_at: Mapped[datetime] = mapped_column(Moment)
    seen_at: Mapped[datetime] = mapped_column(Moment, index=True)
    pending_secret: Mapped[bytes | None] = mapped_column(LargeBinary)


class SignInFailures(Base):
    """How often signing in failed lately, under a keyed hash of the account, or of account and network.

    `trusted` marks an account and network that signed in well. Rows vanish a day after they were last written.
    """

    __tablename__ = "sign_in_failures"
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    count: Mapped[int] = mapped_column(Integer, default=0)
    trusted: Mapped[bool] = mapped_column(default=False)
    last_at: Mapped[datetime] = mapped_column(Moment, index=True)
