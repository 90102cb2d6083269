"""The statistics pages: public, no sign-in, no JavaScript. They read frozen releases and nothing else."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import HTMLResponse, Response

from referral_directory.clock import date_text
from referral_directory.demand.outcomes import LABELS, REFERRAL_ENDS
from referral_directory.demand.periods import WEEK, following, period_of
from referral_directory.demand.releases import KINDS, get_release, is_simulated, list_headings
from referral_directory.demand.tables import CITY, TOTAL, UNKNOWN_AREA
from referral_directory.errors import InvalidInput, NotFound
from referral_directory.needs import check_need
from referral_directory.web.context import Directory, get_directory
from referral_directory.web.static_files import read_static
from referral_directory.web.statistics_charts import (
    TILE_HEIGHT,
    TILE_WIDTH,
    bars_of,
    curves_of,
    tile_key,
    tiles_of,
)
from referral_directory.web.statistics_decisions import list_answered, only, said_lines
from referral_directory.web.statistics_figures import (
    TABLE_TITLES,
    Line,
    Shelf,
    figure_of,
    lines_of,
    need_lines,
    read_shelf,
    reason_lines,
    sent_total,
    sentences_of,
    trend_of,
    trend_sentence,
    unmet_of,
)
from referral_directory.web.templating import render

router = APIRouter(prefix="/statistics", include_in_schema=False, default_response_class=HTMLResponse)
MOST_BARS = 10
KIND_NAMES = {"week": "Week", "four_weeks": "Four weeks", "quarter": "Quarter"}


@router.get("")
def show_overview(request: Request, need: Annotated[str, Query(max_length=40)] = TOTAL) -> HTMLResponse:
    """What is needed most, how it changes, what goes unmet, how referrals ended."""
    directory = get_directory(request)
    if need != TOTAL:
        check_need(directory.needs, need)
    with directory.database.read() as session:
        shelf, simulated = read_shelf(session), is_simulated(session)
        answered = list_answered(session, directory)
    if not (shelf.weeks or shelf.blocks):
        return _page("empty.html", directory, simulated, first=_next_release(directory))
    latest = (shelf.blocks or shelf.weeks)[-1]
    lines, reasons = need_lines(latest, directory.needs), reason_lines(latest)
    trend = trend_of(shelf, need)
    curves, marks, names = curves_of(trend)
    return _page(
        "overview.html",
        directory,
        simulated,
        release=latest,
        sentences=sentences_of(shelf, directory.needs),
        lines=lines,
        bars=bars_of([("", lines[:MOST_BARS])]),
        answered=answered,
        decided={line.code: len(only(answered, [line.code])) for line in lines},
        said=said_lines(latest) if shelf.blocks else [],
        reasons=reasons,
        reason_bars=bars_of([("", reasons)]),
        need=need,
        trend=trend,
        trend_words=trend_sentence(trend),
        unmet=unmet_of(latest, directory.needs),
        curves=curves,
        marks=marks,
        names=names,
        **_referrals(shelf),
    )


@router.get("/where")
def show_where(request: Request, need: Annotated[str, Query(max_length=40)] = TOTAL) -> HTMLResponse:
    """A map of the 33 wards as tiles, and the same as a table."""
    directory = get_directory(request)
    if need != TOTAL:
        check_need(directory.needs, need)
    with directory.database.read() as session:
        shelf, simulated = read_shelf(session), is_simulated(session)
        answered = list_answered(session, directory)
    if not shelf.quarters:
        return _page("empty.html", directory, simulated, first=_next_release(directory, "quarter"))
    release = shelf.quarters[-1]
    sheet = release.get_sheet("area_need")
    figures = {code: figure_of(sheet, code, need) for code in directory.tables.wards}
    names = {code: ward.name for code, ward in directory.tables.wards.items()}
    return _page(
        "where.html",
        directory,
        simulated,
        release=release,
        need=need,
        figures=figures,
        unknown=figure_of(sheet, UNKNOWN_AREA, need),
        total=figure_of(sheet, TOTAL, need),
        tiles=tiles_of(figures, names),
        tile=(TILE_WIDTH, TILE_HEIGHT),
        key=tile_key(figures.values()),
        rows=[(ward.name, ward.committee, figures[code]) for code, ward in directory.tables.wards.items()],
        answered=only(answered, [] if need == TOTAL else [need]),
    )


@router.get("/compare")
def show_compare(
    request: Request,
    a: Annotated[str, Query(max_length=40)] = "",
    b: Annotated[str, Query(max_length=40)] = "",
) -> HTMLResponse:
    """Two committees over four weeks, or two wards over a quarter, need by need."""
    directory = get_directory(request)
    with directory.database.read() as session:
        shelf, simulated = read_shelf(session), is_simulated(session)
        answered = list_answered(session, directory)
    wards = {code: ward.name for code, ward in directory.tables.wards.items()}
    committees = sorted({ward.committee for ward in directory.tables.wards.values()})
    if not shelf.blocks:
        return _page("empty.html", directory, simulated, first=_next_release(directory, "four_weeks"))
    a, b = a or committees[0], b or committees[1]
    unknown = [code for code in (a, b) if code not in wards and code not in committees]
    if unknown or (a in wards) != (b in wards):
        raise InvalidInput("a", "Choose two community committees, or two wards.")
    shelf_of_kind = shelf.quarters if a in wards else shelf.blocks
    if not shelf_of_kind:
        return _page("empty.html", directory, simulated, first=_next_release(directory, "quarter"))
    release = shelf_of_kind[-1]
    pair = [(wards.get(code, code), _area_lines(directory, release, code)) for code in (a, b)]
    top = [line.code for line in sorted(pair[0][1], key=lambda line: -(line.figure or 0))[:8]]
    charted = [(name, [line for code in top for line in lines if line.code == code]) for name, lines in pair]
    return _page(
        "compare.html",
        directory,
        simulated,
        release=release,
        pair=pair,
        bars=bars_of(charted),
        a=a,
        b=b,
        wards=wards,
        committees=committees,
        answered=only(answered, areas=[a, b, CITY]),
    )


@router.get("/releases")
def show_releases(request: Request) -> HTMLResponse:
    """Every release and version, and when the next ones come."""
    directory = get_directory(request)
    with directory.database.read() as session:
        headings, simulated = list_headings(session), is_simulated(session)
    today = directory.clock().date()
    coming = []
    for kind in KINDS:
        period = period_of(kind, today)
        coming.append((KIND_NAMES[kind], period, date_text(following(period).first)))
    return _page("releases.html", directory, simulated, headings=headings, coming=coming, kinds=KIND_NAMES)


@router.get("/releases/{number}")
def show_release(request: Request, number: Annotated[int, Path(ge=1, le=2**31 - 1)]) -> HTMLResponse:
    """One release: its figures, the report of the attacks on it, and its files."""
    directory = get_directory(request)
    with directory.database.read() as session:
        release, simulated = get_release(session, number), is_simulated(session)
        headings = list_headings(session)
    latest = next(heading for heading in headings if heading.period == release.period)
    return _page(
        "release.html",
        directory,
        simulated,
        release=release,
        latest=latest,
        label=make_labels(directory),
        released=date_text(release.released_at),
        kinds=KIND_NAMES,
        titles=TABLE_TITLES,
    )


@router.get("/method")
def show_method(request: Request) -> HTMLResponse:
    """The rule, and what the figures do not say."""
    directory = get_directory(request)
    with directory.database.read() as session:
        simulated = is_simulated(session)
    return _page("method.html", directory, simulated)


@router.get("/style.css")
async def get_style() -> Response:
    """The style sheet of these pages."""
    return read_static("statistics.css")


def make_labels(directory: Directory) -> dict[str, str]:
    """What every code in a table is called."""
    labels = {code: need.label for code, need in directory.needs.items()}
    labels |= {code: ward.name for code, ward in directory.tables.wards.items()}
    labels |= {ward.committee: ward.committee for ward in directory.tables.wards.values()}
    return labels | LABELS | {TOTAL: "All", CITY: "Leeds", UNKNOWN_AREA: "Ward not known"}


def _page(template: str, directory: Directory, simulated: bool, **values: Any) -> HTMLResponse:
    return HTMLResponse(
        render(
            f"statistics/{template}", simulated=simulated, needs=directory.needs, total_code=TOTAL, **values
        )
    )


def _next_release(directory: Directory, kind: str = WEEK) -> str:
    return date_text(following(period_of(kind, directory.clock().date())).first)


def _referrals(shelf: Shelf) -> dict[str, Any]:
    """How referrals ended in the latest quarter; no chart if there is none."""
    if not shelf.quarters:
        return {"ends": [], "end_bars": [], "quarter": None, "sent": None}
    quarter = shelf.quarters[-1]
    ends = lines_of(quarter.get_sheet("referral_end"), REFERRAL_ENDS, LABELS, column=CITY)
    return {"ends": ends, "end_bars": bars_of([("", ends)]), "quarter": quarter, "sent": sent_total(quarter)}


def _area_lines(directory: Directory, release: Any, area: str) -> list[Line]:
    sheet = release.get_sheet("area_need")
    if area not in sheet.rows:
        raise NotFound("area")
    labels = {code: need.label for code, need in directory.needs.items()}
    return lines_of(sheet, list(directory.needs), labels, row=area)
