"""Curators' page: the exceptions calendar. Bank holidays and Christmas week, and who is closed or full when."""

from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from sqlalchemy import select
from starlette.responses import HTMLResponse, RedirectResponse, Response

from referral_directory.bank_holidays import is_bank_holiday
from referral_directory.catalogue.models import Service
from referral_directory.catalogue.notices import (
    CLOSED,
    CURATOR,
    FULL,
    HOURS,
    Notice,
    add_notice,
    end_notice,
    list_notices,
    read_day,
)
from referral_directory.clock import day_text
from referral_directory.database import transaction
from referral_directory.errors import InvalidInput, NotFound
from referral_directory.staff.roles import Staff
from referral_directory.truth import curating
from referral_directory.truth.queue import list_waiting
from referral_directory.web.context import get_directory
from referral_directory.web.curators import Curator, Typed
from referral_directory.web.signed_in import describe, staff_page

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
EXCEPTIONS = "/staff/exceptions"
KINDS = {CLOSED: "Closed", FULL: "Full", HOURS: "Other opening times"}
AHEAD = 120
MOST_FOUND = 200


@router.get(EXCEPTIONS)
def show_calendar(
    request: Request,
    staff: Curator,
    words: Annotated[str, Query(max_length=200)] = "",
    said: Annotated[str, Query(max_length=20)] = "",
) -> HTMLResponse:
    """The days to think of, what is known of them, and a form for more."""
    return _page(request, staff, words, said=said)


@router.post(EXCEPTIONS)
def add(  # noqa: PLR0913, PLR0917 - the fields of the form
    request: Request,
    staff: Curator,
    service: Annotated[list[str] | None, Form(max_length=MOST_FOUND)] = None,
    kind: Typed = "",
    first_day: Typed = "",
    last_day: Typed = "",
    opening_hours: Typed = "",
    words: Typed = "",
) -> Response:
    """Say that services are closed, full or open at other times on some days. Raises NotFound."""
    directory = get_directory(request)
    now = directory.clock()
    try:
        first, last = read_day("first_day", first_day), read_day("last_day", last_day)
        if kind not in KINDS:
            raise InvalidInput("kind", "Choose what is different.")
        chosen = _read_ids(service or [])
        with transaction(directory.database) as session:
            for identity in chosen:
                curating.get_record(session, identity)
                notice = Notice(
                    service_id=identity,
                    kind=kind,
                    first_day=first,
                    last_day=last,
                    opening_hours="".join(opening_hours.split()) if kind == HOURS else "",
                    said_by=CURATOR,
                    said_at=now,
                )
                add_notice(session, notice, now.date())
    except InvalidInput as error:
        return _page(request, staff, words, error)
    return RedirectResponse(f"{EXCEPTIONS}?said=yes", 303)


@router.post(f"{EXCEPTIONS}/{{notice}}/end")
def end(request: Request, staff: Curator, notice: UUID) -> Response:
    """Take a notice back. Raises NotFound."""
    directory = get_directory(request)
    with transaction(directory.database) as session:
        found = session.get(Notice, notice)
        if found is None:
            raise NotFound("notice")
        end_notice(session, found, directory.clock())
    return RedirectResponse(f"{EXCEPTIONS}?said=yes", 303)


def days_to_think_of(today: date) -> list[tuple[str, str]]:
    """Bank holidays and Christmas week (24 December to 2 January) of the next four months, in words."""
    days = (today + timedelta(days=n) for n in range(AHEAD))
    return [
        (day.isoformat(), day_text(day) + (", bank holiday" if is_bank_holiday(day) else ", Christmas week"))
        for day in days
        if is_bank_holiday(day) or (day.month, day.day) >= (12, 24) or (day.month, day.day) <= (1, 2)
    ]


def _page(
    request: Request, staff: Staff, words: str = "", error: InvalidInput | None = None, said: str = ""
) -> HTMLResponse:
    directory = get_directory(request)
    status, errors = describe(error)
    today = directory.clock().date()
    with directory.database.read() as session:
        notices = list_notices(session, today)
        wanted = {notice.service_id for notice in notices}
        query = select(Service.id, Service.name).where(Service.id.in_(wanted))
        names = {row.id: row.name for row in session.execute(query)}
        found = [one for one in list_waiting(session, today, words) if one.published] if words.strip() else []
    listed = [
        {
            "id": str(one.id),
            "service": names.get(one.service_id, ""),
            "service_id": str(one.service_id),
            "kind": KINDS[one.kind],
            "days": f"{day_text(one.first_day)} to {day_text(one.last_day)}",
            "hours": one.opening_hours,
            "by": "the service itself" if one.said_by != CURATOR else "a curator",
        }
        for one in notices
    ]
    return staff_page(
        request,
        staff,
        "truth/exceptions.html",
        status,
        days=days_to_think_of(today),
        notices=listed,
        kinds=KINDS,
        words=words,
        found=found[:MOST_FOUND],
        today=today.isoformat(),
        said=said,
        errors=errors,
    )


def _read_ids(texts: list[str]) -> list[UUID]:
    try:
        chosen = [UUID(text) for text in texts]
    except ValueError as error:
        raise InvalidInput("service", "Choose from the services on the page.") from error
    if not chosen:
        raise InvalidInput("service", "Choose at least one service.")
    return chosen
