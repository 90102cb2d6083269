"""Setting up an account: from an invitation link to a password, an authenticator app and recovery codes."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from markupsafe import Markup
from starlette.responses import HTMLResponse, RedirectResponse, Response

from referral_directory.database import transaction
from referral_directory.errors import InvalidInput, NotFound, TooManyAttempts
from referral_directory.staff.accounts import enrol, get_member, set_up
from referral_directory.staff.attempts import claim_attempt, code_guards, forgive_attempt
from referral_directory.staff.links import SET_UP, find_link, use_link
from referral_directory.staff.models import StaffMember
from referral_directory.staff.passwords import SHORTEST
from referral_directory.staff.sessions import (
    ENROLLING,
    SIGNED_IN,
    Found,
    get_pending_secret,
    start_session,
)
from referral_directory.staff.totp import draw_qr, find_step, make_address
from referral_directory.web.context import Directory, get_directory
from referral_directory.web.signed_in import (
    SESSION,
    check_form,
    describe,
    half_signed_in,
    session_token,
    set_cookie,
    staff_page,
    visitor_page,
)

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
Typed = Annotated[str, Form(max_length=1000)]
Enrolling = Annotated[Found, Depends(half_signed_in(ENROLLING))]


@router.get("/staff/set-up/{token}")
def show_set_up(request: Request, token: str) -> HTMLResponse:
    """Ask for a password. Raises NotFound for a link that no longer works."""
    return _set_up_page(request, _get_invited(request, token))


@router.post("/staff/set-up/{token}", dependencies=[Depends(check_form)])
def take_set_up(
    request: Request, token: str, name: Typed = "", password: Typed = "", again: Typed = ""
) -> Response:
    """Set the password, which uses the link up, and go on to the authenticator app. Raises NotFound."""
    directory, now = get_directory(request), get_directory(request).clock()
    invited = _get_invited(request, token)
    try:
        if password != again:
            raise InvalidInput("again", "The two passwords differ.")
        with transaction(directory.database) as session:
            member = use_link(session, token, SET_UP, now)
            set_up(session, member, name, password)
            begun = start_session(session, member.id, ENROLLING, now, old=session_token(request))
    except InvalidInput as error:
        # Rolled back with all it did: the link still works.
        return _set_up_page(request, invited, error, name)
    answer = RedirectResponse("/staff/set-up-codes", 303)
    set_cookie(request, answer, SESSION, begun)
    return answer


@router.get("/staff/set-up-codes")
def show_codes_set_up(request: Request, found: Enrolling) -> HTMLResponse:
    """Show the QR code and ask for the first code."""
    return _codes_page(request, found)


@router.post("/staff/set-up-codes")
def take_codes_set_up(request: Request, found: Enrolling, code: Typed = "") -> Response:
    """Confirm the authenticator app: signed in, under a new session id, with recovery codes shown once."""
    directory, now = get_directory(request), get_directory(request).clock()
    guards = code_guards(directory.staff_keys, found.staff.id)
    secret = _get_secret(request, directory)
    try:
        with transaction(directory.database) as session:
            claim_attempt(session, guards, now)
        step = find_step(secret, code, now, 0)
        if step is None:
            raise InvalidInput("code", "That code is wrong. Type the code that the app shows now.")
    except (InvalidInput, TooManyAttempts) as error:
        return _codes_page(request, found, error)
    with transaction(directory.database) as session:
        member = get_member(session, found.staff.id)
        codes = enrol(session, member, directory.staff_keys, secret, step)
        forgive_attempt(session, guards, now)
        begun = start_session(session, member.id, SIGNED_IN, now, old=session_token(request))
    # The menu's forms need the new session's token, so this page leads on without a menu.
    answer = staff_page(request, None, "staff/recovery_codes.html", codes=codes)
    set_cookie(request, answer, SESSION, begun)
    return answer


def _get_invited(request: Request, token: str) -> StaffMember:
    directory = get_directory(request)
    with directory.database.read() as session:
        member = find_link(session, token, SET_UP, directory.clock())
    if member is None:
        raise NotFound("link")
    return member


def _set_up_page(
    request: Request, member: StaffMember, error: InvalidInput | None = None, name: str | None = None
) -> HTMLResponse:
    status, errors = describe(error)
    return visitor_page(
        request,
        "staff/set_up.html",
        status,
        email=member.email,
        name=member.display_name if name is None else name,
        errors=errors,
        shortest=SHORTEST,
    )


def _codes_page(
    request: Request, found: Found, error: InvalidInput | TooManyAttempts | None = None
) -> HTMLResponse:
    directory = get_directory(request)
    secret = _get_secret(request, directory)
    with directory.database.read() as session:
        email = get_member(session, found.staff.id).email or found.staff.display_name
    status, errors = describe(error)
    drawn = Markup(draw_qr(make_address(secret, email)))  # noqa: S704 - made by us, of our own address
    spaced = " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
    return staff_page(
        request, None, "staff/set_up_codes.html", status, qr=drawn, secret=spaced, errors=errors
    )


def _get_secret(request: Request, directory: Directory) -> str:
    with transaction(directory.database) as session:
        return get_pending_secret(session, session_token(request), directory.staff_keys)
