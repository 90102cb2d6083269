"""Signing in: password, then code, in a way that tells nobody who has an account."""

import re

import pytest

from referral_directory.errors import TooManyAttempts
from referral_directory.staff.attempts import check_rate, password_guards
from tests.directory.staff.visiting import give_password, invite, is_signed_in, send, set_up, sign_in


def without_token(page) -> str:
    return re.sub(r'value="[^"]*"', "", page.text)


def test_password_and_code_sign_in_and_lead_to_the_page_that_was_asked_for(visitor, account, clock):
    asked = visitor.get("/staff/account", follow_redirects=False).headers["location"]
    first = send(
        visitor,
        asked,
        to="/staff/sign-in",
        email="AMINA@example.org ",
        password=account.password,
        wanted="/staff/account",
    )
    assert first.headers["location"] == "/staff/second-step?next=/staff/account"
    page = visitor.get(first.headers["location"])
    assert 'value="/staff/account"' in page.text
    done = send(
        visitor,
        first.headers["location"],
        to="/staff/second-step",
        code=account.code(clock()),
        wanted="/staff/account",
    )
    assert (done.status_code, done.headers["location"]) == (303, "/staff/account")
    assert is_signed_in(visitor)


def test_a_password_never_has_to_be_changed(visitor, account, clock):
    clock.move(days=3 * 365)
    sign_in(visitor, account, account.code(clock()))
    assert is_signed_in(visitor)


def test_a_password_alone_opens_nothing(visitor, account):
    assert give_password(visitor, account.email, account.password).status_code == 303
    assert not is_signed_in(visitor)
    assert visitor.get("/staff/set-up-codes", follow_redirects=False).status_code == 303


def test_an_unknown_address_a_wrong_password_and_a_disabled_account_get_the_same_answer(
    visitor, account, administrator
):
    wrong = give_password(visitor, account.email, "not the password at all")
    unknown = give_password(visitor, "nobody@example.org", "not the password at all")
    not_an_address = give_password(visitor, "nobody", "not the password at all")
    person = re.search(r"/staff/people/[0-9a-f-]{36}\">Amina", administrator.get("/staff/people").text)[0][
        :-7
    ]
    send(administrator, person, to=f"{person}/disable")
    disabled = give_password(visitor, account.email, account.password)
    answers = [wrong, unknown, not_an_address, disabled]
    assert {answer.status_code for answer in answers} == {422}
    assert len({without_token(answer) for answer in answers}) == 1
    assert len({frozenset(answer.headers) for answer in answers}) == 1


def test_somebody_invited_who_has_no_password_yet_cannot_sign_in_without_one(visitor, administrator):
    invite(administrator)
    assert give_password(visitor, "amina@example.org", "").status_code == 422


def test_a_code_is_used_once(visitor, new_browser, account, clock):
    code = account.code(clock())
    assert sign_in(visitor, account, code).status_code == 303
    other = new_browser()
    assert sign_in(other, account, code).status_code == 422
    assert not is_signed_in(other)
    clock.move(seconds=30)
    assert send(other, "/staff/second-step", code=account.code(clock())).status_code == 303


def test_each_recovery_code_is_used_once(visitor, new_browser, account):
    assert len(account.recovery_codes) == 8
    assert sign_in(visitor, account, account.recovery_codes[0].upper()).status_code == 303
    other = new_browser()
    assert sign_in(other, account, account.recovery_codes[0]).status_code == 422
    assert send(other, "/staff/second-step", code=account.recovery_codes[1]).status_code == 303


def test_a_wrong_code_opens_nothing(visitor, account):
    for code in ("", "000000", "abcd-efgh-jkmn-pqrs", "é" * 6):
        assert sign_in(visitor, account, code).status_code == 422
        assert not is_signed_in(visitor)


def test_the_time_between_password_and_code_is_limited(visitor, account, clock):
    first = give_password(visitor, account.email, account.password)
    clock.move(minutes=15)
    answer = visitor.get(first.headers["location"], follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/staff/sign-in?next=/staff")


def test_wrong_passwords_slow_down_and_waiting_always_ends(visitor, account, clock):
    answers = [give_password(visitor, account.email, "wrong wrong wrong").status_code for _ in range(6)]
    assert answers == [422, 422, 422, 422, 429, 429]
    assert "Wait 1 second" in give_password(visitor, account.email, account.password).text
    clock.move(seconds=1)
    assert sign_in(visitor, account, account.code(clock())).status_code == 303


def test_one_persons_failures_slow_nobody_else_on_the_same_wifi(new_browser, account, clock):
    for number in range(20):
        give_password(new_browser("198.51.100.9"), "nobody@example.org", f"wrong guess {number}")
    assert sign_in(new_browser("198.51.100.9"), account, account.code(clock())).status_code == 303


def test_an_attacker_elsewhere_does_not_keep_a_person_out_of_a_network_they_used(new_browser, account, clock):
    home = new_browser("203.0.113.5")
    assert sign_in(home, account, account.code(clock())).status_code == 303
    for number in range(26):
        give_password(new_browser(f"198.51.{number}.9"), account.email, "wrong wrong wrong")
    assert give_password(new_browser("198.51.200.9"), account.email, account.password).status_code == 429
    clock.move(seconds=30)
    again = new_browser("203.0.113.77")  # another telephone on the same network
    assert sign_in(again, account, account.code(clock())).status_code == 303


def test_wrong_codes_slow_down_from_everywhere(new_browser, account, clock):
    statuses = [
        sign_in(new_browser(f"198.51.{number}.9"), account, "000000").status_code for number in range(5)
    ]
    assert statuses == [422, 422, 422, 422, 429]
    clock.move(seconds=30)
    assert sign_in(new_browser(), account, account.code(clock())).status_code == 303


def test_a_robot_is_stopped_before_it_reaches_the_database(visitor):
    page = visitor.get("/staff/sign-in")
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]
    form = {"csrf_token": token, "email": "nobody@example.org", "password": "x"}
    answers = [visitor.post("/staff/sign-in", data=form) for _ in range(31)]
    assert answers[-1].status_code == 429
    assert "Wait 1 minute" in answers[-1].text


def test_a_robot_with_invented_addresses_shuts_one_door_for_its_own_network_alone(
    app, new_browser, account, clock
):
    directory = app.state.directory

    def knock(door: str, address: str, name: int) -> None:
        guards = password_guards(directory.staff_keys, f"{name}@example.org", address)
        check_rate(directory.sign_in_limiter, guards, door, address)

    for name in range(300):
        knock("password", "198.51.100.9", name)
    with pytest.raises(TooManyAttempts):
        knock("password", "198.51.100.77", 301)
    assert give_password(new_browser("198.51.100.9"), "new@example.org", "x").status_code == 429
    knock("status code", "198.51.100.9", 302)
    assert sign_in(new_browser("203.0.113.5"), account, account.code(clock())).status_code == 303


ELSEWHERE = [
    "https://example.org/",
    "//example.org",
    "/\\example.org",
    "/staff\\..",
    "/staffing",
    "javascript:1",
    "",
    "/staff/sign-in",
    "/staff/second-step",
    "/staff\n/x",
    "/services",
]


def test_signing_in_never_leads_away_from_the_staff_pages(visitor):
    for wanted in ELSEWHERE:
        page = visitor.get("/staff/sign-in", params={"next": wanted})
        assert re.search(r'name="wanted" value="([^"]*)"', page.text)[1] == "/staff"


def test_signing_out_ends_the_session_itself(visitor, account, clock):
    sign_in(visitor, account, account.code(clock()))
    kept = dict(visitor.cookies)
    answer = send(visitor, "/staff", to="/staff/sign-out")
    assert (answer.status_code, answer.headers["location"]) == (303, "/staff/sign-in?signed_out=yes")
    assert answer.headers["clear-site-data"] == '"cache", "storage"'
    visitor.cookies.update(kept)
    assert not is_signed_in(visitor)


def test_an_account_without_its_authenticator_app_yet_must_set_it_up_first(visitor, administrator, clock):
    path = invite(administrator)
    send(visitor, path, name="Amina", password="four plain garden words", again="four plain garden words")
    visitor.cookies.clear()
    answer = give_password(visitor, "amina@example.org", "four plain garden words")
    assert answer.headers["location"] == "/staff/set-up-codes"
    assert not is_signed_in(visitor)


def test_a_new_link_sets_password_and_app_anew(visitor, new_browser, administrator, account, clock):
    person = re.search(r"/staff/people/[0-9a-f-]{36}\">Amina", administrator.get("/staff/people").text)[0][
        :-7
    ]
    page = send(administrator, person, to=f"{person}/link")
    path = re.search(r"<code>https?://[^/]+([^<]+)</code>", page.text)[1]
    sign_in(visitor, account, account.code(clock()))
    assert is_signed_in(visitor)
    renewed = set_up(new_browser(), path, clock())
    assert not is_signed_in(visitor)
    assert renewed.secret != account.secret
    assert sign_in(new_browser(), renewed, account.recovery_codes[0]).status_code == 422
