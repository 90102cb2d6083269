"""Attempts to sign in, counted in the database under keyed hashes that vanish after a day.

An attempt is counted as failed before it is looked at and forgiven when it was right, so that many attempts at
the same moment count as many.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from referral_directory.database import insert_into
from referral_directory.errors import TooManyAttempts
from referral_directory.staff.keys import StaffKeys, keyed_digest
from referral_directory.staff.lockout import (
    FORGOTTEN_AFTER,
    FROM_ANYWHERE,
    FROM_ONE_NETWORK,
    SECOND_STEP,
    Failures,
    Rule,
    after_failure,
    after_success,
    coarse_network,
    seconds_left,
)
from referral_directory.staff.models import SignInFailures

# The database's rule decides; these only keep one process from doing a robot's work. There is none for everybody: a
# robot that invents addresses would shut the door for all with it.
EACH_A_MINUTE = RateLimitItemPerMinute(30)
NETWORK_A_MINUTE = RateLimitItemPerMinute(300)


@dataclass(frozen=True, slots=True)
class Guard:
    """One count to ask before an attempt."""

    digest: bytes
    rule: Rule


def make_limiter() -> MovingWindowRateLimiter:
    """A limiter of this process."""
    return MovingWindowRateLimiter(MemoryStorage())


def check_rate(
    limiter: MovingWindowRateLimiter, guards: Sequence[Guard], door: str, internet_address: str
) -> None:
    """Raises TooManyAttempts if this process gets more attempts in a minute than people make: at what the first
    guard guards, or at this door from one network.
    """
    network = coarse_network(internet_address)
    if not limiter.hit(EACH_A_MINUTE, guards[0].digest.hex()) or not limiter.hit(
        NETWORK_A_MINUTE, door, network
    ):
        raise TooManyAttempts(60)


def password_guards(keys: StaffKeys, email: str, address: str) -> list[Guard]:
    """The counts that guard a password: of the account from this network (first), and from anywhere.

    An address that has no account is guarded in the same way.
    """
    network = coarse_network(address)
    return [
        Guard(keyed_digest(keys, "account and network", f"{email} {network}"), FROM_ONE_NETWORK),
        Guard(keyed_digest(keys, "account", email), FROM_ANYWHERE),
    ]


def reference_guards(keys: StaffKeys, reference: str, address: str) -> list[Guard]:
    """The counts that guard a resident's code: of the reference from this network (first), and from anywhere.

    References stand in mails: whoever knows one must not keep the resident out with wrong codes.
    """
    network = coarse_network(address)
    return [
        Guard(keyed_digest(keys, "status code and network", f"{reference} {network}"), SECOND_STEP),
        Guard(keyed_digest(keys, "status code", reference), FROM_ANYWHERE),
    ]


def code_guards(keys: StaffKeys, staff_id: UUID) -> list[Guard]:
    """The count that guards the second step."""
    return [Guard(keyed_digest(keys, "second step", str(staff_id)), SECOND_STEP)]


def claim_attempt(session: Session, guards: Sequence[Guard], now: datetime) -> None:
    """Count an attempt as failed, before it is looked at. Raises TooManyAttempts, and counts nothing, if it
    comes too early.
    """
    rows = [_locked(session, guard.digest, now) for guard in guards]
    # The first count may vouch for the others: see staff/lockout.py.
    asked = 1 if rows[0].trusted and _of(rows[0]).last_at > now - FORGOTTEN_AFTER else len(guards)
    pairs = list(zip(rows, guards, strict=True))
    wait = max(seconds_left(_of(row), guard.rule, now) for row, guard in pairs[:asked])
    if wait:
        raise TooManyAttempts(wait)
    for row, _ in pairs[:asked]:
        _keep(row, after_failure(_of(row), now))


def forgive_attempt(session: Session, guards: Sequence[Guard], now: datetime) -> None:
    """The attempt was right: the first count starts afresh, and the others lose what was claimed."""
    first, *others = [_locked(session, guard.digest, now) for guard in guards]
    _keep(first, after_success(_of(first), now))
    for row in others:
        row.count = max(0, row.count - 1)


def purge_failures(session: Session, now: datetime) -> None:
    """Forget what is a day old."""
    session.execute(delete(SignInFailures).where(SignInFailures.last_at <= now - FORGOTTEN_AFTER))


def _locked(session: Session, digest: bytes, now: datetime) -> SignInFailures:
    """The row under a hash, made if need be, and held until the transaction ends."""
    session.execute(
        insert_into(session, SignInFailures)
        .values(digest=digest, count=0, trusted=False, last_at=now)
        .on_conflict_do_nothing(index_elements=["digest"])
    )
    return session.scalars(
        select(SignInFailures).where(SignInFailures.digest == digest).with_for_update()
    ).one()


def _of(row: SignInFailures) -> Failures:
    return Failures(row.count, row.last_at, row.trusted)


def _keep(row: SignInFailures, failures: Failures) -> None:
    row.count, row.last_at, row.trusted = failures.count, failures.last_at, failures.trusted
