"""The state machine by itself: every status has a way out, and whatever waits is chased and ends."""

from datetime import datetime, timedelta

import pytest
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from referral_directory.clock import LEEDS
from referral_directory.errors import NotPossible
from referral_directory.life_cycle import (
    ENDED,
    MOVES,
    OPEN,
    PROVIDER_SEES,
    Action,
    Actor,
    Due,
    Status,
    Waiting,
    after_working_days,
    draw,
    find_due,
    is_erasure_due,
    next_status,
    pace_of,
    possible_actions,
)
from tests.directory.factories import MONDAY_MORNING
from tests.house.repository import ROOT

PEOPLE = [Actor.STAFF, Actor.PROVIDER, Actor.RESIDENT]


def test_the_drawing_in_the_docs_is_the_code():
    text = (ROOT / "docs/referrals.md").read_text("utf-8")
    assert f"```mermaid\n{draw()}```" in text


@pytest.mark.parametrize("status", list(Status))
def test_every_status_can_be_reached_and_left(status):
    reached, pending = {Status.DRAFT}, [Status.DRAFT]
    while pending:
        before = pending.pop()
        new = {move.after for move in MOVES if move.before == before} - reached
        reached |= new
        pending += new
    assert status in reached
    assert any(move.before == status for move in MOVES)


@pytest.mark.parametrize("status", sorted(OPEN))
def test_every_open_status_can_be_withdrawn_by_the_resident_and_is_ended_by_the_clock(status):
    assert next_status(status, Action.WITHDRAW, Actor.RESIDENT) == Status.WITHDRAWN
    assert next_status(status, Action.EXPIRE, Actor.CLOCK) == Status.EXPIRED
    assert pace_of(status) is not None


@pytest.mark.parametrize("status", sorted(PROVIDER_SEES))
def test_what_a_service_sees_can_be_withdrawn_by_the_resident_and_by_staff(status):
    for actor in (Actor.RESIDENT, Actor.STAFF):
        assert next_status(status, Action.WITHDRAW, actor) == Status.WITHDRAWN


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize("actor", list(Actor))
def test_only_what_is_drawn_can_be_done(status, action, actor):
    drawn = [
        move for move in MOVES if (move.before, move.action) == (status, action) and actor in move.actors
    ]
    if drawn:
        assert next_status(status, action, actor) == drawn[0].after
        return
    with pytest.raises(NotPossible):
        next_status(status, action, actor)


def test_a_service_is_chased_after_two_working_days_and_escalated_after_five():
    friday = datetime(2026, 12, 18, 16, 0, tzinfo=LEEDS)
    assert after_working_days(friday, 2) == datetime(2026, 12, 22, 16, 0, tzinfo=LEEDS)
    # Christmas Day, the substitute for Boxing Day and two weekends do not count.
    assert after_working_days(friday, 5) == datetime(2026, 12, 29, 16, 0, tzinfo=LEEDS)
    pace = pace_of(Status.SENT)
    chased = Waiting(friday, 1, datetime(2026, 12, 22, 16, 0, tzinfo=LEEDS))
    assert find_due(pace, Waiting(friday), datetime(2026, 12, 22, 15, 59, tzinfo=LEEDS)) is None
    assert find_due(pace, Waiting(friday), datetime(2026, 12, 22, 16, 0, tzinfo=LEEDS)) == Due.CHASE
    assert find_due(pace, chased, datetime(2026, 12, 29, 16, 0, tzinfo=LEEDS)) == Due.ESCALATE


def test_a_service_can_have_its_own_pace():
    pace = pace_of(Status.SENT, chase=4, escalate=8)
    assert (pace.chase, pace.escalate) == (4, 8)
    assert pace.expire > 8


@pytest.mark.parametrize("before", [Status.SENT, Status.OPENED, Status.ACCEPTED, Status.IN_PROGRESS])
def test_what_was_closed_by_mistake_goes_back_to_where_it_was(before):
    assert next_status(Status.COMPLETED, Action.REOPEN, Actor.STAFF, before) == before


@pytest.mark.parametrize("before", [None, Status.DECLINED, Status.EXPIRED])
def test_what_was_closed_after_another_end_goes_back_to_none_of_those(before):
    assert next_status(Status.COMPLETED, Action.REOPEN, Actor.STAFF, before) == Status.IN_PROGRESS


class Lives(RuleBasedStateMachine):
    """Anybody does anything at any time, and the clock runs as often or seldom as it likes."""

    def __init__(self):
        super().__init__()
        self.now = self.created = self.since = MONDAY_MORNING
        self.status, self.ended, self.was_sent, self.erased = Status.DRAFT, None, False, False
        self.reminded, self.reminded_at, self.chased_since = 0, None, False

    def enter(self, status):
        self.status, self.since = status, self.now
        self.reminded, self.reminded_at, self.chased_since = 0, None, False
        self.was_sent = self.was_sent or status == Status.SENT
        self.ended = self.now if status in ENDED else None

    @precondition(lambda self: not self.erased)
    @rule(actor=some.sampled_from(PEOPLE), data=some.data())
    def somebody_acts(self, actor, data):
        if actions := possible_actions(self.status, actor):
            back_to = data.draw(some.sampled_from(Status))
            self.enter(next_status(self.status, data.draw(some.sampled_from(actions)), actor, back_to))

    @rule(hours=some.integers(1, 24 * 120))
    def time_passes(self, hours):
        self.now += timedelta(hours=hours)

    @rule()
    def the_clock_runs(self):
        pace = pace_of(self.status)
        due = pace and find_due(pace, Waiting(self.since, self.reminded, self.reminded_at), self.now)
        if due == Due.EXPIRE:
            assert self.reminded == 2, "ended without having been chased"
            self.enter(next_status(self.status, Action.EXPIRE, Actor.CLOCK))
        elif due:
            self.reminded, self.reminded_at = self.reminded + 1, self.now
        if is_erasure_due(self.created, self.ended, self.was_sent, self.now):
            if self.status in OPEN:
                self.enter(next_status(self.status, Action.EXPIRE, Actor.CLOCK))
            self.erased = True

    @invariant()
    def left_alone_it_is_chased_and_ends_and_is_erased(self):
        kept = dict(self.__dict__)
        for _ in range(400):
            if self.erased:
                break
            self.now += timedelta(days=1)
            self.the_clock_runs()
        assert self.erased
        assert self.status in ENDED
        assert self.now <= max(self.created + timedelta(days=366), kept["now"] + timedelta(days=1))
        self.__dict__.update(kept)


TestLives = Lives.TestCase
