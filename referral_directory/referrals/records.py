"""Personal data of a referral: sealed when written, opened when read, gone when erased."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select, update
from sqlalchemy.orm import Session, aliased

from referral_directory.errors import InvalidInput, NotFound
from referral_directory.field_encryption import FieldKeys, Place, key_id_of, seal, unseal
from referral_directory.life_cycle import ENDED, Status
from referral_directory.referrals.models import Referral, ReferralDetail, ReferralMail, ReferralNote

# Fields of the contact form: what people read, and the most characters.
CONTACT_FIELDS = {
    "name": ("Name, as the person wants to be called", 120),
    # Before the number, so that whoever rings has read it.
    "safe_contact": ("How to get in touch safely: times, no voicemail, no letters, who may answer", 500),
    "phone": ("Telephone number", 40),
    "email": ("E-mail address", 254),
    "address": ("Address, if the service needs it", 300),
    "about": ("What the service needs to know", 2000),
}
STATUS_CODE = "status_code"
# Answers to what the service asks of everybody (questions.py), as JSON.
ANSWERS = "answers"
# What is typed in a form before its button is pressed (half_typed.py), as JSON.
HALF_DETAILS, HALF_ANSWERED, HALF_NOTE = "typed_details", "typed_answers", "typed_note"
HALF_TYPED = (HALF_DETAILS, HALF_ANSWERED, HALF_NOTE)
LONGEST = {ANSWERS: 3000} | dict.fromkeys(HALF_TYPED, 40_000)
NOTE_LONGEST = 2000
# Without letters and digits that are read as one another.
ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"


@dataclass(frozen=True, slots=True)
class Note:
    """A note, opened."""

    author: str
    kind: str
    shared: bool
    written_at: datetime
    text: str


def get_referral(session: Session, identity: UUID, space: UUID | None) -> Referral:
    """A referral of this community space, held until the transaction ends. Raises NotFound for one of another
    space, as for one that does not exist.
    """
    referral = session.scalar(
        select(Referral)
        .where(Referral.id == identity, Referral.community_space_id == space)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if referral is None:
        raise NotFound("referral")
    return referral


def find_by_reference(session: Session, typed: str, space: UUID | None) -> Referral:
    """The referral of this community space with this reference, however it is typed. Raises InvalidInput, the same
    for one of another space as for one that does not exist.
    """
    referral = session.scalar(
        select(Referral).where(
            Referral.reference == read_reference(typed), Referral.community_space_id == space
        )
    )
    if referral is None:
        raise InvalidInput("reference", "There is no referral with this reference in your community space.")
    return referral


def list_referrals(session: Session, space: UUID | None, most: int = 200) -> list[Referral]:
    """The referrals of a community space, the newest first."""
    rows = session.scalars(
        select(Referral)
        .where(Referral.community_space_id == space)
        .order_by(Referral.created_at.desc(), Referral.reference)
        .limit(most)
    )
    return list(rows)


def list_waiting(session: Session, space: UUID | None) -> list[tuple[Referral, bool]]:
    """All referrals for which the sender has to do something, the longest waiting first: finish a draft, ask another
    service, ring, answer, read what the person wrote, or see to a mail that did not go out, which is said of each.
    """
    not_out = _mail_not_out()
    rows = session.execute(
        select(Referral, not_out)
        .where(
            Referral.community_space_id == space,
            Referral.erased_at.is_(None),
            or_(
                Referral.status.in_([Status.DRAFT, Status.DECLINED]),
                and_(Referral.status == Status.EXPIRED, Referral.sent_at.is_not(None)),
                and_(Referral.stage == 2, Referral.status.not_in([*ENDED])),
                Referral.question_open,
                Referral.note_unread,
                not_out,
            ),
        )
        .order_by(Referral.news_at, Referral.reference)
    )
    return [(referral, failed) for referral, failed in rows]


def has_mail_not_out(session: Session, referral: Referral) -> bool:
    """Whether a mail about it was given up, and the service was not told the same since."""
    return bool(session.scalar(select(_mail_not_out()).where(Referral.id == referral.id)))


def list_replaced(session: Session, referral: Referral) -> list[Referral]:
    """The referrals that this one takes the place of, the latest first."""
    found: list[Referral] = []
    while referral.replaces_id is not None and (before := session.get(Referral, referral.replaces_id)):
        found.append(before)
        referral = before
    return found


def list_same_person(session: Session, referral: Referral, held: bool = False) -> list[Referral]:
    """This referral and those that it was copied or re-routed from, or that were from it, the oldest first; `held`
    until the transaction ends.
    """
    first = referral.first_id or referral.id
    rows = (
        select(Referral)
        .where(or_(Referral.id == first, Referral.first_id == first))
        .order_by(Referral.created_at, Referral.reference)
    )
    return list(session.scalars(rows.with_for_update() if held else rows))


def find_kept_since(session: Session, referral: Referral) -> datetime:
    """Since when details of this person are kept: from the first referral on."""
    first = session.get(Referral, referral.first_id) if referral.first_id else None
    return first.created_at if first else referral.created_at


def list_successors(session: Session, referral: Referral) -> list[Referral]:
    """The referrals that took its place, one after another; empty unless another service is asked instead."""
    found: list[Referral] = []
    while referral.status == Status.RE_ROUTED:
        after = session.scalar(
            select(Referral)
            .where(Referral.replaces_id == referral.id)
            .order_by(Referral.created_at.desc(), Referral.reference)
            .limit(1)
        )
        if after is None:
            break
        found.append(after)
        referral = after
    return found


def record_details(session: Session, keys: FieldKeys, referral: Referral, typed: Mapping[str, str]) -> None:
    """Keep these fields; an empty one is removed. Raises InvalidInput for one that is too long."""
    rows = session.scalars(select(ReferralDetail).where(ReferralDetail.referral_id == referral.id))
    held = {row.field: row for row in rows}
    for field, text in typed.items():
        label, longest = CONTACT_FIELDS.get(field, (field, LONGEST.get(field, 40)))
        value = text.strip()
        if len(value) > longest:
            raise InvalidInput(field, f"{label}: use at most {longest} characters.")
        row = held.get(field)
        if not value:
            if row is not None:
                session.delete(row)
            continue
        sealed = seal(keys, Place("referral_detail", field, referral.id), value)
        if row is None:
            row = ReferralDetail(referral_id=referral.id, field=field)
            session.add(row)
        row.sealed, row.key_id = sealed, key_id_of(sealed)
    session.flush()


def read_details(session: Session, keys: FieldKeys, referral: Referral) -> dict[str, str]:
    """The personal fields, opened. Raises BadKey."""
    rows = session.scalars(select(ReferralDetail).where(ReferralDetail.referral_id == referral.id))
    return {
        row.field: unseal(keys, Place("referral_detail", row.field, referral.id), row.sealed) for row in rows
    }


def add_note(session: Session, keys: FieldKeys, referral: Referral, note: Note) -> None:
    """Keep a note. Raises InvalidInput for an empty or too long one."""
    value = note.text.strip()
    if not value or len(value) > NOTE_LONGEST:
        raise InvalidInput("note", f"Write something, of at most {NOTE_LONGEST} characters.")
    identity = uuid4()
    sealed = seal(keys, Place("referral_note", "text", identity), value)
    session.add(
        ReferralNote(
            id=identity,
            referral_id=referral.id,
            author=note.author,
            kind=note.kind,
            shared=note.shared,
            written_at=note.written_at,
            key_id=key_id_of(sealed),
            sealed=sealed,
        )
    )


def read_notes(session: Session, keys: FieldKeys, referral: Referral) -> list[Note]:
    """The notes, opened, in the order of writing. Raises BadKey."""
    rows = session.scalars(
        select(ReferralNote).where(ReferralNote.referral_id == referral.id).order_by(ReferralNote.written_at)
    )
    return [
        Note(
            row.author,
            row.kind,
            row.shared,
            row.written_at,
            unseal(keys, Place("referral_note", "text", row.id), row.sealed),
        )
        for row in rows
    ]


def keep_notes_back(session: Session, referral: Referral) -> None:
    """Stop sharing what was written so far: it was said to a service that is asked no more."""
    session.execute(update(ReferralNote).where(ReferralNote.referral_id == referral.id).values(shared=False))


def erase_personal_data(session: Session, referral: Referral, now: datetime) -> None:
    """Remove all that tells whose referral it was; what remains says which service was asked, and how it ended."""
    for table in (ReferralDetail, ReferralNote):
        session.execute(delete(table).where(table.referral_id == referral.id))
    referral.needs, referral.ward_code, referral.language = "", None, ""
    referral.question_open, referral.note_unread, referral.erased_at = False, False, now


def rotate_keys(session: Session, keys: FieldKeys) -> list[Referral]:
    """Seal every value again with the newest key; the referrals whose record changed. Raises BadKey."""
    changed: set[UUID] = set()
    for detail in session.scalars(select(ReferralDetail).where(ReferralDetail.key_id != keys.newest)):
        place = Place("referral_detail", detail.field, detail.referral_id)
        detail.sealed, detail.key_id = seal(keys, place, unseal(keys, place, detail.sealed)), keys.newest
        changed.add(detail.referral_id)
    for note in session.scalars(select(ReferralNote).where(ReferralNote.key_id != keys.newest)):
        place = Place("referral_note", "text", note.id)
        note.sealed, note.key_id = seal(keys, place, unseal(keys, place, note.sealed)), keys.newest
        changed.add(note.referral_id)
    return [session.get_one(Referral, identity) for identity in sorted(changed)]


def _mail_not_out() -> ColumnElement[bool]:
    """Whether a mail about a referral was given up, and none of its kind was delivered after it was written."""
    failed, later = aliased(ReferralMail), aliased(ReferralMail)
    told_since = exists().where(
        later.referral_id == failed.referral_id,
        later.kind == failed.kind,
        later.delivered_at > failed.created_at,
    )
    return (
        exists()
        .where(failed.referral_id == Referral.id, failed.failed_at.is_not(None), ~told_since)
        .correlate(Referral)
    )


def make_reference() -> str:
    """A reference to say on the telephone: it opens nothing without its code."""
    return f"LS-{_letters(4)}-{_letters(3)}"


def read_reference(typed: str) -> str:
    """A reference as it is kept, from how somebody types it: in small letters, with spaces, without dashes."""
    letters = _letters_of(typed)
    return f"{letters[:2]}-{letters[2:6]}-{letters[6:]}"


def make_status_code() -> str:
    """A resident's code: 10 letters and digits, 49 random bits."""
    return f"{_letters(5)}-{_letters(5)}"


def read_status_code(typed: str) -> str:
    """A resident's code as it is kept, from how somebody types it."""
    letters = _letters_of(typed)
    return f"{letters[:5]}-{letters[5:]}"


def _letters_of(typed: str) -> str:
    return "".join(letter for letter in typed.upper() if letter.isalnum())


def _letters(number: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(number))
