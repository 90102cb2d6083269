"""Counting enquiries: one atomic upsert each, at most once per key."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from referral_directory.database import insert_into
from referral_directory.demand.disclosure import RECORD_KEYS
from referral_directory.demand.models import DemandCount, EnquiryKey

UNKNOWN_WARD = "unknown"


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
    new = session.execute(
        insert_into(session, EnquiryKey)
        .values(digest=digest, purge_on=today + timedelta(days=1))
        .on_conflict_do_nothing(index_elements=["digest"])
        .returning(EnquiryKey.digest)
    ).first()
    if new is None:
        return False
    add_one(session, enquiry, today)
    return True


def add_one(session: Session, enquiry: Enquiry, today: date) -> None:
    """Add one to the counter of these words on `today`, with a record key of its own.

    For events that cannot come twice, such as a referral that ends: the caller's transaction is the guarantee.
    """
    insert = insert_into(session, DemandCount).values(
        day=today,
        need=enquiry.need,
        ward_code=enquiry.ward_code or UNKNOWN_WARD,
        channel=enquiry.channel,
        language=enquiry.language,
        outcome=enquiry.outcome,
        count=1,
        record_key_sum=secrets.randbelow(RECORD_KEYS),
    )
    session.execute(
        insert.on_conflict_do_update(
            index_elements=["day", "need", "ward_code", "channel", "language", "outcome"],
            set_={
                "count": DemandCount.count + 1,
                "record_key_sum": (DemandCount.record_key_sum + insert.excluded.record_key_sum) % RECORD_KEYS,
            },
        )
    )


def purge_keys(session: Session, today: date) -> None:
    """Forget keys whose day has come."""
    session.execute(delete(EnquiryKey).where(EnquiryKey.purge_on <= today))
