""" "Exit this page" and urgent help in sight, on every page of the directory that residents see."""

import re
from collections.abc import Iterator

import html5lib
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.responses import HTMLResponse
from starlette.routing import Route

from referral_directory.application.application import create_app
from tests.browser import Browser, Page, open_page
from tests.directory.factories import TOKEN, TestClient, make_row, running, seed, write_starter
from tests.serving import serve_app

pytestmark = pytest.mark.xdist_group("browser")
WEATHER = "https://www.bbc.co.uk/weather"
PAGE = {"accept": "text/html"}
# Pages of people who work with the directory.
NOT_FOR_RESIDENTS = ("/staff", "/provider", "/keep")


@pytest.fixture
def engine_name() -> str:
    """What a page shows does not depend on the database."""
    return "sqlite"


@pytest.fixture
def door(app, settings, staff) -> str:
    """The id of a service that takes self-referrals."""
    row = make_row(id="open-door", name="Open Door", access="self_referral|phone", email="door@example.org")
    write_starter(settings.data_dir, [row])
    seed(settings)
    (card,) = staff.get("/api/services/search?limit=50").json()["services"]
    return str(card["id"])


def list_pages(app, browser: TestClient, door: str) -> dict[str, str]:
    """Every page for residents in the route table, by its address, with the parts that we know filled in."""
    body = {"service": door, "needs": ["food.parcel"]}
    form = browser.post(
        "/api/self-referrals", json=body, headers={"Authorization": f"Bearer {TOKEN}"}
    ).json()["url"]
    known = {
        "{identity}": door,
        "{service}": door,
        "{token}": form.rsplit("/", 1)[1],
    }
    found = {}
    for context in iter_route_contexts(app.routes):
        if "GET" not in (context.methods or ()) or context.path.startswith((*NOT_FOR_RESIDENTS, "/leave")):
            continue
        path = context.path
        for part, value in known.items():
            path = path.replace(part, value)
        answer = browser.get(path, headers=PAGE)
        if answer.headers.get("content-type", "").startswith("text/html"):
            assert answer.headers["content-security-policy"].endswith("; script-src 'self'"), path
            found[path] = answer.text
    return found


def test_every_page_for_residents_has_the_way_out_and_urgent_help_in_sight(
    app, new_browser, follower, door: str
):
    pages = list_pages(app, new_browser(), door)
    assert {
        "/",
        "/services",
        f"/services/{door}",
        f"/services/{door}/report",
        "/my-referral",
        "/guidance",
    } <= set(pages)
    assert any(path.startswith("/self-referral/") for path in pages)
    for path, text in pages.items():
        document = html5lib.parse(text, namespaceHTMLElements=False)
        links = [link.get("href") for link in document.findall(".//a")]
        assert links[:2] == ["#main", "/leave"], path
        bar = document.find(".//nav[@class='quick']")
        assert [link.get("href") for link in bar.findall("a")] == ["#urgent", "/leave"], path
        assert document.find(".//*[@id='urgent']") is not None, path
        assert [script.get("src") for script in document.findall(".//script")] == ["/static/leave.js"], path


def test_pages_of_staff_and_providers_run_no_script_for_leaving(new_browser, staff):
    for browser, path in ((staff, "/staff"), (new_browser(), "/providers"), (staff, "/staff/nothing-here")):
        answer = browser.get(path, headers=PAGE)
        assert "/leave" not in answer.text, path
        assert "script-src" not in answer.headers["content-security-policy"], path


def test_the_way_out_leads_to_the_weather_and_takes_the_forms_cookie_away(new_browser):
    browser = new_browser()
    browser.get("/my-referral")
    assert len(browser.cookies) == 1
    answer = browser.get("/leave", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, WEATHER)
    assert answer.headers["cache-control"] == "no-store"
    assert len(browser.cookies) == 0


def test_the_way_out_leads_by_the_chat_which_then_forgets(settings, clock):
    settings = settings.model_copy(update={"chat_url": "https://chat.example.org/"})
    with TestClient(create_app(settings, clock)) as browser:
        answer = browser.get("/leave", follow_redirects=False)
    assert answer.headers["location"] == "https://chat.example.org/leave"


def leave_by_link(page: Page) -> None:
    page.locator("nav").get_by_role("link", name="Exit this page").click()


def leave_by_shift(page: Page) -> None:
    for _ in range(3):
        page.keyboard.press("Shift")


@pytest.fixture
def chat() -> Iterator[str]:
    """The address of what stands in for the chat: its /leave, from where it would lead on to the weather."""
    leave = Route("/leave", lambda _: HTMLResponse("<h1>Away</h1>"))
    with serve_app(FastAPI(routes=[leave])) as address:
        yield address


@pytest.fixture
def url(settings, clock, chat: str) -> Iterator[str]:
    """The address of a running directory that knows the chat."""
    app = create_app(settings.model_copy(update={"chat_url": chat}), clock)
    with running(app), serve_app(app, lifespan="off") as address:
        yield address


@pytest.mark.parametrize(
    ("way", "script"), [(leave_by_link, True), (leave_by_shift, True), (leave_by_link, False)]
)
def test_leaving_leads_away_and_back_to_nothing_that_was_typed(
    url: str, chat: str, chromium: Browser, way, script: bool
):
    with open_page(chromium, java_script_enabled=script) as page:
        page.goto(f"{url}/services")
        page.goto(f"{url}/my-referral")
        page.get_by_label("Reference").fill("LS-AB2C-3DE")
        way(page)
        page.wait_for_url(f"{chat}/leave")
        assert page.context.cookies() == []
        if script:
            # Going back leads out again, until somebody comes anew.
            page.go_back(wait_until="commit")
            page.wait_for_url(f"{chat}/leave")
            page.goto(f"{url}/my-referral")
            assert page.get_by_label("Reference").input_value() == ""


def test_urgent_help_and_the_way_out_stay_in_sight_at_the_end_of_a_page(url: str, chromium: Browser):
    with open_page(chromium, viewport={"width": 320, "height": 480}) as page:
        page.goto(url)
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        for name in ("Urgent help", "Exit this page"):
            box = page.locator("nav.quick").get_by_role("link", name=re.compile(name)).bounding_box()
            assert box is not None
            assert 0 <= box["y"] <= 80
