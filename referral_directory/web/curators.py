"""Curators' pages: the queue, one record with its source, and what is done with one click."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, RedirectResponse, Response

from referral_directory.catalogue.cards import CHECKED_BY, checked_text
from referral_directory.catalogue.models import Service
from referral_directory.catalogue.notices import list_notices, say_notice
from referral_directory.clock import date_text, in_leeds
from referral_directory.database import transaction
from referral_directory.errors import InvalidInput, NotPossible
from referral_directory.staff.roles import Role, Staff
from referral_directory.truth import curating, keeping
from referral_directory.truth.history import (
    CURATOR,
    HIDDEN,
    LABELS,
    PLACE,
    Change,
    list_differences,
    read_content,
    say_field,
)
from referral_directory.truth.importing import take_over
from referral_directory.truth.queue import KINDS, count_kinds, due_on, is_urgent, list_alike, list_waiting
from referral_directory.web.context import Directory, get_directory
from referral_directory.web.signed_in import describe, signed_in, staff_page

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
Curator = Annotated[Staff, Depends(signed_in(Role.CURATOR))]
Typed = Annotated[str, Form(max_length=5000)]
RECORDS = "/staff/records"
PAGE_SIZE = 50
SAID = {
    "confirm": "Confirmed. It is due again later.",
    "publish": "Published: residents find it now.",
    "withdraw": "Withdrawn: residents do not see it any more.",
    "edit": "Saved.",
    "undo": "Taken back.",
    "asked": "A mail with a link is on its way to the service.",
    "settled": "The reports are settled.",
    "offer": "Settled.",
    "merged": "Merged.",
    "notice": "Saved. Searches and cards say so at once.",
}


def change_by(directory: Directory, staff: Staff, action: str = "") -> Change:
    """A change by the curator who is signed in."""
    return Change(CURATOR, action, directory.clock(), staff.id, staff.display_name)


def back_to(identity: UUID, said: str) -> Response:
    """Back to a record, which says what was done."""
    return RedirectResponse(f"{RECORDS}/{identity}?said={said}", 303)


@router.get(RECORDS)
def show_queue(
    request: Request,
    staff: Curator,
    words: Annotated[str, Query(max_length=200)] = "",
    kind: Annotated[str, Query(max_length=20)] = "",
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> HTMLResponse:
    """Records that wait, the most pressing first; or, with words, any record."""
    directory = get_directory(request)
    with directory.database.read() as session:
        every = list_waiting(session, directory.clock().date(), words)
    waiting = [one for one in every if not kind or kind in one.kinds]
    return staff_page(
        request,
        staff,
        "truth/queue.html",
        waiting=waiting[(page - 1) * PAGE_SIZE : page * PAGE_SIZE],
        total=len(waiting),
        counts=count_kinds(every),
        kinds=KINDS,
        kind=kind,
        words=words,
        page=page,
        pages=-(-len(waiting) // PAGE_SIZE),
        to_read=_list_to_read(directory),
    )


@router.get(f"{RECORDS}/alike")
def show_alike(request: Request, staff: Curator) -> HTMLResponse:
    """Pairs of records that may be one service."""
    with get_directory(request).database.read() as session:
        return staff_page(request, staff, "truth/alike.html", pairs=list_alike(session))


@router.get(f"{RECORDS}/{{identity}}")
def show_record(request: Request, staff: Curator, identity: UUID, said: str = "") -> HTMLResponse:
    """A record as a curator sees it, beside what its source said. Raises NotFound."""
    return record_page(request, staff, identity, said=said)


@router.post(f"{RECORDS}/{{identity}}/confirm")
def confirm(request: Request, staff: Curator, identity: UUID) -> Response:
    """One click: it was checked today, and is right. Raises NotFound."""
    directory = get_directory(request)
    with transaction(directory.database) as session:
        change = change_by(directory, staff)
        curating.confirm_record(session, curating.get_record(session, identity), change)
        curating.settle_reports(session, identity, change)
    return back_to(identity, "confirm")


@router.post(f"{RECORDS}/{{identity}}/publish")
def publish(request: Request, staff: Curator, identity: UUID, published: Typed = "") -> Response:
    """Show a record to residents, or no longer. Raises NotFound."""
    directory = get_directory(request)
    try:
        with transaction(directory.database) as session:
            service = curating.get_record(session, identity)
            curating.publish_record(session, service, published == "yes", change_by(directory, staff))
    except NotPossible as error:
        return record_page(request, staff, identity, error=InvalidInput("", str(error)))
    return back_to(identity, "publish" if published == "yes" else "withdraw")


@router.post(f"{RECORDS}/{{identity}}/reports")
def settle_reports(request: Request, staff: Curator, identity: UUID) -> Response:
    """The reports were looked at. Raises NotFound."""
    directory = get_directory(request)
    with transaction(directory.database) as session:
        curating.get_record(session, identity)
        curating.settle_reports(session, identity, change_by(directory, staff))
    return back_to(identity, "settled")


@router.post(f"{RECORDS}/{{identity}}/source")
def settle_offer(request: Request, staff: Curator, identity: UUID, take: Typed = "") -> Response:
    """Take over what the source says now, or keep ours. Raises NotFound."""
    directory = get_directory(request)
    with transaction(directory.database) as session:
        service = curating.get_record(session, identity)
        curating.settle_offer(session, service, take == "yes", change_by(directory, staff))
    return back_to(identity, "offer")


@router.post(f"{RECORDS}/{{identity}}/ask")
def ask_service(request: Request, staff: Curator, identity: UUID) -> Response:
    """Send the service a link to its record. Raises NotFound."""
    directory = get_directory(request)
    try:
        with transaction(directory.database) as session:
            service = curating.get_record(session, identity)
            keeping.post_link(session, directory.field_keys, service, directory.clock())
    except NotPossible as error:
        return record_page(request, staff, identity, error=InvalidInput("", str(error)))
    return back_to(identity, "asked")


def record_page(
    request: Request, staff: Staff, identity: UUID, said: str = "", error: InvalidInput | None = None
) -> HTMLResponse:
    """A record's page. Raises NotFound."""
    directory = get_directory(request)
    status, errors = describe(error)
    with directory.database.read() as session:
        service = curating.get_record(session, identity)
        facts = _facts(session, directory, service)
    return staff_page(
        request, staff, "truth/record.html", status, said=SAID.get(said, ""), errors=errors, **facts
    )


def _list_to_read(directory: Directory) -> list[tuple[str, str]]:
    """Guidance and schemes whose date to be read again has come, and since when; they are files, not records."""
    today = directory.clock().date().isoformat()
    dated = [(entry.title, entry.review_by) for entry in directory.guidance]
    dated += [(scheme.title, scheme.review_by.isoformat()) for scheme in directory.schemes.values()]
    return sorted((pair for pair in dated if pair[1] and pair[1] <= today), key=lambda pair: pair[1])


def _facts(session: Session, directory: Directory, service: Service) -> dict[str, object]:
    content = read_content(service)
    row, today = content.row, directory.clock().date()
    due = due_on(content.next_check_on, row.checked_on, is_urgent(row.needs, row.risks))
    offer = curating.find_offer(session, service)
    shown = [
        (LABELS[name], HIDDEN if row.confidential and name in PLACE else say_field(row, name))
        for name in LABELS
        if getattr(row, name) not in ("", (), None) and not name.startswith("source")
    ]
    notices = list_notices(session, today, service.id)
    return {
        "record": {
            "id": str(service.id),
            "name": row.name,
            "organisation": row.organisation,
            "external_id": service.external_id,
            "published": row.published,
            "email": row.email,
            "checked": checked_text(row.checked_on, row.source_date),
            "by": CHECKED_BY.get(content.checked_by, content.checked_by),
            "due": date_text(due) if due.year > 1 else "now: nobody knows when it was checked",
            "source": (row.source_name, row.source_url, row.source_date, row.source_note),
            "merged_into": content.merged_into,
        },
        "shown": shown,
        "reports": [
            (
                curating.REPORT_FIELDS.get(one.field, one.field),
                one.words,
                one.said_by,
                date_text(in_leeds(one.made_at).date()),
            )
            for one in curating.list_reports(session, service.id)
        ],
        "offer": list_differences(row, take_over(row, curating.offered_row(offer))) if offer else None,
        "notice": say_notice(notices, today),
        "notices": len(notices),
    }
