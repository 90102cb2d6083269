"""A service's own page, behind the link of a mail: still right, full, closed, or something to correct. No account."""

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, RedirectResponse, Response

from referral_directory.catalogue.models import Service
from referral_directory.catalogue.notices import (
    CLOSED,
    FULL,
    SERVICE,
    Notice,
    add_notice,
    end_notice,
    list_notices,
    read_day,
    say_full,
    say_notice,
)
from referral_directory.clock import day_text
from referral_directory.database import transaction
from referral_directory.errors import InvalidInput
from referral_directory.truth.curating import LONGEST_REPORT, REPORT_FIELDS, add_report, confirm_record
from referral_directory.truth.history import LABELS, PLACE, Change, read_content, say
from referral_directory.truth.keeping import get_linked
from referral_directory.web.context import get_directory
from referral_directory.web.signed_in import check_form, describe, visitor_page

router = APIRouter(
    include_in_schema=False, default_response_class=HTMLResponse, dependencies=[Depends(check_form)]
)
Typed = Annotated[str, Form(max_length=5000)]
FRIDAY = 4
SHOWN = ("name", "what", "who_for", "how_to_get_help", "phone", "email", "website", "address", "postcode",
         "opening_hours", "opening_note", "cost", "documents", "languages", "accessibility")  # fmt: skip
SAID = {
    "right": "Thank you. We show today as the day it was checked.",
    "full": "Thank you. People are told that you are full.",
    "closed": "Thank you. People are told that you are closed.",
    "room": "Thank you. People find you as usual again.",
    "wrong": "Thank you. Somebody will correct it soon.",
}


@router.get("/keep/{token}")
def show_own_record(request: Request, token: str, said: str = "") -> HTMLResponse:
    """What we say about a service, and buttons for what is different. Changes nothing. Raises NotFound."""
    return _page(request, token, said=said)


@router.post("/keep/{token}")
def keep_own_record(
    request: Request,
    token: str,
    say: Typed = "",
    until: Typed = "",
    first_day: Typed = "",
    field: Typed = "",
    words: Typed = "",
) -> Response:
    """One button of the page. Raises NotFound."""
    directory = get_directory(request)
    change = Change(SERVICE, say, directory.clock(), note="By the link in a mail.")
    try:
        with transaction(directory.database) as session:
            service = get_linked(session, token, change.now)
            if say == "right":
                confirm_record(session, service, change)
            elif say in ("full", "room"):
                _say_full(session, service, say, until, change)
            elif say == "closed":
                _say_closed(session, service, first_day, until, change)
            elif say == "wrong":
                add_report(session, service, field, words, SERVICE, change)
            else:
                raise InvalidInput("", "Use one of the buttons on the page.")
    except InvalidInput as error:
        return _page(request, token, error)
    return RedirectResponse(f"/keep/{token}?said={say}", 303)


def _say_full(session: Session, service: Service, say: str, until: str, change: Change) -> None:
    """Full or not, for residents and for referrals alike."""
    today = change.now.date()
    if say == "room":
        for notice in list_notices(session, today, service.id):
            end_notice(session, notice, change.now)
        return
    say_full(session, service.id, _read_until(until, today), SERVICE, change.now)


def _say_closed(session: Session, service: Service, first: str, until: str, change: Change) -> None:
    today = change.now.date()
    notice = Notice(
        service_id=service.id,
        kind=CLOSED,
        first_day=read_day("first_day", first) if first else today,
        last_day=_read_until(until, today),
        said_by=SERVICE,
        said_at=change.now,
    )
    add_notice(session, notice, today)


def _read_until(text: str, today: date) -> date:
    """The last day: "today", "week" for the coming Sunday, "friday", or a date."""
    named = {
        "today": today,
        "friday": today + timedelta(days=(FRIDAY - today.weekday()) % 7),
        "week": today + timedelta(days=6 - today.weekday()),
    }
    return named[text] if text in named else read_day("until", text)


def _page(request: Request, token: str, error: InvalidInput | None = None, said: str = "") -> HTMLResponse:
    directory = get_directory(request)
    status, errors = describe(error)
    today = directory.clock().date()
    with directory.database.read() as session:
        service = get_linked(session, token, directory.clock())
        row = read_content(service).row
        notices = list_notices(session, today, service.id)
    facts = [
        # Their own address is theirs to know; but a mail can be passed on, so a confidential one stays away.
        (LABELS[name], say(getattr(row, name)))
        for name in SHOWN
        if getattr(row, name) and not (row.confidential and name in PLACE)
    ]
    coming = [
        {FULL: "Full", CLOSED: "Closed"}.get(one.kind, "Other times")
        + f" from {day_text(one.first_day)} up to and including {day_text(one.last_day)}"
        for one in notices
    ]
    return visitor_page(
        request,
        "truth/own_record.html",
        status,
        token=token,
        name=row.name,
        facts=facts,
        notice=say_notice(notices, today),
        coming=coming,
        fields=REPORT_FIELDS,
        longest=LONGEST_REPORT,
        said=SAID.get(said, ""),
        errors=errors,
    )
