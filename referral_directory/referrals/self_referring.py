"""A resident refers themselves: a link that works once leads from the chat to a form, and the form to a service.

Such a referral belongs to a community space of its own, whose staff follow what is declined or not answered. It was
started by an account that nobody can sign in to: the form.
"""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from referral_directory.errors import InvalidInput, NotFound
from referral_directory.field_encryption import FieldKeys
from referral_directory.life_cycle import Actor
from referral_directory.referrals import referring
from referral_directory.referrals.audit import Who
from referral_directory.referrals.handovers import Handed
from referral_directory.referrals.inboxes import Inbox, get_open_inbox
from referral_directory.referrals.models import Referral, SelfReferralLink
from referral_directory.staff.keys import digest_of
from referral_directory.staff.models import CommunitySpace, StaffMember, StaffRole
from referral_directory.staff.roles import Role

LASTS = timedelta(days=1)
SPACE = UUID("6f0d4a5e-0000-4000-8000-5e1f0000c0de")
FORM = UUID("6f0d4a5e-0000-4000-8000-5e1f0000f04a")
SPACE_NAME = "Residents who refer themselves"
RESIDENT, BY_FORM = Who(Actor.RESIDENT), Who(Actor.STAFF, FORM)


def make_self_link(session: Session, service_id: UUID, handed: Handed, now: datetime) -> tuple[str, datetime]:
    """The token of a link to the form for this service, and when it ends."""
    token, expires_at = secrets.token_urlsafe(32), now + LASTS
    session.add(
        SelfReferralLink(
            digest=digest_of(token),
            service_id=service_id,
            needs=" ".join(handed.needs),
            ward_code=handed.ward_code,
            language=handed.language,
            expires_at=expires_at,
        )
    )
    return token, expires_at


def get_self_link(session: Session, token: str, now: datetime, *, to_use: bool = False) -> SelfReferralLink:
    """The link of a token; `to_use` holds it until the transaction ends, so that two do not use it at once. Raises
    NotFound for one that never was, is used, or is too old.
    """
    link = session.get(SelfReferralLink, digest_of(token), with_for_update=to_use)
    if link is None or link.expires_at <= now:
        raise NotFound("link")
    return link


def make_space(session: Session, now: datetime) -> None:
    """Make the community space that these referrals belong to, if there is none yet."""
    if session.get(CommunitySpace, SPACE) is None:
        session.add(CommunitySpace(id=SPACE, name=SPACE_NAME, created_at=now))
        session.flush()


def find_space(session: Session) -> CommunitySpace | None:
    """The community space that these referrals belong to, once it is made."""
    return session.get(CommunitySpace, SPACE)


def is_followed(session: Session) -> bool:
    """Whether somebody follows these referrals: what is declined or not answered would come back to nobody else."""
    follower = (
        select(StaffMember.id)
        .join(StaffRole)
        .where(
            StaffMember.community_space_id == SPACE,
            StaffMember.status == "active",
            StaffRole.role == Role.STAFF,
        )
        .limit(1)
    )
    return session.scalar(follower) is not None


def check_can_refer(session: Session, link: SelfReferralLink, now: datetime) -> Inbox:
    """The inbox of the link's service, if it can be asked now. Raises InvalidInput."""
    if not is_followed(session):
        raise InvalidInput("", "You cannot ask online at the moment: please ring the service.")
    return get_open_inbox(session, link.service_id, now.date())


def self_consent_text(service: str, organisation: str, needs: Sequence[str]) -> str:
    """What a resident agrees to on the form. No name stands in it."""
    wanted = f" to help you with {', '.join(needs)}" if needs else " to help you"
    return (
        f"We ask {service}, run by {organisation},{wanted}. To do that we send them your name, how to get in touch "
        "with you safely, and what you write here. This can tell them about your money, your home or your health. "
        "They may use it only to help you with this. We delete your details 90 days after this ends, and after 12 "
        "months in any case. You can change your mind at any time, with the reference and the code that we show you "
        "next: they then no longer see your details here. "
        f"I agree that you send this to {service}."
    )


def refer_self(
    session: Session,
    keys: FieldKeys,
    link: SelfReferralLink,
    typed: Mapping[str, str],
    answers: Mapping[str, str],
    text: str,
    now: datetime,
) -> Referral:
    """Send what the resident typed, and use the link up. Raises InvalidInput."""
    inbox = check_can_refer(session, link, now)
    if not link.needs:
        raise InvalidInput("", "Go back to the chat and say what you need first.")
    _have_form(session, now)
    referral = referring.start_referral(
        session, keys, BY_FORM, SPACE, link.needs.split(), link.ward_code, now
    )
    referral.language = link.language
    referring.choose_service(session, keys, referral, BY_FORM, inbox, now)
    referring.answer_questions(session, keys, referral, BY_FORM, answers, now)
    referring.keep_consent(session, keys, referral, BY_FORM, text, "read_alone", now)
    referring.keep_details(session, keys, referral, BY_FORM, typed, now)
    referring.send_referral(session, keys, referral, BY_FORM, now)
    session.delete(link)
    return referral


def purge_self_links(session: Session, now: datetime) -> None:
    """Forget links that are over."""
    session.execute(delete(SelfReferralLink).where(SelfReferralLink.expires_at <= now))


def _have_form(session: Session, now: datetime) -> None:
    make_space(session, now)
    if session.get(StaffMember, FORM) is None:
        session.add(
            StaffMember(
                id=FORM,
                # RFC 2606: an address that can never exist.
                email="self-referral-form@signpost.invalid",
                display_name="The self-referral form",
                community_space_id=SPACE,
                status="disabled",
                created_at=now,
            )
        )
        session.flush()
