"""The search page and a service's page in a real browser: axe finds nothing in any look, and the keyboard is enough."""

from collections.abc import Iterator

import pytest

from referral_directory.application.application import create_app
from referral_directory.application.settings import Settings
from tests.browser import Look, Page, find_overflows, find_violations_in_every_look
from tests.directory.factories import (
    MONDAY_MORNING,
    TestClient,
    make_line,
    make_row,
    north,
    seed,
    write_starter,
)
from tests.serving import serve_app

pytestmark = pytest.mark.xdist_group("browser")
LOOKS = (
    Look(320), Look(1280),
    Look(320, dark=True), Look(1280, dark=True),
    Look(320, forced_colours=True), Look(1280, forced_colours=True),
)  # fmt: skip
CHOICES = "open_only=true&speaks=pl&free=true&step_free=true&way=walk_in&within_km=8&age=34&about=carer"


@pytest.fixture
def engine_name() -> str:
    """What a browser sees does not depend on the database."""
    return "sqlite"


@pytest.fixture
def url(settings: Settings) -> Iterator[str]:
    """The address of a running directory with services that have little and much to say."""
    much = {
        "documents": "Something with your address", "accessibility": "Step-free entrance",
        "languages": "English|Polish", "who_for": "People aged 60 or over in Leeds", "lat": north(1),
    }  # fmt: skip
    long = make_row(
        id="long", name="Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogoch Larder", lat=north(2)
    )
    write_starter(
        settings.data_dir, [make_row(), make_line(), long, make_row(id="much", name="Much", **much)]
    )
    seed(settings)
    app = create_app(settings, lambda: MONDAY_MORNING)
    with TestClient(app), serve_app(app, lifespan="off") as address:
        yield address


@pytest.mark.parametrize(
    ("address", "status", "heading"),
    [
        ("/services?place=Harehills&q=larder+open+tomorrow", 200, "2 services"),
        (f"/services?place=Harehills&{CHOICES}", 200, "1 service"),
        ("/services?q=xqzzyw&need=money.debt", 200, "0 services"),
        ("/services?place=Atlantis", 200, "4 services"),
        ("/services?place=Harehills&age=old&open_at=2099-01-01T10:00", 422, "4 services"),
    ],
)
def test_axe_finds_nothing_wrong_with_a_search_in_any_look(url, browser_page: Page, address, status, heading):
    answer = browser_page.goto(url + address)
    assert answer is not None
    assert answer.status == status
    assert heading in browser_page.locator("#results").inner_text()
    assert find_violations_in_every_look(browser_page, LOOKS) == []


def test_axe_finds_nothing_wrong_with_the_page_of_a_service_and_with_one_that_is_gone(
    url, browser_page: Page
):
    browser_page.goto(f"{url}/services?q=llanfair+larder")
    browser_page.locator("ol.list a").first.click()
    browser_page.get_by_role("heading", name="Where this comes from").wait_for()
    assert find_violations_in_every_look(browser_page, LOOKS) == []
    gone = browser_page.goto(f"{url}/services/00000000-0000-4000-8000-000000000000")
    assert gone is not None
    assert gone.status == 404
    assert find_violations_in_every_look(browser_page, LOOKS) == []
    browser_page.goto(url)
    assert find_violations_in_every_look(browser_page, LOOKS) == []


def press_until(page: Page, identity: str, key: str = "Tab") -> int:
    """Press a key until an element has the focus that everybody can see; how often that took."""
    for times in range(1, 60):
        page.keyboard.press(key)
        if page.evaluate("document.activeElement.id || document.activeElement.tagName") == identity:
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none", identity
            return times
    raise AssertionError(f"no focus on {identity}")


def test_a_search_with_choices_is_made_by_keyboard_alone(url, browser_page: Page):
    browser_page.goto(f"{url}/services")
    press_until(browser_page, "q")
    browser_page.keyboard.type("food")
    press_until(browser_page, "place")
    browser_page.keyboard.type("Harehills")
    press_until(browser_page, "SUMMARY")
    browser_page.keyboard.press("Enter")
    press_until(browser_page, "open_only")
    browser_page.keyboard.press("Space")
    press_until(browser_page, "within_km")
    browser_page.keyboard.press("ArrowDown")
    browser_page.keyboard.press("ArrowDown")
    press_until(browser_page, "speaks")
    browser_page.keyboard.type("Polish")
    press_until(browser_page, "age")
    browser_page.keyboard.type("71")
    browser_page.keyboard.press("Enter")
    browser_page.wait_for_url("**/services?*age=71*")
    assert browser_page.locator("#results").inner_text() == "1 service"
    assert browser_page.locator("details").first.get_attribute("open") is not None
    assert browser_page.locator("#within_km").input_value() == "4"
    assert browser_page.locator("#speaks").input_value() == "pl"
    # What was found is reached by keyboard too, in the order of the list.
    press_until(browser_page, "q")
    browser_page.get_by_role("link", name="Much").focus()
    browser_page.keyboard.press("Enter")
    browser_page.get_by_role("heading", name="Much", level=1).wait_for()


def test_a_slip_is_named_at_its_field_and_leads_there_by_keyboard(url, browser_page: Page):
    browser_page.goto(f"{url}/services?place=Harehills&free=true&age=old")
    assert browser_page.title().startswith("Error: ")
    browser_page.get_by_role("link", name="Write the age in years").press("Enter")
    assert browser_page.evaluate("document.activeElement.id") == "age"
    described = browser_page.locator("#age").get_attribute("aria-describedby") or ""
    words = [browser_page.locator(f"#{one}").inner_text() for one in described.split()]
    assert any("number from 0 to 120" in text for text in words)
    # The rest of the search was made, and is kept.
    assert browser_page.locator("#free").is_checked()
    assert browser_page.locator("ol.list li").count() > 0
    browser_page.locator("#age").fill("34")
    browser_page.keyboard.press("Enter")
    browser_page.wait_for_url("**age=34**")
    assert not browser_page.title().startswith("Error: ")
    assert find_overflows(browser_page) == []


def test_the_first_key_leads_past_the_head_of_the_page(url, browser_page: Page):
    browser_page.goto(f"{url}/services?q=larder")
    browser_page.keyboard.press("Tab")
    assert browser_page.evaluate("document.activeElement.textContent") == "Skip to main content"
    browser_page.keyboard.press("Enter")
    assert browser_page.evaluate("document.activeElement.id") == "main"
