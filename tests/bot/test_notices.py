"""A service that is full or closed says so on every card, whichever door it is shown at."""

from bot.messages import Card
from bot.telegram.writing import write_card
from bot.translations import ENGLISH, get_words
from tests.bot.conftest import Bot, Browser
from tests.bot.fakes import card

FULL = {
    "kind": "full",
    "text": "Full up to and including Friday 27 November: it cannot take anybody new.",
    "until": "x",
}


def test_a_full_service_says_so_on_its_card(bot: Bot, browser: Browser):
    bot.rasa.answer = lambda _: [{"text": "Here."}, {"custom": {"services": [card(notice=FULL)]}}]
    page = browser.submit("/messages", text="food")
    article = page.find_all("article")[0]
    assert FULL["text"] in " ".join(" ".join(article.itertext()).split())
    assert "/report" in page.answer.text


def test_a_full_service_says_so_in_telegram_too():
    assert FULL["text"] in " ".join(write_card(Card(**card(notice=FULL)), get_words(ENGLISH)))
