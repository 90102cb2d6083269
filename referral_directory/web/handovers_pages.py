"""Staff pages: type the code that a resident brings from the chat, and go on from what they asked for there."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from referral_directory.database import transaction
from referral_directory.errors import InvalidInput, NotPermitted, TooManyAttempts
from referral_directory.referrals.handovers import get_handover, redeem
from referral_directory.staff.attempts import Guard, check_rate, claim_attempt, forgive_attempt
from referral_directory.staff.keys import keyed_digest
from referral_directory.staff.lockout import SECOND_STEP
from referral_directory.staff.roles import Staff
from referral_directory.web.context import get_directory
from referral_directory.web.referrals_draft import Sender, cards_of, list_topics
from referral_directory.web.searching import LANGUAGES
from referral_directory.web.signed_in import address_of, describe, staff_page

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
Typed = Annotated[str, Form(max_length=5000)]


@router.get("/staff/handovers")
def show_form(request: Request, staff: Sender) -> HTMLResponse:
    """Where to type the code."""
    return _form_page(request, staff)


@router.post("/staff/handovers")
def take_up(request: Request, staff: Sender, code: Typed = "") -> Response:
    """Use the code up. Wrong ones slow the next try down, for whoever guesses."""
    directory, now = get_directory(request), get_directory(request).clock()
    if staff.community_space_id is None:
        raise NotPermitted("Handovers belong to a community space, and your account belongs to none.")
    guards = [Guard(keyed_digest(directory.staff_keys, "handover", str(staff.id)), SECOND_STEP)]
    try:
        check_rate(directory.sign_in_limiter, guards, "handover", address_of(request))
        with transaction(directory.database) as session:
            claim_attempt(session, guards, now)
        with transaction(directory.database) as session:
            identity = redeem(session, directory.staff_keys, code, staff.community_space_id, now)
            forgive_attempt(session, guards, now)
    except (InvalidInput, TooManyAttempts) as error:
        return _form_page(request, staff, error)
    return RedirectResponse(f"/staff/handovers/{identity}", 303)


@router.get("/staff/handovers/{identity}")
def show_handover(request: Request, staff: Sender, identity: UUID) -> HTMLResponse:
    """What the resident asked for, to begin a referral or a list with. Raises NotFound for another space."""
    directory = get_directory(request)
    with directory.database.read() as session:
        handed = get_handover(session, identity, staff.community_space_id, directory.clock())
    ward = directory.tables.wards.get(handed.ward_code or "")
    return staff_page(
        request,
        staff,
        "referrals/handover.html",
        topics=list_topics(directory),
        chosen=handed.needs,
        place=ward.name if ward else "",
        language=handed.language,
        language_name=LANGUAGES.get(handed.language, ""),
        cards=cards_of(directory, handed.services),
        errors={},
    )


def _form_page(
    request: Request, staff: Staff, error: InvalidInput | TooManyAttempts | None = None
) -> HTMLResponse:
    status, errors = describe(error)
    return staff_page(request, staff, "referrals/handover_form.html", status, errors=errors)
