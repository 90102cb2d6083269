"""The audit of referrals: whole, only added to, and honest about who saw what."""

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from referral_directory.application.referrals import OUTBOXES
from referral_directory.database import show_one_moment
from referral_directory.life_cycle import Actor
from referral_directory.referrals.audit import Who, find_faults, record_looking
from referral_directory.referrals.models import AuditEntry, Referral
from tests.directory.factories import MONDAY_MORNING, opened
from tests.directory.referrals.following import act, look_up, make_referral, visit
from tests.directory.referrals.stored import (
    DROP,
    ask_about_a_record,
    bring_to,
    faults_of,
    keys_of,
    send_again,
    tamper,
)


def test_untouched_records_verify(staff, post, new_browser, settings):
    for status in ("completed", "withdrawn", "draft"):
        bring_to(status, staff, post, new_browser)
    assert faults_of(settings) == []


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE referral_audit SET action = 'seen' WHERE number = 3", "audit entry 3 was changed"),
        ("DELETE FROM referral_audit WHERE number = 4", "audit entry 4 is missing"),
        (
            "DELETE FROM referral_audit WHERE number = (SELECT max(number) FROM referral_audit)",
            "the audit ends at entry",
        ),
        ("UPDATE referral_consent SET text = 'Something else'", "its consents were changed"),
        ("UPDATE referral_consent SET way = 'telephone'", "its consents were changed"),
        ("DELETE FROM referral_consent", "its consents were changed"),
        ("UPDATE referral_detail SET sealed = :other WHERE field = 'phone'", "referral_detail"),
        ("DELETE FROM referral_detail WHERE field = 'safe_contact'", "its details were changed"),
        ("UPDATE referral_mail SET secret = :other", "referral_mail"),
        ("UPDATE service_mail SET secret = :other", "service_mail"),
        ("UPDATE referral SET status = 'completed'", "its status were changed"),
    ],
)
def test_tampering_is_found(staff, post, settings, engine_name, statement, found):
    make_referral(staff, post)
    send_again(staff)
    ask_about_a_record(settings)
    values = {"other": b"\x01" + b"0" * 60} if ":other" in statement else {}
    tamper(settings, *DROP[engine_name], statement, **values)
    assert found in " ".join(faults_of(settings))


@pytest.mark.parametrize(
    "statement", ["UPDATE referral_audit SET action = 'x'", "DELETE FROM referral_audit"]
)
def test_the_database_itself_refuses_to_change_the_audit(staff, post, settings, statement):
    make_referral(staff, post)
    with pytest.raises(DBAPIError, match="only added to"):
        tamper(settings, statement)


def test_the_audit_knows_who_saw_and_holds_nothing_personal(staff, post, new_browser, settings):
    made = make_referral(staff, post)
    visit(new_browser(), post, made.link)
    look_up(new_browser(), made)
    with opened(settings) as database, database.read() as session:
        rows = session.execute(text("SELECT actor, action FROM referral_audit ORDER BY number")).all()
    assert {("staff", "seen"), ("provider", "seen"), ("resident", "seen"), ("staff", "send")} <= set(rows)


# SQLite lets one transaction write at a time, whatever it writes.
@pytest.mark.parametrize("engine_name", ["postgresql"])
def test_who_is_slow_to_commit_holds_up_nobody_elses_audit(staff, post, settings, engine_name):
    make_referral(staff, post)
    keys, now = keys_of(settings), MONDAY_MORNING
    with opened(settings) as database, database.write() as slow, database.write() as quick:
        quick.execute(text("SET lock_timeout = '1s'"))
        for session, actor in ((slow, Actor.PROVIDER), (quick, Actor.RESIDENT)):
            record_looking(session, keys, session.scalars(select(Referral)).one(), Who(actor), now)
        quick.commit()
        slow.commit()
        last = quick.scalars(select(AuditEntry.actor).order_by(AuditEntry.number)).all()[-2:]
    assert last == [Actor.RESIDENT, Actor.PROVIDER]
    assert faults_of(settings) == []


def test_records_that_are_written_while_they_are_checked_are_no_fault(staff, post, settings):
    made = make_referral(staff, post)
    with opened(settings) as database, database.read() as session:
        show_one_moment(session)
        before = session.scalar(select(func.count()).select_from(AuditEntry))
        act(staff, made.page, "withdraw")
        assert find_faults(session, keys_of(settings), OUTBOXES) == []
        assert session.scalar(select(func.count()).select_from(AuditEntry)) == before
    assert faults_of(settings) == []


def test_looking_that_was_rolled_back_is_not_in_the_audit(staff, post, settings):
    make_referral(staff, post)
    with opened(settings) as database, database.write() as session:
        for _ in range(2):
            referral = session.scalars(select(Referral)).one()
            record_looking(session, keys_of(settings), referral, Who(Actor.PROVIDER), MONDAY_MORNING)
            session.rollback()
        session.commit()
        assert Actor.PROVIDER not in session.scalars(select(AuditEntry.actor)).all()
    assert faults_of(settings) == []
