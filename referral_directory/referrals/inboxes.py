"""Where services get referrals, whether they have room, and their own pace.

That a service is full stands in the catalogue (catalogue/notices.py), so that referrals, search and cards say the same.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session, joinedload

from referral_directory.catalogue.models import Service
from referral_directory.catalogue.notices import CURATOR, FULL, SERVICE, end_notice, list_notices, say_full
from referral_directory.clock import day_text, in_leeds
from referral_directory.errors import InvalidInput, NotFound
from referral_directory.field_encryption import FieldKeys
from referral_directory.life_cycle import PROVIDER_SEES, WITH_PROVIDER, Pace, Status, pace_of
from referral_directory.referrals.audit import Who, record_change
from referral_directory.referrals.models import Referral, ReferralInbox, ReferralLink, ReferralVisit
from referral_directory.referrals.outbox import NEW, post_link, shut_out_others


@dataclass(frozen=True, slots=True)
class Inbox:
    """A service that takes referrals by mail."""

    service_id: UUID
    service: str
    organisation: str
    address: str


def list_inboxes(session: Session, today: date) -> dict[UUID, Inbox]:
    """Every public service that takes referrals, has an address for them, and has room."""
    full = list_full(session, today)
    listed = (_inbox(service, own) for service, own in _list_services(session))
    return {inbox.service_id: inbox for inbox in listed if inbox.address and inbox.service_id not in full}


def find_inbox(session: Session, service_id: UUID | None) -> Inbox | None:
    """The inbox of a service, full or not; None if it takes no referrals or has no address."""
    service = session.get(Service, service_id) if service_id else None
    if service is None or not service.referral_possible:
        return None
    inbox = _inbox(service, session.get(ReferralInbox, service.id))
    return inbox if inbox.address else None


def get_open_inbox(session: Session, service_id: UUID | None, today: date) -> Inbox:
    """The inbox of a service that can be asked today. Raises InvalidInput for one that takes no referrals, is not in
    the directory any more, or is full.
    """
    service = session.get(Service, service_id) if service_id else None
    inbox = find_inbox(session, service_id)
    if service is None or inbox is None:
        raise InvalidInput("", "Choose a service that takes referrals.")
    if not service.published or service.status != "active":
        raise InvalidInput("", f"{service.name} is not in the directory any more: ask another service.")
    if until := list_full(session, today).get(service.id):
        raise InvalidInput(
            "", f"{service.name} is full up to and including {day_text(until)}: ask another service."
        )
    return inbox


@dataclass(frozen=True, slots=True)
class InboxChange:
    """What a provider manager says of a service; "" and None mean: as its record, or as everybody."""

    address: str
    full_until: date | None
    chase_days: int | None
    escalate_days: int | None


def list_all_inboxes(session: Session, today: date) -> list[dict[str, object]]:
    """Every public service that takes referrals, by name, with its address or without one."""
    full = list_full(session, today)
    return [
        {
            "id": str(service.id),
            "name": service.name,
            "organisation": service.organization.name,
            "published": service.email,
            "address": own.address if own else "",
            "full_until": full[service.id].isoformat() if service.id in full else "",
            "chase_days": (own.chase_days if own else None) or "",
            "escalate_days": (own.escalate_days if own else None) or "",
        }
        for service, own in _list_services(session)
    ]


def save_inbox(
    session: Session, keys: FieldKeys, service_id: UUID, change: InboxChange, who: Who, now: datetime
) -> None:
    """Keep what a provider manager says. The service's referrals follow it to another address: whoever reads the old
    one sees them no more. Raises NotFound for a service that takes no referrals, and InvalidInput.
    """
    service = session.get(Service, service_id)
    if service is None or not service.referral_possible:
        raise NotFound("service")
    row = session.get(ReferralInbox, service_id) or ReferralInbox(service_id=service_id)
    before = _inbox(service, row).address
    row.address = change.address
    row.chase_days, row.escalate_days = change.chase_days, change.escalate_days
    session.add(row)
    after = _inbox(service, row).address
    if after.lower() != before.lower():
        _move_referrals(session, keys, service_id, before, after, who, now)
    if change.full_until != list_full(session, now.date()).get(service_id):
        say_full(session, service_id, change.full_until, CURATOR, now)


def set_full_until(session: Session, service_id: UUID, until: date, now: datetime) -> None:
    """The service itself says that it has no room up to and including this day. Raises InvalidInput."""
    say_full(session, service_id, until, SERVICE, now)


def take_full_back(session: Session, service_id: UUID, said_at: datetime, now: datetime) -> None:
    """The service takes back what it said of having no room at that moment, and nothing that it said at another."""
    for notice in list_notices(session, now.date(), service_id):
        by_service = notice.kind == FULL and notice.said_by == SERVICE
        if by_service and in_leeds(notice.said_at) == in_leeds(said_at):
            end_notice(session, notice, now)


def has_inbox_at(session: Session, address: str) -> bool:
    """Whether any service gets referrals at this address, or got one there."""
    if any(_inbox(service, own).address.lower() == address for service, own in _list_services(session)):
        return True
    sent = select(ReferralLink.digest).where(func.lower(ReferralLink.address) == address).limit(1)
    return session.scalar(sent) is not None


def list_full(session: Session, today: date) -> dict[UUID, date]:
    """Services that say that they have no room today, and until when (that day included)."""
    notices = list_notices(session, today)
    return {
        notice.service_id: notice.last_day
        for notice in notices
        if notice.kind == FULL and notice.first_day <= today
    }


def pace_for(session: Session, referral: Referral) -> Pace | None:
    """How long this referral may wait now."""
    own = session.get(ReferralInbox, referral.service_id) if referral.service_id else None
    status = Status(referral.status)
    return pace_of(status, own.chase_days, own.escalate_days) if own else pace_of(status)


def _move_referrals(
    session: Session, keys: FieldKeys, service_id: UUID, before: str, after: str, who: Who, now: datetime
) -> None:
    """Take the service's referrals away from its old address, and mail what it still holds to the new one, if there
    is one. Another service at the old address keeps its own, and types a code once more.
    """
    shut = {before.lower()}
    # Held, so that nobody at the old address enters while the door is being shut.
    rows = session.scalars(
        select(Referral)
        .where(
            Referral.service_id == service_id,
            Referral.status.in_([*PROVIDER_SEES]),
            Referral.erased_at.is_(None),
        )
        .order_by(Referral.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    for referral in rows.all():
        shut |= shut_out_others(session, referral, after)
        if referral.status in WITH_PROVIDER and after:
            post_link(session, keys, referral, NEW, after, now)
            record_change(session, keys, referral, who, "address_changed", now)
    session.execute(delete(ReferralVisit).where(ReferralVisit.address.in_(shut)))


def _list_services(session: Session) -> list[tuple[Service, ReferralInbox | None]]:
    """Public services that take referrals, by name, each with what a provider manager said of it."""
    rows = session.execute(
        select(Service, ReferralInbox)
        .options(joinedload(Service.organization))
        .outerjoin(ReferralInbox, ReferralInbox.service_id == Service.id)
        .where(Service.referral_possible, Service.published, Service.status == "active")
        .order_by(Service.name, Service.id)
    )
    return [(service, own) for service, own in rows]


def _inbox(service: Service, own: ReferralInbox | None) -> Inbox:
    address = (own.address if own else "") or service.email
    return Inbox(service.id, service.name, service.organization.name, address)
