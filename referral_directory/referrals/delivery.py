"""Delivering an outbox: what is due is sent, each mail at least once, and what fails is tried again, ever later.

Each try is claimed for two minutes, so that a worker that dies leaves the mail to the next one. A mail keeps one
id, which is its Message-ID: mail servers and people can tell a repeat.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from referral_directory.clock import Clock
from referral_directory.database import Database, transaction
from referral_directory.errors import BadKey, NotDelivered
from referral_directory.field_encryption import FieldKeys, Place, key_id_of, seal, unseal
from referral_directory.referrals.models import Mail

CLAIM = timedelta(minutes=2)
LONGEST_DELAY = timedelta(hours=1)
# With these delays about seven hours: longer than a mail server is usually away, short enough to ring instead.
MOST_TRIES = 12


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail to be sent: to whom, of which kind, about which service, with which link's token or code."""

    id: UUID
    address: str
    kind: str
    service: str
    reference: str
    secret: str


Sender = Callable[[Letter], None]


def secret_place(table: type[Mail], identity: UUID) -> Place:
    """Where a mail's secret stands, to which it is bound."""
    return Place(str(inspect(table).local_table), "secret", identity)


def read_secret(keys: FieldKeys, row: Mail) -> str:
    """A mail's secret, "" if it has none. Raises BadKey."""
    return unseal(keys, secret_place(type(row), row.id), row.secret) if row.secret else ""


def list_secrets(session: Session, table: type[Mail]) -> list[tuple[Place, bytes]]:
    """The sealed secrets of mails that are not out, and where they stand."""
    rows = session.execute(select(table.id, table.secret).where(table.secret.is_not(None)))
    return [(secret_place(table, identity), secret) for identity, secret in rows if secret is not None]


def rotate_secrets(session: Session, table: type[Mail], keys: FieldKeys) -> None:
    """Seal what stands in an outbox again with the newest key. Raises BadKey."""
    for row in session.scalars(select(table).where(table.secret.is_not(None))):
        if row.secret and key_id_of(row.secret) != keys.newest:
            row.secret = seal(keys, secret_place(table, row.id), read_secret(keys, row))


def deliver[Row: Mail](
    database: Database,
    table: type[Row],
    read_letter: Callable[[Session, Row], Letter],
    send: Sender,
    clock: Clock,
) -> tuple[int, int]:
    """Send everything in an outbox that is due now; how many mails went out, and how many did not."""
    delivered = failed = 0
    while (claimed := _claim(database, table, read_letter, clock())) is not None:
        identity, letter = claimed
        try:
            if isinstance(letter, BadKey):
                raise NotDelivered(str(letter)) from letter
            send(letter)
        except NotDelivered as error:
            _settle(database, table, identity, clock(), str(error))
            failed += 1
        else:
            _settle(database, table, identity, clock())
            delivered += 1
    return delivered, failed


def delay_after(tries: int) -> timedelta:
    """How long to wait after the `tries`-th failure: a minute, doubling, up to an hour."""
    return min(LONGEST_DELAY, timedelta(minutes=1 << min(tries - 1, 10)))


def _claim[Row: Mail](
    database: Database, table: type[Row], read_letter: Callable[[Session, Row], Letter], now: datetime
) -> tuple[UUID, Letter | BadKey] | None:
    """The next mail, or why its secret does not open: one that does not must not keep the others waiting."""
    with transaction(database) as session:
        row = session.scalar(
            select(table)
            .where(table.next_try_at <= now)
            .order_by(table.next_try_at, table.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if row is None:
            return None
        row.tries, row.next_try_at = row.tries + 1, now + CLAIM
        try:
            return row.id, read_letter(session, row)
        except BadKey as error:
            return row.id, error


def _settle(
    database: Database, table: type[Mail], identity: UUID, now: datetime, fault: str | None = None
) -> None:
    """Write down how a try ended: without a fault, the mail is out."""
    with transaction(database) as session:
        row = session.get(table, identity)
        if row is None:
            return  # Taken back while it was on its way.
        row.fault = (fault or "")[:80]
        if fault is None:
            row.delivered_at, row.next_try_at, row.secret = now, None, None
        elif row.tries < MOST_TRIES:
            row.next_try_at = now + delay_after(row.tries)
        else:
            row.failed_at, row.next_try_at = now, None
            if not table.is_tried_again:
                row.secret = None
