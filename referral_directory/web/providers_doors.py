"""The way in behind a provider's link: a one-time code, mailed to the address that the link went to."""

from collections.abc import Callable
from dataclasses import dataclass

from fastapi import Request
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, RedirectResponse, Response

from referral_directory.database import transaction
from referral_directory.errors import InvalidInput, TooManyAttempts
from referral_directory.referrals import providing
from referral_directory.referrals.models import OpenedByCode, Referral
from referral_directory.staff.attempts import Guard, claim_attempt, forgive_attempt
from referral_directory.staff.keys import keyed_digest
from referral_directory.staff.lockout import SECOND_STEP
from referral_directory.web.context import get_directory
from referral_directory.web.signed_in import cookie_name, describe, set_cookie, visitor_page

VISIT = "signpost_provider"
Fault = InvalidInput | TooManyAttempts


@dataclass(frozen=True, slots=True)
class Door:
    """A page behind a link: its path, what its attempts are counted under, its heading while it is shut, and how a
    token's link is found, with the referral if it leads to one. Finding raises NotFound.
    """

    path: str
    counted_as: str
    heading: str
    find: Callable[[Session, str], tuple[OpenedByCode, Referral | None]]


def mail_code(request: Request, door: Door, token: str) -> Response:
    """Mail a code to the address of the link. Raises NotFound."""
    directory = get_directory(request)
    with transaction(directory.database) as session:
        link, referral = door.find(session, token)
        providing.send_code(session, directory.field_keys, link, referral, directory.clock())
    return RedirectResponse(f"{door.path}/{token}?said=code", 303)


def let_in(request: Request, door: Door, token: str, code: str) -> Response:
    """Open the door for this browser with the code. Raises NotFound, InvalidInput and TooManyAttempts."""
    directory, now = get_directory(request), get_directory(request).clock()
    guards = [Guard(keyed_digest(directory.staff_keys, door.counted_as, token), SECOND_STEP)]
    with transaction(directory.database) as session:
        door.find(session, token)
        claim_attempt(session, guards, now)
    with transaction(directory.database) as session:
        link, referral = door.find(session, token)
        begun = providing.use_code(session, directory.field_keys, link, code, now)
        if begun is not None:
            forgive_attempt(session, guards, now)
            if referral is not None:
                providing.open_referral(session, directory.field_keys, referral, now)
    if begun is None:
        raise InvalidInput("code", "That is not the code, or it is too old. Ask for a new one.")
    answer = RedirectResponse(f"{door.path}/{token}", 303)
    set_cookie(request, answer, VISIT, begun)
    return answer


def is_visiting(request: Request, session: Session, link: OpenedByCode) -> bool:
    """Whether this browser typed a code that went to the link's address."""
    held = request.cookies.get(cookie_name(request, VISIT), "")
    return providing.is_visiting(session, held, link, get_directory(request).clock())


def shut_page(
    request: Request, door: Door, token: str, address: str, error: Fault | None, said: str
) -> HTMLResponse:
    """What whoever has not typed the code yet sees: where it goes, and the field for it."""
    status, errors = describe(error)
    return visitor_page(
        request,
        "referrals/provider_code.html",
        status,
        at=f"{door.path}/{token}",
        heading=door.heading,
        hint=_hint_at(address),
        said=said,
        errors=errors,
    )


def _hint_at(address: str) -> str:
    """As much of an address as its owner recognises: "ho…@example.org"."""
    return f"{address[:2]}…@{address.rpartition('@')[2]}"
