"""Pages for the group's decisions: write one down against a need and an area, and say later what became of it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from referral_directory.database import transaction
from referral_directory.demand.decisions import (
    STATUSES,
    Wording,
    change_decision,
    get_decision,
    record_decision,
)
from referral_directory.demand.models import Decision
from referral_directory.demand.tables import Frame
from referral_directory.errors import InvalidInput
from referral_directory.staff.roles import Role, Staff
from referral_directory.web.context import Directory, get_directory
from referral_directory.web.signed_in import describe, signed_in, staff_page
from referral_directory.web.statistics_decisions import area_names, list_answered

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
Analyst = Annotated[Staff, Depends(signed_in(Role.ANALYST, Role.ADMINISTRATOR))]
Typed = Annotated[str, Form(max_length=2000)]


def read_wording(  # noqa: PLR0913, PLR0917 - the fields of the form
    need: Typed = "",
    area: Typed = "",
    what: Typed = "",
    who: Typed = "",
    by_when: Typed = "",
    status: Typed = "planned",
    done_on: Typed = "",
    what_happened: Typed = "",
) -> Wording:
    """The fields of the form."""
    return Wording(need, area, what, who, by_when, status, done_on, what_happened)


Words = Annotated[Wording, Depends(read_wording)]


@router.get("/staff/decisions")
def show_decisions(
    request: Request, staff: Analyst, said: str = "", need: str = "", area: str = ""
) -> HTMLResponse:
    """What was decided, and a form for more; a link from a figure fills in need and area."""
    return _list_page(request, staff, Wording(need=need, area=area), said=said)


@router.post("/staff/decisions")
def add_decision(request: Request, staff: Analyst, typed: Words) -> Response:
    """Write a decision down."""
    directory = get_directory(request)
    try:
        with transaction(directory.database) as session:
            record_decision(session, _frame(directory), typed, staff.id, directory.clock().date())
    except InvalidInput as error:
        return _list_page(request, staff, typed, error)
    return RedirectResponse("/staff/decisions?said=added", 303)


@router.get("/staff/decisions/{identity}")
def show_decision(request: Request, staff: Analyst, identity: UUID) -> HTMLResponse:
    """One decision, to say how far it is. Raises NotFound."""
    return _one_page(request, staff, identity)


@router.post("/staff/decisions/{identity}")
def change(request: Request, staff: Analyst, identity: UUID, typed: Words) -> Response:
    """Change one. Raises NotFound."""
    directory = get_directory(request)
    try:
        with transaction(directory.database) as session:
            decision = get_decision(session, identity)
            change_decision(session, decision, typed, directory.clock().date())
    except InvalidInput as error:
        return _one_page(request, staff, identity, typed, error)
    return RedirectResponse("/staff/decisions?said=changed", 303)


def _frame(directory: Directory) -> Frame:
    return Frame(
        tuple(directory.needs), {code: ward.committee for code, ward in directory.tables.wards.items()}
    )


def _list_page(
    request: Request, staff: Staff, typed: Wording, error: InvalidInput | None = None, said: str = ""
) -> HTMLResponse:
    directory = get_directory(request)
    with directory.database.read() as session:
        answered = list_answered(session, directory)
    status, errors = describe(error)
    return staff_page(
        request,
        staff,
        "staff/decisions.html",
        status,
        answered=answered,
        typed=typed,
        errors=errors,
        said=said,
        needs=directory.needs,
        areas=area_names(directory),
        statuses=STATUSES,
    )


def _one_page(
    request: Request,
    staff: Staff,
    identity: UUID,
    typed: Wording | None = None,
    error: InvalidInput | None = None,
) -> HTMLResponse:
    directory = get_directory(request)
    with directory.database.read() as session:
        decision = get_decision(session, identity)
        wording = typed or _wording_of(decision)
        need, area = directory.needs[decision.need].label, area_names(directory)[decision.area]
    status, errors = describe(error)
    return staff_page(
        request,
        staff,
        "staff/decision.html",
        status,
        identity=identity,
        typed=wording,
        errors=errors,
        need=need,
        area=area,
        statuses=STATUSES,
    )


def _wording_of(decision: Decision) -> Wording:
    return Wording(
        need=decision.need,
        area=decision.area,
        what=decision.what,
        who=decision.who,
        by_when=decision.by_when.isoformat(),
        status=decision.status,
        done_on=decision.done_on.isoformat() if decision.done_on else "",
        what_happened=decision.what_happened,
    )
