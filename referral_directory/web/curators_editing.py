"""Curators' pages: edit a record, read its history and take changes back, merge two records."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, Response

from referral_directory.catalogue.sites import open_places, read_site
from referral_directory.catalogue.starter import ACCESS, CONFIDENCE, COVERAGE, StarterRow
from referral_directory.clock import date_text, in_leeds
from referral_directory.database import transaction
from referral_directory.errors import InvalidInput, NotPossible
from referral_directory.needs import RISKS
from referral_directory.opening import CONFIRMED, INDICATIVE, NONE
from referral_directory.places import find_place
from referral_directory.postcodes import read_postcode
from referral_directory.staff.roles import Staff
from referral_directory.truth import curating
from referral_directory.truth.history import (
    LABELS,
    PLACE,
    content_of,
    latest_number,
    list_differences,
    list_versions,
    read_content,
    say_field,
    undo_to,
)
from referral_directory.truth.queue import list_waiting
from referral_directory.web.context import Directory, get_directory
from referral_directory.web.curators import RECORDS, Curator, Typed, back_to, change_by
from referral_directory.web.signed_in import describe, staff_page

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
LONG = ("what", "who_for", "how_to_get_help", "opening_note", "accessibility", "source_note", "curator_note",
        "more_places")  # fmt: skip
CHOICES = {
    "coverage": COVERAGE,
    "opening_status": (CONFIRMED, INDICATIVE, NONE),
    "confidence": CONFIDENCE,
    "referral_possible": ("yes", "no"),
    "confidential": ("no", "yes"),
}
HINTS = {
    "opening_hours": "OpenStreetMap syntax, for example Mo-Fr 09:00-17:00; PH off",
    "areas": "Outcodes or ward codes, with | between them; empty: anybody",
    "languages": "With | between them",
    "confidential": "A confidential address is kept, and shown to nobody. To make it public, type it again.",
    "address": "Leave empty to keep a confidential address as it is",
    "more_places": "One place a line: address | postcode. Confidential ones are not shown here, and stay.",
    "source_date": "As exactly as it is known: 2026-08-28, 2026-08 or 2026",
}
# The point and the ward follow from the postcode; publishing and checking are buttons.
NOT_TYPED = frozenset({"lat", "lon", "ward_code", "published", "checked_on"})
MOST_ALIKE = 30


@router.get(f"{RECORDS}/{{identity}}/edit")
def show_form(request: Request, staff: Curator, identity: UUID) -> HTMLResponse:
    """The whole record as a form. Raises NotFound."""
    return _form(request, staff, identity)


@router.post(f"{RECORDS}/{{identity}}/edit")
async def save_form(request: Request, staff: Curator, identity: UUID) -> Response:
    """Save what was typed, unless somebody else saved meanwhile. Raises NotFound."""
    directory, form = get_directory(request), await request.form()
    typed = _read_form(form)
    try:
        seen = int(typed.pop("seen", "") or 0)
        with transaction(directory.database) as session:
            service = curating.get_record(session, identity)
            before = read_content(service).row
            curating.edit_record(
                session,
                service,
                typed | _point(directory, typed, before) | _more_places(directory, typed, before),
                directory.needs,
                seen,
                change_by(directory, staff, "edit"),
            )
    except (InvalidInput, NotPossible) as error:
        wrong = error if isinstance(error, InvalidInput) else InvalidInput("", str(error))
        return _form(request, staff, identity, typed, wrong)
    except ValueError:
        return _form(request, staff, identity, typed, InvalidInput("", "Load the form again."))
    return back_to(identity, "edit")


@router.get(f"{RECORDS}/{{identity}}/history")
def show_history(request: Request, staff: Curator, identity: UUID) -> HTMLResponse:
    """Every change: who, when, and what it said before. Raises NotFound."""
    with get_directory(request).database.read() as session:
        service = curating.get_record(session, identity)
        name, versions = service.name, list_versions(session, identity)
        contents = [content_of(version).row for version in versions]
    shown = [
        {
            "number": version.number,
            "when": f"{date_text(in_leeds(version.at).date())}, {in_leeds(version.at):%H:%M}",
            "action": version.action,
            "who": version.actor_name
            or {"service": "the service itself", "source": "its source"}.get(version.actor, ""),
            "note": version.note,
            "changes": list_differences(contents[n + 1], contents[n]) if n + 1 < len(contents) else [],
        }
        for n, version in enumerate(versions)
    ]
    return staff_page(request, staff, "truth/history.html", id=str(identity), name=name, versions=shown)


@router.post(f"{RECORDS}/{{identity}}/undo")
def undo(request: Request, staff: Curator, identity: UUID, number: Typed = "") -> Response:
    """Make a record say again what it said at a version. Raises NotFound and NotPossible."""
    directory = get_directory(request)
    with transaction(directory.database) as session:
        service = curating.get_record(session, identity)
        wanted = int(number) if number.isascii() and number.isdigit() and len(number) < 9 else -1
        undo_to(session, service, wanted, change_by(directory, staff, "undo"))
    return back_to(identity, "undo")


@router.get(f"{RECORDS}/{{identity}}/merge")
def show_merge(
    request: Request,
    staff: Curator,
    identity: UUID,
    words: Annotated[str, Query(max_length=200)] = "",
    other: UUID | None = None,
) -> HTMLResponse:
    """Choose the record that is the same service; then look at both. Raises NotFound."""
    directory = get_directory(request)
    with directory.database.read() as session:
        kept = read_content(curating.get_record(session, identity)).row
        second = read_content(curating.get_record(session, other)).row if other else None
        found = list_waiting(session, directory.clock().date(), words)[:MOST_ALIKE] if words else []
    return staff_page(
        request,
        staff,
        "truth/merge.html",
        id=str(identity),
        name=kept.name,
        words=words,
        other=str(other) if other else "",
        other_name=second.name if second else "",
        differences=list_differences(kept, second) if second else [],
        found=[one for one in found if one.id != identity],
    )


@router.post(f"{RECORDS}/{{identity}}/merge")
def merge(request: Request, staff: Curator, identity: UUID, other: Typed = "") -> Response:
    """Merge another record into this one. Raises NotFound and NotPossible."""
    directory = get_directory(request)
    try:
        second = UUID(other)
    except ValueError as error:
        raise NotPossible("Choose the other record first.") from error
    with transaction(directory.database) as session:
        kept = curating.get_record(session, identity)
        curating.merge_records(
            session, kept, curating.get_record(session, second), change_by(directory, staff)
        )
    return back_to(identity, "merged")


def _form(
    request: Request,
    staff: Staff,
    identity: UUID,
    typed: dict[str, str] | None = None,
    error: InvalidInput | None = None,
) -> HTMLResponse:
    directory = get_directory(request)
    status, errors = describe(error)
    with directory.database.read() as session:
        row = read_content(curating.get_record(session, identity)).row
        seen = latest_number(session, identity)
    words = {"needs": tuple(directory.needs), "risks": RISKS, "access": ACCESS}
    ticked = {name: (typed or {}).get(name, "").split("|") if typed else getattr(row, name) for name in words}
    return staff_page(
        request,
        staff,
        "truth/edit.html",
        status,
        id=str(identity),
        name=row.name,
        seen=seen,
        labels={name: label for name, label in LABELS.items() if name not in NOT_TYPED},
        values=_values(row) | (typed or {}),
        words=words,
        ticked=ticked,
        needs=directory.needs,
        choices=CHOICES,
        long=LONG,
        hints=HINTS,
        errors=errors,
    )


def _values(row: StarterRow) -> dict[str, str]:
    values = {name: say_field(row, name) for name in LABELS}
    values |= {name: "|".join(getattr(row, name)) for name in ("areas", "languages")}
    values["more_places"] = "\n".join(map(_line_of, open_places(row.more_places)))
    return values | (dict.fromkeys(PLACE, "") if row.confidential else {})


def _read_form(form: FormData) -> dict[str, str]:
    typed = {
        name: value.strip().replace("\r\n", "\n")
        for name, value in form.items()
        if isinstance(value, str) and (name in LABELS or name == "seen") and name not in NOT_TYPED
    }
    for name in ("needs", "risks", "access"):
        typed[name] = "|".join(str(value) for value in form.getlist(name))
    return typed


def _point(directory: Directory, typed: dict[str, str], before: StarterRow) -> dict[str, str]:
    """Where a postcode lies, if it is a new one; nothing, if it is the old one."""
    postcode = typed.get("postcode", "")
    if postcode == before.postcode and not before.confidential:
        return {}
    return _locate(directory, postcode)


def _locate(directory: Directory, postcode: str) -> dict[str, str]:
    place = find_place(directory.tables, postcode).place if read_postcode(postcode) else None
    if place is None or place.kind != "postcode":
        return {"lat": "", "lon": "", "ward_code": ""}
    return {"lat": f"{place.lat:.6f}", "lon": f"{place.lon:.6f}", "ward_code": place.ward.code}


def _line_of(text: str) -> str:
    """A further place as a line of the form; one without an address by its point."""
    site = read_site(text)
    words = [part for part in (site.address, site.postcode) if part]
    if not words:
        return f"Point {site.lat}, {site.lon}" if site.lat is not None else f"Ward {site.ward_code}"
    return f"{site.address} | {site.postcode}" if site.postcode else site.address


def _more_places(directory: Directory, typed: dict[str, str], before: StarterRow) -> dict[str, str]:
    """The further places of a form's lines. A line that is as it was keeps its point; a new one gets its postcode's."""
    if "more_places" not in typed:
        return {}
    lines = list(dict.fromkeys(line.strip() for line in typed["more_places"].splitlines() if line.strip()))
    held = [(_line_of(text), text) for text in open_places(before.more_places)]
    texts = [text for line, text in held if line in lines]
    for line in lines:
        if line not in dict(held):
            address, _, postcode = (part.strip() for part in line.replace(";", ",").partition("|"))
            postcode = postcode.replace("|", " ")
            point = _locate(directory, postcode)
            texts.append(
                f"{address}; {postcode.upper()}; {point['lat']}; {point['lon']}; {point['ward_code']}"
            )
    return {"more_places": "|".join(texts)}
