"""What a resident sees in Telegram."""

import threading
from typing import Any

import pytest

from bot.translations import LANGUAGES
from tests.bot.conftest import Browser
from tests.bot.fakes import card
from tests.bot.telegram.conftest import SENDER, Chat, StartChat
from tests.bot.telegram.fake_telegram import FakeTelegram, message, press, server_error

MENU = ["Food", "Gas and electric", "Housing", "Money and debt"]


def test_a_message_is_answered_in_the_shared_conversation(chat: Chat):
    (said,) = chat.write("I have no food in")
    assert said.text == "You said: I have no food in"
    assert chat.bot.rasa.received == [(SENDER, "I have no food in")]


def test_what_is_personal_does_not_reach_rasa(chat: Chat):
    chat.write("I am Samantha Okafor, ring me on 07700 900123, LS8 5QD")
    (heard,) = chat.bot.rasa.messages
    assert "Okafor" not in heard
    assert "900123" not in heard
    assert "[place:E05011394:53.81:-1.50]" in heard


def test_start_says_hello_and_offers_the_topics(chat: Chat):
    (said,) = chat.write("/start")
    assert "Telegram is another company" in said.text
    assert "Signpost Leeds" in said.text
    assert list(said.buttons)[:4] == MENU
    assert chat.bot.rasa.received == []


def test_a_pressed_quick_reply_is_acknowledged_named_and_passed_on(chat: Chat):
    chat.write("/start")
    (said,) = chat.press("Food")
    assert chat.bot.rasa.messages == ['/choose_topic{"topic": "food"}']
    assert said.text.startswith("<i>You chose: Food</i>")
    chat.telegram.wait_until(lambda: chat.telegram.count("answerCallbackQuery") == 1)


@pytest.mark.parametrize(
    ("command", "payload"),
    [("/help", "/help"), ("/restart", "/start_again")],
)
def test_a_command_is_what_its_button_would_be(chat: Chat, command: str, payload: str):
    chat.write(command)
    assert chat.bot.rasa.messages == [payload]


def test_a_command_may_name_the_bot(chat: Chat):
    chat.write("/help@signpost_bot")
    assert chat.bot.rasa.messages == ["/help"]


def test_words_behind_a_command_are_read_with_it(chat: Chat):
    chat.write("/help@signpost_bot with my rent")
    chat.write("/food\nfor my baby")
    chat.write("/start I have no gas")
    assert chat.bot.rasa.messages == ["help with my rent", "food for my baby", "start I have no gas"]


@pytest.mark.parametrize("command", ["/help", "/restart", "/code", "/gas", "/start"])
def test_a_danger_behind_a_command_is_seen(chat: Chat, command: str):
    first, *_ = chat.write(f"{command} he is going to kill me", expect=2)
    assert first.text.startswith("⚠️")


def test_the_numbers_come_first_whatever_is_written_behind_the_command_for_them(chat: Chat):
    first, _, answer = chat.write("/urgent my landlord", expect=3)
    assert "999" in first.text
    assert answer.text == "You said: urgent my landlord"


def test_what_a_link_to_the_bot_carries_is_no_message(chat: Chat):
    (said,) = chat.write("/start leaflet-7")
    assert "Signpost Leeds" in said.text
    assert chat.bot.rasa.received == []


def test_a_command_of_rasa_that_somebody_types_is_only_words(chat: Chat):
    chat.write('/forget_me{"a": 1}')
    chat.write("/inform_place")
    assert chat.bot.rasa.messages == ['forget_me{"a": 1}', "inform place"]


def test_urgent_help_needs_nobody_else(chat: Chat):
    chat.bot.take_down_rasa()
    first, more = chat.write("/urgent", expect=2)
    assert "999" in first.text
    assert "Samaritans: 116 123" in first.text
    (said,) = chat.press("If you smell gas or fear carbon monoxide")
    assert "0800 111 999" in said.text
    assert len(more.buttons) == 6


def test_a_danger_is_answered_with_the_urgent_card_first(chat: Chat):
    chat.say_in_rasa({"text": "Here is food.", "custom": {"understood": {"needs": ["food.parcel"]}}})
    first, second = chat.write("I want to kill myself and I have no food", expect=2)
    assert first.text.startswith("⚠️ <b>You do not have to face this alone")
    assert second.text == "Here is food."


def test_a_danger_in_a_message_that_is_too_long_is_still_seen(chat: Chat):
    first, second = chat.write("I want to kill myself. " + "word " * 500, expect=2)
    assert first.text.startswith("⚠️")
    assert "up to 2,000 characters" in second.text
    assert chat.bot.rasa.received == []


def test_a_service_is_a_message_that_says_all_one_needs(chat: Chat):
    odd = card(
        name="Bread & <Butter>", address=None, phone=None, checked={"date": None}, url=None, website=None
    )
    chat.say_in_rasa({"text": "I found two."}, {"custom": {"services": [card(), odd]}})
    (said,) = chat.write("food")
    for part in (
        "<b>Harehills Food Pantry</b>",
        "Open until 5pm today",
        "<b>Phone:</b> 0113 248 0000",
        "Roundhay Road, Leeds, LS8 5QD: about 0.5 miles",
        "<b>Why this one:</b> It is the nearest that is open now.",
        "Checked on 28 August 2026. Source: Give Food.",
        "<b>Bread &amp; &lt;Butter&gt;</b>",
        "<b>Phone:</b> No number known",
        "We do not know when this was last checked: ring first.",
    ):
        assert part in said.text
    assert said.params["parse_mode"] == "HTML"
    assert said.params["link_preview_options"] == {"is_disabled": True}


def test_guidance_leads_to_its_page(chat: Chat):
    address = "http://127.0.0.1:8080/guidance/warm-home-discount"
    chat.say_in_rasa({"text": "Money off a bill.", "custom": {"more": address}})
    (said,) = chat.write("bills")
    assert f'<a href="{address}">Read more about this</a>' in said.text


def test_the_way_to_a_service_tells_nothing_of_the_chat(chat: Chat):
    chat.say_in_rasa({"text": "I found one."}, {"custom": {"services": [card()]}})
    (said,) = chat.write("I drink and need food")
    link = next(part for part in said.text.split('"') if "google.com/maps/dir" in part)
    assert link == (
        "https://www.google.com/maps/dir/?api=1&amp;destination=Harehills+Food+Pantry%2C+Roundhay+Road%2C+Leeds%2C"
        "+LS8+5QD&amp;travelmode=transit"
    )


def test_a_long_answer_comes_in_messages_that_telegram_takes(chat: Chat):
    chat.say_in_rasa(
        {"text": "A sentence & more. " * 500},
        {"custom": {"services": [card(name=f"Pantry {number}") for number in range(12)]}},
        {"text": "What next?", "buttons": [{"title": "More", "payload": "/see_more"}]},
    )
    chat.write("food")
    chat.telegram.wait_until(lambda: bool(chat.telegram.messages()[-1].buttons))
    said = chat.telegram.messages()
    whole = "".join(call.text for call in said)
    assert all(len(call.text) <= 4096 for call in said)
    assert whole.count("A sentence &amp; more.") == 500
    assert [f"<b>Pantry {number}</b>" in whole for number in range(12)] == [True] * 12
    assert [bool(call.buttons) for call in said] == [False] * (len(said) - 1) + [True]


def test_a_button_with_a_long_payload_still_works(chat: Chat):
    payload = '/see_more{"shown": "' + "x" * 200 + '"}'
    chat.say_in_rasa({"text": "Here.", "buttons": [{"title": "More", "payload": payload}]})
    chat.write("food")
    chat.press("More")
    assert chat.bot.rasa.messages[-1] == payload


def test_a_button_of_another_chat_or_of_long_ago_is_taken_off_and_the_menu_shown(chat: Chat):
    (said,) = chat.hand_over(press(1, "somebody-else"))
    assert "earlier conversation" in said.text
    assert list(said.buttons)[:4] == MENU
    chat.telegram.wait_until(lambda: chat.telegram.count("editMessageReplyMarkup") == 1)
    assert chat.telegram.count("answerCallbackQuery") == 1
    assert chat.bot.rasa.received == []


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("sticker", {"file_id": "f", "file_unique_id": "u", "type": "regular", "width": 1, "height": 1,
                     "is_animated": False, "is_video": False}),
        ("photo", [{"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1}]),
        ("voice", {"file_id": "f", "file_unique_id": "u", "duration": 1}),
        ("document", {"file_id": "f", "file_unique_id": "u"}),
        ("contact", {"phone_number": "07700900123", "first_name": "Sam"}),
        ("paid_media", {"star_count": 1, "paid_media": [{"type": "preview"}]}),
        ("checklist", {"title": "To do", "tasks": [{"id": 1, "text": "Ring"}]}),
        ("invoice", {"title": "x", "description": "y", "start_parameter": "z", "currency": "GBP", "total_amount": 1}),
        ("hologram", {"invented": "after this was written"}),
    ],
)  # fmt: skip
def test_what_is_not_words_gets_a_friendly_line_and_the_menu(chat: Chat, kind: str, content: object):
    (said,) = chat.share(**{kind: content})
    assert "I can only read words, and I keep nothing of what you sent." in said.text
    assert list(said.buttons)[:4] == MENU
    chat.press("Food")
    assert chat.bot.rasa.messages == ['/choose_topic{"topic": "food"}']


def test_words_under_a_picture_are_read(chat: Chat):
    picture = [{"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1}]
    (said,) = chat.share(photo=picture, caption="mould on my wall")
    assert chat.bot.rasa.messages == ["mould on my wall"]
    assert "I can only read words, and I have read what you wrote." in said.text


def test_an_album_gets_one_answer(chat: Chat):
    picture = [{"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1}]
    for number in (1, 2, 3):
        chat.telegram.push(message(number, photo=picture, media_group_id="album"))
    chat.write("hello", expect=2)
    assert len(chat.telegram.messages(7)) == 2


def test_a_shared_location_is_used_as_a_place_of_about_a_kilometre(chat: Chat):
    chat.share(location={"latitude": 53.812345, "longitude": -1.498765})
    assert chat.bot.directory.asked == ['{"lat": "53.81", "limit": "1", "lon": "-1.50"}']
    assert chat.bot.rasa.messages == ["[place:E05011394:53.81:-1.50]"]


def test_a_location_outside_leeds_is_said_to_be_outside(chat: Chat):
    chat.share(location={"latitude": 53.96, "longitude": -1.08})
    assert chat.bot.rasa.messages == ["[place:outside]"]


def test_a_location_while_the_directory_is_away_asks_for_words(chat: Chat):
    chat.bot.directory.status = 500
    (said,) = chat.share(location={"latitude": 53.81, "longitude": -1.5})
    assert "name of your area" in said.text
    assert chat.bot.rasa.received == []


def test_an_edited_message_is_answered_as_a_new_one_once(chat: Chat):
    chat.write("I need fod", message_id=5)
    edited = {
        "edited_message": message(0, text="I need food", message_id=5, edit_date=1_790_000_100)["message"]
    }
    chat.hand_over({"update_id": 900, **edited})
    chat.telegram.push({"update_id": 901, **edited})
    chat.write("thanks")
    assert chat.bot.rasa.messages == ["I need fod", "I need food", "thanks"]


def test_two_edits_in_one_second_are_both_answered(chat: Chat):
    for number, words in ((900, "I need food"), (901, "I need food today"), (902, "I need food")):
        edited = message(0, text=words, message_id=5, edit_date=1_790_000_100)["message"]
        chat.telegram.push({"update_id": number, "edited_message": edited})
    chat.telegram.wait_for_texts(2)
    chat.write("thanks")
    assert chat.bot.rasa.messages == ["I need food", "I need food today", "thanks"]


def test_what_telegram_itself_notes_in_a_chat_is_not_answered(chat: Chat):
    chat.telegram.push(message(50, pinned_message=message(1, text="old")["message"]))
    (said,) = chat.write("hello")
    assert said.text == "You said: hello"


def test_a_group_is_refused_once_and_left_and_nothing_of_it_is_kept(chat: Chat):
    group = {"id": -500, "type": "supergroup", "title": "Neighbours"}
    for number in (1, 2):
        chat.telegram.push(message(number, text="hello all", chat=7) | {"update_id": number})
        update = message(number + 10, text="secret of the group")
        update["message"]["chat"] = group
        chat.telegram.push(update)
    chat.telegram.wait_until(lambda: chat.telegram.count("leaveChat") == 1)
    chat.telegram.wait_until_fetched()
    assert len(chat.telegram.messages(-500)) == 1
    assert "one person at a time" in chat.telegram.texts(-500)[0]
    assert "secret of the group" not in chat.bot.rasa.messages


def say_in_group(chat: Chat, number: int) -> None:
    update = message(number, text="hello all")
    update["message"]["chat"] = {"id": -500, "type": "group", "title": "Neighbours"}
    chat.telegram.push(update)


def test_a_group_that_could_not_be_left_is_left_later_and_told_once(start_chat: StartChat):
    failures = threading.Semaphore(1)

    def fault(method: str, _: dict[str, Any]) -> Any:
        return server_error() if method == "leaveChat" and failures.acquire(blocking=False) else None

    chat = start_chat(FakeTelegram(fault=fault))
    say_in_group(chat, 1)
    chat.telegram.wait_until(lambda: any(call.method == "leaveChat" for call in chat.telegram.delivered))
    assert len(chat.telegram.messages(-500)) == 1


def test_a_group_that_is_slow_to_refuse_keeps_no_resident_waiting(start_chat: StartChat):
    def fault(_: str, params: dict[str, Any]) -> None:
        if params.get("chat_id") == -500:
            telegram.wait_until(lambda: bool(telegram.messages(7)))

    telegram = FakeTelegram(fault=fault)
    chat = start_chat(telegram)
    say_in_group(chat, 1)
    telegram.wait_until_fetched()
    chat.write("hello")
    telegram.wait_until(lambda: any(call.method == "leaveChat" for call in telegram.delivered))
    assert [call.chat for call in telegram.messages()] == [7, -500]


def test_being_put_into_a_channel_is_refused(chat: Chat):
    member = {"user": {"id": 123456, "is_bot": True, "first_name": "Signpost"}, "status": "left"}
    added = {
        "chat": {"id": -9, "type": "channel", "title": "News"},
        "from": {"id": 7, "is_bot": False, "first_name": "Sam"},
        "date": 1_790_000_000,
        "old_chat_member": member,
        "new_chat_member": member | {"status": "member"},
    }
    chat.telegram.push({"update_id": 1, "my_chat_member": added})
    chat.telegram.wait_until(lambda: chat.telegram.count("leaveChat") == 1)


def test_rasa_away_gives_numbers_and_a_button_that_answers_later(chat: Chat):
    chat.bot.take_down_rasa()
    (said,) = chat.write("no food")
    assert "0113 376 0330" in said.text
    chat.bot.bring_back_rasa()
    (said,) = chat.press("Try again")
    assert "You said: no food" in said.text


@pytest.mark.parametrize("text", ["/", "  /// ", "\u200b"])
def test_a_message_without_words_gets_the_menu(chat: Chat, text: str):
    (said,) = chat.write(text)
    assert list(said.buttons)[:4] == MENU


def test_the_privacy_page_says_that_telegram_is_somebody_else(browser: Browser):
    assert "Telegram is another company" in browser.open("/privacy").text


def test_the_menu_of_commands_comes_in_every_language(chat: Chat):
    chat.write("hello")
    calls = [call for call in chat.telegram.calls if call.method == "setMyCommands"]
    assert {call.params.get("language_code", "en") for call in calls} == set(LANGUAGES)


def test_a_language_is_chosen_with_a_button_and_answers_and_urgent_help_follow(chat: Chat):
    (said,) = chat.write("/language")
    assert "Polski" in said.buttons
    chat.press("Polski")
    assert chat.bot.rasa.messages == ["/change_language"]
    chat.write("/urgent")
    expected = "Służby ratunkowe (Emergency services): 999"
    chat.telegram.wait_until(lambda: any(expected in call.text for call in chat.telegram.messages()))


def test_cards_have_their_labels_in_the_language(chat: Chat):
    chat.say_in_rasa({"text": "Dwie usługi."}, {"custom": {"services": [card()]}})
    chat.write("nie mam co jeść")
    chat.telegram.wait_until(lambda: "<b>Telefon:</b> 0113 248 0000" in chat.telegram.messages()[-1].text)
    assert "Dziś otwarte do 17:00" in chat.telegram.messages()[-1].text
