"""A release on one page, to read, print or send: as HTML, and as PDF made of the same words.

The PDF is tagged as far as its library goes: language, title, headings and paragraphs in reading order, every
figure written out. The HTML page is the one to offer to somebody who uses a screen reader.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import HTMLResponse, Response

from referral_directory.clock import date_text
from referral_directory.demand.outcomes import LABELS, REFERRAL_ENDS
from referral_directory.demand.periods import QUARTER
from referral_directory.demand.releases import Release, find_before, get_release
from referral_directory.demand.tables import CITY, TOTAL
from referral_directory.needs import Needs
from referral_directory.web.context import Directory, get_directory
from referral_directory.web.statistics_downloads import ATTRIBUTION, LICENCE, SIMULATED, title_of
from referral_directory.web.statistics_figures import (
    Line,
    lines_of,
    need_lines,
    reason_lines,
    sentences_for,
)
from referral_directory.web.statistics_files import give_file
from referral_directory.web.templating import render

router = APIRouter(include_in_schema=False)
MOST_NEEDS, MOST_OTHERS = 8, 6
WHAT_IT_DOES_NOT_SAY = (
    "These are enquiries, not people, and only of those who used Signpost Leeds. More enquiries can mean more need, "
    "or that more people know the service. They are not rates."
)
HOW_TO_READ = (
    "[c] is hidden so that nobody can be identified. All figures carry small noise and are rounded to 5, totals too, "
    "so parts do not add up. Percentages come from the published figures."
)
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]


@dataclass(frozen=True, slots=True)
class Bulletin:
    """What is on the page; `sections` are headings with lines of figures, the largest first."""

    release: Release
    title: str
    about: str
    sentences: Sequence[str]
    sections: Sequence[tuple[str, Sequence[Line]]]


@router.get("/statistics/releases/{number}/bulletin", response_class=HTMLResponse)
def show_bulletin(request: Request, number: Number) -> HTMLResponse:
    """The page. Raises NotFound."""
    bulletin = _read(get_directory(request), number)
    page = render(
        "statistics/bulletin.html",
        simulated=bulletin.release.simulated,
        bulletin=bulletin,
        limits=WHAT_IT_DOES_NOT_SAY,
    )
    return HTMLResponse(page)


@router.get("/statistics/releases/{number}/bulletin.pdf")
def get_bulletin_pdf(request: Request, number: Number) -> Response:
    """The same as PDF. Raises NotFound."""
    bulletin = _read(get_directory(request), number)
    release = bulletin.release
    name = f"signpost-leeds-{release.period.name}-v{release.version}.pdf"
    return give_file(make_pdf(bulletin), "application/pdf", name, release.simulated)


def make_bulletin(release: Release, before: Release | None, needs: Needs, wards: dict[str, str]) -> Bulletin:
    """What the page says; `before` is the release of the same weeks a year before."""
    sections: list[tuple[str, Sequence[Line]]] = [
        ("Most asked about", need_lines(release, needs)[:MOST_NEEDS])
    ]
    if release.period.kind == QUARTER:
        areas = lines_of(release.get_sheet("area_need"), list(wards), wards, column=TOTAL)
        ends = lines_of(release.get_sheet("referral_end"), REFERRAL_ENDS, LABELS, column=CITY)
        sections.append(("Wards with the most enquiries", _largest(areas)))
        sections.append(("How referrals ended", _largest(ends)))
    else:
        sections.append(("Unmet need, by reason", reason_lines(release)[:MOST_OTHERS]))
    about = f"{release.period.dates}. Release {release.number}, published {date_text(release.released_at)}."
    if release.note:
        about += f" Corrected: {release.note}"
    return Bulletin(release, title_of(release), about, sentences_for(release, before, needs), sections)


def make_pdf(bulletin: Bulletin) -> bytes:
    """One page A4; the same bulletin always gives the same bytes."""
    # Loading the library takes a second, and no other page needs it.
    from referral_directory.web.tagged_pdf import TaggedPdf

    release = bulletin.release
    page = TaggedPdf(bulletin.title, "Signpost Leeds", release.released_at)
    if release.simulated:
        page.write_paragraph(SIMULATED, bold=True)
    page.write_heading(f"What people in Leeds asked for: {release.period.name}", 1)
    page.write_paragraph(bulletin.about)
    for sentence in bulletin.sentences:
        page.write_paragraph(sentence)
    for heading, lines in bulletin.sections:
        page.write_heading(heading, 2)
        most = max((line.figure or 0 for line in lines), default=0) or 1
        for line in lines:
            page.write_bar(line.label, _words(line), (line.figure or 0) / most)
    page.write_heading("What these figures do not say", 2)
    page.write_paragraph(WHAT_IT_DOES_NOT_SAY)
    page.write_paragraph(HOW_TO_READ)
    page.write_paragraph(f"Open Government Licence v3.0, {LICENCE}. {ATTRIBUTION}", small=True)
    return page.finish()


def _read(directory: Directory, number: int) -> Bulletin:
    with directory.database.read() as session:
        release = get_release(session, number)
        before = find_before(session, release)
    wards = {code: ward.name for code, ward in directory.tables.wards.items()}
    return make_bulletin(release, before, directory.needs, wards)


def _largest(lines: Sequence[Line]) -> Sequence[Line]:
    return sorted(lines, key=lambda line: -(line.figure or 0))[:MOST_OTHERS]


def _words(line: Line) -> str:
    if line.figure is None:
        return "[c]"
    share = "" if line.share is None else f" ({line.share}%)"
    return f"{line.figure:,}{share}"
