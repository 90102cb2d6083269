"""Sessions: 256 random bits in a cookie, their SHA-256 in the database.

Limits are those of OWASP ASVS 5.0, 7.3.1 and 7.3.2: 30 minutes idle, 12 hours in all. Idle time is kept to the
minute, so that reading pages does not write each time.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import CursorResult, delete, func, select, update
from sqlalchemy.orm import Session, joinedload

from referral_directory.staff.keys import StaffKeys, digest_of, seal, unseal
from referral_directory.staff.models import StaffMember, StaffSession
from referral_directory.staff.roles import Role, Staff
from referral_directory.staff.totp import make_secret

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
# The time to find one's telephone and type a code.
HALF_WAY = timedelta(minutes=15)
NOTED_EVERY = timedelta(minutes=1)

PENDING_COLUMN = "staff_session.pending_secret"
SIGNED_IN, SECOND_STEP, ENROLLING = "signed_in", "second_step", "enrolling"


@dataclass(frozen=True, slots=True)
class Found:
    """A live session: whose, how far, and whether its last use is due to be noted."""

    staff: Staff
    stage: str
    note_due: bool


def is_live(stage: str, began_at: datetime, seen_at: datetime, now: datetime) -> bool:
    """Whether a session may still be used: the pure rule."""
    longest = LONGEST if stage == SIGNED_IN else HALF_WAY
    return began_at <= now < began_at + longest and now < seen_at + IDLE


def start_session(session: Session, staff_id: UUID, stage: str, now: datetime, old: str | None = None) -> str:
    """Begin a session and return its id for the cookie; the session `old` ends (its id is never reused)."""
    if old:
        end_session(session, old)
    token = secrets.token_urlsafe(32)
    session.add(
        StaffSession(digest=digest_of(token), staff_id=staff_id, stage=stage, began_at=now, seen_at=now)
    )
    return token


def find_session(session: Session, token: str, now: datetime) -> Found | None:
    """The live session with this id, of a person who is not disabled."""
    # In one question: every page asks it.
    found = (
        session.execute(
            select(StaffSession, StaffMember)
            .join(StaffMember, StaffMember.id == StaffSession.staff_id)
            .options(joinedload(StaffMember.role_rows))
            .where(StaffSession.digest == digest_of(token))
        )
        .unique()
        .one_or_none()
    )
    if found is None:
        return None
    row, member = found
    if not is_live(row.stage, row.began_at, row.seen_at, now):
        return None
    if member.status == "disabled":
        return None
    return Found(staff_of(member), row.stage, now - row.seen_at >= NOTED_EVERY)


def get_pending_secret(session: Session, token: str, keys: StaffKeys) -> str:
    """The authenticator secret that an enrolling session offers, made when it is first asked for."""
    row = session.get_one(StaffSession, digest_of(token))
    if row.pending_secret is None:
        row.pending_secret = seal(keys, row.staff_id, PENDING_COLUMN, make_secret())
    return unseal(keys, row.staff_id, PENDING_COLUMN, row.pending_secret)


def note_use(session: Session, token: str, now: datetime) -> None:
    """Remember that the session is in use."""
    session.execute(update(StaffSession).where(StaffSession.digest == digest_of(token)).values(seen_at=now))


def end_session(session: Session, token: str) -> None:
    """End one session."""
    session.execute(delete(StaffSession).where(StaffSession.digest == digest_of(token)))


def end_sessions_of(session: Session, staff_id: UUID) -> int:
    """End every session of a person; how many there were."""
    result = session.execute(delete(StaffSession).where(StaffSession.staff_id == staff_id))
    return result.rowcount if isinstance(result, CursorResult) else 0


def count_sessions(session: Session, now: datetime) -> dict[UUID, int]:
    """How many live sessions each person has."""
    rows = session.execute(
        select(StaffSession.staff_id, func.count().label("number"))
        .where(
            StaffSession.stage == SIGNED_IN,
            StaffSession.seen_at > now - IDLE,
            StaffSession.began_at > now - LONGEST,
        )
        .group_by(StaffSession.staff_id)
    )
    return {row.staff_id: row.number for row in rows}


def purge_sessions(session: Session, now: datetime) -> None:
    """Forget sessions that can no longer be used."""
    session.execute(delete(StaffSession).where(StaffSession.seen_at <= now - IDLE))
    session.execute(delete(StaffSession).where(StaffSession.began_at <= now - LONGEST))


def staff_of(member: StaffMember) -> Staff:
    """What the rest of the directory sees of a person."""
    roles = frozenset(Role(row.role) for row in member.role_rows)
    return Staff(member.id, member.display_name, roles, member.community_space_id)
