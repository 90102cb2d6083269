"""Every staff route there is, found in the application itself: a new route is tested by being there."""

import re

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import Match

from tests.directory.staff.visiting import invite, is_signed_in, make_link_path, sign_in

# The ways in, which are for people who are not signed in.
WAYS_IN = {
    "/staff/sign-in",
    "/staff/sign-in/openid",
    "/staff/sign-in/openid/callback",
    "/staff/set-up/{token}",
    "/staff/link/{token}",
}
READING = {"GET", "HEAD", "OPTIONS"}
SOMEBODY = "00000000-0000-4000-8000-000000000000"


def staff_routes(app: FastAPI) -> list[tuple[str, str]]:
    """Method and path of every staff route, as included, each once."""
    contexts = [context for context in iter_route_contexts(app.routes) if context.methods]
    found = {(method, context.path) for context in contexts for method in context.methods}
    return sorted((method, path) for method, path in found if path.startswith("/staff"))


def filled(path: str) -> str:
    """An address that the route answers: ids are well formed, and of nobody."""
    return re.sub(r"\{[^}]+\}", SOMEBODY, path)


def test_the_table_of_routes_is_found(app):
    found = staff_routes(app)
    assert ("POST", "/staff/people/{person}/disable") in found
    assert {path for _, path in found} >= WAYS_IN
    for method, path in found:
        scope = {"type": "http", "method": method, "path": filled(path), "headers": []}
        assert any(route.matches(scope)[0] is Match.FULL for route in app.routes), path


def test_every_staff_page_refuses_somebody_who_is_not_signed_in(app, visitor):
    refused = 0
    for method, path in staff_routes(app):
        if path in WAYS_IN:
            continue
        answer = visitor.request(method, filled(path), follow_redirects=False)
        assert answer.status_code in (303, 401, 403), (method, path)
        if answer.status_code == 303:
            assert answer.headers["location"].startswith("/staff/sign-in"), (method, path)
        refused += 1
    assert refused >= 15


def test_every_form_is_refused_without_its_token_even_to_an_administrator(app, administrator):
    posts = [path for method, path in staff_routes(app) if method not in READING]
    assert len(posts) >= 12
    half_way = {"/staff/second-step", "/staff/set-up-codes"}
    for path in posts:
        for form in ({}, {"csrf_token": ""}, {"csrf_token": "0" * 64}):
            answer = administrator.post(filled(path), data=form, follow_redirects=False)
            refusal = 303 if path in half_way else 403
            assert answer.status_code == refusal, (path, form, answer.status_code)
    assert is_signed_in(administrator)


@pytest.mark.parametrize("path", ["/staff/sign-in", "/staff/set-up", "/staff/link"])
def test_the_ways_in_refuse_a_form_without_its_token(visitor, administrator, settings, clock, path):
    address = {
        "/staff/sign-in": "/staff/sign-in",
        "/staff/set-up": invite(administrator),
        "/staff/link": make_link_path(settings, clock),
    }[path]
    visitor.get(address)  # the browser holds the form's cookie
    assert visitor.post(address, data={"csrf_token": "0" * 64}).status_code == 403
    assert visitor.get(address).status_code == 200  # and the link was not used up


def test_every_answer_of_a_staff_route_is_kept_by_no_cache_and_framed_by_nobody(app, visitor, administrator):
    for browser in (visitor, administrator):
        for method, path in staff_routes(app):
            if method == "GET":
                answer = browser.get(filled(path), follow_redirects=False)
                assert answer.headers["cache-control"] == "no-store", path
                assert answer.headers["referrer-policy"] == "no-referrer"
                assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
                assert "access-control-allow-origin" not in answer.headers


def test_pages_for_administrators_are_closed_to_everybody_else(app, account, new_browser, clock):
    browser = new_browser()
    sign_in(browser, account, account.code(clock()))
    for method, path in staff_routes(app):
        if path.startswith(("/staff/people", "/staff/community-spaces")):
            assert browser.request(method, filled(path)).status_code == 403, (method, path)
    assert is_signed_in(browser)
