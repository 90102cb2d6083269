"""Making, correcting and reading frozen releases. What is frozen is a text, and it is served as it is."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from referral_directory.clock import in_leeds
from referral_directory.demand.checks import check_release, has_contact
from referral_directory.demand.disclosure import HIDDEN, WITHHELD, bounds
from referral_directory.demand.models import DemandCount, SimulatedData, StatisticsRelease
from referral_directory.demand.periods import Period, find_year_before, list_closed, parse_period
from referral_directory.demand.protection import corrected, protect
from referral_directory.demand.system import Published
from referral_directory.demand.tables import Frame, Sheet, Table, make_tables, read_cells
from referral_directory.errors import InvalidInput, NotFound, ReleaseRefused

LONGEST_NOTE = 300
KINDS = ("week", "four_weeks", "quarter")


@dataclass(frozen=True, eq=False)
class Release:
    """A release as it is published; `content` is the JSON text of which `digest` is the SHA-256."""

    number: int
    period: Period
    version: int
    released_at: datetime
    note: str
    simulated: bool
    sheets: tuple[Sheet, ...]
    report: dict[str, Any]
    content: str
    digest: str

    def get_sheet(self, name: str) -> Sheet:
        """The table of this name; raises NotFound."""
        found = next((sheet for sheet in self.sheets if sheet.name == name), None)
        if found is None:
            raise NotFound("table")
        return found


@dataclass(frozen=True, slots=True)
class Heading:
    """What a list of releases says about one."""

    number: int
    period: Period
    version: int
    released_at: datetime
    note: str
    digest: str
    is_latest: bool


def make_release(session: Session, frame: Frame, period: Period, now: datetime) -> Release:
    """The release of a closed period: made and attacked now, or the frozen one if it was made before.

    Raises ReleaseRefused if the period is not over, overlaps another of its kind, begins before anything was
    counted, or if an attack succeeds; then nothing is kept.
    """
    found = find_release(session, period)
    if found is not None:
        return found
    _require_closed(session, period, now.date())
    return _freeze(session, frame, period, now, None, "")


def correct_release(session: Session, frame: Frame, period: Period, now: datetime, note: str) -> Release:
    """A new version of a release from the counters as they are now, with a note that says why.

    Figures that moved by less than ten stay as they were (disclosure.correct). Raises ReleaseRefused, and
    InvalidInput for a note that is empty, long, or looks as if it named a person, number or postcode.
    """
    note = " ".join(note.split())
    if not note or len(note) > LONGEST_NOTE or has_contact(note):
        raise InvalidInput(
            "note", "Say why in up to 300 characters, without numbers, addresses or postcodes."
        )
    earlier = find_release(session, period)
    if earlier is None:
        raise ReleaseRefused(f"{period.name} has not been released, so it cannot be corrected.")
    return _freeze(session, frame, period, now, earlier, note)


def find_release(session: Session, period: Period) -> Release | None:
    """The latest version of a period's release."""
    row = session.scalars(
        select(StatisticsRelease)
        .where(StatisticsRelease.period == period.name)
        .order_by(StatisticsRelease.version.desc())
        .limit(1)
    ).first()
    return None if row is None else read_release(row)


def get_release(session: Session, number: int) -> Release:
    """The release of this number, whatever its version. Raises NotFound."""
    row = session.get(StatisticsRelease, number)
    if row is None:
        raise NotFound("release")
    return read_release(row)


def find_before(session: Session, release: Release) -> Release | None:
    """The same weeks a year earlier, as published when this release was made: it never changes afterwards."""
    period = find_year_before(release.period)
    row = (
        period
        and session.scalars(
            select(StatisticsRelease)
            .where(StatisticsRelease.period == period.name, StatisticsRelease.number < release.number)
            .order_by(StatisticsRelease.version.desc())
            .limit(1)
        ).first()
    )
    return read_release(row) if row else None


def list_latest(session: Session, kind: str, most: int) -> list[Release]:
    """The latest versions of the last `most` periods of a kind, the oldest first."""
    newest = (
        select(StatisticsRelease.period, func.max(StatisticsRelease.version).label("version"))
        .where(StatisticsRelease.kind == kind)
        .group_by(StatisticsRelease.period)
        .subquery()
    )
    rows = session.scalars(
        select(StatisticsRelease)
        .join(
            newest,
            (StatisticsRelease.period == newest.c.period) & (StatisticsRelease.version == newest.c.version),
        )
        .order_by(StatisticsRelease.first_day.desc())
        .limit(most)
    ).all()
    return [read_release(row) for row in reversed(rows)]


def list_headings(session: Session) -> list[Heading]:
    """Every release and version, the latest number first, without its figures."""
    columns = StatisticsRelease
    rows = session.execute(
        select(
            columns.number,
            columns.period,
            columns.version,
            columns.released_at,
            columns.note,
            columns.digest,
        ).order_by(columns.number.desc())
    )
    headings, seen = [], set()
    for number, period, version, released_at, note, digest in rows:
        headings.append(
            Heading(
                number, parse_period(period), version, in_leeds(released_at), note, digest, period not in seen
            )
        )
        seen.add(period)
    return headings


def list_due(session: Session, kind: str, today: date) -> list[Period]:
    """Closed periods of a kind without a release, from the first that was counted in full."""
    first = session.scalar(select(func.min(DemandCount.day)))
    if first is None:
        return []
    done = set(session.scalars(select(StatisticsRelease.period).where(StatisticsRelease.kind == kind)))
    return [period for period in list_closed(kind, first, today) if period.name not in done]


def is_simulated(session: Session) -> bool:
    """Whether every count in this database is made up."""
    return session.get(SimulatedData, 1) is not None


def read_release(row: StatisticsRelease) -> Release:
    """A row as a release, with its figures as arrays."""
    content, marks = json.loads(row.content), json.loads(row.marks)
    sheets = tuple(
        Sheet(
            table["name"],
            table["row_kind"],
            table["column_kind"],
            tuple(table["rows"]),
            tuple(table["columns"]),
            np.array([[HIDDEN if cell is None else cell for cell in line] for line in table["figures"]]),
            np.array(marks[table["name"]]),
        )
        for table in content["tables"]
    )
    return Release(
        number=row.number,
        period=parse_period(row.period),
        version=row.version,
        released_at=in_leeds(row.released_at),
        note=row.note,
        simulated=content["simulated"],
        sheets=sheets,
        report=content["checks"],
        content=row.content,
        digest=row.digest,
    )


def _require_closed(session: Session, period: Period, today: date) -> None:
    if today <= period.last:
        raise ReleaseRefused(
            f"{period.name} is not over: it can be released from the day after {period.last}."
        )
    overlapping = session.scalars(
        select(StatisticsRelease.period).where(
            StatisticsRelease.kind == period.kind,
            StatisticsRelease.first_day <= period.last,
            StatisticsRelease.last_day >= period.first,
        )
    ).first()
    if overlapping is not None:
        raise ReleaseRefused(f"{period.name} overlaps {overlapping}, which is released.")
    first = session.scalar(select(func.min(DemandCount.day)))
    if first is None or first > period.last:
        raise ReleaseRefused(f"Nothing had been counted when {period.name} ended.")


def _freeze(
    session: Session, frame: Frame, period: Period, now: datetime, earlier: Release | None, note: str
) -> Release:
    tables = make_tables(read_cells(session, period, frame), period, frame)
    if earlier is not None:
        tables = [corrected(table, earlier.get_sheet(table.name)) for table in tables]
        if all(np.array_equal(t.figures, earlier.get_sheet(t.name).figures) for t in tables):
            raise ReleaseRefused(f"No figure of {period.name} has changed enough to be corrected.")
    others = _list_joined(session, frame, period, correcting=earlier is not None)
    tables, recovered = protect(period, tables, others, frame)
    report = check_release(session, frame, period, tables, recovered, len(others))
    if not report["passed"]:
        failed = ", ".join(name for name, check in report.items() if name != "passed" and not check["passed"])
        raise ReleaseRefused(f"{period.name} is not published, because a check failed: {failed}.")
    number = 1 + (session.scalar(select(func.max(StatisticsRelease.number))) or 0)
    version = earlier.version + 1 if earlier else 1
    content = _write_content(number, period, version, note, is_simulated(session), tables, report)
    row = StatisticsRelease(
        number=number,
        period=period.name,
        version=version,
        kind=period.kind,
        first_day=period.first,
        last_day=period.last,
        released_at=now,
        note=note,
        content=content,
        marks=json.dumps({table.name: table.marks.tolist() for table in tables}, separators=(",", ":")),
        digest=hashlib.sha256(content.encode()).hexdigest(),
    )
    session.add(row)
    session.flush()
    return read_release(row)


def _list_joined(session: Session, frame: Frame, period: Period, correcting: bool) -> list[Published]:
    """The latest versions of the other releases of the same ISO year."""
    first, last = date.fromisocalendar(period.year, 1, 1), date(period.year, 12, 28)
    rows = session.scalars(
        select(StatisticsRelease)
        .where(StatisticsRelease.first_day >= first, StatisticsRelease.first_day <= last)
        .where(StatisticsRelease.period != period.name)
        .order_by(StatisticsRelease.number)
    )
    latest = {row.period: row for row in rows}.values()
    joined = [Published(release.period, release.sheets) for release in map(read_release, latest)]
    if not correcting and all(row.version == 1 for row in latest):
        return joined
    return [Published(each.period, _without_stale(session, frame, each)) for each in joined]


def _without_stale(session: Session, frame: Frame, release: Published) -> list[Sheet]:
    """Figures that are no longer about the counts as they are tell nothing when subtracted from newer ones."""
    tables = make_tables(read_cells(session, release.period, frame), release.period, frame)
    sheets = []
    for sheet, table in zip(release.sheets, tables, strict=True):
        low, high = bounds(sheet.figures, sheet.marks)
        stale = (table.counts < low) | (table.counts > high)
        sheets.append(replace(sheet, marks=np.where(stale, WITHHELD, sheet.marks)))
    return sheets


def _write_content(
    number: int,
    period: Period,
    version: int,
    note: str,
    simulated: bool,
    tables: Sequence[Table],
    report: dict[str, Any],
) -> str:
    """The published text: no time of day, no order that depends on a machine, so always the same bytes."""
    content = {
        "release": number,
        "version": version,
        "note": note,
        "simulated": simulated,
        "period": period.name,
        "kind": period.kind,
        "first_day": period.first.isoformat(),
        "last_day": period.last.isoformat(),
        "tables": [
            {
                "name": table.name,
                "row_kind": table.row_kind,
                "column_kind": table.column_kind,
                "rows": table.rows,
                "columns": table.columns,
                "figures": [
                    [None if cell == HIDDEN else cell for cell in line] for line in table.figures.tolist()
                ],
            }
            for table in tables
        ],
        "checks": report,
    }
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
