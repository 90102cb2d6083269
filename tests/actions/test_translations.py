"""Everything the assistant says, in every language: complete, with the same gaps, numbers and buttons."""

import asyncio
import re
from string import Formatter

import pytest
import yaml

from actions.action_change_language import ActionChangeLanguage
from actions.action_say import ActionSay
from actions.needs import NEEDS
from actions.wording import (
    TRANSLATIONS,
    fixed_buttons,
    joined,
    languages,
    need_button,
    need_name,
    phrase,
    phrases,
    responses,
    speak,
    titles,
)
from bot.language_reader import LanguageReader, load_language_reader
from bot.translations import LANGUAGES, get_words
from tests.actions.factories import make_tracker, run, texts_of, understood_of

OTHERS = [language for language in languages() if language != "en"]
NUMBER = re.compile(r"\d+(?: \d+)*")
OWN_SCRIPT = {
    "ar": "[\u0600-\u06ff]",
    "ur": "[\u0600-\u06ff]",
    "fa": "[\u0600-\u06ff]",
    "zh": "[\u4e00-\u9fff]",
}


def gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.fixture(scope="module")
def reader() -> LanguageReader:
    return load_language_reader()


@pytest.fixture(autouse=True)
def english_again():
    yield
    speak("en")


def test_both_doors_and_actions_have_the_same_languages():
    assert set(languages()) == set(LANGUAGES)
    for language in languages():
        assert phrases(language)["say_language_name"] == get_words(language).name


@pytest.mark.parametrize("language", OTHERS)
def test_every_phrase_has_every_language(language: str):
    assert set(phrases()) - set(phrases(language)) == set(), "translate these"
    assert set(phrases(language)) - set(phrases()) == set(), "these are no longer said in English"


@pytest.mark.parametrize("language", OTHERS)
def test_phrases_have_the_same_gaps_and_numbers(language: str):
    for key, english in phrases().items():
        text = phrases(language)[key]
        assert gaps(text) == gaps(english), key
        assert sorted(NUMBER.findall(text)) == sorted(NUMBER.findall(english)), key


@pytest.mark.parametrize("language", OTHERS)
def test_no_english_is_left(reader: LanguageReader, language: str):
    for key, english in phrases().items():
        text = phrases(language)[key]
        if re.fullmatch(r"\W*", english):
            continue
        assert text != english, key
        plain = re.sub(r"\{\w+\}", " ", text)
        if language in OWN_SCRIPT:
            assert re.search(OWN_SCRIPT[language], text), key
        elif len(plain.split()) > 3:
            assert reader.read(plain).language != "en", key


@pytest.mark.parametrize("language", OTHERS)
def test_every_fixed_button_has_its_title(language: str):
    payloads = {
        button["payload"] for response in responses().values() for button in response.get("buttons", [])
    }
    assert set(titles(language)) == payloads
    speak(language)
    for key in responses():
        english = responses()[key].get("buttons", [])
        assert [button["payload"] for button in fixed_buttons(key)] == [b["payload"] for b in english]


@pytest.mark.parametrize("language", OTHERS)
def test_no_two_needs_have_the_same_words(language: str):
    speak(language)
    assert len({need_name(code) for code in NEEDS}) == len(NEEDS)
    assert len({need_button(code) for code in NEEDS}) == len(NEEDS)


@pytest.mark.parametrize("language", OTHERS)
def test_a_file_says_whether_a_native_speaker_has_checked_it(language: str):
    content = yaml.safe_load((TRANSLATIONS / f"{language}.yml").read_text("utf-8"))
    assert content["language"] == language
    assert content["direction"] == get_words(language).direction
    assert content["checked_by"] is None or content["checked_by"].strip()


def test_names_are_joined_as_each_language_does():
    speak("zh")
    assert joined(["甲", "乙", "丙"]) == "甲、乙和丙"
    speak("ar")
    assert joined(["طعام", "مال"]) == "طعام ومال"


def test_two_residents_at_once_do_not_mix_their_languages():
    async def say(language: str) -> str:
        speak(language)
        await asyncio.sleep(0)
        return phrase("say_what_next")

    async def both() -> list[str]:
        return await asyncio.gather(say("pl"), say("es"))

    assert asyncio.run(both()) == [phrases("pl")["say_what_next"], phrases("es")["say_what_next"]]


def heard(intent: str, **metadata: object):
    tracker = make_tracker(intent)
    tracker.latest_message["metadata"] = metadata
    return tracker


def test_a_fixed_answer_comes_in_the_language_of_the_message_with_its_buttons():
    messages, events = run(ActionSay(), heard("thanks", language="pl"))
    assert texts_of(messages) == phrases("pl")["say_to_thanks"]
    assert [button["title"] for button in messages[0]["buttons"]] == [
        "Zacznij od nowa",
        "Rozmowa z człowiekiem",
    ]
    assert [(event["name"], event["value"]) for event in events] == [("language", "pl")]


def test_without_a_language_in_the_message_the_one_that_is_remembered_counts():
    tracker = make_tracker("thanks", slots={"language": "ro"})
    assert texts_of(run(ActionSay(), tracker)[0]) == phrases("ro")["say_to_thanks"]


def test_who_asks_for_other_languages_gets_a_button_for_each():
    messages, _ = run(ActionChangeLanguage(), heard("change_language", language="en"))
    assert {button["payload"] for button in messages[0]["buttons"]} == {
        f"/language {code}" for code in LANGUAGES
    }


def test_who_has_chosen_a_language_goes_on_in_it():
    messages, _ = run(ActionChangeLanguage(), heard("change_language", language="es", language_chosen=True))
    assert texts_of(messages) == phrases("es")["say_menu_plain"]
    assert understood_of(messages)["language"] == "es"


@pytest.mark.parametrize("intent", ["thanks", "goodbye"])
def test_whoever_was_shown_services_is_asked_afterwards_whether_they_helped(intent: str):
    shown = {"need_now": "food.parcel", "services_shown": {"food.parcel": ["a"]}}
    messages, _ = run(ActionSay(), make_tracker(intent, slots=shown))
    assert [message["custom"] for message in messages if message["custom"]] == [
        {"ask_if_helped": "food.parcel"}
    ]
    messages, _ = run(ActionSay(), make_tracker(intent))
    assert not any(message["custom"] for message in messages)


def test_nobody_is_asked_whether_it_helped_before_they_take_leave():
    shown = {"need_now": "food.parcel", "services_shown": {"food.parcel": ["a"]}}
    messages, _ = run(ActionSay(), make_tracker("help", slots=shown))
    assert not any(message["custom"] for message in messages)
