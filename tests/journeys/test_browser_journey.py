"""A whole journey of a resident in a real browser, with the real processes behind it; its pictures are kept."""

import pytest

from tests.browser import Browser, Page, find_violations, keep_picture, open_page
from tests.house.repository import ROOT
from tests.stack import RunningStack

pytestmark = pytest.mark.timeout(600)

WEATHER = "https://www.bbc.co.uk/weather"
# Kept for people to look at after a run; nothing reads them.
PICTURES = ROOT / "var" / "screenshots"
PHONE = {"width": 390, "height": 844}
TWO_NEEDS = "ive got nothing in for tea and the leccy is about to run out, im in Harehills with two kids"


def picture(page: Page, name: str) -> None:
    """Keep a picture of the page, which must be without a barrier that axe can find."""
    keep_picture(page, PICTURES / f"{name}.png")
    # axe counts what the bar at the top happens to cover half as too small: at the beginning it covers nothing.
    page.evaluate("scrollTo({top: 0, behavior: 'instant'})")
    assert find_violations(page) == [], name


def say(page: Page, text: str) -> None:
    before = page.locator(".us").count()
    page.get_by_label("Your message").fill(text)
    page.keyboard.press("Enter")
    page.locator(".us").nth(before).wait_for()
    page.locator("#typing:empty").wait_for(state="attached")


def test_a_resident_gets_help_for_two_needs_and_leaves_no_trace(stack: RunningStack, chromium: Browser):
    with open_page(chromium, may_ask=("www.bbc.co.uk",), viewport=PHONE) as page:
        page.goto(stack.bot_url)
        picture(page, "1-welcome")
        say(page, TWO_NEEDS)
        picture(page, "2-answer")
        page.locator("article.card a[href^='tel:']").first.scroll_into_view_if_needed()
        picture(page, "3-cards")
        # What a card leads to is there: the page of the service in the directory.
        more = page.get_by_role("link", name="More about this service").first.get_attribute("href")
        assert page.request.get(str(more)).status == 200
        say(page, "i can smell gas")
        assert page.locator(".urgent").first.is_visible()
        picture(page, "4-urgent-help")
        page.reload()
        assert page.get_by_text(TWO_NEEDS).is_visible()
        page.route(
            f"{WEATHER}**", lambda route: route.fulfill(body="<h1>Weather</h1>", content_type="text/html")
        )
        page.get_by_role("button", name="Exit this page").click()
        page.wait_for_url(f"{WEATHER}**")
        page.goto(stack.bot_url)
        assert not page.get_by_text(TWO_NEEDS).is_visible()
        picture(page, "5-nothing-left")
