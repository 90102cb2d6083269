"""The pure rules: passwords, codes, sealing, and how failures slow the next attempt."""

from datetime import timedelta
from uuid import uuid4

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as some

from referral_directory.errors import BadKey, InvalidInput
from referral_directory.staff.keys import keyed_digest, make_keys, seal, unseal
from referral_directory.staff.lockout import (
    FORGOTTEN_AFTER,
    FROM_ANYWHERE,
    FROM_ONE_NETWORK,
    SECOND_STEP,
    after_failure,
    after_success,
    coarse_network,
    seconds_left,
    wait_after,
)
from referral_directory.staff.passwords import check_password, hash_password, is_outdated, password_fits
from referral_directory.staff.totp import draw_qr, find_step, make_address, make_recovery_codes, make_secret
from tests.directory.factories import MONDAY_MORNING

OLD, NEW = "an old secret of at least 32 characters", "a new secret of at least 32 characters"
RULES = some.sampled_from([FROM_ONE_NETWORK, FROM_ANYWHERE, SECOND_STEP])


@pytest.mark.parametrize(
    "password",
    [
        "password1234",
        "Password!2345",
        "passwordpassword",
        "123456789012",
        "qwertyuiopas",
        "aaaaaaaaaaaa",
        "abcabcabcabc",
        "1q2w3e4r5t6y",
        "leedsunited1919",
        "Liverpool 2005!",
        "letmeinletmein1",
        "MargaretSmith1",
        "margaret.smith",
        "correct horse battery staple",
        "signpost-leeds",
        "Margaret123456",
        "short",
        "x" * 201,
    ],
)
def test_the_first_passwords_anybody_would_try_are_refused(password):
    with pytest.raises(InvalidInput):
        check_password(password, "Margaret Smith", "margaret.smith@example.org")


@pytest.mark.parametrize(
    "password",
    [
        "four plain garden words",
        "a kettle in the rain",
        "tr0ub4dor&3xyz",
        "839201847563",
        "ünïcödé kettle",
        "пароль из слов",
        "x7" * 3 + "kettle jar",
        "y" + "lorry on a hill " * 12,
    ],
)
def test_long_passwords_need_no_capitals_digits_or_signs(password):
    check_password(password, "Margaret Smith", "")


def test_a_password_fits_its_own_hash_alone():
    kept = hash_password("kettle in the rain")
    assert kept.startswith("$argon2id$")
    assert password_fits(kept, "kettle in the rain")
    assert not password_fits(kept, "kettle in the rain ")
    assert not password_fits("", "nobody has this password")
    assert not password_fits("not a hash", "kettle in the rain")
    assert not is_outdated(kept)
    assert is_outdated("$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$kx3yKxTLK0dVTBs6W3Y5tQ")


def test_the_same_password_fits_however_the_keyboard_composes_it():
    assert password_fits(hash_password("café in the rain"), "cafe\u0301 in the rain")


@given(some.integers(-10, 10))
def test_a_code_is_taken_one_step_early_or_late_and_never_again(steps):
    secret = make_secret()
    code = pyotp.TOTP(secret).at(MONDAY_MORNING + timedelta(seconds=30 * steps))
    found = find_step(secret, code, MONDAY_MORNING, 0)
    # Another step's code is the same by chance once in a million.
    assert (found is not None) == (abs(steps) <= 1)
    if found is not None:
        assert find_step(secret, code, MONDAY_MORNING, found) is None


def test_the_qr_code_is_markup_without_styles_or_scripts():
    drawn = draw_qr(make_address(make_secret(), "amina@example.org"))
    assert drawn.startswith("<svg ")
    assert "style" not in drawn
    assert "script" not in drawn


def test_recovery_codes_differ():
    assert len(set(make_recovery_codes() + make_recovery_codes())) == 16


def test_what_is_sealed_opens_for_its_own_row_and_column_alone():
    keys, row = make_keys(NEW), uuid4()
    sealed = seal(keys, row, "column", "secret")
    assert b"secret" not in sealed
    assert unseal(keys, row, "column", sealed) == "secret"
    spoilt = sealed[:-1] + bytes([sealed[-1] ^ 1])
    for other in ((uuid4(), "column", sealed), (row, "other", sealed), (row, "column", spoilt)):
        with pytest.raises(BadKey):
            unseal(keys, *other)
    with pytest.raises(BadKey):
        unseal(make_keys(OLD), row, "column", sealed)


def test_a_secret_is_replaced_while_the_old_one_still_opens():
    row = uuid4()
    sealed = seal(make_keys(OLD), row, "column", "secret")
    assert unseal(make_keys(f"{NEW}, {OLD}"), row, "column", sealed) == "secret"
    assert keyed_digest(make_keys(NEW), "purpose", "x") != keyed_digest(make_keys(NEW), "other", "x")
    with pytest.raises(BadKey):
        make_keys("too short")


@given(RULES, some.integers(0, 10**9), some.integers(0, 10**9))
def test_waits_grow_and_never_beyond_their_limit(rule, fewer, more):
    fewer, more = sorted((fewer, more))
    assert wait_after(fewer, rule) <= wait_after(more, rule) <= timedelta(seconds=rule.longest)
    assert bool(wait_after(fewer, rule)) == (fewer >= rule.free)


@given(RULES, some.lists(some.integers(0, 2000), max_size=60))
def test_waiting_as_long_as_asked_always_lets_the_next_attempt_through(rule, pauses):
    failures, now = None, MONDAY_MORNING
    for pause in pauses:
        now += timedelta(seconds=pause)
        if seconds_left(failures, rule, now) == 0:
            failures = after_failure(failures, now)
    left = seconds_left(failures, rule, now)
    assert 0 <= left <= rule.longest
    assert seconds_left(failures, rule, now + timedelta(seconds=left)) == 0
    assert seconds_left(after_success(failures, now), rule, now) == 0


@given(some.lists(some.integers(0, 600), min_size=1, max_size=400))
def test_guessing_from_one_network_is_slow_however_it_is_paced(pauses):
    looked_at, failures, now = 0, None, MONDAY_MORNING
    for pause in pauses:
        now += timedelta(seconds=pause)
        if seconds_left(failures, FROM_ONE_NETWORK, now) == 0:
            failures, looked_at = after_failure(failures, now), looked_at + 1
    hours = (now - MONDAY_MORNING) / timedelta(hours=1)
    # Four are free, ten more while the wait doubles to a quarter of an hour; then four an hour, afresh each day.
    assert looked_at <= (hours / 24 + 1) * 15 + 4 * hours


def test_failures_are_forgotten_after_a_day():
    failures = None
    for _ in range(50):
        failures = after_failure(failures, MONDAY_MORNING)
    later = MONDAY_MORNING + FORGOTTEN_AFTER
    assert seconds_left(failures, FROM_ONE_NETWORK, later) == 0
    assert after_failure(failures, later).count == 1


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("testclient", "unknown"),
        ("", "unknown"),
    ],
)
def test_networks_are_coarse(address, network):
    assert coarse_network(address) == network
