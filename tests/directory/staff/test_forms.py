"""Forms and cookies: only our own pages, in the same browser, can send a form."""

import pytest

from referral_directory.application.application import create_app
from tests.directory.factories import TestClient
from tests.directory.staff.visiting import csrf_of, invite, is_signed_in, send, sign_in_by_link


def test_a_token_of_another_browser_is_refused(administrator, new_browser, settings, clock):
    other = new_browser()
    sign_in_by_link(other, settings, clock)
    token = csrf_of(other.get("/staff"))
    assert administrator.post("/staff/sign-out", data={"csrf_token": token}).status_code == 403
    assert is_signed_in(administrator)


def test_a_token_of_a_form_before_signing_in_is_refused_after(administrator):
    token = csrf_of(administrator.get("/staff/sign-in"))
    assert administrator.post("/staff/sign-out", data={"csrf_token": token}).status_code == 403


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"origin": "https://example.org"}, 403),
        ({"origin": "https://example.org", "sec-fetch-site": "same-origin"}, 403),
        ({"sec-fetch-site": "same-origin", "origin": "null"}, 303),
        ({"origin": "http://testserver"}, 303),
        ({"origin": "http://127.0.0.1:8080"}, 303),
        ({}, 303),
    ],
)
def test_a_form_from_another_site_is_refused_even_with_its_token(administrator, headers, status):
    token = csrf_of(administrator.get("/staff"))
    answer = administrator.post(
        "/staff/sign-out", data={"csrf_token": token}, headers=headers, follow_redirects=False
    )
    assert answer.status_code == status
    assert is_signed_in(administrator) == (status == 403)


def test_a_script_of_ours_sends_the_token_in_a_header(administrator):
    token = csrf_of(administrator.get("/staff"))
    answer = administrator.post("/staff/sign-out", headers={"x-csrf-token": token}, follow_redirects=False)
    assert answer.status_code == 303


def test_a_program_without_a_session_gets_a_problem_body_and_no_redirect(visitor):
    answer = visitor.get("/staff", headers={"accept": "application/json"}, follow_redirects=False)
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")


def test_a_link_in_an_e_mail_opens_the_page_of_somebody_signed_in(visitor):
    # The browser holds the strict cookie back, so the page asks again from our own address.
    answer = visitor.get("/staff/account", headers={"sec-fetch-site": "cross-site"}, follow_redirects=False)
    assert (answer.status_code, answer.headers["refresh"]) == (200, "0; url=/staff/account")


def test_cookies_on_this_machine_are_strict_and_closed_to_scripts(visitor, administrator):
    for cookie in visitor.get("/staff/sign-in").headers.get_list("set-cookie"):
        assert cookie.startswith("signpost_form=")
        assert cookie.endswith("; HttpOnly; Path=/; SameSite=strict")


def test_cookies_over_https_are_the_hosts_own_and_secure(settings, clock):
    public = settings.model_copy(update={"public_url": "https://directory.example.org"})
    with TestClient(create_app(public, clock), base_url="https://directory.example.org") as browser:
        sign_in_by_link(browser, public, clock)
        assert is_signed_in(browser)
        assert {cookie.name for cookie in browser.cookies.jar} == {
            "__Host-signpost_form",
            "__Host-signpost_session",
        }
        for cookie in browser.cookies.jar:
            assert cookie.secure
            assert (cookie.path, cookie.domain_specified) == ("/", False)
            assert cookie.has_nonstandard_attr("HttpOnly")
            assert cookie.get_nonstandard_attr("SameSite") == "strict"


def test_what_a_person_typed_is_written_back_as_text_and_never_as_markup(administrator):
    page = send(
        administrator, "/staff/people", name="<script>alert(1)</script>", email='"><b>', roles=["staff"]
    )
    assert page.status_code == 422
    assert "<script" not in page.text
    assert '"><b>' not in page.text


def test_refusals_are_written_down_without_anybody_in_them(administrator, new_browser, capsys):
    path = invite(administrator)
    new_browser().get(f"/staff/people/{path[-20:]}")
    new_browser().post("/staff/sign-in", data={"email": "amina@example.org", "password": "x"})
    send(new_browser(), "/staff/sign-in", email="amina@example.org", password="wrong wrong wrong")
    written = capsys.readouterr().out
    assert "refused" in written
    assert "no session" in written
    assert "form token" in written
    assert "sign-in failed" in written
    for personal in ("amina", "Amina", "192.0.2", path.rsplit("/", 1)[-1], path[-20:]):
        assert personal not in written
