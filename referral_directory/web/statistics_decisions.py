""" "You said, we did": what was decided, beside the figures it answers, and what the figures did afterwards."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, Response

from referral_directory.clock import date_text
from referral_directory.demand.decisions import DONE, DROPPED, STATUSES, list_decisions
from referral_directory.demand.models import Decision
from referral_directory.demand.outcomes import LABELS, SAID
from referral_directory.demand.periods import FOUR_WEEKS, WEEK
from referral_directory.demand.releases import Release, get_release, is_simulated, list_latest
from referral_directory.demand.tables import CITY, TOTAL
from referral_directory.errors import NotFound
from referral_directory.web.context import Directory, get_directory
from referral_directory.web.statistics_figures import Line, figure_of, lines_of
from referral_directory.web.statistics_files import give_csv
from referral_directory.web.templating import render

router = APIRouter(tags=["statistics"])
COLUMNS = (
    "id", "need", "area", "area_name", "what", "who", "by_when", "status", "done_on", "what_happened",
    "decided_on", "release",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Moment:
    """What a release says about the need and area of a decision; None where hidden or not asked."""

    number: int
    dates: str
    figure: int | None
    unmet: int | None


@dataclass(frozen=True, slots=True)
class Answered:
    """A decision for a page: its words, the figures it answers (`then`), and the newest ones after it (`now`)."""

    identity: str
    need: str
    need_label: str
    area: str
    area_name: str
    what: str
    who: str
    by_when: str
    is_late: bool
    status: str
    status_words: str
    done_on: str
    what_happened: str
    decided_on: str
    then: Moment | None
    now: Moment | None


class DecisionShape(BaseModel):
    """One decision; texts as they were written, dates in ISO form."""

    id: str
    need: str
    area: str = Field(description="Ward code, name of a community committee, or city.")
    area_name: str
    what: str
    who: str
    by_when: str
    status: str = Field(description="planned, under_way, done or dropped.")
    done_on: str
    what_happened: str
    decided_on: str
    release: int | None = Field(description="Number of the release whose figures it answers.")


class Decisions(BaseModel):
    """Every decision, the latest first."""

    simulated: bool
    decisions: list[DecisionShape]


@router.get("/statistics/decisions", include_in_schema=False)
def show_decisions(request: Request, need: str = "", area: str = "") -> HTMLResponse:
    """Every decision with its figures, and what residents said of the help they were shown."""
    directory = get_directory(request)
    need = need if need in directory.needs else ""
    areas = area_names(directory)
    area = area if area in areas else ""
    with directory.database.read() as session:
        answered = list_answered(session, directory, need, area)
        blocks, simulated = list_latest(session, FOUR_WEEKS, 1), is_simulated(session)
    page = render(
        "statistics/decisions.html",
        simulated=simulated,
        needs=directory.needs,
        answered=answered,
        said=said_lines(blocks[0]) if blocks else [],
        release=blocks[0] if blocks else None,
        chosen_need=need,
        chosen_area=area,
        areas=areas,
    )
    return HTMLResponse(page)


@router.get("/statistics/decisions.csv", include_in_schema=False)
def get_decisions_csv(request: Request) -> Response:
    """The same as CSV."""
    directory = get_directory(request)
    with directory.database.read() as session:
        rows, simulated = list_decisions(session), is_simulated(session)
    texts = (_as_text(directory, row) for row in rows)
    return give_csv(COLUMNS, texts, "signpost-leeds-decisions.csv", simulated)


@router.get("/api/statistics/decisions")
def list_decisions_json(request: Request) -> Decisions:
    """What was decided, the latest first."""
    directory = get_directory(request)
    with directory.database.read() as session:
        rows, simulated = list_decisions(session), is_simulated(session)
    return Decisions(
        simulated=simulated, decisions=[DecisionShape(**_as_text(directory, row)) for row in rows]
    )


def list_answered(session: Session, directory: Directory, need: str = "", area: str = "") -> list[Answered]:
    """Decisions with the figures of then and now, the latest first."""
    rows = list_decisions(session, need, area)
    numbers = {row.release_number for row in rows if row.release_number is not None}
    then = {number: get_release(session, number) for number in numbers}
    kinds = {release.period.kind for release in then.values()}
    newest = {kind: list_latest(session, kind, 1)[0] for kind in kinds}
    today = directory.clock().date()
    return [_answer(directory, row, then, newest, today) for row in rows]


def area_names(directory: Directory) -> dict[str, str]:
    """What every area is called: the city, then committees, then wards."""
    wards = directory.tables.wards
    names = {CITY: "All of Leeds"}
    names |= {name: name for name in sorted({ward.committee for ward in wards.values()})}
    return names | {code: ward.name for code, ward in wards.items()}


def said_lines(release: Release) -> list[Line]:
    """What residents said in four weeks, for all needs together; nothing in releases from before it was asked."""
    try:
        sheet = release.get_sheet("need_said")
    except NotFound:
        return []
    return lines_of(sheet, SAID, LABELS, row=TOTAL)


def _answer(
    directory: Directory,
    row: Decision,
    releases: dict[int, Release],
    newest: dict[str, Release],
    today: date,
) -> Answered:
    release = releases.get(row.release_number) if row.release_number is not None else None
    then = _moment(release, row) if release else None
    after = newest[release.period.kind] if release else None
    is_later = release is not None and after is not None and after.period.first > release.period.first
    return Answered(
        identity=str(row.id),
        need=row.need,
        need_label=directory.needs[row.need].label if row.need in directory.needs else row.need,
        area=row.area,
        area_name=area_names(directory).get(row.area, row.area),
        what=row.what,
        who=row.who,
        by_when=date_text(row.by_when),
        is_late=row.by_when < today and row.status not in (DONE, DROPPED),
        status=row.status,
        status_words=STATUSES[row.status],
        done_on=date_text(row.done_on) if row.done_on else "",
        what_happened=row.what_happened,
        decided_on=date_text(row.decided_on),
        then=then,
        now=_moment(after, row) if is_later and after else None,
    )


def _moment(release: Release, row: Decision) -> Moment:
    """The figures of one release for a decision's need and area; unmet need is known for the city only."""
    kind, unmet = release.period.kind, None
    table, line, column = "area_need", TOTAL if row.area == CITY else row.area, row.need
    if kind == WEEK:
        table, line, column = "need", row.need, CITY
    if kind == FOUR_WEEKS:
        unmet = _find_figure(release, "need_unmet", row.need, TOTAL)
    figure = _find_figure(release, table, line, column)
    return Moment(release.number, release.period.dates, figure, unmet)


def _find_figure(release: Release, table: str, row: str, column: str) -> int | None:
    sheet = release.get_sheet(table)
    if row not in sheet.rows or column not in sheet.columns:
        return None
    return figure_of(sheet, row, column)


def _as_text(directory: Directory, row: Decision) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "need": row.need,
        "area": row.area,
        "area_name": area_names(directory).get(row.area, row.area),
        "what": row.what,
        "who": row.who,
        "by_when": row.by_when.isoformat(),
        "status": row.status,
        "done_on": row.done_on.isoformat() if row.done_on else "",
        "what_happened": row.what_happened,
        "decided_on": row.decided_on.isoformat(),
        "release": row.release_number,
    }


def only(
    answered: Sequence[Answered], needs: Iterable[str] = (), areas: Iterable[str] = ()
) -> list[Answered]:
    """Those about some needs, or about some areas."""
    wanted_needs, wanted_areas = set(needs), set(areas)
    return [
        each
        for each in answered
        if (not wanted_needs or each.need in wanted_needs) and (not wanted_areas or each.area in wanted_areas)
    ]
