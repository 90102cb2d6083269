"""Writing and checking the audit of referrals."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from referral_directory.audit_chain import START, Entry, find_breaks, mark_entry
from referral_directory.database import insert_into
from referral_directory.errors import BadKey
from referral_directory.field_encryption import FieldKeys, Place, key_id_of, unseal
from referral_directory.life_cycle import Actor
from referral_directory.referrals.delivery import list_secrets
from referral_directory.referrals.models import (
    AuditEntry,
    AuditHead,
    Mail,
    Referral,
    ReferralConsent,
    ReferralDetail,
    ReferralMail,
    ReferralNote,
)
from referral_directory.referrals.records import HALF_TYPED

# Tables of mails whose secrets are sealed with the same keys.
Outboxes = Iterable[type[Mail]]
HEAD = 1
IN_ONE_GO = 500
# Where a session keeps the entries that it writes when it commits.
PENDING = "audit entries"


@dataclass(frozen=True, slots=True)
class Who:
    """Who acts: for staff the account's id, for anybody else only what they are."""

    actor: Actor
    id: UUID | None = None


CLOCKWORK = Who(Actor.CLOCK)


def record_looking(session: Session, keys: FieldKeys, referral: Referral, who: Who, now: datetime) -> None:
    """Write down that somebody saw a referral's personal data."""
    _add(session, keys, referral.id, who, "seen", "", now)


def record_change(
    session: Session, keys: FieldKeys, referral: Referral, who: Who, action: str, now: datetime
) -> None:
    """Write down what was done to a referral, with digests of how its record stands now.

    Everything that changes a referral calls this after it, in the same transaction.
    """
    session.flush()
    _add(session, keys, referral.id, who, action, digests_of(session, referral), now)


def find_last(session: Session, referral: Referral, action: str) -> datetime | None:
    """When this was last done to a referral, if it ever was."""
    return session.scalar(
        select(AuditEntry.at)
        .where(AuditEntry.referral_id == referral.id, AuditEntry.action == action)
        .order_by(AuditEntry.number.desc())
        .limit(1)
    )


def digests_of(session: Session, referral: Referral) -> str:
    """The parts of a record and their SHA-256: "consents:… details:… notes:… status:…".

    What is only half typed is no part of the record yet.
    """
    consents = session.scalars(
        select(ReferralConsent)
        .where(ReferralConsent.referral_id == referral.id)
        .order_by(ReferralConsent.given_at, ReferralConsent.id)
    )
    details = session.scalars(
        select(ReferralDetail)
        .where(ReferralDetail.referral_id == referral.id, ReferralDetail.field.not_in(HALF_TYPED))
        .order_by(ReferralDetail.field)
    )
    notes = session.scalars(
        select(ReferralNote)
        .where(ReferralNote.referral_id == referral.id)
        .order_by(ReferralNote.written_at, ReferralNote.id)
    )
    parts: dict[str, object] = {
        "consents": [
            [
                *(str(row.id), str(row.service_id), row.text, row.way, str(row.recorded_by)),
                *(_at(row.given_at), _at(row.withdrawn_at)),
            ]
            for row in consents
        ],
        "details": [[row.field, row.sealed.hex()] for row in details],
        "notes": [[str(row.id), row.author, row.kind, row.shared, row.sealed.hex()] for row in notes],
        "status": [
            *(referral.status, referral.outcome, referral.reason, str(referral.service_id)),
            *(str(referral.community_space_id), _at(referral.sent_at), _at(referral.erased_at)),
        ],
    }
    return " ".join(
        f"{name}:{hashlib.sha256(json.dumps(part).encode()).hexdigest()}" for name, part in parts.items()
    )


def find_faults(session: Session, keys: FieldKeys, outboxes: Outboxes = (ReferralMail,)) -> list[str]:
    """Everything wrong with the audit and the records: breaks in the chain, records that differ from what was
    last written down of them, and values that do not open. Empty if all is well.
    """
    head = session.get(AuditHead, HEAD)
    last = (head.number, head.mark) if head else (0, START)
    latest: dict[UUID, str] = {}

    def listed() -> Iterable[tuple[Entry, bytes]]:
        rows = session.scalars(
            select(AuditEntry).order_by(AuditEntry.number).execution_options(yield_per=IN_ONE_GO)
        )
        for row in rows:
            if row.digests and row.referral_id:
                latest[row.referral_id] = row.digests
            yield _entry_of(row), row.mark

    faults = list(find_breaks(keys, listed(), last))
    for referral in session.scalars(select(Referral).order_by(Referral.created_at)):
        faults += _compare(referral, digests_of(session, referral), latest.pop(referral.id, ""))
    faults += [f"referral {identity} is gone, and the audit knows of it" for identity in latest]
    return faults + _find_unreadable(session, keys, outboxes)


def check_keys(session: Session, keys: FieldKeys, outboxes: Outboxes = (ReferralMail,)) -> None:
    """Raises BadKey if anything stored was sealed or signed with a key that we do not hold."""
    used = set(session.scalars(select(ReferralDetail.key_id).distinct()))
    used |= set(session.scalars(select(ReferralNote.key_id).distinct()))
    used |= {key_id_of(secret) for table in outboxes for _, secret in list_secrets(session, table)}
    used |= set(session.scalars(select(AuditEntry.key_id).distinct()))
    if unknown := used - keys.keys.keys():
        raise BadKey(
            f"Referrals are sealed with {len(unknown)} field key(s) that we do not hold. Put back the file "
            "field-keys of the state folder, or SIGNPOST_FIELD_KEYS."
        )


def _add(
    session: Session,
    keys: FieldKeys,
    referral_id: UUID,
    who: Who,
    action: str,
    digests: str,
    now: datetime,
) -> None:
    """Keep an entry until the transaction commits: whoever holds the end of the chain holds up everybody else."""
    if PENDING not in session.info:
        session.info[PENDING] = []
        event.listen(session, "before_commit", partial(_append_pending, keys=keys))
        event.listen(session, "after_rollback", _forget_pending)
    session.info[PENDING].append(
        AuditEntry(
            at=now,
            actor=who.actor,
            actor_id=who.id,
            action=action,
            referral_id=referral_id,
            digests=digests,
            key_id=keys.newest,
        )
    )


def _append_pending(session: Session, keys: FieldKeys) -> None:
    rows: list[AuditEntry] = session.info[PENDING]
    if not rows:
        return
    session.info[PENDING] = []
    # What is not written yet is written before the chain's end is held, and not while it is.
    session.flush()
    head = _get_head(session)
    for row in rows:
        row.number = head.number + 1
        row.mark = mark_entry(keys, _entry_of(row), head.mark)
        head.number, head.mark = row.number, row.mark
    session.add_all(rows)


def _forget_pending(session: Session) -> None:
    session.info[PENDING] = []


def _get_head(session: Session) -> AuditHead:
    """The end of the chain, held until the transaction ends; made for the first entry."""
    head = _find_head(session)
    if head is None:
        session.execute(
            insert_into(session, AuditHead)
            .values(id=HEAD, number=0, mark=START)
            .on_conflict_do_nothing(index_elements=["id"])
        )
        head = _find_head(session)
    if head is None:
        raise BadKey("The end of the audit is gone.")
    return head


def _find_head(session: Session) -> AuditHead | None:
    """The end of the chain, held until the transaction ends."""
    return session.scalar(
        select(AuditHead)
        .where(AuditHead.id == HEAD)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _compare(referral: Referral, present: str, recorded: str) -> list[str]:
    if not recorded:
        return [f"referral {referral.reference} is not in the audit"]
    expected = dict(part.split(":") for part in recorded.split())
    return [
        f"referral {referral.reference}: its {name} were changed behind our back"
        for name, digest in (part.split(":") for part in present.split())
        if expected.get(name) != digest
    ]


def _find_unreadable(session: Session, keys: FieldKeys, outboxes: Outboxes) -> list[str]:
    rows = [
        (Place("referral_detail", row.field, row.referral_id), row.sealed)
        for row in session.scalars(select(ReferralDetail))
    ]
    rows += [
        (Place("referral_note", "text", row.id), row.sealed) for row in session.scalars(select(ReferralNote))
    ]
    rows += [row for table in outboxes for row in list_secrets(session, table)]
    faults = []
    for place, sealed in rows:
        try:
            unseal(keys, place, sealed)
        except BadKey:
            faults.append(f"{place.table} {place.row}, {place.column}: does not open")
    return faults


def _entry_of(row: AuditEntry) -> Entry:
    return Entry(
        row.number, row.at, row.actor, row.actor_id, row.action, row.referral_id, row.digests, row.key_id
    )


def _at(moment: datetime | None) -> str | None:
    # In one time zone: a moment that was just set is in Leeds time, and comes back from the database in UTC.
    return moment.astimezone(UTC).isoformat(timespec="microseconds") if moment else None
