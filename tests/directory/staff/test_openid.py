"""Signing in with the organisation's own account, against a provider in a process of its own, over real HTTP."""

import json
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from referral_directory.application.application import THREADS, create_app
from referral_directory.errors import InvalidInput
from referral_directory.staff.openid import make_service
from tests.directory.factories import TestClient
from tests.directory.staff.openid_provider import CLIENT, SECRET
from tests.directory.staff.visiting import MovingClock, invite, is_signed_in, send, sign_in_by_link
from tests.house.repository import ROOT
from tests.serving import serve_app
from tests.stack import free_ports

AMINA = {"subject": "a-1", "claims": {"email": "amina@example.org", "email_verified": True}}
START, CALLBACK = "/staff/sign-in/openid", "/staff/sign-in/openid/callback"


@pytest.fixture
def clock() -> MovingClock:
    """The provider's clock cannot be set: ours begins with it."""
    return MovingClock(datetime.now(UTC))


@pytest.fixture(scope="module")
def provider(tmp_path_factory) -> Iterator[tuple[str, Path]]:
    """The address of a running provider, and the file that says who signs in."""
    people, [port] = tmp_path_factory.mktemp("provider") / "people.json", free_ports(1)
    people.write_text(json.dumps(AMINA))
    command = [sys.executable, "-m", "tests.directory.staff.openid_provider", str(port), str(people)]
    with subprocess.Popen(command, cwd=ROOT) as process:
        transport = httpx.HTTPTransport(retries=8)
        with httpx.Client(transport=transport, timeout=30) as client:
            assert client.get(f"http://127.0.0.1:{port}/keys").is_success
        yield f"http://127.0.0.1:{port}", people
        process.terminate()


@pytest.fixture
def settings(settings, provider):
    chosen = {"oidc_issuer": provider[0], "oidc_client_id": CLIENT, "oidc_client_secret": SECRET}
    return settings.model_copy(update=chosen | {"oidc_name": "your council account"})


@pytest.fixture
def somebody(provider) -> Callable[..., None]:
    """somebody(subject=..., email=...) -> that person signs in at the provider from now on."""

    def say(subject: str = "a-1", forged: bool = False, **claims: object) -> None:
        person = {"subject": subject, "claims": AMINA["claims"] | claims, "forged": forged}
        provider[1].write_text(json.dumps(person))

    say()
    return say


def leave_and_return(browser: TestClient, next_page: str = "/staff") -> str:
    """Leave for the provider and sign in there; the address that it sends the browser back to."""
    left = browser.get(f"{START}?next={next_page}", follow_redirects=False)
    assert left.status_code == 303, left.text
    back = httpx.get(left.headers["location"], follow_redirects=False)
    assert back.status_code == 303
    parts = urlsplit(back.headers["location"])
    assert parts.path == CALLBACK
    return f"{parts.path}?{parts.query}"


def test_an_invited_person_signs_in_without_a_password_of_ours(administrator, new_browser, somebody):
    invite(administrator)
    browser = new_browser()
    assert "Sign in with your council account" in browser.get("/staff/sign-in").text
    answer = browser.get(leave_and_return(browser, "/staff/referrals"))
    assert answer.headers["refresh"] == "0; url=/staff/referrals"
    assert is_signed_in(browser)
    assert "Amina Khan" in browser.get("/staff").text


def test_a_person_who_was_not_invited_is_refused(administrator, new_browser, somebody):
    somebody(email="stranger@example.org")
    browser = new_browser()
    answer = browser.get(leave_and_return(browser))
    assert answer.status_code == 422
    assert "There is no account for you here" in answer.text
    assert not is_signed_in(browser)


def test_an_address_that_is_not_verified_proves_nothing(administrator, new_browser, somebody):
    invite(administrator)
    somebody(email_verified=False)
    browser = new_browser()
    assert browser.get(leave_and_return(browser)).status_code == 422
    assert not is_signed_in(browser)


def test_an_account_stays_with_the_person_when_the_address_goes_to_another(
    administrator, new_browser, somebody
):
    invite(administrator)
    first, second = new_browser(), new_browser()
    first.get(leave_and_return(first))
    somebody(subject="b-2")
    assert second.get(leave_and_return(second)).status_code == 422
    somebody(email="amina.khan@example.org")
    again = new_browser()
    again.get(leave_and_return(again))
    assert is_signed_in(again)


def test_a_disabled_account_does_not_come_in(administrator, new_browser, somebody):
    invite(administrator)
    page = administrator.get("/staff/people").text
    person = re.search(r'href="(/staff/people/[0-9a-f-]+)">Amina Khan', page)[1]
    send(administrator, person, to=f"{person}/disable")
    browser = new_browser()
    assert browser.get(leave_and_return(browser)).status_code == 422


@pytest.mark.parametrize(
    "lies", [{"aud": "another"}, {"iss": "http://127.0.0.1:1"}, {"nonce": "x"}, {"exp": 1}, {"forged": True}]
)
def test_a_token_that_is_not_for_us_is_refused(administrator, new_browser, somebody, lies):
    invite(administrator)
    somebody(**lies)
    browser = new_browser()
    answer = browser.get(leave_and_return(browser))
    assert answer.status_code == 422
    assert not is_signed_in(browser)


def test_coming_back_works_only_in_the_browser_that_left(administrator, new_browser, somebody):
    invite(administrator)
    victim, attacker = new_browser(), new_browser()
    address = leave_and_return(attacker)
    assert victim.get(address).status_code == 422
    victim.get(START, follow_redirects=False)
    assert victim.get(address).status_code == 422
    assert not is_signed_in(victim)


def test_coming_back_works_once(administrator, new_browser, somebody):
    invite(administrator)
    browser = new_browser()
    address = leave_and_return(browser)
    assert browser.get(address).status_code == 200
    assert browser.get(address).status_code == 422


def test_the_secret_of_the_way_is_not_in_the_address(new_browser, somebody):
    left = new_browser().get(START, follow_redirects=False)
    asked = parse_qs(urlsplit(left.headers["location"]).query)
    cookie = left.headers["set-cookie"]
    ticket = cookie.split("=", 1)[1].split(";")[0]
    assert ticket not in left.headers["location"]
    assert asked["code_challenge_method"] == ["S256"]
    assert {"HttpOnly", "SameSite=lax"} <= {part.strip() for part in cookie.split(";")}


def test_it_takes_ten_minutes_at_most(administrator, new_browser, somebody, clock):
    invite(administrator)
    browser = new_browser()
    address = leave_and_return(browser)
    clock.move(minutes=11)
    assert "took too long" in browser.get(address).text


def test_nobody_is_sent_to_another_site_afterwards(administrator, new_browser, somebody):
    invite(administrator)
    browser = new_browser()
    answer = browser.get(leave_and_return(browser, "https://example.org/"))
    assert answer.headers["refresh"] == "0; url=/staff"


def test_while_the_provider_is_away_there_is_still_the_password(settings, clock, new_browser):
    away = settings.model_copy(update={"oidc_issuer": f"http://127.0.0.1:{free_ports(1)[0]}"})
    with TestClient(create_app(away, clock)) as browser:
        answer = browser.get(START)
        assert answer.status_code == 422
        assert "use your password" in answer.text
        sign_in_by_link(browser, away, clock)
        assert is_signed_in(browser)


def test_without_the_setting_there_is_no_such_way_in(settings, clock):
    with TestClient(create_app(settings.model_copy(update={"oidc_issuer": ""}), clock)) as browser:
        assert browser.get(START).status_code == 404
        assert browser.get(CALLBACK).status_code == 404
        assert "Sign in with" not in browser.get("/staff/sign-in").text


def test_a_provider_elsewhere_has_to_speak_https():
    with pytest.raises(InvalidInput):
        make_service("http://login.example.org", "x", "y", "z", "https://signpost.example.org")


def test_a_sign_in_service_that_hangs_holds_up_no_other_page(settings, clock):
    with socket.create_server(("127.0.0.1", 0)) as silent, ThreadPoolExecutor(2 * THREADS) as visitors:
        silent.settimeout(10)
        issuer = f"http://127.0.0.1:{silent.getsockname()[1]}"
        app = create_app(settings.model_copy(update={"oidc_issuer": issuer}), clock)
        with serve_app(app) as url:
            waiting = [visitors.submit(httpx.get, url + START, timeout=30) for _ in range(2 * THREADS)]
            held, _ = silent.accept()
            for _ in range(5):
                assert httpx.get(f"{url}/staff/sign-in", timeout=5).is_success
            assert not any(visit.done() for visit in waiting)
            held.close()
            silent.close()
            assert {visit.result().status_code for visit in waiting} == {422}
