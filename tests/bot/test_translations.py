"""Every text of the front doors in every language: complete, with the same gaps, numbers and no English left."""

import re
from string import Formatter

import pytest

from bot.language_reader import LanguageReader, load_language_reader
from bot.translations import LANGUAGES, UnknownWords, get_words
from bot.urgent import UrgentHelp, load_urgent_help

OTHERS = [language for language in LANGUAGES if language != "en"]
ENGLISH = get_words("en").strings
NUMBER = re.compile(r"\d+(?: \d+)*")
GAP = re.compile(r"\{\w+\}")
COMMAND = re.compile(r"/[a-z]+")
# The same word in both languages, or a name.
ALIKE = {
    "page_name", "card_email", "error", "nav_chat", "privacy_cookies", "you", "language", "card_phone", "card_cost",
    "card_website", "conversation",
}  # fmt: skip
OWN_SCRIPT = {
    "ar": "[\u0600-\u06ff]",
    "ur": "[\u0600-\u06ff]",
    "fa": "[\u0600-\u06ff]",
    "zh": "[\u4e00-\u9fff]",
}


def gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def numbers(text: str) -> list[str]:
    return sorted(NUMBER.findall(text))


def looks_english(reader: LanguageReader, language: str, text: str) -> bool:
    """Return whether a translation is English: in the wrong script, or read as English."""
    if language in OWN_SCRIPT:
        return not re.search(OWN_SCRIPT[language], text)
    return reader.read(GAP.sub(" ", text)).language == "en" and len(GAP.sub(" ", text).split()) > 3


@pytest.fixture(scope="module")
def reader() -> LanguageReader:
    return load_language_reader()


@pytest.fixture(scope="module")
def urgent() -> UrgentHelp:
    return load_urgent_help()


@pytest.mark.parametrize("language", OTHERS)
def test_every_string_has_every_language(language: str):
    strings = get_words(language).strings
    assert set(ENGLISH) - set(strings) == set(), "translate these"
    assert set(strings) - set(ENGLISH) == set(), "these are no longer in English"


@pytest.mark.parametrize("language", OTHERS)
def test_translations_have_the_same_gaps_numbers_and_commands(language: str):
    strings = get_words(language).strings
    for key, english in ENGLISH.items():
        assert gaps(strings[key]) == gaps(english), key
        assert "%{count}" not in english or "%{count}" in strings[key]
        assert sorted(COMMAND.findall(strings[key])) == sorted(COMMAND.findall(english)), key
        if not key.startswith(("away_", "open_")):
            assert numbers(strings[key]) == numbers(english), key


@pytest.mark.parametrize("language", OTHERS)
def test_no_english_is_left(reader: LanguageReader, language: str):
    strings = get_words(language).strings
    left = [
        key
        for key, english in ENGLISH.items()
        if key not in ALIKE and (strings[key] == english or looks_english(reader, language, strings[key]))
    ]
    assert left == []


@pytest.mark.parametrize("language", OTHERS)
def test_urgent_help_has_the_same_cards_contacts_and_numbers(urgent: UrgentHelp, language: str):
    there = urgent.in_language(language)
    assert there is not urgent
    assert set(there.cards) == set(urgent.cards)
    for risk, card in urgent.cards.items():
        other = there.cards[risk]
        assert numbers(other.text) == numbers(card.text), risk
        for ours, theirs in zip(card.contacts, other.contacts, strict=True):
            assert theirs.english_name == ours.name
            assert (theirs.number, theirs.source_url, theirs.checked) == (
                ours.number, ours.source_url, ours.checked
            )  # fmt: skip
            assert ours.number_text in theirs.number_text
            assert numbers(theirs.what_happens) == numbers(ours.what_happens)
    for risk, line in urgent.gentle.items():
        assert numbers(there.gentle[risk]) == numbers(line), risk
    for ours, theirs in zip(urgent.without_computer, there.without_computer, strict=True):
        assert ours.number in theirs.number
        assert ours.name in theirs.name


@pytest.mark.parametrize("language", OTHERS)
def test_no_english_is_left_in_urgent_help(urgent: UrgentHelp, reader: LanguageReader, language: str):
    for risk, card in urgent.in_language(language).cards.items():
        parts = [card.title, card.text, *(contact.what_happens for contact in card.contacts)]
        assert [part for part in parts if looks_english(reader, language, part)] == [], risk
        assert card.title != urgent.cards[risk].title


@pytest.mark.parametrize(
    "risk", ["suicide_self_harm", "domestic_abuse", "violence", "child_safety", "medical"]
)
def test_every_card_fits_one_screen_and_every_number_has_its_source(urgent: UrgentHelp, risk: str):
    for help_there in (urgent, *urgent.translations.values()):
        card = help_there.cards[risk]
        assert len(card.contacts) <= 5
        assert len(card.text) <= 400
        assert all(
            contact.source_url.startswith("http") and contact.what_happens for contact in card.contacts
        )


def test_help_against_abuse_asks_whether_reading_is_safe_and_tells_the_silent_way(urgent: UrgentHelp):
    text = urgent.cards["domestic_abuse"].text
    assert text.startswith("Is it safe to read this now?")
    assert "Exit this page" in text
    assert "press 55" in text


def test_what_a_language_lacks_is_said_in_english_and_a_wrong_key_is_an_error():
    words = get_words("pl")
    with pytest.raises(UnknownWords):
        words("no_such_key")
    assert get_words("xx")("send") == "Send"
