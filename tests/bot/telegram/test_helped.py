"""Did it help? In Telegram: an inline button when a resident says thanks, and links on every card."""

import pytest

from tests.bot.fakes import card
from tests.bot.telegram.conftest import Chat, StartChat
from tests.bot.test_feedback import ASK, THANKS


@pytest.fixture
def chat(start_chat: StartChat) -> Chat:
    return start_chat(signpost_service_token="a-token-for-tests")


def test_in_telegram_it_is_an_inline_button_in_the_language_of_the_chat(chat: Chat):
    chat.say_in_rasa(*THANKS, {"custom": {"understood": {"language": "pl"}}})
    chat.write("dziękuję bardzo za pomoc, do widzenia", expect=2)
    chat.press("Powiedz nam, czy to pomogło")
    (said,) = chat.press("Nikt nie odpowiedział")
    assert "Dziękujemy" in said.text
    (counted,) = chat.bot.directory.feedback
    assert {**counted, "key": ""} == {
        "need": "food.parcel", "said": "no_answer", "channel": "telegram", "language": "pl", "key": "",
    }  # fmt: skip


def test_a_card_in_telegram_leads_to_the_question_and_to_the_report(chat: Chat):
    chat.say_in_rasa({"text": "Here."}, {"custom": {"services": [card()]}})
    (said,) = chat.write("food")
    address = "http://127.0.0.1:8080/{}/5b0f2f5e-0000-4000-8000-000000000001"
    assert f'<a href="{address.format("did-this-help")}">{ASK}</a>' in said.text
    assert f'<a href="{address.format("services")}/report">' in said.text
