"""The assistant's words, read from ``data/<topic>/responses.yml``.

The same files are merged into Rasa's domain, so a phrase has one home whether a rule or an action says it. An action
looks a phrase up by its key and fills the gaps itself, which keeps a turn that searches to a single call.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

DATA_FOLDER = Path(__file__).resolve().parent.parent / "data"


class UnknownPhrase(KeyError):
    """A key that no ``responses.yml`` defines."""


@cache
def phrases() -> dict[str, str]:
    """Returns every phrase by its key, read once.

    The first variation of a response is its text; the house test makes sure that no key is defined twice.
    """
    found: dict[str, str] = {}
    for path in sorted(DATA_FOLDER.glob("*/responses.yml")):
        content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        for key, variations in content["responses"].items():
            found[key] = variations[0]["text"]
    return found


def phrase(key: str, **gaps: str) -> str:
    """Returns the phrase called ``key`` with its ``{gaps}`` filled.

    Raises:
        UnknownPhrase: no file defines the key.
    """
    try:
        template = phrases()[key]
    except KeyError:
        raise UnknownPhrase(key) from None
    return template.format(**gaps)


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
    return f"{', '.join(names[:-1])} {phrase('say_and')} {names[-1]}"


def button(key: str, payload: str, **gaps: str) -> dict[str, str]:
    """Returns a quick reply in Rasa's form; ``payload`` is the intent that pressing it stands for."""
    return {"title": phrase(key, **gaps), "payload": payload}
