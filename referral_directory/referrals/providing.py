"""What a provider does, without an account: a link, a one-time code sent to the registered address, an answer."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from referral_directory.errors import InvalidInput, NotFound, NotPossible
from referral_directory.field_encryption import FieldKeys, keyed_hash
from referral_directory.life_cycle import (
    PROVIDER_SEES,
    Action,
    Actor,
    Reason,
    Status,
    next_status,
    possible_actions,
)
from referral_directory.referrals.audit import Who, find_last, record_change
from referral_directory.referrals.inboxes import find_inbox, has_inbox_at, set_full_until, take_full_back
from referral_directory.referrals.models import (
    OpenedByCode,
    ProviderLink,
    Referral,
    ReferralLink,
    ReferralVisit,
)
from referral_directory.referrals.outbox import CODE, PAGE, PAGE_CODE, make_link, post
from referral_directory.referrals.records import Note, add_note
from referral_directory.referrals.referring import enter
from referral_directory.staff.keys import digest_of

CODE_LASTS = timedelta(minutes=15)
CODE_AGAIN_AFTER = timedelta(minutes=1)
CODE_TRIES = 5
VISIT_LASTS = timedelta(hours=1)
LINK_AGAIN_AFTER = timedelta(minutes=1)
PROVIDER = Who(Actor.PROVIDER)


@dataclass(frozen=True, slots=True)
class Declining:
    """Why a provider declines, which service it suggests instead, and until when it has no room."""

    reason: str
    suggested: UUID | None = None
    full_until: date | None = None


def get_linked(session: Session, token: str) -> tuple[ReferralLink, Referral]:
    """The link of a token and its referral, held until the transaction ends. Raises NotFound for a link that
    never was, and for one whose referral is no longer the provider's to see.
    """
    link = session.get(ReferralLink, digest_of(token))
    referral = link and session.scalar(
        select(Referral)
        .where(Referral.id == link.referral_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if not link or not referral or referral.status not in PROVIDER_SEES or referral.erased_at is not None:
        raise NotFound("link")
    return link, referral


def get_page_link(session: Session, token: str) -> ProviderLink:
    """The link to a provider's page with all its referrals. Raises NotFound."""
    link = session.get(ProviderLink, digest_of(token))
    if link is None:
        raise NotFound("link")
    return link


def send_page_link(session: Session, keys: FieldKeys, address: str, now: datetime) -> None:
    """Mail a link to the page with all referrals of an address, if referrals go there; at most one a minute. It
    takes the place of the one before.
    """
    if not has_inbox_at(session, address):
        return
    earlier = session.scalars(select(ProviderLink).where(ProviderLink.address == address)).all()
    if any(link.made_at > now - LINK_AGAIN_AFTER for link in earlier):
        return
    for link in earlier:
        session.delete(link)
    token = secrets.token_urlsafe(32)
    session.add(ProviderLink(digest=digest_of(token), address=address, made_at=now))
    post(session, keys, None, PAGE, address, token, now)


def list_sent_to(session: Session, address: str) -> list[Referral]:
    """The referrals that a provider at this address may see, the longest waiting first."""
    sent = select(ReferralLink.referral_id).where(func.lower(ReferralLink.address) == address.lower())
    rows = session.scalars(
        select(Referral)
        .where(Referral.id.in_(sent), Referral.status.in_([*PROVIDER_SEES]), Referral.erased_at.is_(None))
        .order_by(Referral.news_at, Referral.reference)
    )
    return list(rows)


def make_link_for(session: Session, address: str, identity: UUID) -> str:
    """The token of a fresh link to a referral that was sent to this address. Raises NotFound."""
    referral = next((one for one in list_sent_to(session, address) if one.id == identity), None)
    if referral is None:
        raise NotFound("referral")
    return make_link(session, referral, address)


def send_code(
    session: Session, keys: FieldKeys, link: OpenedByCode, referral: Referral | None, now: datetime
) -> None:
    """Mail a new code to the link's address; at most one a minute, so that nobody's inbox is flooded."""
    if link.code_expires_at is not None and link.code_expires_at > now + CODE_LASTS - CODE_AGAIN_AFTER:
        return
    code = f"{secrets.randbelow(10**6):06d}"
    link.code_digest, link.code_expires_at, link.code_tries = _digest(keys, link, code), now + CODE_LASTS, 0
    kind = CODE if referral is not None else PAGE_CODE
    post(session, keys, referral, kind, link.address, code, now)


def use_code(session: Session, keys: FieldKeys, link: OpenedByCode, code: str, now: datetime) -> str | None:
    """A session's token if this is the code, which is then used up; None if not. A code stands five tries."""
    typed = "".join(code.split())
    if link.code_digest is None or link.code_expires_at is None or link.code_expires_at <= now:
        return None
    link.code_tries += 1
    fits = hmac.compare_digest(link.code_digest, _digest(keys, link, typed))
    if fits or link.code_tries >= CODE_TRIES:
        link.code_digest = None
    if not fits:
        return None
    token = secrets.token_urlsafe(32)
    visit = ReferralVisit(digest=digest_of(token), address=link.address.lower(), expires_at=now + VISIT_LASTS)
    session.add(visit)
    return token


def is_visiting(session: Session, token: str, link: OpenedByCode, now: datetime) -> bool:
    """Whether this session may see what the link leads to: its code went to the address that the link went to."""
    visit = session.get(ReferralVisit, digest_of(token)) if token else None
    return visit is not None and visit.address == link.address.lower() and visit.expires_at > now


def open_referral(session: Session, keys: FieldKeys, referral: Referral, now: datetime) -> None:
    """The provider looks for the first time."""
    if referral.status == Status.SENT:
        enter(referral, next_status(Status.SENT, Action.OPEN, Actor.PROVIDER), now)
        record_change(session, keys, referral, PROVIDER, Action.OPEN, now)


def act(session: Session, keys: FieldKeys, referral: Referral, action: Action, now: datetime) -> None:
    """Accept, begin, or take back an answer. Raises NotPossible."""
    if action == Action.UNDO and _was_closed_unanswered(referral):
        raise NotPossible("The community space closed this referral: it can take it up again.")
    enter(referral, next_status(Status(referral.status), action, Actor.PROVIDER), now)
    if action == Action.UNDO:
        declined_at = find_last(session, referral, Action.DECLINE)
        if referral.reason == Reason.FULL and referral.service_id is not None and declined_at is not None:
            take_full_back(session, referral.service_id, declined_at, now)
        referral.reason = referral.outcome = referral.suggested_service_id = None
    record_change(session, keys, referral, PROVIDER, action, now)


def list_actions(referral: Referral) -> list[Action]:
    """What the provider can do with it now. What staff closed before the service answered is no answer of the
    service's to take back.
    """
    actions = possible_actions(Status(referral.status), Actor.PROVIDER)
    barred = {Action.UNDO} if _was_closed_unanswered(referral) else set()
    return [action for action in actions if action not in barred]


def decline(
    session: Session,
    keys: FieldKeys,
    referral: Referral,
    answer: Declining,
    now: datetime,
) -> None:
    """Decline with a reason; perhaps suggest another service, or say until when there is no room. Raises
    InvalidInput and NotPossible.
    """
    if answer.reason not in [*Reason]:
        raise InvalidInput("reason", "Choose a reason.")
    if answer.suggested is not None and find_inbox(session, answer.suggested) is None:
        raise InvalidInput("suggested", "Choose from the services on the page.")
    after = next_status(Status(referral.status), Action.DECLINE, Actor.PROVIDER)
    enter(referral, after, now)
    referral.reason, referral.suggested_service_id = answer.reason, answer.suggested
    if answer.reason == Reason.FULL and answer.full_until is not None and referral.service_id is not None:
        set_full_until(session, referral.service_id, answer.full_until, now)
    record_change(session, keys, referral, PROVIDER, Action.DECLINE, now)


def ask(session: Session, keys: FieldKeys, referral: Referral, text: str, now: datetime) -> None:
    """Ask the sender something; until it is answered the sender is the one who is waited for. Raises
    InvalidInput.
    """
    add_note(session, keys, referral, Note("provider", "question", shared=True, written_at=now, text=text))
    referral.question_open, referral.news_at, referral.stage, referral.reminded_at = True, now, 0, None
    record_change(session, keys, referral, PROVIDER, "asked", now)


def purge_visits(session: Session, now: datetime) -> None:
    """Forget sessions that are over."""
    session.execute(delete(ReferralVisit).where(ReferralVisit.expires_at <= now))


def _was_closed_unanswered(referral: Referral) -> bool:
    return referral.status == Status.COMPLETED and referral.ended_from in (Status.SENT, Status.OPENED)


def _digest(keys: FieldKeys, link: OpenedByCode, code: str) -> bytes:
    return keyed_hash(keys, keys.newest, "provider code", link.digest + code.encode())
