"""Signing in with the organisation's own account: leave for its sign-in service, and come back."""

from urllib.parse import quote

import structlog
from anyio import to_thread
from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from referral_directory.database import transaction
from referral_directory.errors import InvalidInput, NotFound, TooManyAttempts
from referral_directory.staff.attempts import Guard, check_rate
from referral_directory.staff.keys import keyed_digest
from referral_directory.staff.lockout import FROM_ANYWHERE
from referral_directory.staff.openid import LASTS, SignInService, come_back, find_member, leave, make_ticket
from referral_directory.staff.sessions import SIGNED_IN, start_session
from referral_directory.web.context import get_directory
from referral_directory.web.signed_in import (
    SESSION,
    address_of,
    cookie_name,
    describe,
    drop_cookie,
    safe_next,
    session_token,
    set_cookie,
    visitor_page,
)
from referral_directory.web.templating import render

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
TICKET = "signpost_openid"


@router.get("/staff/sign-in/openid")
async def go(request: Request, next: str = "") -> Response:  # noqa: A002
    """Leave for the sign-in service. Raises NotFound if none is set."""
    service = _service(request)
    return await to_thread.run_sync(_go, request, service, next, limiter=service.threads)


def _go(request: Request, service: SignInService, next: str) -> Response:  # noqa: A002
    directory = get_directory(request)
    ticket = make_ticket(safe_next(next), directory.clock())
    try:
        answer: Response = RedirectResponse(leave(service, directory.staff_keys, ticket), 303)
    except InvalidInput as error:
        return _failed(request, error)
    # Lax, not Strict: the browser has to send it when the service sends the person back.
    answer.set_cookie(
        cookie_name(request, TICKET), ticket, max_age=int(LASTS.total_seconds()), path="/", httponly=True,
        samesite="lax", secure=directory.public_url.startswith("https://"),
    )  # fmt: skip
    return answer


@router.get("/staff/sign-in/openid/callback")
async def return_here(request: Request, state: str = "", code: str = "") -> Response:
    """Come back from the sign-in service: the session begins. Raises NotFound if none is set."""
    service = _service(request)
    return await to_thread.run_sync(_return_here, request, service, state, code, limiter=service.threads)


def _return_here(request: Request, service: SignInService, state: str, code: str) -> Response:
    directory, now = get_directory(request), get_directory(request).clock()
    ticket = request.cookies.get(cookie_name(request, TICKET), "")
    try:
        guard = Guard(keyed_digest(directory.staff_keys, "openid", ticket), FROM_ANYWHERE)
        check_rate(directory.sign_in_limiter, [guard], "openid", address_of(request))
        person, going = come_back(service, directory.staff_keys, ticket, state, code, now)
        with transaction(directory.database) as session:
            member = find_member(session, person)
            begun = start_session(session, member.id, SIGNED_IN, now, old=session_token(request))
    except (InvalidInput, TooManyAttempts) as error:
        structlog.get_logger().warning("sign-in failed", error=type(error).__name__, method="openid")
        return _failed(request, error)
    wanted = safe_next(going)
    # From a page of our own: on the way from elsewhere the browser would keep the strict cookie back.
    answer = HTMLResponse(
        render("staff/continue.html", wanted=wanted),
        headers={"refresh": f"0; url={quote(wanted, safe='/?&=')}"},
    )
    set_cookie(request, answer, SESSION, begun)
    drop_cookie(request, answer, TICKET)
    return answer


def _service(request: Request) -> SignInService:
    service = get_directory(request).openid
    if service is None:
        raise NotFound("sign-in service")
    return service


def _failed(request: Request, error: InvalidInput | TooManyAttempts) -> Response:
    status, errors = describe(error)
    service = get_directory(request).openid
    answer = visitor_page(
        request,
        "staff/sign_in.html",
        status,
        wanted="/staff",
        email="",
        errors=errors,
        signed_out=False,
        openid_name=service.name if service else "",
    )
    drop_cookie(request, answer, TICKET)
    return answer
