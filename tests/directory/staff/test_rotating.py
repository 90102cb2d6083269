"""Replacing the staff key: everybody goes on signing in with the authenticator app that they have."""

import pytest
from sqlalchemy import update

from referral_directory.application.application import create_app
from referral_directory.application.rotating import rotate
from referral_directory.database import transaction
from referral_directory.errors import BadKey
from referral_directory.staff.models import StaffMember
from tests.directory.factories import TestClient, opened
from tests.directory.staff.visiting import is_signed_in, sign_in

NEW = "another secret of the staff pages which is long enough"


def signs_in(settings, clock, account) -> bool:
    """Whether the app still opens the account, in a directory started with these settings."""
    clock.move(minutes=1)
    with TestClient(create_app(settings, clock), raise_server_exceptions=False) as browser:
        sign_in(browser, account, account.code(clock()))
        return is_signed_in(browser)


def test_an_app_from_before_signs_in_when_the_old_key_is_gone(settings, clock, account):
    old = settings.get_staff_key()
    assert rotate(settings) == 1
    assert old not in settings.get_staff_key()
    assert signs_in(settings, clock, account)


def test_a_key_that_is_a_setting_is_replaced_in_two_steps(settings, clock, account):
    both = settings.model_copy(update={"staff_key": f"{NEW},{settings.get_staff_key()}"})
    assert rotate(both) == 1
    assert rotate(both) == 0
    assert signs_in(settings.model_copy(update={"staff_key": NEW}), clock, account)


def test_signing_in_seals_with_the_newest_key(settings, clock, account):
    both = settings.model_copy(update={"staff_key": f"{NEW},{settings.get_staff_key()}"})
    assert signs_in(both, clock, account)
    assert signs_in(settings.model_copy(update={"staff_key": NEW}), clock, account)


def test_the_old_key_stays_when_something_cannot_be_opened(settings, account):
    old = settings.get_staff_key()
    with opened(settings) as database, transaction(database) as session:
        session.execute(update(StaffMember).values(totp_secret=b"\x01 sealed by nobody that we know"))
    with pytest.raises(BadKey):
        rotate(settings)
    assert old in settings.get_staff_key()
