"""Services keep their own record true: a link by mail, no account. The mail goes through an outbox of its own.

A link shows what everybody sees and changes when a service is full or closed, and that it is right; words go to
the curators. So it needs no code beside it, as a referral does. Looking at it changes nothing: programs that open
links in mails do no harm.
"""

import secrets
from datetime import datetime, timedelta
from functools import partial
from uuid import uuid4

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from referral_directory.catalogue.models import Service
from referral_directory.clock import Clock
from referral_directory.database import Database
from referral_directory.errors import NotFound, NotPossible
from referral_directory.field_encryption import FieldKeys, seal
from referral_directory.referrals.delivery import Letter, Sender, deliver, read_secret, secret_place
from referral_directory.referrals.sending import RECORD
from referral_directory.staff.keys import digest_of
from referral_directory.truth.models import ServiceLink, ServiceMail
from referral_directory.truth.queue import list_waiting

LINK_LASTS = timedelta(days=90)
# A service is asked by itself once in this time at most.
NOT_AGAIN_FOR = timedelta(days=30)


def post_link(session: Session, keys: FieldKeys, service: Service, now: datetime) -> str:
    """Put a mail with a fresh link to a record into the outbox; the link's token. Raises NotPossible."""
    if not service.email:
        raise NotPossible("The record has no e-mail address: ring instead.")
    token, identity = secrets.token_urlsafe(32), uuid4()
    session.add(
        ServiceLink(digest=digest_of(token), service_id=service.id, made_at=now, expires_at=now + LINK_LASTS)
    )
    session.add(
        ServiceMail(
            id=identity,
            service_id=service.id,
            address=service.email,
            secret=seal(keys, secret_place(ServiceMail, identity), token),
            created_at=now,
            next_try_at=now,
        )
    )
    return token


def ask_due(session: Session, keys: FieldKeys, now: datetime) -> int:
    """Ask every service whose record is due, and that was not asked lately; how many were."""
    lately = set(
        session.scalars(select(ServiceMail.service_id).where(ServiceMail.created_at > now - NOT_AGAIN_FOR))
    )
    asked = 0
    for one in list_waiting(session, now.date(), kind="due"):
        service = session.get_one(Service, one.id)
        if service.email and service.id not in lately:
            post_link(session, keys, service, now)
            asked += 1
    return asked


def get_linked(session: Session, token: str, now: datetime) -> Service:
    """The record that a link opens. Raises NotFound for one that is unknown or too old."""
    query = select(ServiceLink).where(ServiceLink.digest == digest_of(token), ServiceLink.expires_at > now)
    link = session.scalar(query)
    if link is None:
        raise NotFound("link")
    return session.get_one(Service, link.service_id)


def purge_links(session: Session, now: datetime) -> None:
    """Forget links that open nothing any more."""
    session.execute(delete(ServiceLink).where(ServiceLink.expires_at <= now))


def deliver_due(database: Database, keys: FieldKeys, send: Sender, clock: Clock) -> tuple[int, int]:
    """Send what is due now; how many mails went out, and how many did not."""
    return deliver(database, ServiceMail, partial(_read_letter, keys), send, clock)


def _read_letter(keys: FieldKeys, session: Session, row: ServiceMail) -> Letter:
    service = session.get_one(Service, row.service_id)
    return Letter(row.id, row.address, RECORD, service.name, "", read_secret(keys, row))
