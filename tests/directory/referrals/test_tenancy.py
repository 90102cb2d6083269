"""Every address of referrals, from the route table, tried by everybody who has no business there.

A new route is tried by itself: the paths come from the application, and the identities from a referral that
exists.
"""

import re

import pytest
from fastapi.routing import APIRoute

from tests.directory.referrals.following import PERSONAL, act, answer, make_referral, visit
from tests.directory.staff.visiting import csrf_of, send

OURS = (
    "/staff/referrals", "/staff/signpost", "/staff/mail", "/staff/handovers", "/staff/talking",
    "/staff/services-that-take-referrals", "/provider", "/my-referral", "/self-referral",
)  # fmt: skip
SERVICE = "00000000-0000-4000-8000-000000000000"
REFUSED = (403, 404)


def routes_of(app) -> list[tuple[str, str]]:
    """(method, path) of every route of referrals, also of routers that were included whole."""
    found, pending = [], list(app.routes)
    while pending:
        route = pending.pop()
        pending += getattr(getattr(route, "original_router", None), "routes", [])
        if isinstance(route, APIRoute) and route.path.startswith(OURS):
            found += [(method, route.path) for method in route.methods if method in ("GET", "POST")]
    return sorted(set(found))


def fill(path: str, page: str, token: str) -> str:
    filled = path.replace("{identity}", page.rsplit("/", 1)[-1]).replace("{token}", token)
    filled = filled.replace("{service}", SERVICE)
    assert "{" not in filled, f"say how to fill in {path}"
    return filled


def is_refused(response) -> bool:
    if response.status_code in REFUSED:
        return True
    return response.status_code == 303 and response.headers["location"].startswith("/staff/sign-in")


def ask(browser, method, path, token=""):
    form = {"csrf_token": token, "action": "withdraw", "note": "x", "button": "save", "way": "read_aloud"}
    if method == "GET":
        return browser.get(path, follow_redirects=False)
    return browser.post(path, data=form, follow_redirects=False)


def test_the_table_holds_the_routes(app):
    routes = routes_of(app)
    assert len(routes) >= 34
    assert ("GET", "/staff/referrals/{identity}") in routes
    assert ("POST", "/provider/{token}/answer") in routes


def test_another_community_space_gets_nothing(app, staff, stranger, post):
    made = make_referral(staff, post)
    token = csrf_of(stranger.get("/staff/referrals"))
    for method, path in routes_of(app):
        if "{identity}" not in path:
            continue
        response = ask(stranger, method, fill(path, made.page, ""), token)
        assert response.status_code in REFUSED, (method, path)
    assert made.reference not in stranger.get("/staff/referrals").text
    assert made.reference in staff.get("/staff/referrals").text


@pytest.mark.parametrize("with_token", [False, True])
def test_a_signed_out_visitor_gets_nothing(app, staff, post, new_browser, with_token):
    made, visitor = make_referral(staff, post), new_browser()
    token = csrf_of(visitor.get("/my-referral")) if with_token else ""
    for method, path in routes_of(app):
        if path.startswith("/staff"):
            assert is_refused(ask(visitor, method, fill(path, made.page, ""), token)), (method, path)


def test_a_provider_with_the_link_of_another_referral_gets_nothing(app, staff, post, new_browser):
    first, provider = make_referral(staff, post), new_browser()
    visit(provider, post, first.link)
    second = make_referral(staff, post, "Chapeltown Pantry")
    token = csrf_of(provider.get("/my-referral"))
    for method, path in routes_of(app):
        filled = fill(path, second.page, second.link.rsplit("/", 1)[-1])
        response = ask(provider, method, filled, token)
        assert [word for word in PERSONAL if word in response.text] == [], (method, path)
        if path.startswith("/staff") or path == "/provider/{token}/answer":
            assert is_refused(response), (method, path)
    assert "Sent" in staff.get(second.page).text


def test_a_wrong_token_opens_nothing(app, staff, post, new_browser):
    made, provider = make_referral(staff, post), new_browser()
    visit(provider, post, made.link)
    token = csrf_of(provider.get("/my-referral"))
    for wrong in ("x", "a" * 43, made.link.rsplit("/", 1)[-1][:-1]):
        for method, path in routes_of(app):
            if "{token}" in path:
                response = ask(provider, method, fill(path, made.page, wrong), token)
                assert response.status_code in REFUSED, (method, path)


def test_no_form_is_taken_without_its_token(app, staff, post, new_browser):
    made, provider = make_referral(staff, post), new_browser()
    visit(provider, post, made.link)
    for browser in (staff, provider):
        for method, path in routes_of(app):
            if method == "POST":
                response = ask(browser, method, fill(path, made.page, made.link.rsplit("/", 1)[-1]))
                assert is_refused(response), path


def test_an_account_without_the_role_gets_nothing(app, staff, post, new_browser, clock):
    from tests.directory.staff.visiting import invite, set_up

    made, curator = make_referral(staff, post), new_browser()
    set_up(curator, invite(staff, roles=["curator"], community_space=""), clock())
    token = csrf_of(curator.get("/staff"))
    for method, path in routes_of(app):
        if path.startswith("/staff"):
            assert ask(curator, method, fill(path, made.page, ""), token).status_code == 403, path
    assert "/staff/referrals" not in curator.get("/staff").text


def test_pages_of_referrals_are_kept_by_no_cache_and_no_search_engine(app, staff, post, new_browser):
    made = make_referral(staff, post)
    for browser, path in ((staff, made.page), (new_browser(), made.link), (new_browser(), "/my-referral")):
        headers = browser.get(path).headers
        assert headers["cache-control"] == "no-store"
        assert "noindex" in headers["x-robots-tag"]
        assert "access-control-allow-origin" not in headers


def test_addresses_hold_nothing_secret_but_the_providers_link(app, staff, post, new_browser):
    made, provider = make_referral(staff, post), new_browser()
    visit(provider, post, made.link)
    assert answer(provider, made.link, "accept").headers["location"] == f"{made.link}?said=answer"
    assert act(staff, made.page, "withdraw").headers["location"] == f"{made.page}?said=withdraw"
    assert not re.search(made.code, str([path for _, path in routes_of(app)]))
    assert send(staff, made.page, to=f"{made.page}/note", note="x").status_code == 303


def test_a_referral_is_found_by_its_reference_however_it_is_typed(staff, post):
    made = make_referral(staff, post)
    for typed in (
        made.reference,
        made.reference.lower(),
        made.reference.replace("-", ""),
        f" {made.reference} ",
    ):
        found = staff.get("/staff/referrals", params={"reference": typed}, follow_redirects=False)
        assert (found.status_code, found.headers["location"]) == (303, made.page)


def test_a_reference_of_another_space_is_as_unknown_as_one_that_never_was(staff, stranger, post):
    made = make_referral(staff, post)
    for browser, typed in ((staff, "LS-2222-222"), (staff, ""), (stranger, made.reference)):
        refused = browser.get("/staff/referrals", params={"reference": typed}, follow_redirects=False)
        assert refused.status_code == 422
        assert "There is no referral with this reference in your community space." in refused.text
        assert made.page not in refused.text or browser is staff
