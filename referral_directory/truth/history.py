"""The history of a record: every change keeps the whole record, so that it can be read back and undone."""

import json
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from referral_directory.catalogue.loading import clear_parts, get_revision
from referral_directory.catalogue.models import Service
from referral_directory.catalogue.records import read_record, write_row
from referral_directory.catalogue.sites import open_places
from referral_directory.catalogue.starter import LISTS, StarterRow, text_of
from referral_directory.errors import NotFound, NotPossible
from referral_directory.truth.models import RecordVersion

CURATOR, SERVICE, SOURCE = "curator", "service", "source"
PLACE = ("address", "postcode", "lat", "lon", "ward_code")
HIDDEN = "confidential, not shown"
LABELS = {
    "organisation": "Organisation", "name": "Name", "needs": "Needs", "risks": "Emergencies", "what": "What it does",
    "who_for": "Who it is for", "how_to_get_help": "How to get help", "access": "Ways in", "phone": "Phone",
    "phone_note": "About the phone", "email": "E-mail", "website": "Website", "address": "Address",
    "postcode": "Postcode", "lat": "Latitude", "lon": "Longitude", "ward_code": "Ward",
    "more_places": "Further places", "coverage": "Where it helps",
    "areas": "Only for people in", "opening_hours": "Opening hours", "opening_status": "How sure the hours are",
    "opening_note": "About the hours", "languages": "Languages", "accessibility": "Access", "cost": "Cost",
    "documents": "What to bring", "referral_possible": "Takes referrals", "source_name": "Source",
    "source_url": "Address of the source", "source_note": "What the source said", "source_date": "Date of the source",
    "checked_on": "Checked on", "confidence": "How sure we are", "published": "Published",
    "curator_note": "Curators' note", "confidential": "Confidential address",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """Who changes a record, when, and what they call it: edit, confirm, publish, withdraw, merge, undo, import."""

    actor: str
    action: str
    now: datetime
    actor_id: UUID | None = None
    actor_name: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """All of a record that is kept in its history."""

    row: StarterRow
    checked_by: str = "source"
    next_check_on: date | None = None
    merged_into: UUID | None = None


def read_content(service: Service) -> Content:
    """What a record says now."""
    return Content(read_record(service), service.checked_by, service.next_check_on, service.merged_into)


def write_content(
    session: Session, service: Service, content: Content, change: Change
) -> RecordVersion | None:
    """Make a record say `content`, and keep the version; None, and nothing changed, if it says so already."""
    before = read_content(service)
    if before == content:
        return None
    number = session.scalar(
        select(func.max(RecordVersion.number)).where(RecordVersion.service_id == service.id)
    )
    if number is None:
        first = Change(SOURCE, "load", service.last_modified)
        session.add(_version(service.id, 0, before, first))
        number = 0
    if content.row != before.row:
        clear_parts(session, service)
        write_row(session, content.row, service, change.now)
    service.checked_by, service.next_check_on = content.checked_by, content.next_check_on
    service.merged_into, service.last_modified = content.merged_into, change.now
    version = _version(service.id, number + 1, content, change)
    session.add(version)
    session.flush()
    get_revision(session).number += 1
    return version


def list_versions(session: Session, service_id: UUID) -> list[RecordVersion]:
    """Every version that was kept, the newest first."""
    query = select(RecordVersion).where(RecordVersion.service_id == service_id)
    return list(session.scalars(query.order_by(RecordVersion.number.desc())))


def latest_number(session: Session, service_id: UUID) -> int:
    """The number of the newest version; 0 if a record was never changed."""
    query = select(func.max(RecordVersion.number)).where(RecordVersion.service_id == service_id)
    return session.scalar(query) or 0


def undo_to(session: Session, service: Service, number: int, change: Change) -> None:
    """Make a record say again what it said at an earlier version. Raises NotFound, or NotPossible if it does."""
    query = select(RecordVersion).where(
        RecordVersion.service_id == service.id, RecordVersion.number == number
    )
    version = session.scalar(query)
    if version is None:
        raise NotFound("version")
    back = replace(change, action="undo", note=change.note or f"Back to version {number}.")
    if write_content(session, service, content_of(version), back) is None:
        raise NotPossible("The record says this already.")


def content_of(version: RecordVersion) -> Content:
    """What a record said at a version."""
    kept = json.loads(version.content)
    due, merged = kept["next_check_on"], kept["merged_into"]
    return Content(
        row_of(kept["row"]),
        kept["checked_by"],
        date.fromisoformat(due) if due else None,
        UUID(merged) if merged else None,
    )


def row_of(kept: dict[str, Any]) -> StarterRow:
    """A row from its JSON."""
    known = {one.name for one in fields(StarterRow)}
    values = {name: value for name, value in kept.items() if name in known}
    for name in LISTS:
        # Versions of before there were further places have none.
        values[name] = tuple(values.get(name, ()))
    checked = values["checked_on"]
    return StarterRow(**values | {"checked_on": date.fromisoformat(checked) if checked else None})


def row_json(row: StarterRow) -> str:
    """A row as JSON."""
    return json.dumps(asdict(row), default=str, ensure_ascii=False)


def list_differences(before: StarterRow, after: StarterRow) -> list[dict[str, str]]:
    """Field by field what changed, in words; where an address is confidential, only that it changed."""
    hides = before.confidential or after.confidential
    found = []
    for name, label in LABELS.items():
        if getattr(before, name) == getattr(after, name):
            continue
        hidden = hides and name in PLACE
        old, new = (HIDDEN if hidden else say_field(row, name) for row in (before, after))
        found.append({"field": name, "label": label, "old": old, "new": new})
    return found


def say_field(row: StarterRow, name: str) -> str:
    """A field of a row as people read it; of a confidential further place only that there is one."""
    if name != "more_places":
        return say(getattr(row, name))
    shown = open_places(row.more_places)
    return " | ".join([*shown, *[HIDDEN] * (len(row.more_places) - len(shown))])


def say(value: object) -> str:
    """A value of a row as people read it."""
    return text_of(value, between=", ")


def _version(service_id: UUID, number: int, content: Content, change: Change) -> RecordVersion:
    kept = {
        "row": asdict(content.row),
        "checked_by": content.checked_by,
        "next_check_on": content.next_check_on,
        "merged_into": content.merged_into,
    }
    return RecordVersion(
        id=uuid4(),
        service_id=service_id,
        number=number,
        at=change.now,
        action=change.action,
        actor=change.actor,
        actor_id=change.actor_id,
        actor_name=change.actor_name,
        content=json.dumps(kept, default=str, ensure_ascii=False),
        note=change.note,
    )
