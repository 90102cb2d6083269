"""Provider managers' page: where services get referrals, whether they have room, and their own pace."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from referral_directory.database import transaction
from referral_directory.errors import InvalidInput
from referral_directory.referrals.inboxes import InboxChange, list_all_inboxes, save_inbox
from referral_directory.staff.accounts import read_email
from referral_directory.staff.roles import Role, Staff
from referral_directory.web.context import get_directory
from referral_directory.web.referrals_draft import who_is
from referral_directory.web.signed_in import describe, signed_in, staff_page

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
Manager = Annotated[Staff, Depends(signed_in(Role.PROVIDER_MANAGER))]
Typed = Annotated[str, Form(max_length=300)]
MOST_DAYS = 30


@router.get("/staff/services-that-take-referrals")
def show_inboxes(request: Request, staff: Manager) -> HTMLResponse:
    """Every service that takes referrals."""
    return _page(request, staff)


@router.post("/staff/services-that-take-referrals/{service}")
def change_inbox(
    request: Request,
    staff: Manager,
    service: UUID,
    address: Typed = "",
    full_until: Typed = "",
    chase_days: Typed = "",
    escalate_days: Typed = "",
) -> Response:
    """Save one. Raises NotFound."""
    directory = get_directory(request)
    try:
        change = InboxChange(
            read_email(address) if address.strip() else "",
            _read_day(full_until),
            _read_days("chase_days", chase_days),
            _read_days("escalate_days", escalate_days),
        )
        with transaction(directory.database) as session:
            save_inbox(session, directory.field_keys, service, change, who_is(staff), directory.clock())
    except InvalidInput as error:
        return _page(request, staff, error)
    return RedirectResponse("/staff/services-that-take-referrals", 303)


def _page(request: Request, staff: Staff, error: InvalidInput | None = None) -> HTMLResponse:
    directory = get_directory(request)
    with directory.database.read() as session:
        inboxes = list_all_inboxes(session, directory.clock().date())
    status, errors = describe(error)
    return staff_page(request, staff, "referrals/inboxes.html", status, inboxes=inboxes, errors=errors)


def _read_days(field: str, text: str) -> int | None:
    if not text.strip():
        return None
    if not text.strip().isascii() or not text.strip().isdigit() or not 1 <= int(text) <= MOST_DAYS:
        raise InvalidInput(field, f"Type a number of working days from 1 to {MOST_DAYS}, or nothing.")
    return int(text)


def _read_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text.strip() else None
    except ValueError as error:
        raise InvalidInput("full_until", "Type a date like 2026-12-31.") from error
