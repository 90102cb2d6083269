"""One page with all referrals of a provider: a link asked for at the registered address, a one-time code, a list."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, RedirectResponse, Response

from referral_directory.clock import date_text, in_leeds
from referral_directory.database import transaction
from referral_directory.errors import InvalidInput, NotPermitted, TooManyAttempts
from referral_directory.referrals import providing
from referral_directory.referrals.models import ProviderLink, Referral
from referral_directory.staff.accounts import read_email
from referral_directory.staff.attempts import Guard, check_rate
from referral_directory.staff.keys import keyed_digest
from referral_directory.staff.lockout import SECOND_STEP
from referral_directory.web.context import get_directory
from referral_directory.web.providers_doors import Door, Fault, is_visiting, let_in, mail_code, shut_page
from referral_directory.web.referrals_pages import say_status
from referral_directory.web.signed_in import address_of, check_form, describe, visitor_page

router = APIRouter(
    include_in_schema=False, default_response_class=HTMLResponse, dependencies=[Depends(check_form)]
)
Typed = Annotated[str, Form(max_length=5000)]


def _find(session: Session, token: str) -> tuple[ProviderLink, None]:
    return providing.get_page_link(session, token), None


DOOR = Door("/providers", "provider page code", "All your referrals", _find)


@router.get("/providers")
def show_form(request: Request, said: str = "") -> HTMLResponse:
    """Where a provider asks for its link."""
    return _form_page(request, said=said)


@router.post("/providers")
def send_link(request: Request, email: Typed = "") -> Response:
    """Mail the link, if referrals go to this address; the answer is the same if none do."""
    directory = get_directory(request)
    try:
        address = read_email(email)
        check_rate(
            directory.sign_in_limiter,
            [Guard(keyed_digest(directory.staff_keys, "provider page", address), SECOND_STEP)],
            "provider page",
            address_of(request),
        )
        with transaction(directory.database) as session:
            providing.send_page_link(session, directory.field_keys, address, directory.clock())
    except (InvalidInput, TooManyAttempts) as error:
        return _form_page(request, error, email)
    return RedirectResponse("/providers?said=sent", 303)


@router.get("/providers/{token}")
def show_all(request: Request, token: str, said: str = "") -> HTMLResponse:
    """All referrals, for whoever typed the code in this browser; else the way to get one. Raises NotFound."""
    return _page(request, token, said=said)


@router.post("/providers/{token}/code")
def send_code(request: Request, token: str) -> Response:
    """Mail a code to the address of the link. Raises NotFound."""
    return mail_code(request, DOOR, token)


@router.post("/providers/{token}/enter")
def enter_code(request: Request, token: str, code: Typed = "") -> Response:
    """Open the list with the code. Raises NotFound."""
    try:
        return let_in(request, DOOR, token, code)
    except (InvalidInput, TooManyAttempts) as error:
        return _page(request, token, error, said="code")


@router.post("/providers/{token}/open")
def open_one(request: Request, token: str, referral: Typed = "") -> Response:
    """Go to one referral of the list. Raises NotFound and NotPermitted."""
    directory = get_directory(request)
    with transaction(directory.database) as session:
        link = providing.get_page_link(session, token)
        if not is_visiting(request, session, link):
            raise NotPermitted("Open the link and type the code first.")
        try:
            identity = UUID(referral)
        except ValueError as error:
            raise InvalidInput("referral", "Use one of the buttons on the page.") from error
        opened = providing.make_link_for(session, link.address, identity)
        _, one = providing.get_linked(session, opened)
        providing.open_referral(session, directory.field_keys, one, directory.clock())
    return RedirectResponse(f"/provider/{opened}", 303)


def _form_page(request: Request, error: Fault | None = None, email: str = "", said: str = "") -> HTMLResponse:
    status, errors = describe(error)
    return visitor_page(
        request, "referrals/providers_form.html", status, email=email[:254], said=said, errors=errors
    )


def _page(request: Request, token: str, error: Fault | None = None, said: str = "") -> HTMLResponse:
    with get_directory(request).database.read() as session:
        link = providing.get_page_link(session, token)
        address = link.address
        rows = _list(session, address) if is_visiting(request, session, link) else None
    if rows is None:
        return shut_page(request, DOOR, token, address, error, said)
    status, errors = describe(error)
    return visitor_page(
        request, "referrals/providers_all.html", status, token=token, rows=rows, errors=errors
    )


def _list(session: Session, address: str) -> list[dict[str, str]]:
    """A line for each referral, without anything personal."""
    return [_line(referral) for referral in providing.list_sent_to(session, address)]


def _line(referral: Referral) -> dict[str, str]:
    return {
        "id": str(referral.id),
        "reference": referral.reference,
        "service": referral.service_name,
        "words": "You asked the community space something"
        if referral.question_open
        else say_status(referral),
        "since": date_text(in_leeds(referral.news_at).date()),
    }
