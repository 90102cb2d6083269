"""Things that work once work once, also when many try at the same moment."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from referral_directory.database import transaction
from referral_directory.errors import NotFound, TooManyAttempts
from referral_directory.staff.accounts import find_by_email, use_code
from referral_directory.staff.attempts import claim_attempt, password_guards
from referral_directory.staff.keys import make_keys
from referral_directory.staff.links import SET_UP, use_link
from referral_directory.staff.lockout import FROM_ONE_NETWORK
from referral_directory.staff.models import StaffMember
from tests.directory.factories import opened
from tests.directory.staff.visiting import invite

MANY = 8


@pytest.fixture
def database(settings):
    with opened(settings) as database:
        yield database


def run_at_once(work) -> list:
    with ThreadPoolExecutor(MANY) as pool:
        return [future.result() for future in [pool.submit(work) for _ in range(MANY)]]


def test_an_invitation_is_used_once(administrator, database, clock):
    token = invite(administrator).rsplit("/", 1)[-1]

    def use() -> bool:
        try:
            with transaction(database) as session:
                use_link(session, token, SET_UP, clock())
        except NotFound:
            return False
        return True

    assert sorted(run_at_once(use)) == [False] * (MANY - 1) + [True]


@pytest.mark.parametrize("kind", ["app", "recovery"])
def test_a_code_is_used_once(account, database, settings, clock, kind):
    keys = make_keys(settings.get_staff_key())
    code = account.code(clock()) if kind == "app" else account.recovery_codes[0]

    def use() -> bool:
        with transaction(database) as session:
            member = find_by_email(session, account.email)
            return use_code(session, member, keys, code, clock())

    assert sorted(run_at_once(use)) == [False] * (MANY - 1) + [True]


def test_no_more_passwords_are_looked_at_than_are_free(app, database, settings, clock):
    guards = password_guards(make_keys(settings.get_staff_key()), "nobody@example.org", "192.0.2.7")

    def claim() -> bool:
        try:
            with transaction(database) as session:
                claim_attempt(session, guards, clock())
        except TooManyAttempts:
            return False
        return True

    assert sum(run_at_once(claim)) == FROM_ONE_NETWORK.free


def test_the_account_of_this_machine_is_made_once(administrator, database):
    with database.read() as session:
        nameless = session.scalars(select(StaffMember).where(StaffMember.email.is_(None))).all()
    assert len(nameless) == 1
