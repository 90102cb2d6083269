"""Sessions: how long they last, what ends them, and what is kept of them."""

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some
from sqlalchemy import inspect, text

from referral_directory.database import transaction
from referral_directory.staff.purging import purge_staff
from referral_directory.staff.sessions import IDLE, LONGEST, SIGNED_IN, is_live
from tests.directory.factories import MONDAY_MORNING, opened
from tests.directory.staff.visiting import invite, is_signed_in, send, set_up, sign_in


@given(
    began=some.timedeltas(timedelta(0), timedelta(days=2)),
    seen=some.timedeltas(timedelta(0), timedelta(days=2)),
)
def test_no_session_outlives_its_limits(began, seen):
    now = MONDAY_MORNING
    live = is_live(SIGNED_IN, now - began, now - min(seen, began), now)
    assert live == (began < LONGEST and min(seen, began) < IDLE)


def test_a_session_ends_after_half_an_hour_without_use(administrator, clock):
    clock.move(minutes=29)
    assert is_signed_in(administrator)
    clock.move(minutes=29)
    assert is_signed_in(administrator)
    clock.move(minutes=30)
    assert not is_signed_in(administrator)


def test_a_session_ends_after_twelve_hours_however_busy(administrator, clock):
    for _ in range(28):
        clock.move(minutes=25)
        assert is_signed_in(administrator)
    clock.move(minutes=20)
    assert not is_signed_in(administrator)


def test_the_session_id_changes_with_each_step(visitor, account, clock):
    visitor.cookies.set("signpost_session", "chosen-by-somebody-else")
    first = send(visitor, "/staff/sign-in", email=account.email, password=account.password)
    half = visitor.cookies.get("signpost_session", domain="testserver.local")
    done = send(visitor, first.headers["location"], to="/staff/second-step", code=account.code(clock()))
    whole = visitor.cookies.get("signpost_session", domain="testserver.local")
    assert done.status_code == 303
    assert len({"chosen-by-somebody-else", half, whole}) == 3


def test_no_secret_is_stored_as_it_is(administrator, account, settings, clock, new_browser):
    browser = new_browser()
    sign_in(browser, account, account.code(clock()))
    secrets = [account.password, account.secret, *account.recovery_codes, *browser.cookies.values()]
    secrets += [code.replace("-", "") for code in account.recovery_codes] + [*administrator.cookies.values()]
    with opened(settings) as database, database.read() as session:
        names = [
            name for name in inspect(database.engine).get_table_names() if "staff" in name or "sign" in name
        ]
        assert len(names) >= 6
        stored = " ".join(
            str(row) for name in names for row in session.execute(text(f"SELECT * FROM {name}"))
        )
    assert [secret for secret in secrets if secret in stored] == []
    assert "192.0.2" not in stored


@pytest.mark.parametrize("what", ["disable", "roles", "end-sessions"])
def test_an_administrator_ends_sessions(administrator, account, visitor, clock, what):
    sign_in(visitor, account, account.code(clock()))
    assert is_signed_in(visitor)
    page = administrator.get("/staff/people")
    person = re.search(r'"(/staff/people/[0-9a-f-]{36})">Amina', page.text)[1]
    fields = {"roles": ["curator"], "community_space": ""} if what == "roles" else {}
    assert send(administrator, person, to=f"{person}/{what}", **fields).status_code == 303
    assert not is_signed_in(visitor)


def test_one_ends_ones_own_other_sessions(new_browser, account, clock):
    here, there = new_browser(), new_browser()
    sign_in(here, account, account.code(clock()))
    clock.move(seconds=30)
    sign_in(there, account, account.code(clock()))
    assert send(here, "/staff/account", to="/staff/account/end-sessions").status_code == 303
    assert is_signed_in(here)
    assert not is_signed_in(there)


def test_what_is_over_is_forgotten(administrator, settings, clock):
    invite(administrator)
    send(administrator, "/staff/sign-in", email="nobody@example.org", password="wrong")
    clock.move(days=7)
    with opened(settings) as database, transaction(database) as session:
        purge_staff(session, clock())
        for name in ("staff_session", "staff_link", "sign_in_failures"):
            assert session.execute(text(f"SELECT count(*) FROM {name}")).scalar() == 0


def test_setting_up_an_account_signs_in(new_browser, administrator, clock):
    browser = new_browser()
    set_up(browser, invite(administrator), clock())
    page = browser.get("/staff")
    assert "Amina Khan" in page.text
    assert "People" not in page.text
