"""Counting enquiries: one atomic upsert each, at most once per key."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from referral_directory.database import insert_into
from referral_directory.demand.disclosure import RECORD_KEYS
from referral_directory.demand.models import DemandCount, EnquiryKey

UNKNOWN_WARD = "unknown"


@dataclass(frozen=True, slots=True)
class _Statements:
    keep_key: Any
    add_one: Any


_KEPT: dict[str, _Statements] = {}


@dataclass(frozen=True, slots=True)
class Enquiry:
    """One need asked about in one conversation, with nothing that tells whose."""

    need: str
    ward_code: str | None
    channel: str
    language: str
    outcome: str


def record_enquiry(session: Session, enquiry: Enquiry, key: str, salt: bytes, today: date) -> bool:
    """Count `enquiry` on `today` unless its `key` was counted already; says whether it was counted now.

    Both rows are written in the caller's transaction, so a crash between them loses both and a retry counts.
    Guarantee: a key counts once on the day it was first sent; it is forgotten when the next day begins, so
    that a retry across midnight can count twice.
    """
    purge_keys(session, today)
    digest = hmac.new(salt, key.encode(), hashlib.sha256).digest()
    statements = _statements(session)
    new = session.execute(
        statements.keep_key, {"digest": digest, "purge_on": today + timedelta(days=1)}
    ).first()
    if new is None:
        return False
    add_one(session, enquiry, today)
    return True


def add_one(session: Session, enquiry: Enquiry, today: date) -> None:
    """Add one to the counter of these words on `today`, with a record key of its own.

    For events that cannot come twice, such as a referral that ends: the caller's transaction is the guarantee.
    """
    row = {
        "day": today,
        "need": enquiry.need,
        "ward_code": enquiry.ward_code or UNKNOWN_WARD,
        "channel": enquiry.channel,
        "language": enquiry.language,
        "outcome": enquiry.outcome,
        "count": 1,
        "record_key_sum": secrets.randbelow(RECORD_KEYS),
    }
    session.execute(_statements(session).add_one, row)


def purge_keys(session: Session, today: date) -> None:
    """Forget keys whose day has come."""
    session.execute(delete(EnquiryKey).where(EnquiryKey.purge_on <= today))


def _statements(session: Session) -> _Statements:
    """The statements of the session's database. To build them takes longer than to run them, so they are kept."""
    name = session.get_bind().dialect.name
    if name not in _KEPT:
        key, count = EnquiryKey.__table__.c, DemandCount.__table__.c
        keep = insert_into(session, EnquiryKey).on_conflict_do_nothing(index_elements=["digest"])
        add = insert_into(session, DemandCount)
        added = {
            "count": count.count + 1,
            "record_key_sum": (count.record_key_sum + add.excluded.record_key_sum) % RECORD_KEYS,
        }
        words = ["day", "need", "ward_code", "channel", "language", "outcome"]
        _KEPT[name] = _Statements(
            keep.returning(key.digest), add.on_conflict_do_update(index_elements=words, set_=added)
        )
    return _KEPT[name]
