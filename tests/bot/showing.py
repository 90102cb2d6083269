"""How the residents' pages are brought into each of their states in a real browser."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from bot.takeaway import pack
from tests.bot.conftest import Bot
from tests.bot.fakes import Parts, card
from tests.browser import Page

QUICK = [{"title": "Next: gas and electric", "payload": "/next_need"}, {"title": "More", "payload": "/more"}]
NEEDS = {"custom": {"understood": {"needs": ["food.parcel"]}}}
PAPER = f"/kept/{pack([str(card()['id'])])}"
# A service that the directory does not know (any more).
GONE = f"/kept/{pack(['5b0f2f5e-0000-4000-8000-00000000dead', str(card()['id'])])}"


def offer_food(message: str) -> Parts:
    """Answer as Rasa does: words with quick replies, then cards."""
    little = {
        "id": "2",
        "name": "Small place",
        "open": {"state": "closed", "text": "Closed now, opens Monday 9am"},
    }
    return [
        {"text": f"You said: {message}. Ring 0113 376 0330 too.", "buttons": QUICK},
        {"custom": {"services": [card(), little]}},
    ]


def say(page: Page, text: str) -> None:
    """Write and send as people do, and wait until the answer is there."""
    before = page.locator(".us").count()
    page.get_by_label("Your message").fill(text)
    page.get_by_role("button", name="Send").click()
    page.locator(".us").nth(before).wait_for()
    page.locator("#typing:empty").wait_for(state="attached")


def show(path: str) -> Callable[[Bot, Page], None]:
    return lambda bot, page: page.goto(f"{bot.url}{path}") and None


def show_conversation(bot: Bot, page: Page) -> None:
    bot.rasa.answer = offer_food
    page.goto(bot.url)
    say(page, "no food in and i can smell gas")
    say(page, "i cant cope anymore")
    for details in page.get_by_text("Opening times this week").all():
        details.click()


def show_question(bot: Bot, page: Page) -> None:
    bot.rasa.answer = lambda _: [
        {"text": "You're welcome."},
        {"custom": {"ask_if_helped": "food.parcel"}},
    ]
    page.goto(bot.url)
    say(page, "thanks")
    page.get_by_role("button", name="Tell us if this helped").click()
    page.get_by_role("button", name="Nobody answered").wait_for()
    page.locator("#typing:empty").wait_for(state="attached")


def show_refused_message(bot: Bot, page: Page) -> None:
    page.goto(bot.url)
    # As without the script: the form itself is sent, with nothing in it.
    with page.expect_navigation():
        page.evaluate("document.getElementById('write').submit()")
    assert page.title().startswith("Error: ")


def show_looking(bot: Bot, page: Page) -> None:
    bot.rasa.hold.clear()
    page.goto(bot.url)
    page.get_by_label("Your message").fill("no food in")
    page.get_by_role("button", name="Send").click()
    page.get_by_role("status").filter(has_text="Signpost Leeds is looking…").wait_for()


def show_lost_connection(bot: Bot, page: Page) -> None:
    page.goto(bot.url)
    page.context.set_offline(True)
    page.get_by_text("You are offline").wait_for()


def show_outage(bot: Bot, page: Page) -> None:
    bot.take_down_rasa()
    page.goto(bot.url)
    say(page, "no food in")
    page.reload()
    assert page.get_by_text("not answered yet").is_visible()


def show_crowd(bot: Bot, page: Page) -> None:
    bot.rasa.hold.clear()
    first = bot.start()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(bot.send, first, "no food")
        assert bot.rasa.arrived.acquire(timeout=10)
        page.goto(bot.url)
        say(page, "no food in")
        bot.rasa.hold.set()
    assert page.get_by_text("Many people are writing to me").is_visible()


def show_closed(bot: Bot, page: Page) -> None:
    bot.app.state.desk.switch.close("web")
    page.goto(bot.url)
    page.get_by_role("heading", name="The chat is switched off").wait_for()


def show_forgotten(bot: Bot, page: Page) -> None:
    page.goto(bot.url)
    say(page, "no food in")
    page.get_by_role("button", name="Forget this conversation").click()
    page.get_by_text("Your conversation is forgotten").wait_for()


def show_arabic(bot: Bot, page: Page) -> None:
    bot.rasa.answer = offer_food
    page.goto(bot.url)
    page.get_by_role("button", name="العربية").click()
    assert page.locator("html").get_attribute("dir") == "rtl"
    page.locator("#message").fill("ليس لدي طعام")
    page.locator("button.send").click()
    page.locator("article.card").first.wait_for()
    page.locator("#typing:empty").wait_for(state="attached")


def show_list(bot: Bot, page: Page) -> None:
    bot.rasa.answer = lambda message: [*offer_food(message), NEEDS]
    page.goto(bot.url)
    say(page, "no food in")
    page.get_by_role("button", name="Keep").first.click()
    page.get_by_role("button", name="Take off the list").wait_for()


def show_code(bot: Bot, page: Page) -> None:
    show_list(bot, page)
    page.get_by_role("button", name="Get a code for a person to help").click()
    page.get_by_text("K7RM-4WXY").wait_for()


def show_no_code(bot: Bot, page: Page) -> None:
    show_list(bot, page)
    bot.directory.status = 500
    page.get_by_role("button", name="Get a code for a person to help").click()
    page.get_by_text("I cannot make a code just now").wait_for()


def show_link_to_form(bot: Bot, page: Page) -> None:
    show_list(bot, page)
    page.get_by_role("button", name="Get the link to the form").first.click()
    page.get_by_role("link", name="Open the form").wait_for()


def show_no_form(bot: Bot, page: Page) -> None:
    show_list(bot, page)
    bot.directory.status = 500
    page.get_by_role("button", name="Get the link to the form").first.click()
    page.get_by_text("Please try again in a minute").wait_for()


def show_paper_without_directory(bot: Bot, page: Page) -> None:
    bot.directory.status = 500
    page.goto(f"{bot.url}{PAPER}")
    page.get_by_role("heading", name="The list cannot be shown just now").wait_for()


def show_frame(bot: Bot, page: Page) -> None:
    bot.rasa.answer = offer_food
    page.goto(f"{bot.url}/embed")
    say(page, "no food in")


def show_list_in_frame(bot: Bot, page: Page) -> None:
    show_frame(bot, page)
    page.get_by_role("button", name="Keep").first.click()
    page.get_by_role("button", name="Back to the chat").wait_for()


@dataclass(frozen=True)
class State:
    """One state of the pages. `settings` are those of the bot; `all_looks` for those that most people see longest."""

    arrange: Callable[[Bot, Page], None]
    all_looks: bool = False
    settings: dict[str, Any] = field(default_factory=dict)


# What pages become when somebody does something, or something fails; plain pages are found in the route table.
STATES: dict[str, State] = {
    "conversation": State(show_conversation, all_looks=True),
    "did it help": State(show_question),
    "arabic": State(show_arabic),
    "looking": State(show_looking),
    "lost connection": State(show_lost_connection),
    "refused message": State(show_refused_message),
    "outage": State(show_outage),
    "crowd": State(show_crowd, settings={"turns_at_once": 1, "turns_waiting": 0}),
    "closed": State(show_closed),
    "forgotten": State(show_forgotten),
    "my list": State(show_list, all_looks=True),
    "code": State(show_code),
    "no code": State(show_no_code),
    "link to a form": State(show_link_to_form),
    "no form": State(show_no_form),
    "paper with a service that is gone": State(show(GONE)),
    "paper without the directory": State(show_paper_without_directory),
    "frame": State(show_frame),
    "list in a frame": State(show_list_in_frame),
    "wrong address": State(show("/nothing-here")),
}
# Which of them shows what a form is answered with; None for a form that is answered with a page of the route table.
STATE_OF_FORM: dict[str, str | None] = {
    "/messages": "refused message",
    "/forget": "forgotten",
    "/language": "arabic",
    "/leave": None,
    "/my-list": "my list",
    "/my-list/code": "code",
    "/my-list/self": "link to a form",
    "/embed": "frame",
    "/embed/lines": "frame",
}
# Addresses for pages of the route table whose address has gaps.
EXAMPLES = {
    "/kept/{word}": PAPER,
    "/kept/{word}/qr.svg": f"{PAPER}/qr.svg",
    "/kept/{word}/{service}/{start}.ics": f"{PAPER}/{card()['id']}/20261130T0900.ics",
}
