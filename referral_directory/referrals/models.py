"""The tables of referrals. What tells who somebody is stands sealed in two of them, and nowhere else."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Integer, LargeBinary, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from referral_directory.database import Base
from referral_directory.life_cycle import Outcome, Reason, Status
from referral_directory.staff.models import Moment


def _one_of(column: str, values: list[str]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def _of_referral() -> Mapped[UUID]:
    return mapped_column(Uuid, ForeignKey("referral.id", ondelete="CASCADE"), index=True)


class Referral(Base):
    """One service asked, with consent, to help one person.

    `needs` are codes with spaces between; they, the ward and the language go with the personal data. `stage` is
    0 for no reminder yet, 1 chased, 2 escalated. `service_name` is what it was called when it was chosen.
    """

    __tablename__ = "referral"
    __table_args__ = (
        _one_of("status", [*Status]),
        _one_of("outcome", [*Outcome]),
        _one_of("reason", [*Reason]),
    )
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    reference: Mapped[str] = mapped_column(String(12), unique=True)
    community_space_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("community_space.id"), index=True)
    started_by: Mapped[UUID] = mapped_column(Uuid, ForeignKey("staff_member.id"))
    status: Mapped[str] = mapped_column(String(12), index=True)
    outcome: Mapped[str | None] = mapped_column(String(12))
    reason: Mapped[str | None] = mapped_column(String(12))
    needs: Mapped[str] = mapped_column(Text, default="")
    ward_code: Mapped[str | None] = mapped_column(String(9))
    language: Mapped[str] = mapped_column(String(8), default="en")
    service_id: Mapped[UUID | None] = mapped_column(Uuid, index=True)
    service_name: Mapped[str] = mapped_column(Text, default="")
    suggested_service_id: Mapped[UUID | None] = mapped_column(Uuid)
    replaces_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("referral.id"))
    # The first referral of the same person, if this one was copied from it or from a copy; else this is the first.
    first_id: Mapped[UUID | None] = mapped_column(Uuid, index=True)
    question_open: Mapped[bool] = mapped_column(default=False)
    # The resident wrote something that no member of staff has seen yet.
    note_unread: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(Moment)
    sent_at: Mapped[datetime | None] = mapped_column(Moment)
    news_at: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    # The status that it ended in place of.
    ended_from: Mapped[str | None] = mapped_column(String(12))
    stage: Mapped[int] = mapped_column(Integer, default=0)
    reminded_at: Mapped[datetime | None] = mapped_column(Moment)
    erased_at: Mapped[datetime | None] = mapped_column(Moment)


class ReferralDetail(Base):
    """One sealed personal field of a referral: name, phone, safe-contact wishes, status code."""

    __tablename__ = "referral_detail"
    referral_id: Mapped[UUID] = mapped_column(
        Uuid, ForeignKey("referral.id", ondelete="CASCADE"), primary_key=True
    )
    field: Mapped[str] = mapped_column(String(20), primary_key=True)
    key_id: Mapped[str] = mapped_column(String(8), index=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class ReferralNote(Base):
    """A note, a question or an answer; its text is sealed."""

    __tablename__ = "referral_note"
    __table_args__ = (
        _one_of("author", ["staff", "provider", "resident"]),
        _one_of("kind", ["note", "question", "answer"]),
    )
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    referral_id: Mapped[UUID] = _of_referral()
    author: Mapped[str] = mapped_column(String(10))
    kind: Mapped[str] = mapped_column(String(10))
    # Whether the service may read it: staff can keep a note to their own space.
    shared: Mapped[bool] = mapped_column(default=False)
    written_at: Mapped[datetime] = mapped_column(Moment)
    key_id: Mapped[str] = mapped_column(String(8), index=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class ReferralConsent(Base):
    """Consent to tell one service: the exact words, how and when it was given, and who recorded it."""

    __tablename__ = "referral_consent"
    __table_args__ = (_one_of("way", ["read_aloud", "read_alone", "telephone", "interpreter"]),)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    referral_id: Mapped[UUID] = _of_referral()
    service_id: Mapped[UUID] = mapped_column(Uuid)
    text: Mapped[str] = mapped_column(Text)
    way: Mapped[str] = mapped_column(String(12))
    given_at: Mapped[datetime] = mapped_column(Moment)
    recorded_by: Mapped[UUID] = mapped_column(Uuid, ForeignKey("staff_member.id"))
    withdrawn_at: Mapped[datetime | None] = mapped_column(Moment)


class OpenedByCode:
    """A provider's link, under its SHA-256, and the one-time code that was last sent to the provider's address."""

    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    address: Mapped[str] = mapped_column(String(254))
    code_digest: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    code_expires_at: Mapped[datetime | None] = mapped_column(Moment)
    code_tries: Mapped[int] = mapped_column(Integer, default=0)


class ReferralLink(OpenedByCode, Base):
    """A provider's link to one referral."""

    __tablename__ = "referral_link"
    referral_id: Mapped[UUID] = _of_referral()


class ProviderLink(OpenedByCode, Base):
    """A provider's link to the page with all its referrals."""

    __tablename__ = "provider_link"
    made_at: Mapped[datetime] = mapped_column(Moment, index=True)


class ReferralVisit(Base):
    """The SHA-256 of a provider's session: for what was sent to one address, until it expires."""

    __tablename__ = "referral_visit"
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    address: Mapped[str] = mapped_column(String(254))
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)


class Mail:
    """A mail in an outbox, written in the transaction of what it tells. `secret` (a link's token or a one-time code)
    is sealed, and goes when the mail is delivered; where nobody can have it tried again, also when it is given up.
    """

    is_tried_again: ClassVar[bool] = False
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    address: Mapped[str] = mapped_column(String(254))
    secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(Moment)
    next_try_at: Mapped[datetime | None] = mapped_column(Moment, index=True)
    tries: Mapped[int] = mapped_column(Integer, default=0)
    delivered_at: Mapped[datetime | None] = mapped_column(Moment)
    failed_at: Mapped[datetime | None] = mapped_column(Moment)
    fault: Mapped[str] = mapped_column(String(80), default="")


class ReferralMail(Mail, Base):
    """A mail to a service about a referral; without one it is about the page with all referrals of an address."""

    __tablename__ = "referral_mail"
    __table_args__ = (
        _one_of("kind", ["new", "chase", "answer", "withdrawn", "code", "page", "page_code", "note"]),
    )
    is_tried_again: ClassVar[bool] = True
    referral_id: Mapped[UUID | None] = mapped_column(
        Uuid, ForeignKey("referral.id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[str] = mapped_column(String(10))


class ReferralInbox(Base):
    """Where a service gets referrals, if not at the e-mail address of its record, and its own pace."""

    __tablename__ = "referral_inbox"
    service_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    address: Mapped[str] = mapped_column(String(254), default="")
    chase_days: Mapped[int | None] = mapped_column(Integer)
    escalate_days: Mapped[int | None] = mapped_column(Integer)


class ReferralQuestion(Base):
    """What a service has to know before it can help: a question for yes or no, and the answer that fits."""

    __tablename__ = "referral_question"
    __table_args__ = (_one_of("fits", ["yes", "no", "any"]),)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    service_id: Mapped[UUID] = mapped_column(Uuid, index=True)
    position: Mapped[int] = mapped_column(Integer)
    text: Mapped[str] = mapped_column(String(300))
    fits: Mapped[str] = mapped_column(String(3))
    # What is said to somebody whose answer does not fit: "This is for people of 60 and over."
    reason: Mapped[str] = mapped_column(String(300), default="")


class Handover(Base):
    """What a resident asked to be handed to a person, under the keyed hash of a short code. No identity.

    `needs` are codes and `services` ids, with spaces between. Typed in, the code opens it no more: then the space
    of who typed it sees it for a day.
    """

    __tablename__ = "handover"
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    digest: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True)
    needs: Mapped[str] = mapped_column(Text, default="")
    ward_code: Mapped[str | None] = mapped_column(String(9))
    language: Mapped[str] = mapped_column(String(8), default="en")
    services: Mapped[str] = mapped_column(Text, default="")
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)
    community_space_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("community_space.id"))


class SelfReferralLink(Base):
    """The SHA-256 of a link to the form on which a resident refers themselves to one service."""

    __tablename__ = "self_referral_link"
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    service_id: Mapped[UUID] = mapped_column(Uuid)
    needs: Mapped[str] = mapped_column(Text, default="")
    ward_code: Mapped[str | None] = mapped_column(String(9))
    language: Mapped[str] = mapped_column(String(8), default="en")
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)


class AuditEntry(Base):
    """Who saw, sent or changed what (audit_chain.py). Rows are only ever added: triggers refuse anything else."""

    __tablename__ = "referral_audit"
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(Moment)
    actor: Mapped[str] = mapped_column(String(10))
    actor_id: Mapped[UUID | None] = mapped_column(Uuid)
    action: Mapped[str] = mapped_column(String(20))
    # Without a foreign key: the audit outlives what it tells of.
    referral_id: Mapped[UUID | None] = mapped_column(Uuid, index=True)
    digests: Mapped[str] = mapped_column(Text, default="")
    key_id: Mapped[str] = mapped_column(String(8))
    mark: Mapped[bytes] = mapped_column(LargeBinary(32))


class AuditHead(Base):
    """One row: where the chain ends. Whoever adds an entry holds it, so that entries stand in one line."""

    __tablename__ = "referral_audit_head"
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(Integer)
    mark: Mapped[bytes] = mapped_column(LargeBinary(32))
