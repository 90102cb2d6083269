"""The assistant's words: English in ``data/<topic>/responses.yml``, the others in ``actions/translations``.

An action looks a phrase up by its key and fills the gaps itself, so a phrase has one home in each language whether a
rule or an action says it. The language is that of the turn: ``speak`` sets it before an action answers.
"""

from __future__ import annotations

import re
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any

import yaml

DATA_FOLDER = Path(__file__).resolve().parent.parent / "data"
TRANSLATIONS = Path(__file__).resolve().parent / "translations"
ENGLISH = "en"
SPACED_NUMBER = re.compile(r"\d+(?: \d+)+")
# Every turn runs in a context of its own, so residents who are answered at the same time do not mix.
_language: ContextVar[str] = ContextVar("language", default=ENGLISH)


class UnknownPhrase(KeyError):
    """A key that no ``responses.yml`` defines."""


def speak(language: str) -> None:
    """Sets the language of everything that is said from now on in this turn."""
    _language.set(language)


@cache
def responses() -> dict[str, dict[str, Any]]:
    """Returns every English response by its key, read once: its text, and its buttons if it has any.

    The first variation of a response counts; the house test makes sure that no key is defined twice.
    """
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(DATA_FOLDER.glob("*/responses.yml")):
        content: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        for key, variations in content["responses"].items():
            found[key] = variations[0]
    return found


@cache
def phrases(language: str = ENGLISH) -> dict[str, str]:
    """Returns every phrase of a language by its key, read once; of an unknown language, none."""
    if language == ENGLISH:
        return {key: response["text"] for key, response in responses().items()}
    path = TRANSLATIONS / f"{language}.yml"
    if not path.exists():
        return {}
    content: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    if content["direction"] == "ltr":
        return dict(content["phrases"])
    # Without the marks (Unicode LRI and PDI) "0113 246 0401" would be shown as "0401 246 0113".
    return {key: SPACED_NUMBER.sub("\u2066\\g<0>\u2069", text) for key, text in content["phrases"].items()}


@cache
def titles(language: str) -> dict[str, str]:
    """Returns the titles of the fixed buttons of a language by their payload; English ones are in the responses."""
    path = TRANSLATIONS / f"{language}.yml"
    return (
        dict(yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["titles"])
        if path.exists()
        else {}
    )


@cache
def languages() -> tuple[str, ...]:
    """Returns the codes of all languages that answers can be given in, English first."""
    return (ENGLISH, *sorted(path.stem for path in TRANSLATIONS.glob("*.yml")))


def phrase(key: str, **gaps: str) -> str:
    """Returns the phrase called ``key`` with its ``{gaps}`` filled, in the language of the turn or else in English.

    Raises:
        UnknownPhrase: no file defines the key.
    """
    template = phrases(_language.get()).get(key) or phrases().get(key)
    if template is None:
        raise UnknownPhrase(key)
    return template.format(**gaps)


def fixed_buttons(key: str) -> list[dict[str, str]]:
    """Returns the buttons that stand under a response in its file, with their titles in the language of the turn."""
    translated = titles(_language.get())
    return [
        {"title": translated.get(button["payload"], button["title"]), "payload": button["payload"]}
        for button in responses()[key].get("buttons", [])
    ]


def need_name(code: str) -> str:
    """Returns a need as it stands in a sentence, for example "food for today"."""
    return phrase(f"say_need_{code.replace('.', '_')}_name")


def need_button(code: str) -> str:
    """Returns a need as it stands on a button, for example "Food for today"."""
    return phrase(f"say_need_{code.replace('.', '_')}_button")


def joined(names: list[str]) -> str:
    """Returns names as a list in a sentence: "a, b and c"."""
    if len(names) < 2:
        return "".join(names)
    return phrase("say_list_comma").join(names[:-1]) + phrase("say_list_and") + names[-1]


def button(key: str, payload: str, **gaps: str) -> dict[str, str]:
    """Returns a quick reply in Rasa's form; ``payload`` is the intent that pressing it stands for."""
    return {"title": phrase(key, **gaps), "payload": payload}
