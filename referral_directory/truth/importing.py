"""Bringing records in: from feeds, page by page, and from files. Whatever is stopped midway goes on afterwards.

Of a record that came from a feed some things are ours: whether it is shown, how sure we are, our note, the last
check, and what it helps with if the feed does not say. The rest belongs to the feed as long as nobody edits it
here. What somebody edited is not overwritten: the difference is kept, and a curator decides.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from referral_directory.catalogue.loading import get_revision, list_services_by
from referral_directory.catalogue.models import Service, make_id
from referral_directory.catalogue.records import read_record, write_row
from referral_directory.catalogue.sites import with_hidden_places
from referral_directory.catalogue.starter import StarterRow, row_digest
from referral_directory.truth.history import (
    PLACE,
    SOURCE,
    Change,
    Content,
    list_differences,
    read_content,
    row_json,
    write_content,
)
from referral_directory.truth.models import ImportRecord, ImportSource

# More than this going at once is a fault of the feed, not news.
MOST_GONE, SHARE_GONE = 5, 0.2


@dataclass(frozen=True, slots=True)
class Incoming:
    """A record on its way in: its id at the source, and the digest of what a list said of it."""

    remote_id: str
    row: StarterRow
    listed: str = ""


@dataclass(slots=True)
class ImportReport:
    """What an import did, or would do. `changed` and `kept` hold the differences, field by field."""

    added: list[str] = field(default_factory=list)
    changed: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    kept: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    withdrawn: list[str] = field(default_factory=list)
    unchanged: int = 0
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    stopped: str = ""

    def count(self) -> dict[str, int]:
        """Every number of the report."""
        return {
            "added": len(self.added),
            "changed": len(self.changed),
            "unchanged": self.unchanged,
            "kept": len(self.kept),
            "withdrawn": len(self.withdrawn),
            "left_out": len(self.faults),
        }


def source_row(row: StarterRow, needs_are_ours: bool) -> StarterRow:
    """What of a row belongs to its source."""
    ours = replace(
        row, published=False, confidence="medium", curator_note="", checked_on=None, source_date=""
    )
    return replace(ours, needs=(), risks=()) if needs_are_ours else ours


def source_digest(row: StarterRow, needs_are_ours: bool) -> str:
    """The same for two rows that say the same as far as the source goes."""
    return row_digest(source_row(row, needs_are_ours))


def take_over(before: StarterRow, offered: StarterRow) -> StarterRow:
    """What a source says, with what is ours kept."""
    needs_are_ours = not (offered.needs or offered.risks)
    return replace(
        offered,
        published=before.published,
        confidence=before.confidence,
        curator_note=before.curator_note,
        needs=before.needs if needs_are_ours else offered.needs,
        risks=before.risks if needs_are_ours else offered.risks,
        more_places=with_hidden_places(before.more_places, offered.more_places),
    )


def import_page(
    session: Session,
    source: ImportSource,
    page: int,
    rows: Sequence[Incoming],
    now: datetime,
    report: ImportReport,
) -> None:
    """Bring in the rows of one page, in the caller's transaction."""
    wanted = [incoming.remote_id for incoming in rows]
    query = select(ImportRecord).where(
        ImportRecord.source_id == source.id, ImportRecord.remote_id.in_(wanted)
    )
    known = {record.remote_id: record for record in session.scalars(query)}
    changed = [
        known[one.remote_id].service_id
        for one in rows
        if one.remote_id in known and known[one.remote_id].digest != _digest(one.row)
    ]
    services = {service.id: service for service in list_services_by(session, changed)}
    fresh: list[ImportRecord] = []
    taken = _taken_ids(session, [one.row.id for one in rows if one.remote_id not in known])
    for one in rows:
        record = known.get(one.remote_id)
        if record is None and one.row.id in taken:
            report.faults.append(f"{one.remote_id}: our id {one.row.id} is taken")
        elif record is None:
            fresh.append(_add(session, source, page, one, now))
            report.added.append(one.row.id)
        else:
            record.page, record.seen_run, record.listed = page, source.run, one.listed
            if record.digest == _digest(one.row):
                _note_unchanged(record, report)
            else:
                _update(session, record, services[record.service_id], one.row, now, report)
    if fresh:
        get_revision(session).number += 1
    # Services first: nothing tells the session that where a record came from hangs off it.
    session.flush()
    session.add_all(fresh)
    session.flush()


def mark_seen(
    session: Session, source: ImportSource, page: int | None, remote_ids: Sequence[str], report: ImportReport
) -> None:
    """Records that have not changed: all of a page that answered so, or these of a list."""
    of_these = ImportRecord.source_id == source.id
    if page is not None:
        of_these &= ImportRecord.page == page
    else:
        of_these &= ImportRecord.remote_id.in_(remote_ids)
    marked = session.execute(
        update(ImportRecord).where(of_these).values(seen_run=source.run).returning(ImportRecord.remote_id)
    )
    report.unchanged += len(marked.all())


def withdraw_gone(
    session: Session, source: ImportSource, seen: set[str], now: datetime, report: ImportReport
) -> None:
    """Withdraw what a whole run did not see any more, unless somebody edited it here, or it is too much at once."""
    query = select(ImportRecord).where(ImportRecord.source_id == source.id)
    records = list(session.scalars(query))
    gone = [record for record in records if record.remote_id not in seen]
    if len(gone) > max(MOST_GONE, SHARE_GONE * len(records)):
        report.notes.append(f"{len(gone)} of {len(records)} records are gone at once: nothing is withdrawn.")
        return
    services = {
        service.id: service for service in list_services_by(session, [one.service_id for one in gone])
    }
    for record in gone:
        service = services[record.service_id]
        content = read_content(service)
        if not content.row.published:
            continue
        note = "Its feed does not have it any more."
        row = replace(content.row, published=False, curator_note=note)
        write_content(session, service, replace(content, row=row), Change(SOURCE, "withdraw", now, note=note))
        report.withdrawn.append(service.external_id)


def import_rows(
    session: Session,
    rows: Sequence[tuple[StarterRow, str]],
    now: datetime,
    report: ImportReport,
    name: str,
    without_places: Collection[str] = (),
) -> None:
    """Bring in rows of a file, in the caller's transaction: each with the moment its record was exported ("": not
    an export). What was changed here since then is not overwritten. `without_places` are ids of rows that say nothing
    of further places.
    """
    ids = [make_id(row.id) for row, _ in rows]
    services = {service.external_id: service for service in list_services_by(session, ids)}
    for row, exported in rows:
        service = services.get(row.id)
        if service is None:
            write_row(session, row, None, now)
            report.added.append(row.id)
            continue
        before = read_content(service)
        wanted = _with_kept_places(before.row, row, row.id in without_places)
        if wanted == before.row:
            report.unchanged += 1
        elif exported and exported != modified_mark(service):
            report.kept[row.id] = list_differences(before.row, wanted)
        else:
            report.changed[row.id] = list_differences(before.row, wanted)
            write_content(
                session, service, Content(wanted), Change(SOURCE, "import", now, note=f"From {name}.")
            )
    if report.added:
        get_revision(session).number += 1
    session.flush()


def modified_mark(service: Service) -> str:
    """When a record was changed last, as exports carry it."""
    return service.last_modified.replace(tzinfo=None).isoformat(timespec="microseconds")


def _with_kept_places(before: StarterRow, row: StarterRow, is_silent: bool) -> StarterRow:
    """A file never holds a confidential address: without one it stays as it is. So do further places that a file says
    nothing of.
    """
    more = before.more_places if is_silent else with_hidden_places(before.more_places, row.more_places)
    row = replace(row, more_places=more)
    if not (before.confidential and row.confidential) or row.address or row.postcode:
        return row
    return replace(row, **{name: getattr(before, name) for name in PLACE})


def _digest(row: StarterRow) -> str:
    return source_digest(row, not (row.needs or row.risks))


def _taken_ids(session: Session, ids: Iterable[str]) -> set[str]:
    return set(session.scalars(select(Service.external_id).where(Service.external_id.in_(list(ids)))))


def _add(session: Session, source: ImportSource, page: int, one: Incoming, now: datetime) -> ImportRecord:
    service = write_row(session, one.row, None, now)
    return ImportRecord(
        source_id=source.id,
        remote_id=one.remote_id,
        service_id=service.id,
        page=page,
        digest=_digest(one.row),
        listed=one.listed,
        seen_run=source.run,
    )


def _note_unchanged(record: ImportRecord, report: ImportReport) -> None:
    # The source says again what it said first: there is nothing left to decide.
    record.offered = ""
    report.unchanged += 1


def _update(
    session: Session,
    record: ImportRecord,
    service: Service,
    row: StarterRow,
    now: datetime,
    report: ImportReport,
) -> None:
    before = read_record(service)
    needs_are_ours = not (row.needs or row.risks)
    wanted = take_over(before, row)
    if source_digest(before, needs_are_ours) == record.digest:
        report.changed[row.id] = list_differences(before, wanted)
        write_content(session, service, Content(wanted), Change(SOURCE, "import", now, note=row.source_name))
        record.digest, record.offered = _digest(row), ""
    elif row_digest(wanted) == row_digest(
        replace(before, checked_on=row.checked_on, source_date=row.source_date)
    ):
        record.digest, record.offered = _digest(row), ""
        report.unchanged += 1
    else:
        record.offered = row_json(row)
        report.kept[row.id] = list_differences(before, wanted)


def find_source(session: Session, address: str) -> ImportSource | None:
    """The source at an address."""
    return session.scalar(select(ImportSource).where(ImportSource.address == address))


def make_source(session: Session, address: str) -> ImportSource:
    """The source at an address, made if it is new."""
    source = find_source(session, address)
    if source is None:
        source = ImportSource(
            id=source_id(address), address=address, name=address[:200], run=1, next_page=1, faulty=False
        )
        session.add(source)
        session.flush()
    return source


def source_id(address: str) -> UUID:
    """The id of the source at an address."""
    return make_id("import_source", address)
