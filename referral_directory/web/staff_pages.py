"""Staff pages: the first page, and the link that signs in whoever runs this machine."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from referral_directory.database import transaction
from referral_directory.errors import NotFound
from referral_directory.staff.links import SIGN_IN, find_link, use_link
from referral_directory.staff.roles import Staff
from referral_directory.staff.sessions import SIGNED_IN, start_session
from referral_directory.web.context import get_directory
from referral_directory.web.signed_in import (
    SESSION,
    check_form,
    session_token,
    set_cookie,
    signed_in,
    staff_page,
    visitor_page,
)

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/staff")
def show_home(request: Request, staff: Annotated[Staff, Depends(signed_in())]) -> HTMLResponse:
    """What the person can do here."""
    return staff_page(request, staff, "staff/home.html")


@router.get("/staff/link/{token}")
def show_link(request: Request, token: str) -> HTMLResponse:
    """Ask before the link is used up. Raises NotFound for one that no longer works."""
    directory = get_directory(request)
    with directory.database.read() as session:
        if find_link(session, token, SIGN_IN, directory.clock()) is None:
            raise NotFound("link")
    return visitor_page(request, "staff/link.html")


@router.post("/staff/link/{token}", dependencies=[Depends(check_form)])
def use_sign_in_link(request: Request, token: str) -> Response:
    """Sign in with the link. Raises NotFound."""
    directory = get_directory(request)
    now = directory.clock()
    with transaction(directory.database) as session:
        member = use_link(session, token, SIGN_IN, now)
        begun = start_session(session, member.id, SIGNED_IN, now, old=session_token(request))
    answer = RedirectResponse("/staff", 303)
    set_cookie(request, answer, SESSION, begun)
    return answer
