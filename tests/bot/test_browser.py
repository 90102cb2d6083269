"""The residents' pages in a real browser: every state in every look, by keyboard alone, without JavaScript."""

import os
from pathlib import Path

import pytest

from tests.bot.conftest import Bot, StartBot
from tests.bot.showing import (
    PAPER,
    offer_food,
    say,
    show,
    show_code,
    show_conversation,
    show_list,
    show_refused_message,
)
from tests.browser import Browser, Page, open_page

pytestmark = [pytest.mark.xdist_group("browser"), pytest.mark.timeout(180)]

SNAPSHOTS = Path(__file__).parent / "reading_order"
WEATHER = "https://www.bbc.co.uk/weather"
FIRST_VIEW_BYTES = 60_000
# The pages whose order is kept in a file; what somebody changes there is looked at.
READ_ALOUD = {
    "welcome": show("/"),
    "conversation": show_conversation,
    "refused message": show_refused_message,
    "urgent help": show("/urgent"),
    "privacy": show("/privacy"),
    "my list": show_list,
    "code": show_code,
    "paper": show(PAPER),
}


@pytest.mark.parametrize("state", READ_ALOUD)
def test_pages_are_read_in_the_agreed_order(start_bot: StartBot, browser_page: Page, state: str):
    bot = start_bot(signpost_service_token="a-token-for-tests")
    READ_ALOUD[state](bot, browser_page)
    parts = [browser_page.locator(part).aria_snapshot().rstrip() for part in ("header", "main")]
    # The port is another one each time.
    read = "\n".join(parts).replace(bot.url, "") + "\n"
    kept = SNAPSHOTS / f"{state.replace(' ', '_')}.yml"
    if os.environ.get("WRITE_READING_ORDER"):
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(read, encoding="utf-8")
    assert read == kept.read_text(encoding="utf-8"), (
        "WRITE_READING_ORDER=1 accepts the new order, after a look at it"
    )


def test_text_twice_as_large_needs_no_scrolling_sideways(bot: Bot, browser_page: Page):
    show_conversation(bot, browser_page)
    browser_page.set_viewport_size({"width": 640, "height": 800})
    browser_page.evaluate("document.documentElement.style.setProperty('font-size', '200%')")
    wide, room = browser_page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide <= room


def test_the_first_view_weighs_little(bot: Bot, browser_page: Page):
    session = browser_page.context.new_cdp_session(browser_page)
    sizes: list[float] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    session.send("Network.enable")
    browser_page.goto(bot.url, wait_until="networkidle")
    assert len(sizes) >= 5, "page, styles, icon and scripts"
    assert sum(sizes) <= FIRST_VIEW_BYTES, f"{sum(sizes):.0f} bytes"


def test_a_whole_conversation_by_keyboard_alone(bot: Bot, browser_page: Page):
    bot.rasa.answer = offer_food
    page = browser_page
    page.goto(bot.url)
    press_until(page, "Skip to the message box")
    page.keyboard.press("Enter")
    assert focused(page) == "message"
    page.keyboard.type("no food in")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Harehills Food Pantry").wait_for()
    page.locator("#typing:empty").wait_for(state="attached")
    assert focused(page) == "message", "the focus stays where the resident writes"
    assert page.get_by_label("Your message").input_value() == ""
    press_until(page, "Opening times this week: Harehills Food Pantry", backwards=True)
    page.keyboard.press("Enter")
    assert page.get_by_text("9am to 5pm").is_visible()
    press_until(page, "Next: gas and electric")
    page.keyboard.press("Space")
    page.get_by_text("You said: /next_need").wait_for()
    assert bot.rasa.messages == ["no food in", "/next_need"]
    press_until(page, "Forget this conversation")
    page.keyboard.press("Enter")
    page.get_by_text("Your conversation is forgotten").wait_for()


def press_until(page: Page, name: str, *, backwards: bool = False) -> None:
    """Press Tab until the focus is on what has this name, which must then be in sight."""
    for _ in range(60):
        page.keyboard.press("Shift+Tab" if backwards else "Tab")
        words = page.evaluate("document.activeElement.textContent.trim().replace(/\\s+/g, ' ')")
        if words == name:
            seen = page.evaluate(
                "() => { const box = document.activeElement.getBoundingClientRect();"
                " return box.height > 0 && box.bottom <= innerHeight && box.top >= 0 }"
            )
            assert seen, f"{name} has the focus out of sight"
            return
    raise AssertionError(f"the keyboard never reaches {name}")


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.id"))


def test_a_whole_conversation_without_javascript(bot: Bot, chromium: Browser):
    bot.rasa.answer = offer_food
    with open_page(chromium, may_ask=("www.bbc.co.uk",), java_script_enabled=False) as page:
        page.goto(bot.url)
        page.get_by_label("Your message").fill("no food in")
        page.get_by_role("button", name="Send").click()
        assert page.get_by_role("heading", name="Harehills Food Pantry").is_visible()
        assert "#line-" in page.url
        page.get_by_role("button", name="Next: gas and electric").first.click()
        assert page.get_by_text("You said: /next_need").is_visible()
        page.route(
            f"{WEATHER}**", lambda route: route.fulfill(body="<h1>Weather</h1>", content_type="text/html")
        )
        page.get_by_role("button", name="Exit this page").click()
        page.wait_for_url(f"{WEATHER}**")
        page.go_back()
        assert not page.get_by_text("no food in").is_visible()
    assert bot.rasa.messages[:2] == ["no food in", "/next_need"]
    assert len(bot.app.state.desk.conversations) == 0


def test_a_new_message_is_added_to_the_live_region_once(bot: Bot, browser_page: Page):
    browser_page.goto(bot.url)
    browser_page.evaluate(
        "() => { window.added = []; new MutationObserver((changes) => changes.forEach((change) =>"
        " change.addedNodes.forEach((node) => node.nodeType === 1 && window.added.push(node.className))))"
        ".observe(document.querySelector('[role=log]'), { childList: true, subtree: true }) }"
    )
    say(browser_page, "no food in")
    assert browser_page.evaluate("window.added") == ["line you", "line us"]


def test_an_answer_that_was_lost_on_its_way_is_asked_for_again_and_shown_once(bot: Bot, browser_page: Page):
    page, tries = browser_page, []

    def lose_the_first(route):
        answer = route.fetch()
        tries.append(route.request.headers["idempotency-key"])
        if len(tries) == 1:
            route.abort()
        else:
            route.fulfill(response=answer)

    page.route("**/messages", lose_the_first)
    page.goto(bot.url)
    page.get_by_label("Your message").fill("no food in")
    page.get_by_role("button", name="Send").click()
    page.get_by_text("The connection was lost. Trying again…").wait_for()
    page.get_by_text("You said: no food in").wait_for()
    assert len(tries) == 2
    assert len(set(tries)) == 1
    assert page.locator(".line.you").count() == 1
    assert page.locator(".line.us").count() == 2
    assert bot.rasa.messages == ["no food in"]


def test_somebody_without_a_connection_is_told_and_the_message_goes_when_it_is_back(
    bot: Bot, browser_page: Page
):
    page = browser_page
    page.goto(bot.url)
    page.context.set_offline(True)
    page.get_by_text("You are offline").wait_for()
    # Time is moved, so that nobody waits for four tries.
    page.clock.install()
    page.get_by_label("Your message").fill("no food in")
    page.get_by_role("button", name="Send").click()
    for _ in range(4):
        page.clock.run_for(7000)
        page.evaluate("new Promise((resolve) => queueMicrotask(resolve))")
    page.get_by_text("Your message was not lost").wait_for()
    assert page.get_by_label("Your message").input_value() == "no food in"
    page.context.set_offline(False)
    page.get_by_text("You said: no food in").wait_for()
    assert bot.rasa.messages == ["no food in"]


def test_the_page_says_that_it_is_looking_while_somebody_waits(bot: Bot, browser_page: Page):
    bot.rasa.hold.clear()
    browser_page.goto(bot.url)
    browser_page.get_by_label("Your message").fill("no food in")
    browser_page.get_by_role("button", name="Send").click()
    browser_page.get_by_role("status").filter(has_text="Signpost Leeds is looking…").wait_for()
    bot.rasa.hold.set()
    browser_page.get_by_text("You said: no food in").wait_for()
    assert browser_page.locator("#typing").inner_text() == ""


def test_the_conversation_is_restored_on_reload(bot: Bot, browser_page: Page):
    browser_page.goto(bot.url)
    say(browser_page, "no food in")
    browser_page.reload()
    assert browser_page.get_by_text("You said: no food in").is_visible()


def leave_by_button(page: Page) -> None:
    page.get_by_role("button", name="Exit this page").click()


def leave_by_shift(page: Page) -> None:
    for _ in range(3):
        page.keyboard.press("Shift")


@pytest.mark.parametrize("way", [leave_by_button, leave_by_shift])
@pytest.mark.parametrize("path", ["/", "/urgent"])
def test_exit_this_page_leaves_at_once_and_leads_nowhere_back(bot: Bot, chromium: Browser, way, path: str):
    with open_page(chromium, may_ask=("www.bbc.co.uk",)) as page:
        page.goto(bot.url)
        say(page, "no food in")
        if path != "/":
            page.goto(f"{bot.url}{path}")
        page.route(
            f"{WEATHER}**", lambda route: route.fulfill(body="<h1>Weather</h1>", content_type="text/html")
        )
        page.locator("body[data-govuk-frontend-exit-this-page-keypress]").wait_for()
        # What the page looks like when it is told to go, before anything else has arrived.
        page.evaluate(
            "addEventListener('pagehide', () =>"
            " { window.name = getComputedStyle(document.querySelector('main')).display })"
        )
        way(page)
        page.wait_for_url(f"{WEATHER}**")
        assert page.evaluate("window.name") in {"none", ""}
        for _ in range(2):
            assert bot.rasa.arrived.acquire(timeout=10)
        assert len(bot.app.state.desk.conversations) == 0
        assert page.context.cookies(bot.url) == []
        page.go_back()
        assert "no food in" not in page.content()
    assert bot.rasa.messages == ["no food in", "/forget_me"]


def test_after_exit_going_back_leads_out_again_until_somebody_comes_anew(bot: Bot, chromium: Browser):
    with open_page(chromium, may_ask=("www.bbc.co.uk",)) as page:
        page.route(
            f"{WEATHER}**", lambda route: route.fulfill(body="<h1>Weather</h1>", content_type="text/html")
        )
        page.goto(bot.url)
        say(page, "no food in")
        for path in ("/urgent", "/privacy"):
            page.goto(f"{bot.url}{path}")
        page.locator("body[data-govuk-frontend-exit-this-page-keypress]").wait_for()
        leave_by_button(page)
        page.wait_for_url(f"{WEATHER}**")
        for _ in range(2):
            page.go_back(wait_until="commit")
            page.wait_for_url(f"{WEATHER}**")
        page.goto(bot.url)
        page.get_by_label("Your message").wait_for()


def test_who_left_without_a_connection_is_forgotten_before_the_chat_is_shown_again(
    bot: Bot, chromium: Browser
):
    with open_page(chromium, may_ask=("www.bbc.co.uk",)) as page:
        page.route(
            f"{WEATHER}**", lambda route: route.fulfill(body="<h1>Weather</h1>", content_type="text/html")
        )
        page.route("**/leave", lambda route: route.abort())
        page.goto(bot.url)
        say(page, "no food in")
        page.locator("body[data-govuk-frontend-exit-this-page-keypress]").wait_for()
        leave_by_button(page)
        page.wait_for_url(f"{WEATHER}**")
        assert len(bot.app.state.desk.conversations) == 1
        page.goto(bot.url)
        assert not page.get_by_text("You said: no food in").is_visible()
        page.unroute("**/leave")
        page.get_by_label("Your message").wait_for()
        assert page.get_by_text("You said: no food in").count() == 0
        assert len(bot.app.state.desk.conversations) == 0


def test_forget_me_in_the_chat_takes_the_words_off_the_screen(bot: Bot, browser_page: Page):
    browser_page.goto(bot.url)
    say(browser_page, "no food in")
    bot.rasa.answer = lambda _: [{"text": "It is forgotten."}, {"custom": {"forget": True, "needs": []}}]
    browser_page.get_by_label("Your message").fill("forget me")
    browser_page.get_by_role("button", name="Send").click()
    browser_page.get_by_text("It is forgotten.").wait_for()
    assert browser_page.get_by_text("no food in").count() == 0
    assert browser_page.locator("#forget").is_hidden()
    bot.rasa.answer = offer_food
    say(browser_page, "need a laptop")
    said = [line.inner_text().splitlines()[-1] for line in browser_page.locator(".you").all()]
    assert said == ["forget me", "need a laptop"]


def test_danger_in_a_message_that_is_too_long_shows_urgent_help_and_keeps_the_words(
    bot: Bot, browser_page: Page
):
    text = f"{'The meter ran out again and nobody rings back. ' * 50} I want to die."
    browser_page.goto(bot.url)
    browser_page.get_by_label("Your message").fill(text)
    browser_page.get_by_role("button", name="Send").click()
    browser_page.locator(".us.urgent").get_by_text("116 123").first.wait_for()
    assert "too long" in browser_page.locator("#typing").inner_text()
    assert browser_page.get_by_label("Your message").input_value() == text


def test_a_page_that_outlived_its_conversation_shows_every_new_line(bot: Bot, browser_page: Page):
    browser_page.goto(bot.url)
    for _ in range(3):
        say(browser_page, "no food in")
    bot.clock.move(hours=25)
    for text in ("one", "two", "three", "four", "five"):
        say(browser_page, text)
        assert browser_page.locator(".you").last.inner_text().endswith(text)
        assert browser_page.get_by_text(f"You said: {text}").is_visible()


@pytest.mark.parametrize("path", ["/", "/urgent", PAPER])
def test_at_400_per_cent_zoom_everything_can_be_read_and_nothing_is_covered(
    bot: Bot, chromium: Browser, path: str
):
    # A window of 1,280 by 720 px at 400%.
    with open_page(chromium, viewport={"width": 320, "height": 180}, reduced_motion="reduce") as page:
        if path == "/":
            show_conversation(bot, page)
        else:
            page.goto(f"{bot.url}{path}")
        wide, room = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert wide <= room
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        bar = page.locator("header").bounding_box()
        assert bar is not None
        assert bar["y"] + bar["height"] <= 90, "what stays in sight leaves half of the window"
        last = page.locator("main a, main button, main summary").last
        last.focus()
        box = last.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] > max(0, bar["y"] + bar["height"])
        assert box["y"] < 180


def test_a_new_line_is_scrolled_to_where_the_bar_does_not_hide_it(bot: Bot, chromium: Browser):
    bot.rasa.answer = offer_food
    with open_page(chromium, viewport={"width": 390, "height": 844}, reduced_motion="reduce") as page:
        page.goto(bot.url)
        say(page, "no food in")
        bar = page.locator("header").bounding_box()
        line = page.locator(".you").bounding_box()
        assert bar is not None
        assert line is not None
        assert bar["y"] + bar["height"] <= line["y"] < 300


# A window, a small phone, and that on its side.
@pytest.mark.parametrize("window", [(1280, 720), (320, 480), (568, 320)])
def test_urgent_help_stays_in_sight_however_long_the_conversation(
    bot: Bot, browser_page: Page, window: tuple[int, int]
):
    browser_page.set_viewport_size({"width": window[0], "height": window[1]})
    show_conversation(bot, browser_page)
    browser_page.evaluate("scrollTo(0, document.body.scrollHeight)")
    for name in ("Urgent help", "Exit this page"):
        top, bottom = browser_page.evaluate(
            "name => { const link = [...document.querySelectorAll('header a')]"
            ".find((a) => a.textContent.includes(name));"
            " const box = link.getBoundingClientRect(); return [box.top, box.bottom] }",
            name,
        )
        assert 0 <= top < bottom <= 200
    bar = browser_page.locator("header").bounding_box()
    assert bar is not None
    assert bar["y"] + bar["height"] <= window[1] / 4, "the bar leaves room to read"
