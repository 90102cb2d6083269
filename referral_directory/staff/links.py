"""Links that work once: a 256-bit token in the link, its SHA-256 and its end in the database."""

import secrets
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from referral_directory.errors import NotFound
from referral_directory.staff.keys import digest_of
from referral_directory.staff.models import CommunitySpace, StaffLink, StaffMember, StaffRole
from referral_directory.staff.roles import Role

SET_UP, SIGN_IN = "set_up", "sign_in"
LASTS = {SET_UP: timedelta(days=7), SIGN_IN: timedelta(hours=1)}
MACHINE_NAME = "Administrator of this machine"
FIRST_SPACE = "Our community space"


def make_link(session: Session, staff_id: UUID, purpose: str, now: datetime) -> str:
    """Make a link's token; earlier links of the same person and purpose stop working."""
    session.execute(delete(StaffLink).where(StaffLink.staff_id == staff_id, StaffLink.purpose == purpose))
    token = secrets.token_urlsafe(32)
    session.add(
        StaffLink(
            digest=digest_of(token), staff_id=staff_id, purpose=purpose, expires_at=now + LASTS[purpose]
        )
    )
    return token


def find_link(session: Session, token: str, purpose: str, now: datetime) -> StaffMember | None:
    """Whose link this is, if it still works. Looking does not use it up: mail programs look at links too."""
    return session.scalar(
        select(StaffMember)
        .join(StaffLink, StaffLink.staff_id == StaffMember.id)
        .where(
            StaffLink.digest == digest_of(token),
            StaffLink.purpose == purpose,
            StaffLink.expires_at > now,
            StaffMember.status != "disabled",
        )
    )


def use_link(session: Session, token: str, purpose: str, now: datetime) -> StaffMember:
    """Use the link up; whose it was. Raises NotFound if it was used before, has ended or never was.

    The deletion decides between two who use it at once.
    """
    used = session.execute(
        delete(StaffLink)
        .where(StaffLink.digest == digest_of(token), StaffLink.purpose == purpose, StaffLink.expires_at > now)
        .returning(StaffLink.staff_id)
    ).scalar()
    member = session.get(StaffMember, used) if used else None
    if member is None or member.status == "disabled":
        raise NotFound("link")
    return member


def make_machine_link(session: Session, now: datetime) -> str:
    """The token of a link that signs in the account of whoever runs this machine.

    The account has no address and no password, and is made with the first link, with every role, so that one
    person can try everything; an administrator can take roles away or disable it. If no other administrator is
    left it comes back: whoever runs the machine holds the database anyway. Raises NotFound if it is disabled.
    """
    member = session.scalar(select(StaffMember).where(StaffMember.email.is_(None)))
    if member is None:
        member = _make_machine_account(session, now)
    elif member.status == "disabled":
        if has_other_administrator(session, member.id):
            raise NotFound("working account of this machine (an administrator disabled it), and so no link")
        member.status = "active"
    if not has_other_administrator(session, member.id) and Role.ADMINISTRATOR not in _roles(member):
        member.role_rows.append(StaffRole(role=Role.ADMINISTRATOR))
    session.flush()
    return make_link(session, member.id, SIGN_IN, now)


def has_other_administrator(session: Session, staff_id: UUID) -> bool:
    """Whether somebody else is an administrator who can sign in."""
    other = session.scalar(
        select(StaffMember.id)
        .join(StaffRole)
        .where(
            StaffRole.role == Role.ADMINISTRATOR, StaffMember.status == "active", StaffMember.id != staff_id
        )
        .limit(1)
    )
    return other is not None


def purge_links(session: Session, now: datetime) -> None:
    """Forget links that have ended."""
    session.execute(delete(StaffLink).where(StaffLink.expires_at <= now))


def _make_machine_account(session: Session, now: datetime) -> StaffMember:
    space = session.scalar(select(CommunitySpace).order_by(CommunitySpace.created_at).limit(1))
    if space is None:
        space = CommunitySpace(id=uuid4(), name=FIRST_SPACE, created_at=now)
        session.add(space)
    member = StaffMember(
        id=uuid4(),
        email=None,
        display_name=MACHINE_NAME,
        community_space=space,
        status="active",
        created_at=now,
        role_rows=[StaffRole(role=role) for role in Role],
    )
    session.add(member)
    return member


def _roles(member: StaffMember) -> set[str]:
    return {row.role for row in member.role_rows}
