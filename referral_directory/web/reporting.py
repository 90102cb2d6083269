"""Residents say that something about a service is wrong: by field, without a name, without an account.

`/services/{id}/report` is the address on every card. Nothing of who reports is kept: the address on the network
only slows robots down, in the memory of this process and as a keyed hash.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request
from limits import RateLimitItemPerHour
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, RedirectResponse, Response

from referral_directory.catalogue.models import Service
from referral_directory.database import transaction
from referral_directory.errors import InvalidInput, NotFound, TooManyAttempts
from referral_directory.staff.keys import keyed_digest
from referral_directory.staff.lockout import coarse_network
from referral_directory.truth.curating import LONGEST_REPORT, REPORT_FIELDS, add_report, get_record
from referral_directory.truth.history import Change
from referral_directory.web.context import get_directory
from referral_directory.web.feedback import count_wrong_details
from referral_directory.web.signed_in import check_form, describe, visitor_page

router = APIRouter(
    include_in_schema=False, default_response_class=HTMLResponse, dependencies=[Depends(check_form)]
)
RESIDENT = "resident"
# A library shares one network: many people report from it, but nobody reports one service many times.
FROM_ONE_NETWORK, ABOUT_ONE_SERVICE, FROM_ANYWHERE = (
    RateLimitItemPerHour(60),
    RateLimitItemPerHour(5),
    RateLimitItemPerHour(600),
)


@router.get("/services/{identity}/report")
def show_report(
    request: Request, identity: UUID, field: Annotated[str, Query(max_length=20)] = ""
) -> HTMLResponse:
    """The form; `?field=phone` has the field chosen already. Raises NotFound."""
    return _page(request, identity, chosen=field)


@router.post("/services/{identity}/report")
def send_report(
    request: Request,
    identity: UUID,
    field: Annotated[str, Form(max_length=20)] = "",
    words: Annotated[str, Form(max_length=5000)] = "",
) -> Response:
    """Put a report into the curators' queue. Raises NotFound."""
    directory = get_directory(request)
    change = Change(RESIDENT, "report", directory.clock())
    try:
        with transaction(directory.database) as session:
            service = _get_public(session, identity)
            _check_rate(request, identity)
            add_report(session, service, field, words, RESIDENT, change)
            count_wrong_details(session, directory, identity)
    except (InvalidInput, TooManyAttempts) as error:
        return _page(request, identity, chosen=field, words=words, error=error)
    return RedirectResponse(f"/services/{identity}/report?field=sent", 303)


def _page(
    request: Request,
    identity: UUID,
    chosen: str = "",
    words: str = "",
    error: InvalidInput | TooManyAttempts | None = None,
) -> HTMLResponse:
    status, errors = describe(error)
    with get_directory(request).database.read() as session:
        service = _get_public(session, identity)
        named = {"id": str(service.id), "name": service.name}
    return visitor_page(
        request,
        "truth/report.html",
        status,
        service=named,
        fields=REPORT_FIELDS,
        chosen=chosen,
        words=words,
        longest=LONGEST_REPORT,
        sent=chosen == "sent",
        errors=errors,
    )


def _get_public(session: Session, identity: UUID) -> Service:
    service = get_record(session, identity)
    if not service.published or service.status != "active":
        raise NotFound("service")
    return service


def _check_rate(request: Request, identity: UUID) -> None:
    directory = get_directory(request)
    network = coarse_network(request.client.host if request.client else "")
    who = keyed_digest(directory.staff_keys, "report", network).hex()
    limiter = directory.sign_in_limiter
    if not (
        limiter.hit(ABOUT_ONE_SERVICE, who, str(identity))
        and limiter.hit(FROM_ONE_NETWORK, who, "reports")
        and limiter.hit(FROM_ANYWHERE, "reports")
    ):
        raise TooManyAttempts(3600)
