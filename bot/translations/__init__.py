"""The words of the front doors in every language: one file a language, English first.

A template or a door asks for a string by its key: ``words("send")``. What a language lacks is said in English, because
a resident must never see a key; a test holds every file to the keys of the English one.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent
ENGLISH = "en"
# In the order in which they are offered.
LANGUAGES = ("en", "pl", "ro", "ar", "ur", "fa", "es", "pt", "zh")


SPACED_NUMBER = re.compile(r"\d+(?: \d+)+")


class UnknownWords(KeyError):
    """A key that not even the English file has."""


@dataclass(frozen=True)
class Words:
    """The strings of one language. `direction` is "ltr" or "rtl"; `checked_by` is None until a native speaker has
    read the file.
    """

    language: str
    name: str
    direction: str
    checked_by: str | None
    strings: Mapping[str, str]

    def __call__(self, key: str, **gaps: object) -> str:
        """Return the string called `key` with its {gaps} filled. Raises UnknownWords."""
        found = self.strings.get(key)
        if found is None:
            found = load_words()[ENGLISH].strings.get(key)
        if found is None:
            raise UnknownWords(key)
        return found.format(**gaps) if gaps else found


@cache
def load_words() -> dict[str, Words]:
    """Return the words of every language by its code, read once."""
    return {language: _read(FOLDER / f"{language}.yml") for language in LANGUAGES if _is_there(language)}


def get_words(language: str | None) -> Words:
    """Return the words of a language, or the English ones if there are none."""
    everything = load_words()
    return everything.get(language or ENGLISH) or everything[ENGLISH]


def list_languages() -> list[Words]:
    """Return every language that can be chosen, in the order in which they are offered."""
    return list(load_words().values())


def _is_there(language: str) -> bool:
    return (FOLDER / f"{language}.yml").exists()


def _read(path: Path) -> Words:
    content: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    strings: dict[str, str] = content["strings"]
    if content["direction"] == "rtl":
        strings = {key: isolate_numbers(text) for key, text in strings.items()}
    return Words(
        content["language"], content["name"], content["direction"], content["checked_by"], dict(strings)
    )


def isolate_numbers(text: str) -> str:
    """Return a right-to-left text whose phone numbers keep their order.

    Without the marks "0113 246 0401" would be shown as "0401 246 0113".
    """
    return SPACED_NUMBER.sub(lambda number: isolate(number[0]), text)


def isolate(text: str) -> str:
    """Return a text from left to right that may stand in one from right to left (Unicode LRI and PDI)."""
    return f"\u2066{text}\u2069"
