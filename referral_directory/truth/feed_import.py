"""One run over a feed: page after page, each in a transaction with the place to go on from.

Stopped anywhere, by a fault or by a kill, the next run goes on with the page that was not finished: what is in is
in once, what is not comes then.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from referral_directory.database import Database, transaction
from referral_directory.errors import BadFeed
from referral_directory.truth.feed_fetching import MOST_PAGES, Feed, Page, fetch_page, fetch_service
from referral_directory.truth.feed_reading import PARTS, Reader, read_service, remote_id_of
from referral_directory.truth.importing import (
    ImportReport,
    Incoming,
    import_page,
    make_source,
    mark_seen,
    withdraw_gone,
)
from referral_directory.truth.models import ImportPage, ImportRecord, ImportSource

# What reading takes from a record. Lists that were read for less are read again once, though they have not changed.
READING = "all places "
LONGEST_ETAG = 300 - len(READING)
# progress(page, pages in all if the feed says so)
Progress = Callable[[int, int | None], None]


def run_import(
    database: Database,
    feed: Feed,
    reader: Reader,
    now: datetime,
    progress: Progress,
    dry_run: bool = False,
) -> ImportReport:
    """Read a feed to its end and bring in what changed; a dry run changes nothing, and reports the same."""
    report = ImportReport()
    number, seen, etags = _begin(database, feed, dry_run)
    try:
        while True:
            page = fetch_page(feed, number, etags.get(number, ""))
            rows = _read_page(database, feed, page, reader, seen, report)
            with _writing(database, dry_run) as session:
                _keep_page(session, make_source(session, feed.address), page, rows, seen, now, report)
            progress(number, page.total_pages)
            if _is_last(page, etags):
                break
            number += 1
            if number > MOST_PAGES:
                raise BadFeed(feed.address, f"has more than {MOST_PAGES} pages")
    except BadFeed as error:
        report.stopped = str(error)
        return report
    with _writing(database, dry_run) as session:
        _finish(session, make_source(session, feed.address), seen, now, report)
    return report


@contextmanager
def _writing(database: Database, dry_run: bool) -> Iterator[Session]:
    """A transaction; of a dry run one that is rolled back."""
    if not dry_run:
        with transaction(database) as session:
            yield session
        return
    with database.write() as session:
        yield session
        session.rollback()


def _begin(database: Database, feed: Feed, dry_run: bool) -> tuple[int, set[str], dict[int, str]]:
    """The page to begin with, the ids that this run has seen already, and the ETags of pages read whole before."""
    if dry_run:
        return 1, set(), {}
    with transaction(database) as session:
        source = make_source(session, feed.address)
        pages = session.scalars(select(ImportPage).where(ImportPage.source_id == source.id))
        # One of another reading is no ETag: the page is asked for as if it were new.
        etags = {page.page: page.etag.partition(READING)[2] for page in pages}
        seen_in_run = select(ImportRecord.remote_id).where(
            ImportRecord.source_id == source.id, ImportRecord.seen_run == source.run
        )
        return source.next_page, set(session.scalars(seen_in_run)), etags


def _read_page(
    database: Database, feed: Feed, page: Page, reader: Reader, seen: set[str], report: ImportReport
) -> tuple[list[Incoming], list[str]]:
    """Rows of a page, and ids of records of which the list says what it said before. Faults go into the report."""
    items = page.items or []
    comes_whole = any(isinstance(item, dict) and any(part in item for part in PARTS) for item in items)
    listed = {} if comes_whole else _listed_before(database, feed)
    rows: list[Incoming] = []
    same: list[str] = []
    fresh: set[str] = set()
    for place, item in enumerate(items, 1):
        where = f"page {page.number}, record {place}"
        try:
            identity = remote_id_of(item)
            where = f"{where} ({identity[:60]})"
            if identity in seen or identity in fresh:
                raise ValueError("its id came before")
            fresh.add(identity)
            digest = "" if comes_whole else _digest(item)
            if digest and listed.get(identity) == digest:
                same.append(identity)
                continue
            whole = item if comes_whole else _fetch_whole(feed, identity)
            reading = read_service(whole, reader)
        except (ValueError, TypeError, OverflowError, RecursionError) as error:
            report.faults.append(f"{where}: {error}")
            continue
        report.notes.extend(f"{where}: {note}" for note in dict.fromkeys(reading.notes))
        rows.append(Incoming(identity, reading.row, digest))
    if items and not fresh and page.number > 1:
        raise BadFeed(
            feed.address, f"page {page.number} gives only records of earlier pages: they go in a circle"
        )
    seen |= fresh
    return rows, same


def _fetch_whole(feed: Feed, identity: str) -> dict[str, Any]:
    try:
        return fetch_service(feed, identity)
    except BadFeed as error:
        if "answered 4" in error.reason:
            # One record that cannot be had is a fault of that record; a server that is away stops the run.
            raise ValueError(error.reason) from error
        raise


def _keep_page(
    session: Session,
    source: ImportSource,
    page: Page,
    rows: tuple[list[Incoming], list[str]],
    seen: set[str],
    now: datetime,
    report: ImportReport,
) -> None:
    read, same = rows
    faults = len(report.faults)
    if page.items is None:
        mark_seen(session, source, page.number, [], report)
        of_page = select(ImportRecord.remote_id).where(
            ImportRecord.source_id == source.id, ImportRecord.page == page.number
        )
        seen.update(session.scalars(of_page))
    else:
        import_page(session, source, page.number, read, now, report)
        mark_seen(session, source, None, same, report)
        whole = len(read) + len(same) == len(page.items) and len(report.faults) == faults
        # A page with a fault is read again next time, so that the fault is reported until it is mended.
        etag = f"{READING}{page.etag}" if whole and len(page.etag) < LONGEST_ETAG else ""
        session.merge(ImportPage(source_id=source.id, page=page.number, etag=etag))
        source.faulty = source.faulty or not whole
    source.next_page = page.number + 1


def _is_last(page: Page, etags: dict[int, str]) -> bool:
    if page.items is None:
        # What the list says in all is part of what has not changed: the last page of last time is the last one.
        return page.number + 1 not in etags
    if not page.items:
        return True
    if page.total_pages is not None:
        return page.number >= page.total_pages
    return page.last is True


def _finish(
    session: Session, source: ImportSource, seen: set[str], now: datetime, report: ImportReport
) -> None:
    if source.faulty or report.faults:
        report.notes.append("Some records could not be read, so none is taken to be gone.")
    else:
        withdraw_gone(session, source, seen, now, report)
    source.run, source.next_page, source.faulty, source.finished_at = source.run + 1, 1, False, now


def _listed_before(database: Database, feed: Feed) -> dict[str, str]:
    with database.read() as session:
        query = (
            select(ImportRecord)
            .join(ImportSource)
            .where(ImportSource.address == feed.address, ImportRecord.listed != "")
        )
        return {record.remote_id: record.listed for record in session.scalars(query)}


def _digest(item: dict[str, Any]) -> str:
    return hashlib.sha256((READING + json.dumps(item, sort_keys=True)).encode()).hexdigest()
