"""The list, the paper and the code in a real browser, and what comes out of the printer.

Barriers in every look are looked for in tests/bot/test_every_page.py.
"""

import pytest

from bot.takeaway import pack
from tests.bot.conftest import Bot, StartBot
from tests.bot.fakes import card
from tests.bot.test_takeaway import FOUND, NEEDS
from tests.browser import Page

pytestmark = pytest.mark.xdist_group("browser")
PAPER = f"/kept/{pack([str(card()['id'])])}"


@pytest.fixture
def bot(start_bot: StartBot) -> Bot:
    return start_bot(signpost_service_token="a-token-for-tests")


def test_a_service_is_kept_printed_and_handed_over_by_clicking(bot: Bot, browser_page: Page):
    bot.rasa.answer = lambda _: [*FOUND, NEEDS]
    page = browser_page
    page.goto(bot.url)
    page.get_by_label("Your message").fill("no food in")
    page.get_by_role("button", name="Send").click()
    page.get_by_role("button", name="Keep").click()
    page.get_by_role("heading", name="My list").wait_for()
    page.get_by_role("button", name="Get the link to the form").click()
    page.get_by_role("link", name="Open the form").wait_for()
    page.goto(f"{bot.url}/my-list")
    page.get_by_role("button", name="Get a code for a person to help").click()
    page.get_by_text("K7RM-4WXY").wait_for()
    page.goto(f"{bot.url}/my-list")
    page.get_by_role("link", name="Print, copy or take to your phone").click()
    page.get_by_role("img", name="QR code with the address of this list").wait_for()


def test_the_paper_is_large_and_black_on_white_and_leaves_out_what_cannot_be_pressed(
    bot: Bot, browser_page: Page
):
    page = browser_page
    page.emulate_media(color_scheme="dark", media="print")
    page.goto(bot.url + PAPER)
    style = "element => [getComputedStyle(element).color, getComputedStyle(element).fontSize]"
    colour, size = page.locator("article p").first.evaluate(style)
    assert colour == "rgb(0, 0, 0)"
    assert float(size.removesuffix("px")) >= 21  # 16 point
    assert not page.get_by_label("Text to copy").is_visible()
    assert not page.get_by_role("link", name="Urgent help").first.is_visible()
    assert page.get_by_role("img", name="QR code").is_visible()
    assert page.pdf(format="A4", prefer_css_page_size=True).startswith(b"%PDF")
