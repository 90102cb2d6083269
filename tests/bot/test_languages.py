"""Residents are answered in their language: settled by the first real message, kept, changed when they wish."""

import pytest

from bot.languages import find_wished_language
from bot.messages import Card, Opening
from bot.opening_words import describe_opening
from bot.sayings import welcome
from bot.translations import LANGUAGES, get_words, list_languages, load_words
from tests.bot.conftest import Bot

POLISH, ARABIC = "nie mam co jeść", "أحتاج إلى طعام لأطفالي"


def said(answer: dict) -> str:
    return "\n".join(message["text"] for message in answer["messages"])


def payloads(answer: dict) -> list[str]:
    return [button["payload"] for message in answer["messages"] for button in message["buttons"]]


def test_the_first_real_message_settles_the_language(bot: Bot):
    answer = bot.ask(POLISH)
    assert answer["understood"]["language"] == "pl"
    assert bot.rasa.metadata[-1] == {"language": "pl", "language_chosen": False}
    assert answer["messages"][0]["text"].startswith("Odpowiadam teraz po polsku.")


@pytest.mark.parametrize("language", [code for code in LANGUAGES if code != "en"])
def test_a_translation_that_nobody_has_checked_says_so_in_its_language(bot: Bot, language: str):
    words = get_words(language)
    conversation = bot.start()
    bot.say(conversation, "hello")
    bot.app.state.desk.conversations.get(conversation).record_line(welcome(language))
    answer = bot.say(conversation, words.name)
    assert answer["understood"]["language"] == language
    assert (words("not_checked") in said(answer)) == (words.checked_by is None)
    assert words("facts_in_english") in said(answer)
    assert "/language en" in payloads(answer)


def test_a_place_a_number_or_a_button_settles_nothing(bot: Bot):
    conversation = bot.start()
    bot.say(conversation, "Harehills")
    bot.say(conversation, "2")
    bot.say(conversation, '/choose_topic{"topic": "food"}')
    answer = bot.say(conversation, ARABIC)
    assert answer["understood"]["language"] == "ar"


def test_the_language_is_kept_when_later_messages_are_short_or_mixed(bot: Bot):
    conversation = bot.start()
    bot.say(conversation, POLISH)
    for text in ("Harehills", "ok", "yes", "LS9", "food bank proszę", "universal credit"):
        assert bot.say(conversation, text)["understood"]["language"] == "pl"


def test_a_message_in_another_language_is_offered_that_language_once(bot: Bot):
    conversation = bot.start()
    bot.say(conversation, "we have no food in the house")
    first, second = bot.say(conversation, POLISH), bot.say(conversation, "nie mam pieniędzy na czynsz")
    assert first["understood"]["language"] == second["understood"]["language"] == "en"
    assert "/language pl" in payloads(first)
    assert "/language pl" not in payloads(second)
    chosen = bot.say(conversation, "/language pl")
    assert chosen["understood"]["language"] == "pl"
    assert bot.rasa.received[-1][1] == "/change_language"
    assert bot.rasa.metadata[-1] == {"language": "pl", "language_chosen": True}


def test_english_in_a_conversation_in_another_language_is_offered_english(bot: Bot):
    conversation = bot.start()
    bot.say(conversation, POLISH)
    answer = bot.say(conversation, "my heating is broken and the flat is freezing")
    assert answer["understood"]["language"] == "pl"
    assert "/language en" in payloads(answer)


@pytest.mark.parametrize("text", ["in english please", "English", "po angielsku", "/language en"])
def test_a_resident_can_change_back_at_any_time(bot: Bot, text: str):
    conversation = bot.start()
    bot.say(conversation, POLISH)
    answer = bot.say(conversation, text)
    assert answer["understood"]["language"] == "en"
    assert answer["messages"][0]["text"] == "I will answer in English from now on."


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("polski", "pl"), ("Po polsku proszę", "pl"), ("can we do this in urdu", "ur"), ("speak spanish please", "es"),
        ("in english please", "en"), ("română", "ro"), ("vorbiți română", "ro"), ("العربية", "ar"),
        ("هل تتكلم العربية", "ar"), ("اردو", "ur"), ("فارسی", "fa"), ("farsi", "fa"), ("español", "es"),
        ("fala português", "pt"), ("中文", "zh"), ("你会说中文吗", "zh"), ("switch to polish", "pl"),
        ("my mum only speaks urdu", None), ("i dont speak english", None), ("polish shop near me", None),
        ("other languages", None), ("I am polish and need food", None), ("english lessons", None), ("", None),
    ],
)  # fmt: skip
def test_a_wish_for_a_language_is_told_from_words_about_one(text: str, language: str | None):
    assert find_wished_language(text) == language


def test_urgent_help_comes_in_the_language_with_english_names_beside_the_numbers(bot: Bot):
    conversation = bot.start()
    bot.say(conversation, POLISH)
    card = bot.say(conversation, "i want to kill myself")["messages"][0]
    assert card["urgent"]
    assert "Nie musisz być z tym" in card["text"]
    assert "(NHS 111, mental health option)" in card["text"]
    assert "116 123" in card["text"]


def test_urgent_help_comes_before_the_note_on_the_language(start_bot):
    bot = start_bot()
    answer = bot.ask("nie mam co jeść, i want to kill myself")
    assert answer["messages"][0]["urgent"]


def test_with_rasa_down_the_apology_and_the_numbers_are_in_the_language(bot: Bot):
    bot.take_down_rasa()
    answer = bot.ask(POLISH)
    assert get_words("pl")("sorry") in said(answer)
    assert "0113 376 0330" in said(answer)
    assert answer["messages"][-1]["buttons"][0]["title"] == "Spróbuj ponownie"


def test_a_language_chosen_while_rasa_is_down_is_kept_and_tried_again(bot: Bot):
    conversation = bot.start()
    bot.take_down_rasa()
    assert bot.say(conversation, "polski")["understood"]["language"] == "pl"
    bot.bring_back_rasa()
    bot.say(conversation, "/try_again")
    assert bot.rasa.received[-1][1] == "/change_language"


def test_what_rasa_remembers_of_the_language_outlives_this_process(bot: Bot):
    bot.rasa.answer = lambda _: [
        {"text": "Co dalej?"}, {"custom": {"understood": {"needs": [], "language": "pl", "place": None}}}
    ]  # fmt: skip
    assert bot.ask("Harehills")["understood"]["language"] == "pl"


def test_numbers_keep_their_order_in_languages_from_right_to_left():
    for words in list_languages():
        marked = "\u20660113 376 0330\u2069" in words("problem_ours")
        assert marked == (words.direction == "rtl")


@pytest.mark.parametrize(
    ("state", "text", "expected"),
    [
        ("open", "Open until 5pm today", "Dziś otwarte do 17:00"),
        ("open", "Open until 5:30pm Monday", "Otwarte do 17:30, poniedziałek"),
        ("open", "Open 24 hours a day", "Otwarte całą dobę"),
        ("closed", "Closed now, opens tomorrow 9am", "Teraz zamknięte, otwiera się: jutro, 09:00"),
        ("unknown", "Opening times not known: ring first", "Godziny otwarcia nieznane: najpierw zadzwoń"),
        ("closed", "Closed now, and Friday is a bank holiday: ring first",
         "Teraz zamknięte: Closed now, and Friday is a bank holiday: ring first"),
        ("unknown", "Something new", "Godziny otwarcia niepewne: Something new"),
    ],
)  # fmt: skip
def test_whether_a_service_is_open_is_said_in_the_language(state: str, text: str, expected: str):
    card = Card(name="x", open=Opening(state=state, text=text))
    assert describe_opening(card, get_words("pl")) == expected
    assert describe_opening(card, get_words("en")) == text


def test_every_language_can_be_chosen():
    assert tuple(load_words()) == LANGUAGES
