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
TABLE_TITLES = {
    "need": "enquiries by need",
    "unmet": "unmet need by reason",
    "area_need": "enquiries by area and need",
    "need_unmet": "unmet need by need and reason",
    "need_said": "what residents said of the help they were shown, by need",
    "referral_sent": "referrals sent, by need",
    "referral_end": "how referrals ended",
}
SPANS = {WEEK: "week", FOUR_WEEKS: "four weeks", QUARTER: "quarter"}
KEPT_WEEKS = 110


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
    # A release from before a code was counted does not have it.
    known = sheet.columns if row else sheet.rows
    for code in [code for code in codes if code in known]:
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


def sent_total(release: Release) -> int | None:
    """How many referrals were sent in a quarter; None if hidden, or from before it was published."""
    sheet = next((sheet for sheet in release.sheets if sheet.name == "referral_sent"), None)
    return figure_of(sheet, TOTAL, CITY) if sheet else None


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


def trend_sentence(weeks: Sequence[Week]) -> str:
    """What the line of the trend does, in words: its ends, its highest and lowest week."""
    shown = [week for week in weeks if week.figure is not None]
    if len(shown) < 2:
        return "Too few weeks have a figure to describe a line."
    high, low = max(shown, key=_figure_of_week), min(shown, key=_figure_of_week)
    return (
        f"From about {_figure_of_week(shown[0]):,} in the week from {shown[0].label} to about "
        f"{_figure_of_week(shown[-1]):,} in the week from {shown[-1].label}. Most in the week from {high.label} "
        f"(about {_figure_of_week(high):,}), fewest in the week from {low.label} (about {_figure_of_week(low):,})."
    )


def unmet_of(release: Release, needs: Needs) -> dict[str, tuple[int | None, int | None]]:
    """Unmet need of each need in four weeks, and its share of the need's enquiries; empty for a week."""
    if release.period.kind != FOUR_WEEKS:
        return {}
    unmet, asked = release.get_sheet("need_unmet"), release.get_sheet("area_need")
    found = {}
    for need in needs:
        figure = figure_of(unmet, need, TOTAL)
        found[need] = (figure, percent(figure, figure_of(asked, TOTAL, need)))
    return found


def _figure_of_week(week: Week) -> int:
    return week.figure or 0


def sentences_of(shelf: Shelf, needs: Needs) -> list[str]:
    """Three sentences about the latest release: what is needed, how that has changed, what goes unmet."""
    release = (shelf.blocks or shelf.weeks)[-1]
    return sentences_for(release, shelf.find(find_year_before(release.period)), needs)


def sentences_for(release: Release, before: Release | None, needs: Needs) -> list[str]:
    """Up to three sentences about a release; `before` is the release of the same weeks a year before."""
    span = SPANS[release.period.kind]
    total = city_total(release)
    shown = [line for line in need_lines(release, needs) if line.figure is not None][:3]
    first = f"In the {span} from {release.period.dates}"
    if total is None or not shown:
        return [f"{first} there were too few enquiries to say what was needed most."]
    named = [f"{line.label.lower()} (about {line.figure:,})" for line in shown]
    most = named[0] if len(named) == 1 else ", ".join(named[:-1]) + " and " + named[-1]
    third = _ends_sentence(release) if release.period.kind == QUARTER else _unmet_sentence(release, total)
    return [
        f"{first} there were about {total:,} enquiries, most often about {most}.",
        _change_sentence(before, total, span),
        third,
    ]


def _change_sentence(before: Release | None, total: int, span: str) -> str:
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


def _ends_sentence(release: Release) -> str:
    """How referrals ended in a quarter, those without an answer named as well."""
    sheet = release.get_sheet("referral_end")
    ended = figure_of(sheet, TOTAL, CITY)
    if ended is None:
        return "Too few referrals ended to say how."
    helped = percent(figure_of(sheet, "end_helped", CITY), ended)
    silent = percent(figure_of(sheet, "end_no_answer", CITY), ended)
    parts = [f"{helped}% with help"] if helped is not None else []
    parts += [f"{silent}% without any answer from the service"] if silent is not None else []
    ways = f": {' and '.join(parts)}" if parts else ""
    return f"About {ended:,} referrals ended{ways}."
