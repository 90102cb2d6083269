"""A code for a person to help, in Telegram: under services, as a command, spelt out in words, and once."""

import pytest

from tests.bot.conftest import Bot
from tests.bot.fakes import card
from tests.bot.telegram.conftest import SENDER, Chat, StartChat
from tests.bot.telegram.fake_telegram import press

SERVICE = str(card()["id"])
BUTTON = "Get a code for a person to help"
POLISH = "Kod dla osoby, która pomoże"
SPOKEN = "K for king, 7, R for rain, M for moon, 4, W for water, X for X-ray, Y for yellow"
PLACE = {"ward_code": "E05011394", "ward": "x", "committee": "y"}
NEEDS = {"custom": {"understood": {"needs": ["food.parcel"], "place": PLACE}}}
FOUND = ({"text": "I found one."}, {"custom": {"services": [card()]}}, NEEDS)
CARRIED = {"needs": ["food.parcel"], "ward_code": "E05011394", "language": "en", "services": [SERVICE]}
PERSON = {"text": "You can talk to a person.", "custom": {"person": True}}


@pytest.fixture
def chat(start_chat: StartChat) -> Chat:
    return start_chat(signpost_service_token="a-token-for-tests")


def show_a_service(chat: Chat) -> None:
    chat.say_in_rasa(*FOUND)
    (said,) = chat.write("I am Wilhelmina Test and have no food in")
    assert BUTTON in said.buttons


def codes_made(bot: Bot) -> list[dict[str, object]]:
    return bot.directory.handed_over


def test_the_button_under_services_gives_a_code_in_words(chat: Chat):
    show_a_service(chat)
    before = len(chat.bot.rasa.messages)
    (said,) = chat.press(BUTTON)
    assert "Your code is K7RM-4WXY" in said.text
    assert f"To read it aloud: {SPOKEN}." in said.text
    assert "by 30 November 2026" in said.text
    assert codes_made(chat.bot) == [CARRIED]
    assert len(chat.bot.rasa.messages) == before


def test_the_command_gives_the_same_code(chat: Chat):
    show_a_service(chat)
    (first,) = chat.write("/code")
    (second,) = chat.press(BUTTON)
    assert "K7RM-4WXY" in first.text
    assert "K7RM-4WXY" in second.text
    assert codes_made(chat.bot) == [CARRIED]


def test_under_a_code_is_a_button_for_a_new_one(chat: Chat):
    show_a_service(chat)
    chat.write("/code")
    (said,) = chat.press("Get a new code")
    assert "Your code is" in said.text
    assert codes_made(chat.bot) == [CARRIED, CARRIED]


def test_the_command_is_in_telegrams_menu(chat: Chat):
    chat.write("hello")
    menus = [call.params["commands"] for call in chat.telegram.calls if call.method == "setMyCommands"]
    assert all("code" in [command["command"] for command in menu] for menu in menus)


def test_a_press_that_telegram_sends_twice_is_answered_once(chat: Chat):
    show_a_service(chat)
    data = chat.telegram.messages()[-1].buttons[BUTTON]
    twice = [press(chat.next_number(), data, callback="same") for _ in range(2)]
    chat.telegram.push(*twice, twice[0])
    chat.say_in_rasa({"text": "You are welcome."})
    chat.write("thanks", expect=2)
    texts = [call.text for call in chat.telegram.messages()]
    assert len([text for text in texts if "K7RM-4WXY" in text]) == 1
    assert codes_made(chat.bot) == [CARRIED]


def test_whoever_asks_for_a_person_gets_the_button_too(chat: Chat):
    chat.say_in_rasa(PERSON)
    (said,) = chat.write("I want to talk to a person")
    assert list(said.buttons) == [BUTTON]


def test_the_command_before_anything_was_said_asks_the_assistant_for_a_person(chat: Chat):
    chat.say_in_rasa(PERSON)
    (said,) = chat.write("/code")
    assert chat.bot.rasa.messages == ["/talk_to_person"]
    assert BUTTON in said.buttons
    assert codes_made(chat.bot) == []


def test_after_a_restart_what_rasa_still_knows_goes_into_the_code(chat: Chat):
    show_a_service(chat)
    data = chat.telegram.messages()[-1].buttons[BUTTON]
    desk = chat.bot.app.state.desk
    desk.conversations.forget(desk.conversations.get(SENDER.removeprefix("telegram-")))
    chat.say_in_rasa(PERSON, NEEDS)
    (said,) = chat.hand_over(press(chat.next_number(), data))
    assert chat.bot.rasa.messages[-1] == "/talk_to_person"
    assert BUTTON in said.buttons
    (said,) = chat.press(BUTTON)
    assert "K7RM-4WXY" in said.text
    assert codes_made(chat.bot) == [CARRIED | {"services": []}]


def test_without_the_directory_there_is_a_number_to_ring_and_the_button_again(chat: Chat):
    show_a_service(chat)
    chat.bot.directory.status = 500
    (said,) = chat.press(BUTTON)
    assert "0113 376 0330" in said.text
    chat.bot.directory.status = 200
    (said,) = chat.press(BUTTON)
    assert "K7RM-4WXY" in said.text


def test_the_code_comes_in_the_language_of_the_chat(chat: Chat):
    chat.say_in_rasa(*FOUND)
    chat.write("/language")
    chat.press("Polski")
    chat.telegram.wait_until(lambda: POLISH in chat.telegram.messages()[-1].buttons)
    (said,) = chat.press(POLISH)
    assert said.text.count("Twój kod to K7RM-4WXY") == 1
