"""What curators do to records: edit, confirm, publish, withdraw, take over from the source, merge."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from referral_directory.catalogue.loading import list_services
from referral_directory.catalogue.models import Service
from referral_directory.catalogue.notices import end_notice, list_notices
from referral_directory.catalogue.records import read_record
from referral_directory.catalogue.sites import open_places, read_site, site_of, site_text, with_hidden_places
from referral_directory.catalogue.starter import COLUMNS, StarterRow, read_row, texts_of
from referral_directory.errors import BadHours, InvalidInput, NotFound, NotPossible
from referral_directory.needs import Needs
from referral_directory.truth.history import (
    PLACE,
    Change,
    Content,
    latest_number,
    read_content,
    row_of,
    write_content,
)
from referral_directory.truth.importing import source_digest, take_over
from referral_directory.truth.models import ImportRecord, RecordReport
from referral_directory.truth.queue import OTHERS_EVERY, URGENT_EVERY, is_urgent

# What a report can be about, in a resident's words.
REPORT_FIELDS = {
    "phone": "The phone number",
    "opening_hours": "The opening times",
    "address": "The address",
    "who_for": "Who it is for",
    "cost": "What it costs",
    "how_to_get_help": "How to get help there",
    "what": "What it does",
    "website": "The website or e-mail address",
    "gone": "It does not exist any more",
    "other": "Something else",
}
LONGEST_REPORT = 600
MOST_OPEN_REPORTS = 50


def get_record(session: Session, identity: UUID) -> Service:
    """A record, public or not. Raises NotFound."""
    service = session.get(Service, identity)
    if service is None:
        raise NotFound("service")
    return service


def find_merged(session: Session, identity: UUID) -> UUID | None:
    """The record that a duplicate was merged into."""
    service = session.get(Service, identity)
    return service.merged_into if service is not None else None


def edit_record(
    session: Session, service: Service, typed: Mapping[str, str], needs: Needs, seen: int, change: Change
) -> None:
    """Make a record say what a form says; `seen` is the version that the form was filled in on.

    A confidential address is not in the form: left empty it stays. Raises InvalidInput, and NotPossible if
    somebody changed the record meanwhile.
    """
    if latest_number(session, service.id) != seen:
        raise NotPossible("Somebody else changed this record meanwhile. Look at it again before you edit it.")
    before = read_content(service)
    row = read_typed(typed, before.row, needs)
    write_content(session, service, replace(before, row=row), change)


def read_typed(typed: Mapping[str, str], before: StarterRow, needs: Needs) -> StarterRow:
    """The row that a form makes of a record. Raises InvalidInput naming the field."""
    kept = texts_of(before)
    values = kept | {name: value for name, value in typed.items() if name in kept and name != "id"}
    stays_hidden = before.confidential and values["confidential"] == "yes"
    if stays_hidden and not (typed.get("address") or typed.get("postcode")):
        values |= {name: kept[name] for name in PLACE}
    elif before.confidential and not stays_hidden:
        # A confidential address never becomes public by one tick: it has to be typed again.
        values |= {name: typed.get(name, "") for name in PLACE}
    try:
        row = read_row(values, needs)
        return replace(row, more_places=with_hidden_places(before.more_places, row.more_places))
    except BadHours as error:
        raise InvalidInput("opening_hours", str(error)) from error
    except ValueError as error:
        field, _, message = str(error).partition(": ")
        first = field.split(",")[0]
        raise InvalidInput(first if first in kept else "", message or str(error)) from error


def confirm_record(session: Session, service: Service, change: Change, until: date | None = None) -> None:
    """Say that a record was checked today and is right; reports about it are settled."""
    today = change.now.date()
    before = read_content(service)
    row = replace(before.row, checked_on=today, source_date=today.isoformat())
    every = URGENT_EVERY if is_urgent(row.needs, row.risks) else OTHERS_EVERY
    after = replace(before, row=row, checked_by=change.actor, next_check_on=until or today + every)
    write_content(session, service, after, replace(change, action="confirm"))


def publish_record(session: Session, service: Service, published: bool, change: Change) -> None:
    """Show a record to residents, or no longer. Raises NotPossible for a record that may not be shown."""
    before = read_content(service)
    if published and before.row.confidence == "low":
        raise NotPossible("A record of low confidence is not published: find out more, and edit it first.")
    if published and not (before.row.needs or before.row.risks):
        raise NotPossible("Say first what it helps with: without a need nobody finds it.")
    row = replace(before.row, published=published)
    merged = None if published else before.merged_into
    after = replace(before, row=row, merged_into=merged)
    write_content(session, service, after, replace(change, action="publish" if published else "withdraw"))


def merge_records(session: Session, kept: Service, other: Service, change: Change) -> None:
    """Make one record of two: what `kept` lacks comes from `other`, which is withdrawn and points to it."""
    if kept.id == other.id:
        raise NotPossible("These are one record already.")
    ours, theirs = read_content(kept), read_content(other)
    filled: dict[str, Any] = {}
    for name in COLUMNS:
        if name in ("id", "published", "confidential", "curator_note", "more_places", *PLACE):
            continue
        value, spare = getattr(ours.row, name), getattr(theirs.row, name)
        if name in ("needs", "risks", "access", "languages"):
            filled[name] = tuple(dict.fromkeys((*value, *spare)))
        elif value in ("", None):
            filled[name] = spare
    if not (ours.row.address or ours.row.postcode or ours.row.confidential or theirs.row.confidential):
        filled |= {name: getattr(theirs.row, name) for name in PLACE}
    joined = _join_places(replace(ours.row, **filled), theirs.row)
    note = f"Merged: {theirs.row.name} ({other.external_id}) into {ours.row.name} ({kept.external_id})."
    change = replace(change, action="merge", note=note)
    write_content(session, kept, replace(ours, row=joined), change)
    gone = replace(theirs.row, published=False, curator_note=note)
    write_content(session, other, replace(theirs, row=gone, merged_into=kept.id), change)
    for report in list_reports(session, other.id):
        report.service_id = kept.id
    for notice in list_notices(session, change.now.date(), other.id):
        end_notice(session, notice, change.now)


def _join_places(ours: StarterRow, theirs: StarterRow) -> StarterRow:
    """Our places, and theirs at other postcodes; none of theirs if the address of either is confidential."""
    if ours.confidential or theirs.confidential:
        return ours
    known = [site_of(ours), *map(read_site, ours.more_places)]
    offered = [site_of(theirs), *map(read_site, open_places(theirs.more_places))]
    postcodes, addresses = {site.postcode for site in known}, {site.address for site in known}
    more = [
        site_text(site)
        for site in offered
        if (site.postcode or site.address)
        and site.address not in addresses
        and site.postcode not in postcodes
    ]
    return replace(ours, more_places=tuple(sorted({*ours.more_places, *more})))


def find_offer(session: Session, service: Service) -> ImportRecord | None:
    """What a source says now of a record that was edited here, if it differs."""
    query = select(ImportRecord).where(ImportRecord.service_id == service.id, ImportRecord.offered != "")
    return session.scalars(query.order_by(ImportRecord.remote_id)).first()


def settle_offer(session: Session, service: Service, take: bool, change: Change) -> None:
    """Take over what the source says, or keep ours; either way the source is asked no more about it."""
    offer = find_offer(session, service)
    if offer is None:
        raise NotFound("difference")
    row = offered_row(offer)
    offer.digest, offer.offered = source_digest(row, not (row.needs or row.risks)), ""
    if take:
        wanted = Content(take_over(read_content(service).row, row))
        write_content(session, service, wanted, replace(change, action="import"))


def offered_row(offer: ImportRecord) -> StarterRow:
    """The row that a source offers."""
    return row_of(json.loads(offer.offered))


def add_report(
    session: Session, service: Service, field: str, words: str, said_by: str, change: Change
) -> None:
    """Keep what somebody says is wrong. Raises InvalidInput."""
    if field not in REPORT_FIELDS:
        raise InvalidInput("field", "Choose what is wrong.")
    text = " ".join("".join(sign if sign.isprintable() else " " for sign in words).split())
    if len(text) > LONGEST_REPORT:
        raise InvalidInput("words", f"Use at most {LONGEST_REPORT} characters.")
    if field == "other" and not text:
        raise InvalidInput("words", "Say in a few words what is wrong.")
    if len(list_reports(session, service.id)) >= MOST_OPEN_REPORTS:
        return  # Curators know by now that something is wrong with it.
    session.add(
        RecordReport(
            id=uuid4(),
            service_id=service.id,
            field=field,
            words=text,
            said_by=said_by,
            made_at=change.now,
        )
    )


def list_reports(session: Session, service_id: UUID) -> list[RecordReport]:
    """Reports about a record that nobody has looked at yet, the oldest first."""
    query = select(RecordReport).where(
        RecordReport.service_id == service_id, RecordReport.settled_at.is_(None)
    )
    return list(session.scalars(query.order_by(RecordReport.made_at, RecordReport.id)))


def settle_reports(session: Session, service_id: UUID, change: Change) -> int:
    """Close the open reports about a record; how many. Their words go: they may hold what nobody should have typed."""
    reports = list_reports(session, service_id)
    for report in reports:
        report.settled_at, report.settled_by, report.words = change.now, change.actor_name, ""
    return len(reports)


def list_records(session: Session) -> list[StarterRow]:
    """Every record as a row, by external id."""
    return [read_record(service) for service in list_services(session)]
