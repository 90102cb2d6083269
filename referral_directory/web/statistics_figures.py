"""What the statistics pages say, worked out from published figures alone."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from referral_directory.clock import date_text
from referral_directory.demand.disclosure import HIDDEN, percent
from referral_directory.demand.outcomes import LABELS, REASONS
from referral_directory.demand.periods import FOUR_WEEKS, QUARTER, WEEK, Period, find_year_before
from referral_directory.demand.releases import Release, list_latest
from referral_directory.demand.tables import CITY, TOTAL, Sheet
from referral_directory.needs import Needs

TREND_WEEKS = 26
KEPT_WEEKS = 110
_TOP = 10


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table and one bar of a chart; `figure` is None if it is hidden, `share` is a percentage."""

    code: str
    label: str
    figure: int | None
    share: int | None


@dataclass(frozen=True, slots=True)
class Week:
    """One week of the trend, with the same week a year before; None if hidden or not released."""

    name: str
    label: str
    figure: int | None
    year_before: int | None


@dataclass(frozen=True)
class Shelf:
    """The releases that the pages are made of, the oldest first."""

    weeks: Sequence[Release]
    blocks: Sequence[Release]
    quarters: Sequence[Release]

    def find(self, period: Period | None) -> Release | None:
        """The release of a period, or None."""
        return next((r for r in (*self.weeks, *self.blocks, *self.quarters) if r.period == period), None)


def read_shelf(session: Session) -> Shelf:
    """Two years of weeks and four weeks, and two years of quarters."""
    return Shelf(
        list_latest(session, WEEK, KEPT_WEEKS),
        list_latest(session, FOUR_WEEKS, 27),
        list_latest(session, QUARTER, 8),
    )


def figure_of(sheet: Sheet, row: str, column: str) -> int | None:
    """A published figure; None if it is hidden."""
    figure = int(sheet.figures[sheet.rows.index(row), sheet.columns.index(column)])
    return None if figure == HIDDEN else figure


def lines_of(
    sheet: Sheet, codes: Sequence[str], labels: dict[str, str], column: str = "", row: str = ""
) -> list[Line]:
    """Figures down a column (or along a row) with their share of its published total."""
    total = figure_of(sheet, row or TOTAL, column or TOTAL)
    lines = []
    for code in codes:
        figure = figure_of(sheet, row or code, column or code)
        lines.append(Line(code, labels[code], figure, percent(figure, total)))
    return lines


def need_lines(release: Release, needs: Needs) -> list[Line]:
    """The needs of a week or four weeks for the whole city, the most asked about first."""
    labels = {code: need.label for code, need in needs.items()}
    if release.period.kind == WEEK:
        lines = lines_of(release.get_sheet("need"), list(needs), labels, column=CITY)
    else:
        lines = lines_of(release.get_sheet("area_need"), list(needs), labels, row=TOTAL)
    return sorted(lines, key=lambda line: -(line.figure or 0))


def reason_lines(release: Release) -> list[Line]:
    """Unmet need by reason for the whole city."""
    if release.period.kind == WEEK:
        lines = lines_of(release.get_sheet("unmet"), REASONS, LABELS, column=CITY)
    else:
        lines = lines_of(release.get_sheet("need_unmet"), REASONS, LABELS, row=TOTAL)
    return sorted(lines, key=lambda line: -(line.figure or 0))


def city_total(release: Release) -> int | None:
    """All enquiries of a release."""
    if release.period.kind == WEEK:
        return figure_of(release.get_sheet("need"), TOTAL, CITY)
    return figure_of(release.get_sheet("area_need"), TOTAL, TOTAL)


def unmet_total(release: Release) -> int | None:
    """All unmet need of a week or four weeks."""
    if release.period.kind == WEEK:
        return figure_of(release.get_sheet("unmet"), TOTAL, CITY)
    return figure_of(release.get_sheet("need_unmet"), TOTAL, TOTAL)


def trend_of(shelf: Shelf, need: str) -> list[Week]:
    """The last weeks of a need (or TOTAL), each beside the same week a year before."""
    weeks = []
    for release in shelf.weeks[-TREND_WEEKS:]:
        before = shelf.find(find_year_before(release.period))
        weeks.append(
            Week(
                release.period.name,
                date_text(release.period.first),
                figure_of(release.get_sheet("need"), need, CITY),
                figure_of(before.get_sheet("need"), need, CITY) if before else None,
            )
        )
    return weeks


def sentences_of(shelf: Shelf, needs: Needs) -> list[str]:
    """Three sentences about the latest release: what is needed, how that has changed, what goes unmet."""
    release = (shelf.blocks or shelf.weeks)[-1]
    span = "four weeks" if release.period.kind == FOUR_WEEKS else "week"
    total = city_total(release)
    shown = [line for line in need_lines(release, needs) if line.figure is not None][:3]
    first = f"In the {span} from {release.period.dates}"
    if total is None or not shown:
        return [f"{first} there were too few enquiries to say what was needed most."]
    named = [f"{line.label.lower()} (about {line.figure:,})" for line in shown]
    most = named[0] if len(named) == 1 else ", ".join(named[:-1]) + " and " + named[-1]
    return [
        f"{first} there were about {total:,} enquiries, most often about {most}.",
        _change_sentence(shelf, release, total, span),
        _unmet_sentence(release, total),
    ]


def _change_sentence(shelf: Shelf, release: Release, total: int, span: str) -> str:
    before = shelf.find(find_year_before(release.period))
    was = city_total(before) if before else None
    if was is None:
        return (
            f"There is no figure for the same {span} a year before, so the change over a year is not known."
        )
    change = round(100 * (total - was) / was)
    if abs(change) < 3:
        return f"That is about as many as in the same {span} a year before (about {was:,})."
    word = "more" if change > 0 else "fewer"
    return f"That is about {abs(change)}% {word} than in the same {span} a year before (about {was:,})."


def _unmet_sentence(release: Release, total: int) -> str:
    unmet, reasons = unmet_total(release), reason_lines(release)
    share = percent(unmet, total)
    if unmet is None or share is None:
        return "Too few enquiries went unmet to say how many."
    text = f"About {unmet:,} ({share}%) went unmet"
    if reasons[0].figure is None:
        return text + "."
    return f"{text}, most often because of this: {reasons[0].label.lower()} (about {reasons[0].figure:,})."
