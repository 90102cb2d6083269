"""The audit's hash chain: each entry's mark is a keyed hash of the entry and of the mark before it.

Whoever changes, removes, adds or reorders an entry without the key breaks the chain at that number. The key is
not in the database. An entry holds no personal data: ids, an action, and digests.
"""

import hmac
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from referral_directory.errors import BadKey
from referral_directory.field_encryption import FieldKeys, keyed_hash

PURPOSE = "audit chain"
START = bytes(32)


@dataclass(frozen=True, slots=True)
class Entry:
    """Who did what to which referral, when. `digests` are of the record's parts after it ("" for looking)."""

    number: int
    at: datetime
    actor: str
    actor_id: UUID | None
    action: str
    referral_id: UUID | None
    digests: str
    key_id: str


def mark_entry(keys: FieldKeys, entry: Entry, previous: bytes) -> bytes:
    """The mark of an entry that follows the mark `previous` (START for the first). Raises BadKey."""
    content = [
        entry.number,
        entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        entry.actor,
        entry.actor_id.hex if entry.actor_id else None,
        entry.action,
        entry.referral_id.hex if entry.referral_id else None,
        entry.digests,
    ]
    return keyed_hash(keys, entry.key_id, PURPOSE, previous + json.dumps(content).encode())


def find_breaks(
    keys: FieldKeys, entries: Iterable[tuple[Entry, bytes]], last: tuple[int, bytes]
) -> Iterator[str]:
    """What is wrong with a chain, in order of number; nothing if it is whole. `last` is its end as recorded."""
    previous, number = START, 0
    for entry, mark in entries:
        if entry.number != number + 1:
            yield f"audit entry {number + 1} is missing"
        try:
            fits = hmac.compare_digest(mark_entry(keys, entry, previous), mark)
        except BadKey:
            yield f"audit entry {entry.number} is marked with a key that we do not hold"
            return
        if not fits:
            yield f"audit entry {entry.number} was changed, or what came before it"
        # Going on from the recorded mark, each break is reported once and not for every later entry.
        previous, number = mark, entry.number
    if (number, previous) != last:
        yield f"the audit ends at entry {number}, and should end at {last[0]}"
