"""Referrals as they are stored, and whoever writes there behind the application's back."""

from sqlalchemy import inspect, select, text

from referral_directory.application.referrals import OUTBOXES
from referral_directory.catalogue.models import Service
from referral_directory.field_encryption import FieldKeys, read_field_keys
from referral_directory.referrals.audit import find_faults
from referral_directory.truth.keeping import post_link
from tests.directory.factories import MONDAY_MORNING, opened
from tests.directory.referrals.following import (
    act,
    agree,
    answer,
    choose,
    fill_in,
    look_up,
    make_referral,
    start_draft,
    visit,
)

DROP = {
    "sqlite": ["DROP TRIGGER referral_audit_keeps_update", "DROP TRIGGER referral_audit_keeps_delete"],
    "postgresql": ["DROP TRIGGER referral_audit_keeps ON referral_audit"],
}


def keys_of(settings) -> FieldKeys:
    return read_field_keys(settings.get_field_keys())


def faults_of(settings) -> list[str]:
    with opened(settings) as database, database.read() as session:
        return find_faults(session, keys_of(settings), OUTBOXES)


def tamper(settings, *statements: str, **values) -> None:
    """Write behind the application's back, as somebody who holds the database does."""
    with opened(settings) as database, database.write.begin() as session:
        for statement in statements:
            session.execute(text(statement), values)


def everything_stored(settings) -> str:
    with opened(settings) as database, database.read() as session:
        return " ".join(
            str(row)
            for name in inspect(database.engine).get_table_names()
            for row in session.execute(text(f'SELECT * FROM "{name}"'))
        )


def bring_to(status, staff, post, new_browser) -> str:
    """A referral in this status, with a note from everybody; its page."""
    if status == "draft":
        page = start_draft(staff)
        fill_in(staff, page, button="save")
        return page
    made, provider = make_referral(staff, post), new_browser()
    if status not in ("sent", "withdrawn"):
        visit(provider, post, made.link)
        answer(provider, made.link, "ask", question="Does gluten matter?")
    look_up(new_browser(), made, action="note", note="Two children at home, gluten")
    if status in ("accepted", "in_progress", "completed"):
        answer(provider, made.link, "accept")
    if status in ("in_progress", "completed"):
        answer(provider, made.link, "begin")
    if status == "completed":
        answer(provider, made.link, "complete", outcome="partly")
    if status in ("declined", "re_routed"):
        answer(provider, made.link, "decline", reason="full")
    if status == "withdrawn":
        act(staff, made.page, "withdraw")
    if status == "re_routed":
        act(staff, made.page, "re_route")
    return made.page


def ask_about_a_record(settings) -> None:
    """A mail to a service about its record, not out yet."""
    with opened(settings) as database, database.write.begin() as session:
        post_link(session, keys_of(settings), session.scalars(select(Service)).all()[0], MONDAY_MORNING)


def send_again(staff) -> None:
    """A referral whose mail is not out yet."""
    page = start_draft(staff)
    choose(staff, page)
    agree(staff, page)
    assert fill_in(staff, page).status_code == 303
