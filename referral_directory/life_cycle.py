"""The life of a referral as a pure state machine: what can happen, who may do it, and what the clock does.

Every status has a way out. A status that waits for somebody is chased, then escalated, then ended by the clock;
a referral that has ended can be taken up again until its personal data is erased. Figures are our own choice
(design, section 7 and the issue "Referrals that are followed to the end"): chase after 2 working days, escalate
after 5, erase 90 days after the end and after 12 months in any status.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from referral_directory.bank_holidays import is_bank_holiday
from referral_directory.clock import in_leeds
from referral_directory.errors import NotPossible

SATURDAY = 5
ERASED_AFTER_END = timedelta(days=90)
KEPT_AT_MOST = timedelta(days=365)
# Later than this a copy would be erased before it is followed to its end.
COPIED_WITHIN = timedelta(days=300)


class Status(StrEnum):
    """Where a referral stands."""

    DRAFT = "draft"
    SENT = "sent"
    OPENED = "opened"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    RE_ROUTED = "re_routed"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Outcome(StrEnum):
    """What a completed referral came to."""

    HELPED = "helped"
    PARTLY = "partly"
    NOT_REACHED = "not_reached"
    NOT_NEEDED = "not_needed"


class Reason(StrEnum):
    """Why a provider declines."""

    FULL = "full"
    NOT_ELIGIBLE = "not_eligible"
    OUTSIDE_AREA = "outside_area"
    DUPLICATE = "duplicate"


class Actor(StrEnum):
    """Who does something. The clock is us, when nobody did anything."""

    STAFF = "staff"
    PROVIDER = "provider"
    RESIDENT = "resident"
    CLOCK = "clock"


class Action(StrEnum):
    """What can be done."""

    SEND = "send"
    OPEN = "open"
    ACCEPT = "accept"
    DECLINE = "decline"
    BEGIN = "begin"
    COMPLETE = "complete"
    RE_ROUTE = "re_route"
    WITHDRAW = "withdraw"
    EXPIRE = "expire"
    REOPEN = "reopen"
    UNDO = "undo"


class Due(StrEnum):
    """What the clock has to do with a referral that waits."""

    CHASE = "chase"
    ESCALATE = "escalate"
    EXPIRE = "expire"


@dataclass(frozen=True, slots=True)
class Move:
    """One arrow of the drawing."""

    action: Action
    before: Status
    after: Status
    actors: frozenset[Actor]


@dataclass(frozen=True, slots=True)
class Pace:
    """Working days without news after which a waiting referral is chased, escalated and ended."""

    chase: int
    escalate: int
    expire: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """How long a referral waits: since when there was no news, and what the clock has done about it.

    `reminded` is 0 for nothing yet, 1 chased, 2 escalated; `reminded_at` is when that was.
    """

    since: datetime
    reminded: int = 0
    reminded_at: datetime | None = None


STAFF, PROVIDER = frozenset({Actor.STAFF}), frozenset({Actor.PROVIDER})
CLOCK = frozenset({Actor.CLOCK})
THEIR_WISH = frozenset({Actor.STAFF, Actor.RESIDENT})
OPEN = frozenset(
    {Status.DRAFT, Status.SENT, Status.OPENED, Status.ACCEPTED, Status.DECLINED, Status.IN_PROGRESS}
)
ENDED = frozenset(Status) - OPEN
# What a provider may look at. A referral that was withdrawn or given to another service is none of theirs.
PROVIDER_SEES = frozenset(
    {Status.SENT, Status.OPENED, Status.ACCEPTED, Status.DECLINED, Status.IN_PROGRESS, Status.COMPLETED}
)
WITH_PROVIDER = frozenset({Status.SENT, Status.OPENED, Status.ACCEPTED, Status.IN_PROGRESS})

ANSWER = Pace(chase=2, escalate=5, expire=10)
PACES = {
    Status.DRAFT: Pace(chase=2, escalate=5, expire=10),
    Status.SENT: ANSWER,
    Status.OPENED: ANSWER,
    Status.DECLINED: Pace(chase=2, escalate=5, expire=20),
    Status.ACCEPTED: Pace(chase=5, escalate=10, expire=30),
    Status.IN_PROGRESS: Pace(chase=20, escalate=30, expire=60),
}


def _list_moves() -> Iterator[Move]:
    yield Move(Action.SEND, Status.DRAFT, Status.SENT, STAFF)
    yield Move(Action.OPEN, Status.SENT, Status.OPENED, PROVIDER)
    # What a service says on the telephone, staff write down for it.
    for status, actors in ((Status.SENT, STAFF), (Status.OPENED, STAFF | PROVIDER)):
        yield Move(Action.ACCEPT, status, Status.ACCEPTED, actors)
        yield Move(Action.DECLINE, status, Status.DECLINED, actors)
    yield Move(Action.DECLINE, Status.ACCEPTED, Status.DECLINED, STAFF | PROVIDER)
    yield Move(Action.BEGIN, Status.ACCEPTED, Status.IN_PROGRESS, STAFF | PROVIDER)
    for status in (Status.ACCEPTED, Status.IN_PROGRESS):
        yield Move(Action.COMPLETE, status, Status.COMPLETED, STAFF | PROVIDER)
    for status in (Status.SENT, Status.OPENED, Status.DECLINED, Status.EXPIRED):
        yield Move(Action.COMPLETE, status, Status.COMPLETED, STAFF)
    for status in (Status.DECLINED, Status.EXPIRED):
        yield Move(Action.RE_ROUTE, status, Status.RE_ROUTED, STAFF)
    for status in Status:
        if status in OPEN:
            yield Move(Action.WITHDRAW, status, Status.WITHDRAWN, THEIR_WISH)
            yield Move(Action.EXPIRE, status, Status.EXPIRED, CLOCK)
    # A service goes on seeing what is completed, and consent can be withdrawn as long as somebody sees something.
    yield Move(Action.WITHDRAW, Status.COMPLETED, Status.WITHDRAWN, THEIR_WISH)
    # Undo is a provider's second thought; reopen is the sender's, and a withdrawn one needs consent again.
    yield Move(Action.UNDO, Status.DECLINED, Status.OPENED, PROVIDER)
    yield Move(Action.UNDO, Status.COMPLETED, Status.IN_PROGRESS, PROVIDER)
    # What was closed goes back to where it was: nobody is told of a yes that no service gave.
    for status in (Status.IN_PROGRESS, Status.SENT, Status.OPENED, Status.ACCEPTED):
        yield Move(Action.REOPEN, Status.COMPLETED, status, STAFF)
    for status in (Status.WITHDRAWN, Status.EXPIRED, Status.RE_ROUTED):
        yield Move(Action.REOPEN, status, Status.DRAFT, STAFF)


MOVES = tuple(_list_moves())


def next_status(status: Status, action: Action, actor: Actor, back_to: str | None = None) -> Status:
    """The status after `actor` does `action`: `back_to` if the drawing leads there too, else the first that is drawn.
    Raises NotPossible if it cannot be done now, or not by them.
    """
    steps = (status, action)
    drawn = [move.after for move in MOVES if (move.before, move.action) == steps and actor in move.actors]
    if not drawn:
        raise NotPossible(f"This referral is {say(status)}: that cannot be done with it now.")
    return next((after for after in drawn if after == back_to), drawn[0])


def possible_actions(status: Status, actor: Actor) -> list[Action]:
    """What `actor` may do now, each once, in the order of the drawing."""
    return [*dict.fromkeys(move.action for move in MOVES if move.before == status and actor in move.actors)]


def pace_of(status: Status, chase: int | None = None, escalate: int | None = None) -> Pace | None:
    """The pace in a status, with a service's own days for its answer; None where nobody is waited for."""
    pace = PACES.get(status)
    if pace is None or status not in (Status.SENT, Status.OPENED):
        return pace
    first = chase or pace.chase
    second = max(escalate or pace.escalate, first)
    return Pace(first, second, max(pace.expire, second + pace.expire - pace.escalate))


def find_due(pace: Pace, waiting: Waiting, now: datetime) -> Due | None:
    """What the clock has to do now, if anything.

    Nothing ends unchased: if the clock itself stood still, the end waits for the days between the reminders.
    """
    if waiting.reminded == 0:
        return Due.CHASE if now >= after_working_days(waiting.since, pace.chase) else None
    if waiting.reminded == 1:
        return Due.ESCALATE if now >= after_working_days(waiting.since, pace.escalate) else None
    ends_at = after_working_days(waiting.since, pace.expire)
    if waiting.reminded_at is not None:
        ends_at = max(ends_at, after_working_days(waiting.reminded_at, pace.expire - pace.escalate))
    return Due.EXPIRE if now >= ends_at else None


def is_erasure_due(kept_since: datetime, ended_at: datetime | None, was_sent: bool, now: datetime) -> bool:
    """Whether personal data must go: 90 days after the end, after 12 months whatever the status, and at once
    when a draft ends that was never sent. `kept_since` is when the first referral of the same person began.
    """
    if now >= kept_since + KEPT_AT_MOST:
        return True
    if ended_at is None:
        return False
    return not was_sent or now >= ended_at + ERASED_AFTER_END


def after_working_days(moment: datetime, days: int) -> datetime:
    """The same time of day `days` working days later, in Leeds: no Saturday, Sunday or bank holiday."""
    local = in_leeds(moment)
    day, left = local.date(), days
    while left > 0:
        day += timedelta(days=1)
        left -= is_working_day(day)
    return datetime.combine(day, local.timetz())


def is_working_day(day: date) -> bool:
    """Whether people in offices work on `day`."""
    return day.weekday() < SATURDAY and not is_bank_holiday(day)


def say(status: Status) -> str:
    """A status in words."""
    return status.replace("re_routed", "re-routed").replace("_", " ")


def draw() -> str:
    """The state machine as a Mermaid diagram, for the docs."""
    lines = ["stateDiagram-v2", "    [*] --> draft"]
    for move in MOVES:
        actors = ", ".join(sorted(move.actors))
        lines.append(f"    {move.before} --> {move.after}: {move.action.replace('_', '-')} ({actors})")
    lines += [f"    {status} --> [*]: erased" for status in Status if status in ENDED]
    return "\n".join(lines) + "\n"
