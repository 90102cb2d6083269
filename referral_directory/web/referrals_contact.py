"""Staff page: how to get in touch with a person, changed while a service has their referral."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from referral_directory.database import transaction
from referral_directory.errors import InvalidInput
from referral_directory.referrals import referring
from referral_directory.referrals.audit import record_looking
from referral_directory.referrals.records import CONTACT_FIELDS, get_referral, read_details
from referral_directory.staff.roles import Staff
from referral_directory.web.context import get_directory
from referral_directory.web.referrals_draft import Sender, describe_briefly, who_is
from referral_directory.web.signed_in import describe, staff_page

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
Typed = Annotated[str, Form(max_length=5000)]


@router.get("/staff/referrals/{identity}/contact")
def show_contact(request: Request, staff: Sender, identity: UUID) -> HTMLResponse:
    """Telephone number, e-mail address and safe-contact wishes. Raises NotFound."""
    return _contact_page(request, staff, identity)


@router.post("/staff/referrals/{identity}/contact")
def change_contact(
    request: Request,
    staff: Sender,
    identity: UUID,
    safe_contact: Typed = "",
    phone: Typed = "",
    email: Typed = "",
) -> Response:
    """Change them, and tell the service. Raises NotFound, and NotPossible if no service has the referral."""
    directory = get_directory(request)
    typed = {"safe_contact": safe_contact, "phone": phone, "email": email}
    try:
        with transaction(directory.database) as session:
            referral = get_referral(session, identity, staff.community_space_id)
            referring.change_contact(
                session, directory.field_keys, referral, who_is(staff), typed, directory.clock()
            )
    except InvalidInput as error:
        return _contact_page(request, staff, identity, error, typed)
    return RedirectResponse(f"/staff/referrals/{identity}?said=contact", 303)


def _contact_page(
    request: Request,
    staff: Staff,
    identity: UUID,
    error: InvalidInput | None = None,
    typed: Mapping[str, str] | None = None,
) -> HTMLResponse:
    directory = get_directory(request)
    with transaction(directory.database) as session:
        referral = get_referral(session, identity, staff.community_space_id)
        referring.check_is_with_service(referral)
        kept = read_details(session, directory.field_keys, referral)
        record_looking(session, directory.field_keys, referral, who_is(staff), directory.clock())
        shown = describe_briefly(referral)
    status, errors = describe(error)
    return staff_page(
        request,
        staff,
        "referrals/contact.html",
        status,
        referral=shown,
        fields={name: CONTACT_FIELDS[name] for name in referring.CHANGEABLE},
        typed=typed or kept,
        errors=errors,
    )
