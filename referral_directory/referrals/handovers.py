"""Handover codes: what somebody asked for in the chat, for a member of staff to take up. No identity.

A code is eight letters and digits that neither look nor sound alike, read in two groups: 16 characters, 32 random
bits. It is stored as a keyed hash, works once, and for seven days. Whoever types it has to be signed in, and wrong
codes slow the next try down (staff/lockout.py), so that guessing one of 20,000 live codes takes about 200,000 tries.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from referral_directory.errors import InvalidInput, NotFound, TooManyAttempts
from referral_directory.referrals.models import Handover
from referral_directory.staff.keys import StaffKeys, keyed_digest

# Without letters and digits that look alike (O0, I1L, S5, Z2, B8, G6, UV) or sound alike (BDEG, MN, FS, AHJK, IY 5 9).
WORDS = {
    "C": "cat", "F": "fish", "H": "hat", "J": "jam", "K": "king", "M": "moon", "P": "park", "R": "rain",
    "T": "tea", "W": "water", "X": "X-ray", "Y": "yellow", "3": "three", "4": "four", "7": "seven", "9": "nine",
}  # fmt: skip
LENGTH = 8
LASTS = timedelta(days=7)
# What staff opened stays for the working day, so that a lost connection loses nothing.
SEEN_FOR = timedelta(days=1)
MOST_LIVE = 20_000
MOST_SERVICES = 20


@dataclass(frozen=True, slots=True)
class Handed:
    """What a handover carries. `needs` are codes, `services` ids in the resident's order."""

    needs: tuple[str, ...]
    ward_code: str | None
    language: str
    services: tuple[UUID, ...]


def make_handover(session: Session, keys: StaffKeys, handed: Handed, now: datetime) -> tuple[str, datetime]:
    """A new code ("K7RM-4WXY") and when it ends. Raises TooManyAttempts while too many codes are out."""
    live = session.scalar(select(func.count()).select_from(Handover).where(Handover.expires_at > now)) or 0
    if live >= MOST_LIVE:
        raise TooManyAttempts(3600)
    code = "".join(secrets.choice(list(WORDS)) for _ in range(LENGTH))
    expires_at = now + LASTS
    session.add(
        Handover(
            id=uuid4(),
            digest=_digest(keys, code),
            needs=" ".join(handed.needs),
            ward_code=handed.ward_code,
            language=handed.language,
            services=" ".join(str(identity) for identity in handed.services[:MOST_SERVICES]),
            expires_at=expires_at,
        )
    )
    return f"{code[:4]}-{code[4:]}", expires_at


def read_code(typed: str) -> str:
    """A code as it is compared, from what somebody typed."""
    return "".join(character for character in typed.upper() if character.isalnum())


def spell(code: str) -> str:
    """A code as it is read aloud: "K for king, 7, …"."""
    return ", ".join(
        character if character.isdigit() else f"{character} for {WORDS[character]}"
        for character in read_code(code)
    )


def redeem(session: Session, keys: StaffKeys, typed: str, space: UUID | None, now: datetime) -> UUID:
    """Use a code up for a community space; the id to open it by. Raises InvalidInput.

    The database decides between two who type the same code at once.
    """
    code = read_code(typed)
    found = None
    if space is not None and len(code) == LENGTH:
        found = session.execute(
            update(Handover)
            .where(Handover.digest == _digest(keys, code), Handover.expires_at > now)
            .values(digest=None, community_space_id=space, expires_at=now + SEEN_FOR)
            .returning(Handover.id)
        ).scalar()
    if found is None:
        raise InvalidInput("code", "That code is not known, is used already, or is more than 7 days old.")
    return found


def get_handover(session: Session, identity: UUID, space: UUID | None, now: datetime) -> Handed:
    """What was handed over to this space. Raises NotFound."""
    row = session.scalar(
        select(Handover).where(
            Handover.id == identity,
            Handover.community_space_id == space,
            Handover.community_space_id.is_not(None),
            Handover.expires_at > now,
        )
    )
    if row is None:
        raise NotFound("handover")
    return Handed(
        tuple(row.needs.split()),
        row.ward_code,
        row.language,
        tuple(UUID(identity) for identity in row.services.split()),
    )


def read_services(values: Sequence[str]) -> tuple[UUID, ...]:
    """Ids of services, each once. Raises InvalidInput."""
    try:
        return tuple(dict.fromkeys(UUID(value) for value in values))
    except ValueError as error:
        raise InvalidInput("services", "Use service ids (UUIDs).") from error


def purge_handovers(session: Session, now: datetime) -> None:
    """Forget handovers that are over."""
    session.execute(delete(Handover).where(Handover.expires_at <= now))


def _digest(keys: StaffKeys, code: str) -> bytes:
    return keyed_digest(keys, "handover code", code)
