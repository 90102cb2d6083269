"""Which language a message is in: short English, place names and what is mixed must never be taken for another."""

import json

import pytest

from bot.language_reader import LanguageReader, load_language_reader
from tests.house.repository import ROOT

# How people in Leeds write, in as few words as it gets.
SHORT_ENGLISH = (
    """
nowt in|me bairn|ta|ta love|im skint|no|yes|aye|nah|ok|food|rent|bed|gas|no money|leccy|nappies|need a brew|ey up|hiya
mi mam|mi dad ant eaten|summat t'eat|our kid|nan|mardy|roof leakin|damp|loan sharks|universal credit|bus pass|sim card
baby milk|milk for bairn|sofa|duvet|pasta|halal food|pram|visa|menu|wifi|data|pip|uc|dla|no heating|no no|si|da|cot
""".replace("\n", "|")
    .strip("|")
    .split("|")
)
PLACES = (
    "Harehills|Gipton|Chapel Allerton|Beeston|Otley|LS9|ls8 5|Hyde Park|Seacroft|Armley|Meanwood|town".split(
        "|"
    )
)
OTHERS = {
    "pl": "nie mam co jeść|potrzebuje jedzenia dla dzieci|pomoc|dzień dobry|nie stać mnie na czynsz",
    "ro": "nu am bani de mancare|ajutor|am nevoie de haine pentru copil|îmi este frig",
    "es": "no tengo comida|necesito ayuda con el alquiler|tengo frío",
    "pt": "não tenho comida|preciso de ajuda com a renda|tenho fome",
    "ur": "میرے پاس کھانے کو کچھ نہیں ہے|mujhe khana chahiye|ghar mein bijli nahi hai",
    "ar": "أحتاج إلى طعام لأطفالي|البيت بارد",
    "fa": "غذا نداریم|برای بچه‌ام لباس لازم دارم",
    "zh": "我没有食物|房租付不起|我需要 food bank",
}


@pytest.fixture(scope="module")
def reader() -> LanguageReader:
    return load_language_reader()


@pytest.mark.parametrize("text", [*SHORT_ENGLISH, *PLACES])
def test_short_english_and_places_are_no_other_language(reader: LanguageReader, text: str):
    assert reader.read(text).language in ("en", None)


@pytest.mark.parametrize("text", [*SHORT_ENGLISH, *PLACES])
def test_a_word_or_two_of_english_settle_nothing(reader: LanguageReader, text: str):
    guess = reader.read(text)
    assert not guess.settles or guess.words >= 3


@pytest.mark.parametrize(
    ("language", "text"),
    [(language, text) for language, texts in OTHERS.items() for text in texts.split("|")],
)
def test_the_other_languages_are_read_from_few_words(reader: LanguageReader, language: str, text: str):
    guess = reader.read(text)
    assert guess.language == language
    assert guess.settles


@pytest.mark.parametrize("text", ["", "17", "???", "🙃🙃", "[place:E05011394:53.81:-1.50]", "[name] [phone]"])
def test_what_holds_no_words_has_no_language(reader: LanguageReader, text: str):
    assert reader.read(text).language is None


@pytest.mark.parametrize("text", ["食べ物がありません", "배고파요", "ድሕሪ ሎሚ", "Їжа потрібна", "ਮੈਨੂੰ ਭੁੱਖ ਲੱਗੀ ਹੈ"])
def test_other_scripts_are_not_ours(reader: LanguageReader, text: str):
    assert reader.read(text).language is None


def test_on_the_development_split_no_english_is_taken_for_another_language(reader: LanguageReader):
    lines = (ROOT / "tests/understanding/dev.jsonl").read_text("utf-8").splitlines()
    entries = [json.loads(line) for line in lines]
    english = [entry["text"] for entry in entries if entry["lang"] == "en"]
    wrong = [text for text in english if reader.read(text).language not in ("en", None)]
    assert wrong == []
    others = [entry for entry in entries if entry["lang"] != "en"]
    right = sum(reader.read(entry["text"]).language == entry["lang"] for entry in others)
    assert right / len(others) >= 0.98


def test_a_long_message_is_read_by_its_beginning(reader: LanguageReader):
    assert reader.read("nie mam co jeść " * 100).language == "pl"
