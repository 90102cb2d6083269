"""The outbox: mail is a row in the transaction of what it tells, and is sent afterwards, at least once (delivery.py).

A mail names no person: it says that there is something, and where.
"""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from functools import partial
from uuid import uuid4

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from referral_directory.clock import Clock
from referral_directory.database import Database
from referral_directory.field_encryption import FieldKeys, seal
from referral_directory.referrals.delivery import Letter, Sender, deliver, read_secret, secret_place
from referral_directory.referrals.models import Referral, ReferralLink, ReferralMail
from referral_directory.staff.keys import digest_of

NEW, CHASE, ANSWER, WITHDRAWN, CODE = "new", "chase", "answer", "withdrawn", "code"
PAGE, PAGE_CODE, NOTE = "page", "page_code", "note"
ABOUT_A_LINK = (NEW, CHASE, ANSWER, NOTE)
# Long enough for the status page to tell of mail that was given up; the provider asks for another link meanwhile.
PAGE_MAIL_LASTS = timedelta(days=1)


def post_link(
    session: Session, keys: FieldKeys, referral: Referral, kind: str, address: str, now: datetime
) -> None:
    """Put a mail with a fresh link to this referral into the outbox."""
    post(session, keys, referral, kind, address, make_link(session, referral, address), now)


def make_link(session: Session, referral: Referral, address: str) -> str:
    """The token of a fresh link to this referral, for whoever reads this address."""
    token = secrets.token_urlsafe(32)
    session.add(ReferralLink(digest=digest_of(token), referral_id=referral.id, address=address))
    return token


def post(
    session: Session,
    keys: FieldKeys,
    referral: Referral | None,
    kind: str,
    address: str,
    secret: str,
    now: datetime,
) -> None:
    """Put a mail into the outbox; without a referral it is about a provider's page."""
    identity = uuid4()
    session.add(
        ReferralMail(
            id=identity,
            referral_id=referral.id if referral is not None else None,
            kind=kind,
            address=address,
            secret=seal(keys, secret_place(ReferralMail, identity), secret) if secret else None,
            created_at=now,
            next_try_at=now,
        )
    )


def take_back(session: Session, referral: Referral, but: Collection[str] = ()) -> list[str]:
    """Remove what is not delivered, but for mails of these kinds, and let links to the referral stop working; the
    addresses where a mail about it may have arrived since they were last told that it is withdrawn.
    """
    session.flush()
    of_this = ReferralMail.referral_id == referral.id
    mailed: dict[str, datetime] = {}
    told: dict[str, datetime] = {}
    for mail in list_mails(session, referral):
        if mail.kind != WITHDRAWN and mail.tries > 0:
            mailed[mail.address] = mail.created_at
        elif mail.kind == WITHDRAWN and mail.delivered_at is not None:
            told[mail.address] = mail.created_at
    session.execute(
        delete(ReferralMail).where(
            of_this, ReferralMail.delivered_at.is_(None), ReferralMail.kind.not_in(but)
        )
    )
    session.execute(delete(ReferralLink).where(ReferralLink.referral_id == referral.id))
    return [address for address, at in mailed.items() if address not in told or told[address] <= at]


def shut_out_others(session: Session, referral: Referral, address: str) -> set[str]:
    """Let every link to the referral that went to another address stop working, and remove the mails that still wait
    to go there; the addresses, in lower case, whose links these were. That it was withdrawn is still told: it names
    nobody, and may be for a service that was asked before.
    """
    session.flush()
    elsewhere = (ReferralLink.referral_id == referral.id, func.lower(ReferralLink.address) != address.lower())
    shut = {held.lower() for held in session.scalars(select(ReferralLink.address).where(*elsewhere))}
    session.execute(delete(ReferralLink).where(*elsewhere))
    session.execute(
        delete(ReferralMail).where(
            ReferralMail.referral_id == referral.id,
            ReferralMail.delivered_at.is_(None),
            ReferralMail.kind != WITHDRAWN,
            func.lower(ReferralMail.address) != address.lower(),
        )
    )
    return shut


def tell_service(session: Session, keys: FieldKeys, referral: Referral, address: str, now: datetime) -> None:
    """Mail that there is something to read, unless a mail that leads to the same page waits to go out."""
    session.flush()
    waiting = select(ReferralMail.id).where(
        ReferralMail.referral_id == referral.id,
        ReferralMail.kind.in_((NEW, ANSWER, NOTE)),
        ReferralMail.next_try_at.is_not(None),
    )
    if session.scalar(waiting.limit(1)) is None:
        post_link(session, keys, referral, NOTE, address, now)


def deliver_due(database: Database, keys: FieldKeys, send: Sender, clock: Clock) -> tuple[int, int]:
    """Send everything that is due now; how many mails went out, and how many did not."""
    return deliver(database, ReferralMail, partial(_read_letter, keys), send, clock)


def try_again(session: Session, referral: Referral, now: datetime) -> None:
    """Try mails that were given up once more, from the start."""
    for row in session.scalars(
        select(ReferralMail).where(
            ReferralMail.referral_id == referral.id, ReferralMail.failed_at.is_not(None)
        )
    ):
        row.failed_at, row.tries, row.next_try_at = None, 0, now


def purge_page_mails(session: Session, now: datetime) -> None:
    """Forget mails about a provider's page a day after they went out or were given up: nobody sees them or tries
    them again, while those about a referral stay with it.
    """
    over = now - PAGE_MAIL_LASTS
    session.execute(
        delete(ReferralMail).where(
            ReferralMail.referral_id.is_(None),
            or_(ReferralMail.delivered_at <= over, ReferralMail.failed_at <= over),
        )
    )


def list_mails(session: Session, referral: Referral) -> list[ReferralMail]:
    """The mails about a referral, the oldest first."""
    rows = session.scalars(
        select(ReferralMail)
        .where(ReferralMail.referral_id == referral.id)
        .order_by(ReferralMail.created_at, ReferralMail.id)
    )
    return list(rows)


def _read_letter(keys: FieldKeys, session: Session, row: ReferralMail) -> Letter:
    secret = read_secret(keys, row)
    if row.referral_id is None:
        return Letter(row.id, row.address, row.kind, "", "", secret)
    referral = session.get_one(Referral, row.referral_id)
    return Letter(row.id, row.address, row.kind, referral.service_name, referral.reference, secret)
