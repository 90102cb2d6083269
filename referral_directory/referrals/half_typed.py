"""What staff typed in a form and did not send off yet, kept while they type, so that a lost connection loses nothing.

It is sealed with the other personal data, in one field of its own for each form, and nothing in it is checked but its
length. It is no part of the record: the service never sees it, and the audit says once that somebody typed, without
a digest. The form's button takes its place; erasing takes it along.
"""

import json
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from referral_directory.errors import InvalidInput
from referral_directory.field_encryption import FieldKeys
from referral_directory.referrals.audit import Who, record_change
from referral_directory.referrals.models import Referral
from referral_directory.referrals.records import (
    CONTACT_FIELDS,
    HALF_ANSWERED,
    HALF_DETAILS,
    HALF_NOTE,
    read_details,
    record_details,
)
from referral_directory.referrals.referring import check_is_draft, check_is_kept

LONGEST = 5000


def keep_half_typed(
    session: Session,
    keys: FieldKeys,
    referral: Referral,
    who: Who,
    form: str,
    typed: Mapping[str, str],
    now: datetime,
) -> None:
    """Keep what stands in a form (HALF_DETAILS, HALF_ANSWERED or HALF_NOTE), by field. Raises InvalidInput for a field
    that is too long, and NotPossible.
    """
    if form == HALF_NOTE:
        check_is_kept(referral)
    else:
        check_is_draft(referral)
        referral.news_at = now
    for field, text in typed.items():
        if len(text) > LONGEST:
            raise InvalidInput(field, f"Use at most {LONGEST} characters.")
    # Details that somebody emptied stay empty; of a note without words there is nothing to keep.
    is_something = form == HALF_DETAILS or any(text.strip() for text in typed.values())
    is_first = is_something and form not in read_details(session, keys, referral)
    text = json.dumps(dict(typed), ensure_ascii=False) if is_something else ""
    record_details(session, keys, referral, {form: text})
    if is_first:
        record_change(session, keys, referral, who, "typed", now)


def half_typed_in(details: Mapping[str, str], form: str) -> dict[str, str]:
    """What stands in a form, by field, from the opened details; empty if nothing does."""
    text = details.get(form, "")
    return dict(json.loads(text)) if text else {}


def list_half_typed(details: Mapping[str, str]) -> list[tuple[str, str]]:
    """All of it as people read it, from the opened details: (label, text)."""
    found = [half_typed_in(details, form) for form in (HALF_DETAILS, HALF_ANSWERED, HALF_NOTE)]
    labels = {name: label for name, (label, _) in CONTACT_FIELDS.items()} | {"note": "Note"}
    return [
        (labels.get(field, field), text)
        for typed in found
        for field, text in typed.items()
        if text.strip() and field != "shared"
    ]
