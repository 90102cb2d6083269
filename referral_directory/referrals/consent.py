"""What a person is asked before a service is told about them: read aloud word for word, and kept word for word.

Explicit consent as the Information Commissioner's Office describes it: a clear statement, which names the kinds
of data, separate for each service, and can be withdrawn (ICO, guidance on special category data).
"""

import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from referral_directory.errors import InvalidInput
from referral_directory.referrals.models import Referral, ReferralConsent

WAYS = {
    "read_aloud": "I read it aloud and the person said yes",
    "read_alone": "The person read it and said yes",
    "telephone": "I read it on the telephone and the person said yes",
    "interpreter": "An interpreter read it and the person said yes",
}


def consent_text(service: str, organisation: str, needs: Sequence[str]) -> str:
    """The words for one service. `needs` are noun phrases ("food for today"). No name stands in them."""
    wanted = f" with {', '.join(needs)}" if needs else ""
    return (
        f"I would like to ask {service}, run by {organisation}, to help you{wanted}. "
        "To do that I send them your name, how to get in touch with you safely, and what you agreed that they need "
        "to know. This can tell them about your money, your home or your health. "
        "They may use it only to help you with this, and they tell us how it went. "
        "We delete your details 90 days after this ends, and after 12 months in any case. "
        "You can say no, and it changes nothing here. You can change your mind at any time: tell us, or use the "
        "reference and the code on your sheet. They then no longer see your details here. "
        f"Do you agree that I send this to {service}?"
    )


def mark_words(service_id: UUID | None, text: str) -> str:
    """What a form carries to show which words stood on it, for which service: their SHA-256, in hexadecimal."""
    return hashlib.sha256(f"{service_id}\n{text}".encode()).hexdigest()


def check_words(service_id: UUID | None, text: str, shown: str) -> None:
    """Raises InvalidInput unless the words that stood on the form (`shown`, its mark) are these words.

    Another tab can have chosen another service meanwhile, and an import can have renamed this one.
    """
    if not hmac.compare_digest(mark_words(service_id, text).encode(), shown.encode()):
        raise InvalidInput("words", "The words changed while the page was open: read them again.")


def record_consent(
    session: Session, referral: Referral, text: str, way: str, staff_id: UUID, now: datetime
) -> None:
    """Keep that the person agreed to these words for the chosen service. Raises InvalidInput."""
    if way not in WAYS:
        raise InvalidInput("way", "Say how the person gave consent.")
    if referral.service_id is None:
        raise InvalidInput("service", "Choose the service first: consent is for one service.")
    void_consent(session, referral, now)
    session.add(
        ReferralConsent(
            id=uuid4(),
            referral_id=referral.id,
            service_id=referral.service_id,
            text=text,
            way=way,
            given_at=now,
            recorded_by=staff_id,
        )
    )
    session.flush()


def find_consent(session: Session, referral: Referral) -> ReferralConsent | None:
    """The consent that holds now for the chosen service."""
    return session.scalar(
        select(ReferralConsent).where(
            ReferralConsent.referral_id == referral.id,
            ReferralConsent.service_id == referral.service_id,
            ReferralConsent.withdrawn_at.is_(None),
        )
    )


def list_consents(session: Session, referral: Referral) -> list[ReferralConsent]:
    """Every consent that was given, the oldest first."""
    rows = session.scalars(
        select(ReferralConsent)
        .where(ReferralConsent.referral_id == referral.id)
        .order_by(ReferralConsent.given_at)
    )
    return list(rows)


def forget_needs(session: Session, referral: Referral) -> None:
    """Take the needs out of the words: the proof of consent stays, and what somebody needed does not."""
    for row in session.scalars(select(ReferralConsent).where(ReferralConsent.referral_id == referral.id)):
        row.text = re.sub(r" to help you with .*?\. To do that", " to help you. To do that", row.text)


def void_consent(session: Session, referral: Referral, now: datetime) -> None:
    """Consent holds no longer, whichever service it was for. What was given stays on record."""
    for row in session.scalars(
        select(ReferralConsent).where(
            ReferralConsent.referral_id == referral.id, ReferralConsent.withdrawn_at.is_(None)
        )
    ):
        row.withdrawn_at = now
    session.flush()
