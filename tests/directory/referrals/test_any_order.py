"""Everybody does anything in any order, on a real database, while time passes: the promises hold throughout."""

import shutil
import tempfile
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as some
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select, text

from referral_directory.database import open_database, transaction
from referral_directory.errors import InvalidInput, NotDelivered, NotFound, NotPossible
from referral_directory.field_encryption import make_key, read_field_keys
from referral_directory.life_cycle import ENDED, Action, Actor, Outcome, Reason, Status
from referral_directory.referrals import providing, referring
from referral_directory.referrals.audit import Who, find_faults
from referral_directory.referrals.half_typed import keep_half_typed
from referral_directory.referrals.handovers import Handed, make_handover, purge_handovers, redeem
from referral_directory.referrals.inboxes import list_inboxes
from referral_directory.referrals.keeping_time import keep_time
from referral_directory.referrals.models import Handover, Referral
from referral_directory.referrals.outbox import deliver_due
from referral_directory.referrals.records import HALF_TYPED, read_details
from referral_directory.referrals.ringing import TOLD, record_told
from referral_directory.staff.keys import make_keys
from referral_directory.staff.models import CommunitySpace, StaffMember
from tests.directory.factories import MONDAY_MORNING, make_settings, seed, write_starter
from tests.directory.referrals.conftest import ROWS
from tests.directory.referrals.following import DETAILS, NAME

SPACE, MEMBER = UUID(int=1), UUID(int=2)
UNANSWERED = (Status.SENT, Status.OPENED)
STAFF, RESIDENT = Who(Actor.STAFF, MEMBER), Who(Actor.RESIDENT)


@pytest.fixture(scope="module")
def seeded(sqlite_template, tmp_path_factory) -> Path:
    """A SQLite file with services, a space and a member of staff."""
    from tests.directory.conftest import make_data

    folder = tmp_path_factory.mktemp("seeded")
    path = folder / "directory.db"
    shutil.copy(sqlite_template, path)
    made = make_settings(f"sqlite:///{path}", make_data(folder), folder)
    write_starter(made.data_dir, ROWS)
    seed(made)
    database = open_database(made.database_url)
    with transaction(database) as session:
        session.add(CommunitySpace(id=SPACE, name="Space", created_at=MONDAY_MORNING))
        session.flush()
        session.add(
            StaffMember(id=MEMBER, display_name="A", community_space_id=SPACE, created_at=MONDAY_MORNING)
        )
    with database.engine.connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    database.engine.dispose()
    return path


class AnyOrder(RuleBasedStateMachine):
    """Four referrals at most, on a copy of the seeded file."""

    def __init__(self, seeded: Path):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        shutil.copy(seeded, self.folder / "d.db")
        self.database = open_database(f"sqlite:///{self.folder / 'd.db'}")
        self.keys = read_field_keys(make_key())
        self.now, self.ids, self.tokens = MONDAY_MORNING, [], {}
        self.staff_keys, self.codes, self.typed = (
            make_keys("a secret for these tests which is long enough"),
            {},
            set(),
        )

    def teardown(self):
        try:
            self.check_everything_ends_by_itself()
        finally:
            self.database.engine.dispose()
            shutil.rmtree(self.folder)

    def check_everything_ends_by_itself(self):
        """Wherever a referral stands: if nobody does anything any more, it ends and is erased."""
        for _ in range(15):
            self.now += timedelta(days=30)
            keep_time(self.database, self.keys, self.now, lambda *_: None)
        with self.database.read() as session:
            referrals = session.scalars(select(Referral)).all()
            assert {referral.status for referral in referrals} <= ENDED
            assert all(referral.erased_at for referral in referrals)

    def change(self, identity, do):
        """Do it in one transaction; what is not possible, or lacks something, changes nothing."""
        with suppress(NotPossible, InvalidInput, NotFound), transaction(self.database) as session:
            do(session, session.get_one(Referral, identity))

    @rule()
    def somebody_comes_in(self):
        if len(self.ids) >= 4:
            return
        with transaction(self.database) as session:
            made = referring.start_referral(
                session, self.keys, STAFF, SPACE, ["food.parcel"], "E05011394", self.now
            )
            self.ids.append(made.id)

    @precondition(lambda self: self.ids)
    @rule(data=some.data(), agrees=some.booleans())
    def staff_fill_in_and_send(self, data, agrees):
        def do(session, referral):
            inbox = next(iter(list_inboxes(session, self.now.date()).values()))
            referring.choose_service(session, self.keys, referral, STAFF, inbox, self.now)
            if agrees:
                referring.keep_consent(session, self.keys, referral, STAFF, "?", "read_aloud", self.now)
            referring.keep_details(session, self.keys, referral, STAFF, DETAILS, self.now)

        identity = data.draw(some.sampled_from(self.ids))
        self.change(identity, do)
        self.change(identity, lambda s, r: referring.send_referral(s, self.keys, r, STAFF, self.now))

    @precondition(lambda self: self.ids)
    @rule(
        data=some.data(),
        action=some.sampled_from(["withdraw", "reopen", "re_route", "erase", "note", "complete", *TOLD]),
    )
    def staff_act(self, data, action):
        def do(session, referral):
            keys, now = self.keys, self.now
            if action == "re_route":
                self.ids.append(referring.re_route_referral(session, keys, referral, STAFF, now).id)
            elif action == "note":
                referring.write_note(session, keys, referral, STAFF, NAME, True, now)
            elif action in TOLD:
                record_told(session, keys, referral, STAFF, action, Reason.FULL, now)
            elif action == "complete":
                referring.complete_referral(session, keys, referral, STAFF, Outcome.PARTLY, now)
            else:
                getattr(referring, f"{action}_referral")(session, keys, referral, STAFF, now)

        self.change(data.draw(some.sampled_from(self.ids)), do)

    @precondition(lambda self: self.ids)
    @rule(data=some.data(), form=some.sampled_from(HALF_TYPED))
    def staff_type_and_press_nothing(self, data, form):
        def do(session, referral):
            keep_half_typed(session, self.keys, referral, STAFF, form, {"note": NAME}, self.now)

        self.change(data.draw(some.sampled_from(self.ids)), do)

    @precondition(lambda self: self.ids)
    @rule(data=some.data())
    def the_resident_withdraws(self, data):
        identity = data.draw(some.sampled_from(self.ids))
        self.change(identity, lambda s, r: referring.withdraw_referral(s, self.keys, r, RESIDENT, self.now))

    @precondition(lambda self: self.tokens)
    @rule(data=some.data(), action=some.sampled_from([*Action, "ask"]))
    def a_provider_answers(self, data, action):
        token = data.draw(some.sampled_from(sorted(self.tokens)))

        def do(session, _):
            _link, referral = providing.get_linked(session, token)
            keys, now = self.keys, self.now
            if action == "ask":
                providing.ask(session, keys, referral, "Why?", now)
            elif action == Action.DECLINE:
                providing.decline(session, keys, referral, providing.Declining(Reason.DUPLICATE), now)
            elif action == Action.COMPLETE:
                referring.complete_referral(session, keys, referral, providing.PROVIDER, "helped", now)
            elif action == Action.OPEN:
                providing.open_referral(session, keys, referral, now)
            elif action != Action.SEND:
                providing.act(session, keys, referral, action, now)

        self.change(self.ids[0], do)

    @rule()
    def somebody_gets_a_code_in_the_chat(self):
        with transaction(self.database) as session:
            handed = Handed(("food.parcel",), "E05011394", "en", ())
            code, _ = make_handover(session, self.staff_keys, handed, self.now)
        self.codes[code] = self.now

    @precondition(lambda self: self.codes)
    @rule(data=some.data())
    def staff_type_a_code(self, data):
        code = data.draw(some.sampled_from(sorted(self.codes)))
        works = False
        with suppress(InvalidInput), transaction(self.database) as session:
            redeem(session, self.staff_keys, code, SPACE, self.now)
            works = True
        assert works == (code not in self.typed and self.now < self.codes[code] + timedelta(days=7))
        self.typed.add(code)

    @rule(works=some.booleans())
    def the_worker_runs(self, works):
        def send(letter):
            if not works:
                raise NotDelivered("away")
            if letter.kind != "withdrawn":
                self.tokens[letter.secret] = letter.reference

        deliver_due(self.database, self.keys, send, lambda: self.now)

    @rule(days=some.integers(1, 60))
    def time_passes_and_the_clock_runs(self, days):
        self.now += timedelta(days=days)
        keep_time(self.database, self.keys, self.now, lambda *_: None)
        with transaction(self.database) as session:
            purge_handovers(session, self.now)
        with self.database.read() as session:
            for referral in session.scalars(select(Referral).where(Referral.status.in_(UNANSWERED))):
                silent = self.now - referral.news_at
                assert silent < timedelta(days=14) or referral.question_open or referral.stage >= 1, (
                    "not chased"
                )

    @invariant()
    def no_handover_outlives_its_week_and_none_has_more_than_it_says(self):
        with self.database.read() as session:
            for handover in session.scalars(select(Handover)):
                assert handover.expires_at <= self.now + timedelta(days=7)
                assert (handover.digest is None) == (handover.community_space_id == SPACE)

    @invariant()
    def every_record_verifies(self):
        with self.database.read() as session:
            assert find_faults(session, self.keys) == []

    @invariant()
    def nothing_personal_outlives_its_time(self):
        with self.database.read() as session:
            for referral in session.scalars(select(Referral)):
                old = self.now >= referral.created_at + timedelta(days=366)
                over = referral.ended_at and self.now >= referral.ended_at + timedelta(days=91)
                if old or over or referral.erased_at:
                    assert read_details(session, self.keys, referral) == {}
                    assert referral.needs == ""
                    assert referral.status in ENDED

    @invariant()
    def a_provider_reaches_only_what_is_consented_to(self):
        with self.database.read() as session:
            for token in self.tokens:
                with suppress(NotFound):
                    _, referral = providing.get_linked(session, token)
                    assert referral.status not in (Status.WITHDRAWN, Status.RE_ROUTED, Status.DRAFT)
                    consents = session.execute(
                        text(
                            "SELECT count(*) FROM referral_consent WHERE referral_id = :id "
                            "AND withdrawn_at IS NULL"
                        ),
                        {"id": referral.id.hex},
                    ).scalar()
                    assert consents == 1


def test_the_promises_hold_in_any_order(seeded):
    run_state_machine_as_test(
        lambda: AnyOrder(seeded),
        settings=settings(
            max_examples=12,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
