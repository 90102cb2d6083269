"""Signing in: password, then code; and the link of this machine.

Whatever is wrong (no such address, wrong password, disabled) the answer is the same and takes the same work.
"""

from typing import Annotated
from urllib.parse import quote

import structlog
from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from referral_directory.database import transaction
from referral_directory.errors import InvalidInput, NotFound, TooManyAttempts
from referral_directory.staff import links
from referral_directory.staff.accounts import find_by_email, get_member, read_email, use_code
from referral_directory.staff.attempts import (
    Guard,
    check_rate,
    claim_attempt,
    code_guards,
    forgive_attempt,
    password_guards,
)
from referral_directory.staff.passwords import hash_password, is_outdated, password_fits
from referral_directory.staff.sessions import ENROLLING, SECOND_STEP, SIGNED_IN, Found, start_session
from referral_directory.web.context import Directory, get_directory
from referral_directory.web.signed_in import (
    SESSION,
    address_of,
    check_form,
    describe,
    half_signed_in,
    safe_next,
    session_token,
    set_cookie,
    staff_page,
    visitor_page,
)

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
Typed = Annotated[str, Form(max_length=1000)]
HalfWay = Annotated[Found, Depends(half_signed_in(SECOND_STEP))]
WRONG = "The e-mail address and password do not belong together. Check both, then try again."
WRONG_CODE = "That code is wrong or was used before. Wait for the next one, or use a recovery code."


@router.get("/staff/sign-in")
def show_sign_in(request: Request, next: str = "", signed_out: str = "") -> HTMLResponse:  # noqa: A002
    """Ask for e-mail address and password."""
    service = get_directory(request).openid
    return visitor_page(
        request,
        "staff/sign_in.html",
        wanted=safe_next(next),
        email="",
        errors={},
        signed_out=bool(signed_out),
        openid_name=service.name if service else "",
    )


@router.post("/staff/sign-in", dependencies=[Depends(check_form)])
def sign_in(request: Request, email: Typed = "", password: Typed = "", wanted: Typed = "") -> Response:
    """Take e-mail address and password, then ask for a code."""
    directory, going = get_directory(request), safe_next(wanted)
    try:
        begun, stage = _check_password(request, directory, email, password)
    except (InvalidInput, TooManyAttempts) as error:
        structlog.get_logger().warning("sign-in failed", error=type(error).__name__)
        status, errors = describe(error)
        return visitor_page(
            request,
            "staff/sign_in.html",
            status,
            wanted=going,
            email=email,
            errors=errors,
            signed_out=False,
            openid_name=directory.openid.name if directory.openid else "",
        )
    enrolling = stage == ENROLLING
    answer = RedirectResponse("/staff/set-up-codes", 303) if enrolling else _to_second_step(going)
    set_cookie(request, answer, SESSION, begun)
    return answer


@router.get("/staff/second-step")
def show_second_step(request: Request, found: HalfWay, next: str = "") -> HTMLResponse:  # noqa: A002
    """Ask for a code."""
    return staff_page(request, None, "staff/second_step.html", wanted=safe_next(next), errors={})


@router.post("/staff/second-step")
def take_second_step(request: Request, found: HalfWay, code: Typed = "", wanted: Typed = "") -> Response:
    """Take the code: the session begins, under a new id."""
    directory, going = get_directory(request), safe_next(wanted)
    try:
        begun = _check_code(request, directory, found, code)
    except (InvalidInput, TooManyAttempts) as error:
        structlog.get_logger().warning("second step failed", error=type(error).__name__)
        status, errors = describe(error)
        return staff_page(request, None, "staff/second_step.html", status, wanted=going, errors=errors)
    answer = RedirectResponse(going, 303)
    set_cookie(request, answer, SESSION, begun)
    return answer


@router.get("/staff/link/{token}")
def show_link(request: Request, token: str) -> HTMLResponse:
    """Ask before the link is used up. Raises NotFound for one that no longer works."""
    directory = get_directory(request)
    with directory.database.read() as session:
        if links.find_link(session, token, links.SIGN_IN, directory.clock()) is None:
            raise NotFound("link")
    return visitor_page(request, "staff/link.html")


@router.post("/staff/link/{token}", dependencies=[Depends(check_form)])
def sign_in_by_link(request: Request, token: str) -> Response:
    """Sign in with the link of this machine. Raises NotFound."""
    directory, now = get_directory(request), get_directory(request).clock()
    with transaction(directory.database) as session:
        member = links.use_link(session, token, links.SIGN_IN, now)
        begun = start_session(session, member.id, SIGNED_IN, now, old=session_token(request))
    answer = RedirectResponse("/staff", 303)
    set_cookie(request, answer, SESSION, begun)
    return answer


def _check_password(request: Request, directory: Directory, email: str, password: str) -> tuple[str, str]:
    """The id and stage of a session that begins. Raises InvalidInput, TooManyAttempts."""
    now = directory.clock()
    address = _read_any_email(email)
    guards = password_guards(directory.staff_keys, address, address_of(request))
    _claim(request, guards, "password")
    with directory.database.read() as session:
        member = find_by_email(session, address) if address else None
        kept = member.password_hash if member else ""
    fits = password_fits(kept, password)
    if member is None or not fits or member.status == "disabled":
        raise InvalidInput("", WRONG)
    # Outside the transaction, which on SQLite keeps every other writer waiting.
    renewed = hash_password(password) if is_outdated(kept) else kept
    with transaction(directory.database) as session:
        member = get_member(session, member.id)
        if member.password_hash != kept or member.status == "disabled":
            raise InvalidInput("", WRONG)
        member.password_hash = renewed
        forgive_attempt(session, guards, now)
        stage = SECOND_STEP if member.totp_secret is not None else ENROLLING
        return start_session(session, member.id, stage, now, old=session_token(request)), stage


def _check_code(request: Request, directory: Directory, found: Found, code: str) -> str:
    """The id of the session that begins. Raises InvalidInput, TooManyAttempts."""
    now = directory.clock()
    guards = code_guards(directory.staff_keys, found.staff.id)
    _claim(request, guards, "second step")
    with transaction(directory.database) as session:
        member = get_member(session, found.staff.id)
        if not use_code(session, member, directory.staff_keys, code, now):
            raise InvalidInput("code", WRONG_CODE)
        forgive_attempt(session, guards, now)
        return start_session(session, member.id, SIGNED_IN, now, old=session_token(request))


def _claim(request: Request, guards: list[Guard], door: str) -> None:
    directory = get_directory(request)
    check_rate(directory.sign_in_limiter, guards, door, address_of(request))
    with transaction(directory.database) as session:
        claim_attempt(session, guards, directory.clock())


def _to_second_step(going: str) -> RedirectResponse:
    # `going` has passed safe_next; "?" and "&" in it would end the parameter.
    return RedirectResponse(f"/staff/second-step?next={quote(going, safe='/')}", 303)


def _read_any_email(text: str) -> str:
    """What was typed, as addresses are compared; "" for what cannot be one, which then fails as usual."""
    try:
        return read_email(text)
    except InvalidInput:
        return ""
