"""Where services get referrals, whether they have room, and their own pace."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from referral_directory.catalogue.models import Service
from referral_directory.life_cycle import Pace, Status, pace_of
from referral_directory.referrals.models import Referral, ReferralInbox


@dataclass(frozen=True, slots=True)
class Inbox:
    """A service that takes referrals by mail."""

    service_id: UUID
    service: str
    organisation: str
    address: str
    full_until: date | None


def list_inboxes(session: Session, today: date) -> dict[UUID, Inbox]:
    """Every public service that takes referrals, has an address for them, and has room."""
    rows = session.execute(
        select(Service, ReferralInbox)
        .outerjoin(ReferralInbox, ReferralInbox.service_id == Service.id)
        .where(Service.referral_possible, Service.published, Service.status == "active")
    )
    listed = (_inbox(service, own) for service, own in rows)
    return {
        inbox.service_id: inbox
        for inbox in listed
        if inbox.address and (inbox.full_until is None or inbox.full_until < today)
    }


def find_inbox(session: Session, service_id: UUID | None) -> Inbox | None:
    """The inbox of a service, full or not; None if it takes no referrals or has no address."""
    service = session.get(Service, service_id) if service_id else None
    if service is None or not service.referral_possible:
        return None
    inbox = _inbox(service, session.get(ReferralInbox, service.id))
    return inbox if inbox.address else None


def set_full_until(session: Session, service_id: UUID, until: date | None) -> None:
    """Say that a service has no room up to and including this day; None: it has room."""
    row = session.get(ReferralInbox, service_id)
    if row is None:
        row = ReferralInbox(service_id=service_id)
        session.add(row)
    row.full_until = until


def pace_for(session: Session, referral: Referral) -> Pace | None:
    """How long this referral may wait now."""
    own = session.get(ReferralInbox, referral.service_id) if referral.service_id else None
    status = Status(referral.status)
    return pace_of(status, own.chase_days, own.escalate_days) if own else pace_of(status)


def _inbox(service: Service, own: ReferralInbox | None) -> Inbox:
    address = (own.address if own else "") or service.email
    return Inbox(
        service.id, service.name, service.organization.name, address, own.full_until if own else None
    )
