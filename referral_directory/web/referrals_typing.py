"""Staff pages: what is typed in a form is kept while it is typed (static/autosave.js). Without the script it is kept
when a button is pressed, as ever.
"""

from collections.abc import Mapping
from uuid import UUID

from fastapi import APIRouter, Request

from referral_directory.clock import in_leeds
from referral_directory.database import transaction
from referral_directory.referrals.half_typed import keep_half_typed
from referral_directory.referrals.questions import list_questions
from referral_directory.referrals.records import (
    CONTACT_FIELDS,
    HALF_ANSWERED,
    HALF_DETAILS,
    HALF_NOTE,
    get_referral,
)
from referral_directory.staff.roles import Staff
from referral_directory.web.context import get_directory
from referral_directory.web.referrals_draft import Filled, Sender, who_is
from referral_directory.web.referrals_questions import read_form_answers

router = APIRouter(include_in_schema=False)


@router.post("/staff/referrals/{identity}/details/typed")
def keep_typed_details(request: Request, staff: Sender, identity: UUID, form: Filled) -> dict[str, str]:
    """Keep contact details as far as they are typed. Raises NotFound, InvalidInput and NotPossible."""
    typed = {name: str(form.get(name, "")) for name in CONTACT_FIELDS}
    return _keep(request, staff, identity, HALF_DETAILS, typed)


@router.post("/staff/referrals/{identity}/questions/typed")
def keep_typed_answers(request: Request, staff: Sender, identity: UUID, form: Filled) -> dict[str, str]:
    """Keep the answers so far, by the question's text. Raises NotFound, InvalidInput and NotPossible."""
    with get_directory(request).database.read() as session:
        referral = get_referral(session, identity, staff.community_space_id)
        answers = read_form_answers(list_questions(session, referral.service_id), form)
    given = {question: answer for question, answer in answers.items() if answer}
    return _keep(request, staff, identity, HALF_ANSWERED, given)


@router.post("/staff/referrals/{identity}/note/typed")
def keep_typed_note(request: Request, staff: Sender, identity: UUID, form: Filled) -> dict[str, str]:
    """Keep a note that is being written. Raises NotFound, InvalidInput and NotPossible."""
    typed = {"note": str(form.get("note", "")), "shared": str(form.get("shared", ""))}
    return _keep(request, staff, identity, HALF_NOTE, typed if typed["note"].strip() else {})


def _keep(
    request: Request, staff: Staff, identity: UUID, part: str, typed: Mapping[str, str]
) -> dict[str, str]:
    directory, now = get_directory(request), get_directory(request).clock()
    with transaction(directory.database) as session:
        referral = get_referral(session, identity, staff.community_space_id)
        keep_half_typed(session, directory.field_keys, referral, who_is(staff), part, typed, now)
    return {"saved_at": f"{in_leeds(now):%H:%M}"}
