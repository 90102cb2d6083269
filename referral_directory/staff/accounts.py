"""Accounts and community spaces: made by invitation, changed by administrators, never deleted in silence."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from referral_directory.errors import InvalidInput, NotFound
from referral_directory.staff.keys import StaffKeys, digest_of, is_sealed_anew, seal, unseal
from referral_directory.staff.links import SET_UP, has_other_administrator, make_link
from referral_directory.staff.models import (
    CommunitySpace,
    RecoveryCode,
    StaffLink,
    StaffMember,
    StaffRole,
    StaffSession,
)
from referral_directory.staff.passwords import check_password, hash_password
from referral_directory.staff.roles import Role, read_roles
from referral_directory.staff.sessions import PENDING_COLUMN, end_sessions_of
from referral_directory.staff.totp import find_step, make_recovery_codes, read_recovery_code

EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,180}\.[^@\s.]{2,}")
TOTP_COLUMN = "staff_member.totp_secret"
LONGEST_NAME = 120


def read_email(text: str) -> str:
    """An address as it is kept and compared: without case. Raises InvalidInput."""
    plain = unicodedata.normalize("NFKC", text).strip().lower()
    if not EMAIL.fullmatch(plain) or len(plain) > 254:
        raise InvalidInput("email", "Enter an e-mail address, like name@example.org.")
    return plain


def read_name(text: str, field: str) -> str:
    """A name of a person or place, tidied. Raises InvalidInput."""
    plain = " ".join(text.split())
    if not plain or len(plain) > LONGEST_NAME or not plain.isprintable():
        raise InvalidInput(field, f"Enter a name of at most {LONGEST_NAME} characters.")
    return plain


def find_by_email(session: Session, email: str) -> StaffMember | None:
    """The person with this address, whatever their status."""
    return session.scalar(select(StaffMember).where(StaffMember.email == email))


def get_member(session: Session, staff_id: UUID) -> StaffMember:
    """The person. Raises NotFound."""
    member = session.get(StaffMember, staff_id)
    if member is None:
        raise NotFound("person")
    return member


def list_members(session: Session) -> Sequence[StaffMember]:
    """Everybody, by name."""
    return session.scalars(select(StaffMember).order_by(StaffMember.display_name, StaffMember.id)).all()


def list_spaces(session: Session) -> Sequence[CommunitySpace]:
    """Every community space, by name."""
    return session.scalars(select(CommunitySpace).order_by(CommunitySpace.name)).all()


def add_space(session: Session, name: str, now: datetime) -> CommunitySpace:
    """A new community space. Raises InvalidInput for a name that is taken."""
    space = CommunitySpace(id=uuid4(), name=_free_name(session, name), created_at=now)
    session.add(space)
    return space


def rename_space(session: Session, space_id: UUID, name: str) -> None:
    """Give a community space another name. Raises NotFound, InvalidInput."""
    space = session.get(CommunitySpace, space_id)
    if space is None:
        raise NotFound("community space")
    if space.name != read_name(name, "name"):
        space.name = _free_name(session, name)


def invite(
    session: Session, email: str, name: str, roles: Sequence[str], space: str, now: datetime
) -> tuple[StaffMember, str]:
    """Make an account that waits to be set up, and its link's token. Raises InvalidInput."""
    address, display_name = read_email(email), read_name(name, "name")
    space_id = _read_space(session, space)
    chosen = read_roles(roles, space_id)
    if find_by_email(session, address) is not None:
        raise InvalidInput("email", "Somebody with this address is on the list already.")
    member = StaffMember(
        id=uuid4(),
        email=address,
        display_name=display_name,
        community_space_id=space_id,
        status="invited",
        created_at=now,
        role_rows=[StaffRole(role=role) for role in sorted(chosen)],
    )
    session.add(member)
    session.flush()
    return member, make_link(session, member.id, SET_UP, now)


def renew(session: Session, member: StaffMember, now: datetime) -> str:
    """A new set-up link for somebody who lost the link, the password or the telephone. What they have goes on
    working until the link is used. Raises InvalidInput for the account of this machine or a disabled one.
    """
    if member.email is None or member.status == "disabled":
        raise InvalidInput("person", "This account cannot be set up again.")
    return make_link(session, member.id, SET_UP, now)


def set_up(session: Session, member: StaffMember, name: str, password: str) -> None:
    """Begin an account anew with a password; the second step follows. Raises InvalidInput."""
    display_name = read_name(name, "name")
    check_password(password, display_name, member.email or "")
    member.display_name, member.password_hash = display_name, hash_password(password)
    member.status, member.totp_secret = "invited", None
    session.execute(delete(RecoveryCode).where(RecoveryCode.staff_id == member.id))
    end_sessions_of(session, member.id)


def change_password(session: Session, member: StaffMember, password: str) -> None:
    """Set a new password and end every session. Raises InvalidInput."""
    check_password(password, member.display_name, member.email or "")
    member.password_hash = hash_password(password)
    end_sessions_of(session, member.id)


def enrol(session: Session, member: StaffMember, keys: StaffKeys, secret: str, step: int) -> list[str]:
    """Take a confirmed authenticator app into use; the recovery codes, shown this once."""
    member.totp_secret = seal(keys, member.id, TOTP_COLUMN, secret)
    member.totp_last_step, member.status = step, "active"
    return renew_recovery_codes(session, member)


def renew_recovery_codes(session: Session, member: StaffMember) -> list[str]:
    """Eight new codes instead of the old ones."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.staff_id == member.id))
    codes = make_recovery_codes()
    session.add_all(
        RecoveryCode(digest=digest_of(read_recovery_code(code) or ""), staff_id=member.id) for code in codes
    )
    return codes


def use_code(session: Session, member: StaffMember, keys: StaffKeys, code: str, now: datetime) -> bool:
    """Whether a code of the app, or a recovery code, is right; a right one is used up.

    The database decides between two who send the same code at once. A secret that an older key sealed is sealed
    again with the newest.
    """
    recovery = read_recovery_code(code)
    if recovery is not None:
        used = session.execute(
            delete(RecoveryCode)
            .where(RecoveryCode.digest == digest_of(recovery), RecoveryCode.staff_id == member.id)
            .returning(RecoveryCode.staff_id)
        ).first()
        return used is not None
    if member.totp_secret is None:
        return False
    sealed = member.totp_secret
    secret = unseal(keys, member.id, TOTP_COLUMN, sealed)
    step = find_step(secret, code, now, member.totp_last_step)
    if step is None:
        return False
    if not is_sealed_anew(keys, sealed):
        sealed = seal(keys, member.id, TOTP_COLUMN, secret)
    newer = session.execute(
        update(StaffMember)
        .where(StaffMember.id == member.id, StaffMember.totp_last_step < step)
        .values(totp_last_step=step, totp_secret=sealed)
        .returning(StaffMember.id)
    ).first()
    return newer is not None


def rotate_keys(session: Session, keys: StaffKeys) -> int:
    """Seal every authenticator secret again with the newest key; how many older keys had sealed. Raises BadKey."""
    changed = 0
    for member in session.scalars(
        select(StaffMember).where(StaffMember.totp_secret.is_not(None)).with_for_update()
    ):
        sealed = _sealed_anew(keys, member.id, TOTP_COLUMN, member.totp_secret)
        changed += sealed != member.totp_secret
        member.totp_secret = sealed
    # Those who are setting up their app at this moment.
    waiting = select(StaffSession).where(StaffSession.pending_secret.is_not(None)).with_for_update()
    for row in session.scalars(waiting):
        row.pending_secret = _sealed_anew(keys, row.staff_id, PENDING_COLUMN, row.pending_secret)
    return changed


def _sealed_anew(keys: StaffKeys, row: UUID, column: str, sealed: bytes | None) -> bytes | None:
    if sealed is None or is_sealed_anew(keys, sealed):
        return sealed
    return seal(keys, row, column, unseal(keys, row, column, sealed))


def change_roles(session: Session, member: StaffMember, roles: Sequence[str], space: str) -> None:
    """Give a person these roles and this space, and end their sessions. Raises InvalidInput."""
    space_id = _read_space(session, space)
    chosen = read_roles(roles, space_id)
    if Role.ADMINISTRATOR not in chosen:
        _check_not_last(session, member)
    member.role_rows = [row for row in member.role_rows if row.role in chosen]
    held = {row.role for row in member.role_rows}
    member.role_rows.extend(StaffRole(role=role) for role in sorted(chosen) if role not in held)
    member.community_space_id = space_id
    end_sessions_of(session, member.id)


def disable(session: Session, member: StaffMember) -> None:
    """Stop an account: its sessions and links end at once. Raises InvalidInput for the last administrator."""
    _check_not_last(session, member)
    member.status = "disabled"
    session.execute(delete(StaffLink).where(StaffLink.staff_id == member.id))
    end_sessions_of(session, member.id)


def enable(member: StaffMember) -> None:
    """Let a disabled account sign in again with what it had."""
    if member.status == "disabled":
        ready = member.email is None or member.totp_secret is not None
        member.status = "active" if ready else "invited"


def _check_not_last(session: Session, member: StaffMember) -> None:
    is_administrator = any(row.role == Role.ADMINISTRATOR for row in member.role_rows)
    if is_administrator and member.status == "active" and not has_other_administrator(session, member.id):
        raise InvalidInput("person", "This is the last administrator: make somebody else one first.")


def _read_space(session: Session, text: str) -> UUID | None:
    if not text:
        return None
    try:
        space = session.get(CommunitySpace, UUID(text))
    except ValueError:
        space = None
    if space is None:
        raise InvalidInput("community_space", "Choose a community space from the list.")
    return space.id


def _free_name(session: Session, name: str) -> str:
    tidy = read_name(name, "name")
    if session.scalar(select(CommunitySpace.id).where(CommunitySpace.name == tidy)) is not None:
        raise InvalidInput("name", "There is a community space with this name already.")
    return tidy
