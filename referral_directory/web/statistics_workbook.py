"""A release as an accessible workbook (.ods): cover, notes, then one sheet a table."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from referral_directory.clock import date_text
from referral_directory.demand.disclosure import HIDDEN
from referral_directory.demand.releases import Release, get_release
from referral_directory.demand.tables import Sheet
from referral_directory.web.context import get_directory
from referral_directory.web.open_document import MIME_TYPE, Page, write_spreadsheet
from referral_directory.web.statistics import make_labels
from referral_directory.web.statistics_downloads import ATTRIBUTION, LICENCE, SIMULATED, title_of
from referral_directory.web.statistics_figures import TABLE_TITLES
from referral_directory.web.statistics_files import give_file

router = APIRouter(include_in_schema=False)
COVER, NOTES = "Cover", "Notes"
FIRST_COLUMNS = {"need": "Need", "area": "Area", "reason": "Reason", "end": "End", "said": "Answer"}
NOTES_OF = {
    "[c]": "Confidential: hidden so that nobody can be identified. It stands for 0 to 9, or for a figure withheld "
    "because another could be worked out from it. Zero is hidden as well.",
    "Rounding": "All other figures carry small noise (at most 2 either way) and are rounded to 5, totals too, so "
    "parts do not add up to totals. A figure is never further than 4 from the truth.",
    "Enquiry": "One need asked about in one conversation. One person can ask several times: these are not people.",
    "Unmet need": "An enquiry for which no service exists, or which was full, closed, not for this person, too far "
    "away, or did not answer.",
    "Ward not known": "The place was not said, or not precise enough for a ward.",
    "What the figures do not say": "Only people who used Signpost Leeds are in them, and they are not rates: a ward "
    "with more people has more enquiries.",
}


@router.get("/statistics/releases/{number}/figures.ods")
def get_workbook(request: Request, number: Annotated[int, Path(ge=1, le=2**31 - 1)]) -> Response:
    """The workbook of a release. Raises NotFound."""
    directory = get_directory(request)
    with directory.database.read() as session:
        release = get_release(session, number)
    name = f"signpost-leeds-{release.period.name}-v{release.version}.ods"
    return give_file(make_workbook(release, make_labels(directory)), MIME_TYPE, name, release.simulated)


def make_workbook(release: Release, labels: dict[str, str]) -> bytes:
    """The same release always gives the same bytes."""
    tables = [_table_page(release, sheet, labels, place) for place, sheet in enumerate(release.sheets, 1)]
    links = [
        (NOTES, NOTES),
        *((f"{page.name.replace('_', ' ')}: {page.title}", page.name) for page in tables),
    ]
    cover = Page(COVER, title_of(release), _cover_lines(release), links=links)
    notes = Page(
        NOTES,
        "Notes",
        ["This sheet has one table: what marks and words in the other sheets mean.", *_warning(release)],
        ("Mark or word", "Meaning"),
        list(NOTES_OF.items()),
    )
    return write_spreadsheet(
        [cover, notes, *tables], title_of(release), "Signpost Leeds", release.released_at.date()
    )


def _cover_lines(release: Release) -> list[str]:
    published = (
        f"Release {release.number}, version {release.version}, published {date_text(release.released_at)}."
    )
    lines = [
        *_warning(release),
        f"{release.period.dates} ({release.period.name}). {published}",
        f"Corrected: {release.note}" if release.note else "",
        "Each table is in a sheet of its own, from cell A1: title, explanation, one table.",
        "Some figures are hidden and shown as [c]. The sheet Notes says what that means.",
        f"Licence: Open Government Licence v3.0, {LICENCE}",
        ATTRIBUTION,
        "Sheets of this workbook:",
    ]
    return [line for line in lines if line]


def _table_page(release: Release, sheet: Sheet, labels: dict[str, str], place: int) -> Page:
    lines = [
        *_warning(release),
        f"This sheet has one table. {release.period.dates}. Hidden figures are shown as [c]: see the sheet Notes.",
    ]
    figures = [["[c]" if cell == HIDDEN else cell for cell in line] for line in sheet.figures.tolist()]
    first = FIRST_COLUMNS[sheet.row_kind]
    if sheet.row_kind == "area":
        # Codes of wards stand beside their names, so that the table can be joined to others.
        return Page(
            f"Table_{place}",
            f"Table {place}: {TABLE_TITLES[sheet.name]}",
            lines,
            (first, "Code", *(labels[code] for code in sheet.columns)),
            [(labels[code], code, *line) for code, line in zip(sheet.rows, figures, strict=True)],
        )
    return Page(
        f"Table_{place}",
        f"Table {place}: {TABLE_TITLES[sheet.name]}",
        lines,
        (first, *(labels[code] for code in sheet.columns)),
        [(labels[code], *line) for code, line in zip(sheet.rows, figures, strict=True)],
    )


def _warning(release: Release) -> list[str]:
    return [SIMULATED] if release.simulated else []
