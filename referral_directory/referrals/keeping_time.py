"""What the clock does: chases, escalates, ends and erases. Run often or seldom, it comes to the same."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, aliased

from referral_directory.database import Database, transaction
from referral_directory.field_encryption import FieldKeys
from referral_directory.life_cycle import (
    ERASED_AFTER_END,
    KEPT_AT_MOST,
    OPEN,
    WITH_PROVIDER,
    Action,
    Due,
    Status,
    Waiting,
    find_due,
    is_erasure_due,
    next_status,
)
from referral_directory.referrals.audit import CLOCKWORK, record_change
from referral_directory.referrals.inboxes import find_inbox, pace_for
from referral_directory.referrals.models import Referral
from referral_directory.referrals.outbox import CHASE, post_link, take_back
from referral_directory.referrals.providing import purge_visits
from referral_directory.referrals.records import find_kept_since
from referral_directory.referrals.referring import enter, forget

OnEnd = Callable[[Session, Referral, bool], None]


def keep_time(database: Database, keys: FieldKeys, now: datetime, on_end: OnEnd) -> Counter[str]:
    """Do all that is due, each referral in a transaction of its own; how often each thing was done.

    `on_end` is called when the clock ends a referral, and told whether a service had let it lie.
    """
    with transaction(database) as session:
        purge_visits(session, now)
    with database.read() as session:
        identities = list(session.scalars(_worth_looking_at(now)).all())
    done: Counter[str] = Counter()
    for identity in identities:
        with transaction(database) as session:
            done.update(_keep_time_of(session, keys, identity, now, on_end))
    return done


def _worth_looking_at(now: datetime) -> Select[UUID]:
    first = aliased(Referral)
    return select(Referral.id).where(
        Referral.erased_at.is_(None),
        or_(
            Referral.status.in_(OPEN),
            Referral.sent_at.is_(None),
            Referral.ended_at <= now - ERASED_AFTER_END,
            Referral.created_at <= now - KEPT_AT_MOST,
            Referral.first_id.in_(select(first.id).where(first.created_at <= now - KEPT_AT_MOST)),
        ),
    )


def _keep_time_of(
    session: Session, keys: FieldKeys, identity: UUID, now: datetime, on_end: OnEnd
) -> list[str]:
    referral = session.scalar(
        select(Referral)
        .where(Referral.id == identity, Referral.erased_at.is_(None))
        .with_for_update(skip_locked=True)
    )
    if referral is None:
        return []
    done: list[str] = []
    pace = pace_for(session, referral)
    waiting = Waiting(referral.news_at, referral.stage, referral.reminded_at)
    due = find_due(pace, waiting, now) if pace else None
    since = find_kept_since(session, referral)
    erase = is_erasure_due(since, referral.ended_at, referral.sent_at is not None, now)
    if due in (Due.CHASE, Due.ESCALATE) and not erase:
        _remind(session, keys, referral, due, now)
        done.append(due)
    elif referral.status in OPEN and (due == Due.EXPIRE or erase):
        _expire(session, keys, referral, now, on_end)
        done.append(Due.EXPIRE)
    if is_erasure_due(since, referral.ended_at, referral.sent_at is not None, now):
        forget(session, keys, referral, CLOCKWORK, now)
        done.append("erase")
    return done


def _remind(session: Session, keys: FieldKeys, referral: Referral, due: Due, now: datetime) -> None:
    referral.stage, referral.reminded_at = referral.stage + 1, now
    inbox = find_inbox(session, referral.service_id)
    # While a question is open it is the sender who is waited for: their list says so.
    if referral.status in WITH_PROVIDER and not referral.question_open and inbox is not None:
        post_link(session, keys, referral, CHASE, inbox.address, now)
    record_change(session, keys, referral, CLOCKWORK, due, now)


def _expire(session: Session, keys: FieldKeys, referral: Referral, now: datetime, on_end: OnEnd) -> None:
    let_lie = referral.status in (Status.SENT, Status.OPENED) and not referral.question_open
    enter(referral, next_status(Status(referral.status), Action.EXPIRE, CLOCKWORK.actor), now)
    take_back(session, referral)
    record_change(session, keys, referral, CLOCKWORK, Action.EXPIRE, now)
    on_end(session, referral, let_lie)
