"""Did it help? One quiet button when a resident says thanks or goodbye; what is pressed is only counted."""

from typing import get_args

import pytest

from bot.feedback import CHOICES as SAID
from referral_directory.web.feedback import FeedbackShape, Said
from tests.bot.conftest import Bot, Browser, StartBot

ASK = "Tell us if this helped"
THANKS = [{"text": "You're welcome."}, {"custom": {"ask_if_helped": "food.parcel"}}]
CHOICES = [
    "It helped", "It was full", "It was closed", "They could not help people like me", "It was too far away",
    "Nobody answered", "It did not help, for another reason",
]  # fmt: skip


@pytest.fixture
def bot(start_bot: StartBot) -> Bot:
    return start_bot(signpost_service_token="a-token-for-tests")


def buttons_of(reply: dict) -> dict[str, str]:
    return {button["title"]: button["payload"] for button in reply["messages"][-1]["buttons"]}


def test_whoever_says_thanks_is_asked_and_the_answer_is_counted_without_who_or_where(
    bot: Bot, browser: Browser
):
    bot.rasa.answer = lambda _: THANKS
    page = browser.submit("/messages", text="thanks love, I am Wilhelmina Test in LS8 5QD")
    assert ASK in page.words("button")
    heard = len(bot.rasa.messages)
    page = browser.submit("/messages", text="/did_it_help food.parcel")
    assert [title for title in page.words("button") if title in CHOICES] == CHOICES
    page = browser.submit("/messages", text="/said_of_it food.parcel full")
    assert "Thank you. It is counted." in page.text
    assert "Get a code for a person to help" in page.words("button"), "who is still without help"
    assert len(bot.rasa.messages) == heard
    (counted,) = bot.directory.feedback
    assert FeedbackShape.model_validate(counted), "as the directory takes it"
    key = counted.pop("key")
    assert counted == {"need": "food.parcel", "said": "full", "channel": "web", "language": "en"}
    assert len(key) == 64


def test_nobody_is_asked_again_once_they_said(bot: Bot):
    bot.rasa.answer = lambda _: THANKS
    conversation = bot.start()
    choices = buttons_of(bot.say(conversation, buttons_of(bot.say(conversation, "thanks"))[ASK]))
    reply = bot.say(conversation, choices["It helped"])
    assert buttons_of(reply) == {"Start again from the beginning": "/start_again"}
    assert ASK not in buttons_of(bot.say(conversation, "bye"))
    bot.say(conversation, choices["It was closed"])
    assert len({counted["key"] for counted in bot.directory.feedback}) == 1, "the directory counts a key once"


def test_nobody_is_asked_about_what_is_no_need(bot: Bot):
    bot.rasa.answer = lambda _: [{"text": "Bye."}, {"custom": {"ask_if_helped": "x y z"}}]
    assert buttons_of(bot.ask("bye")) == {}


def test_without_the_directory_it_can_be_tried_again(bot: Bot):
    bot.rasa.answer = lambda _: THANKS
    conversation = bot.start()
    choices = buttons_of(bot.say(conversation, buttons_of(bot.say(conversation, "thanks"))[ASK]))
    bot.directory.status = 500
    again = buttons_of(bot.say(conversation, choices["It helped"]))
    bot.directory.status = 200
    assert "Thank you" in bot.say(conversation, again["Try again"])["messages"][-1]["text"]
    assert [counted["said"] for counted in bot.directory.feedback] == ["helped"]


def test_what_was_not_offered_is_only_words(bot: Bot):
    bot.ask("/said_of_it food.parcel helped")
    assert bot.directory.feedback == []
    assert bot.rasa.messages == ["said_of_it food.parcel helped"]


def test_everything_that_can_be_pressed_is_something_that_the_directory_counts():
    assert set(SAID) <= set(get_args(Said))
