"""What the group decided: a need, an area, what, who and by when; later what became of it.

It is public and stands beside figures, so it names groups and roles, never people or ways to reach them.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from referral_directory.demand.checks import has_contact
from referral_directory.demand.models import Decision, StatisticsRelease
from referral_directory.demand.periods import FOUR_WEEKS, QUARTER, WEEK
from referral_directory.demand.tables import CITY, Frame
from referral_directory.errors import InvalidInput, NotFound

PLANNED, UNDER_WAY, DONE, DROPPED = "planned", "under_way", "done", "dropped"
STATUSES = {
    PLANNED: "Planned",
    UNDER_WAY: "Under way",
    DONE: "Done",
    DROPPED: "Not done after all",
}
LONGEST_WHAT, LONGEST_WHO, LONGEST_HAPPENED = 300, 120, 600
EARLIEST_YEAR, LATEST_YEAR = 2020, 2100


@dataclass(frozen=True, slots=True)
class Wording:
    """A decision as it was typed; dates as ISO text, "" for none."""

    need: str = ""
    area: str = ""
    what: str = ""
    who: str = ""
    by_when: str = ""
    status: str = PLANNED
    done_on: str = ""
    what_happened: str = ""


def record_decision(session: Session, frame: Frame, typed: Wording, staff: UUID, today: date) -> Decision:
    """Write a decision down, and tie it to the latest release that has figures of its area.

    Raises InvalidInput naming the field.
    """
    row = Decision(id=uuid4(), decided_on=today, recorded_by=staff, done_on=None)
    _require_place(frame, typed)
    row.need, row.area = typed.need, typed.area
    row.release_number = _latest_number(session, kind_of(frame, typed.area))
    _write(row, typed, today)
    session.add(row)
    session.flush()
    return row


def change_decision(session: Session, decision: Decision, typed: Wording, today: date) -> None:
    """Change what it says and how far it is; need, area and the figures it answers stay. Raises InvalidInput."""
    _write(decision, typed, today)
    session.flush()


def get_decision(session: Session, identity: UUID) -> Decision:
    """One decision; raises NotFound."""
    row = session.get(Decision, identity)
    if row is None:
        raise NotFound("decision")
    return row


def list_decisions(session: Session, need: str = "", area: str = "") -> list[Decision]:
    """Decisions about a need, an area, both or all: the latest first."""
    query = select(Decision).order_by(Decision.decided_on.desc(), Decision.id)
    if need:
        query = query.where(Decision.need == need)
    if area:
        query = query.where(Decision.area == area)
    return list(session.scalars(query))


def kind_of(frame: Frame, area: str) -> str:
    """The kind of period that has figures of an area: wards are published by quarter only."""
    return QUARTER if area in frame.wards else FOUR_WEEKS


def list_areas(frame: Frame) -> list[str]:
    """Every area that something can be decided for."""
    return [CITY, *sorted(set(frame.committee_of.values())), *frame.committee_of]


def _require_place(frame: Frame, typed: Wording) -> None:
    if typed.need not in frame.needs:
        raise InvalidInput("need", "Choose the need that it is about.")
    if typed.area not in list_areas(frame):
        raise InvalidInput("area", "Choose Leeds, a community committee or a ward.")


def _write(row: Decision, typed: Wording, today: date) -> None:
    row.what = _read_text("what", typed.what, LONGEST_WHAT, "Say what was decided")
    row.who = _read_text("who", typed.who, LONGEST_WHO, "Say which group or role does it")
    by_when = _read_day("by_when", typed.by_when)
    if by_when is None:
        raise InvalidInput("by_when", "Say by when, as a date.")
    if typed.status not in STATUSES:
        raise InvalidInput("status", "Say how far it is.")
    done_on = _read_day("done_on", typed.done_on)
    if typed.status == DONE and done_on is None:
        raise InvalidInput("done_on", "Say on which day it was done.")
    if done_on is not None and done_on > today:
        raise InvalidInput("done_on", "A day that has not come cannot be the day it was done.")
    happened = " ".join(typed.what_happened.split())
    if typed.status == DROPPED and not happened:
        raise InvalidInput("what_happened", "Say why it was not done after all.")
    if happened:
        happened = _read_text("what_happened", happened, LONGEST_HAPPENED, "Say what happened")
    row.by_when, row.status, row.what_happened = by_when, typed.status, happened
    row.done_on = done_on if typed.status == DONE else None
    row.changed_on = today


def _read_text(field: str, text: str, longest: int, wanted: str) -> str:
    text = " ".join(text.split())
    if not text:
        raise InvalidInput(field, f"{wanted}.")
    if len(text) > longest:
        raise InvalidInput(field, f"{wanted} in up to {longest} letters.")
    if has_contact(text):
        raise InvalidInput(
            field, f"{wanted} without telephone numbers, addresses or postcodes: it is public."
        )
    return text


def _read_day(field: str, text: str) -> date | None:
    if not text.strip():
        return None
    try:
        day = date.fromisoformat(text.strip())
    except ValueError as error:
        raise InvalidInput(field, "Use a date like 2026-11-30.") from error
    if not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
        raise InvalidInput(field, f"Use a date between {EARLIEST_YEAR} and {LATEST_YEAR}.")
    return day


def _latest_number(session: Session, kind: str) -> int | None:
    """The newest release of a kind; for the city in its first month, of a week."""
    for wanted in (kind, WEEK) if kind == FOUR_WEEKS else (kind,):
        number = session.scalar(
            select(func.max(StatisticsRelease.number)).where(StatisticsRelease.kind == wanted)
        )
        if number is not None:
            return number
    return None
