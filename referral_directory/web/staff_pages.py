"""Staff pages: the first page, signing out, and one's own account. The other staff pages are joined in here."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, RedirectResponse, Response

from referral_directory.database import transaction
from referral_directory.errors import InvalidInput, TooManyAttempts
from referral_directory.staff.accounts import change_password, get_member, renew_recovery_codes, use_code
from referral_directory.staff.attempts import Guard, claim_attempt, code_guards, forgive_attempt
from referral_directory.staff.models import StaffMember
from referral_directory.staff.passwords import password_fits
from referral_directory.staff.roles import ROLE_LABELS, Staff
from referral_directory.staff.sessions import SIGNED_IN, end_session, end_sessions_of, start_session
from referral_directory.web import (
    staff_pages_openid,
    staff_pages_people,
    staff_pages_set_up,
    staff_pages_sign_in,
)
from referral_directory.web.context import Directory, get_directory
from referral_directory.web.signed_in import (
    SESSION,
    SIGN_IN,
    describe,
    drop_cookie,
    session_token,
    set_cookie,
    signed_in,
    staff_page,
)
from referral_directory.web.static_files import read_static

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
for room in (staff_pages_sign_in, staff_pages_openid, staff_pages_set_up, staff_pages_people):
    router.include_router(room.router)

SignedIn = Annotated[Staff, Depends(signed_in())]
Typed = Annotated[str, Form(max_length=1000)]


@router.get("/staff")
def show_home(request: Request, staff: SignedIn) -> HTMLResponse:
    """What the person can do here."""
    return staff_page(request, staff, "staff/home.html")


@router.get("/static/staff.css")
async def get_staff_style() -> Response:
    """The style of the staff pages, which adds to style.css."""
    return read_static("staff.css")


@router.post("/staff/sign-out")
def sign_out(request: Request, staff: SignedIn) -> Response:
    """End this session, and have the browser forget what it kept."""
    with transaction(get_directory(request).database) as session:
        end_session(session, session_token(request))
    answer = RedirectResponse(f"{SIGN_IN}?signed_out=yes", 303)
    drop_cookie(request, answer, SESSION)
    answer.headers["clear-site-data"] = '"cache", "storage"'
    return answer


@router.get("/staff/account")
def show_account(request: Request, staff: SignedIn, changed: str = "") -> HTMLResponse:
    """One's own account."""
    return _account_page(request, staff, said=changed)


@router.post("/staff/account/password")
def change_own_password(
    request: Request, staff: SignedIn, present: Typed = "", password: Typed = "", again: Typed = ""
) -> Response:
    """Set a new password; every other session ends, and this one gets a new id."""
    directory, now = get_directory(request), get_directory(request).clock()
    guards = code_guards(directory.staff_keys, staff.id)
    try:
        _claim(directory, guards)
        with directory.database.read() as session:
            kept = get_member(session, staff.id).password_hash
        if not password_fits(kept, present):
            raise InvalidInput("present", "That is not your present password.")
        if password != again:
            raise InvalidInput("again", "The two new passwords differ.")
        with transaction(directory.database) as session:
            change_password(session, get_member(session, staff.id), password)
            forgive_attempt(session, guards, now)
            begun = start_session(session, staff.id, SIGNED_IN, now)
    except (InvalidInput, TooManyAttempts) as error:
        return _account_page(request, staff, error=error)
    answer = RedirectResponse("/staff/account?changed=password", 303)
    set_cookie(request, answer, SESSION, begun)
    return answer


@router.post("/staff/account/recovery-codes")
def renew_own_recovery_codes(request: Request, staff: SignedIn, code: Typed = "") -> Response:
    """Show eight new recovery codes, against a code of the app."""
    directory, now = get_directory(request), get_directory(request).clock()
    guards = code_guards(directory.staff_keys, staff.id)
    try:
        _claim(directory, guards)
        with transaction(directory.database) as session:
            member = get_member(session, staff.id)
            if not use_code(session, member, directory.staff_keys, code, now):
                raise InvalidInput("code", "That code is wrong or was used before. Wait for the next one.")
            codes = renew_recovery_codes(session, member)
            forgive_attempt(session, guards, now)
    except (InvalidInput, TooManyAttempts) as error:
        return _account_page(request, staff, error=error)
    return staff_page(request, staff, "staff/recovery_codes.html", codes=codes)


@router.post("/staff/account/end-sessions")
def end_own_sessions(request: Request, staff: SignedIn) -> Response:
    """End one's sessions on every other device."""
    directory = get_directory(request)
    with transaction(directory.database) as session:
        end_sessions_of(session, staff.id)
        begun = start_session(session, staff.id, SIGNED_IN, directory.clock())
    answer = RedirectResponse("/staff/account?changed=sessions", 303)
    set_cookie(request, answer, SESSION, begun)
    return answer


def _claim(directory: Directory, guards: list[Guard]) -> None:
    with transaction(directory.database) as session:
        claim_attempt(session, guards, directory.clock())


def _account_page(
    request: Request, staff: Staff, said: str = "", error: InvalidInput | TooManyAttempts | None = None
) -> HTMLResponse:
    with get_directory(request).database.read() as session:
        facts = _facts(session, get_member(session, staff.id))
    status, errors = describe(error)
    labels = [label for role, label in ROLE_LABELS.items() if role in staff.roles]
    return staff_page(
        request, staff, "staff/account.html", status, said=said, errors=errors, labels=labels, **facts
    )


def _facts(session: Session, member: StaffMember) -> dict[str, object]:
    return {
        "email": member.email,
        "space": member.community_space.name if member.community_space else None,
        "has_codes": member.totp_secret is not None,
    }
