"""Which of our languages a message is written in. Pure; numpy only; about a tenth of a millisecond a message.

Scripts first: Han is Chinese; Arabic script is Arabic, Urdu or Persian; Latin script is English, Polish, Romanian,
Spanish, Portuguese or Urdu as people type it on a phone. Within a script, a logistic regression on pieces of one to
four letters decides. `scripts.train_languages` writes the model; docs/decisions/0012-languages.md says why.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

FOLDER = Path(__file__).parent / "data" / "languages"
MODEL = FOLDER / "model.npz"
SCRIPTS = {"latin": ("en", "es", "pl", "pt", "ro", "ur"), "arabic": ("ar", "fa", "ur")}
CHINESE = "zh"
ENGLISH = "en"

ARABIC_LETTER = re.compile(r"[\u0620-\u064a\u066e-\u06d3\ufb50-\ufdff\ufe70-\ufefc]")
HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
# Kana and Hangul: Japanese and Korean use Han as well, and are not ours.
NOT_CHINESE = re.compile(r"[\u3040-\u30ff\uac00-\ud7af]")
LATIN_LETTER = re.compile(r"[^\W\d_\u0370-\uffff]")
# What the privacy filter puts in the place of a name or a number is English of ours.
TOKEN = re.compile(r"\[[^\]]*\]")
NOT_WORD = re.compile(r"[^\w']+|[\d_]+")
LONGEST_PIECE = 4
# Nobody changes language after so many characters, and reading on would cost time.
READ_CHARACTERS = 400
# Below it a message is not taken as written in another language than English: docs/decisions/0012-languages.md.
SURE_OF_ANOTHER = 0.6
SURE_OF_ENGLISH = 0.8
# One or two English words ("hello", a place, "no") may come from anybody.
ENGLISH_WORDS = 3
FEWEST_LETTERS = 3


@dataclass(frozen=True)
class Guess:
    """The language of a message, or None if it does not tell; `words` is how many words it has.

    `settles` says that the message is enough to answer in this language from now on.
    """

    language: str | None
    words: int

    @property
    def settles(self) -> bool:
        """Whether the language of a conversation may rest on this message."""
        return self.language is not None and (self.language != ENGLISH or self.words >= ENGLISH_WORDS)


@dataclass(frozen=True)
class ScriptModel:
    """What tells the languages of one script apart: a row of weights for each piece of a word."""

    languages: tuple[str, ...]
    rows: dict[str, int]
    weights: npt.NDArray[np.float32]
    start: npt.NDArray[np.float32]

    def weigh(self, text: str) -> dict[str, float]:
        """Return how likely each language is, from 0 to 1."""
        found = [row for piece in cut_pieces(text) if (row := self.rows.get(piece)) is not None]
        scores = self.start.astype(np.float64)
        if found:
            scores = scores + self.weights[found].sum(axis=0, dtype=np.float64) / np.sqrt(len(found))
        likely = np.exp(scores - scores.max())
        return dict(zip(self.languages, (likely / likely.sum()).tolist(), strict=True))


class LanguageReader:
    """Reads languages. Holds no state between messages."""

    def __init__(self, models: dict[str, ScriptModel]) -> None:
        self._models = models

    def read(self, text: str) -> Guess:
        """Return the language of a message, or that it does not tell."""
        plain = TOKEN.sub(" ", text)[:READ_CHARACTERS]
        words = len(plain.split())
        script = find_script(plain)
        if script == "han":
            return Guess(CHINESE, words)
        if script is None:
            return Guess(None, words)
        likely = self._models[script].weigh(plain)
        best = max(likely, key=lambda language: likely[language])
        enough = SURE_OF_ENGLISH if best == ENGLISH else SURE_OF_ANOTHER
        return Guess(best if likely[best] >= enough else None, words)


def find_script(text: str) -> str | None:
    """Return "han", "arabic" or "latin", whichever most letters are in; None if there are too few or others."""
    if NOT_CHINESE.search(text):
        return None
    han, arabic, latin = (len(letters.findall(text)) for letters in (HAN, ARABIC_LETTER, LATIN_LETTER))
    # One Chinese character is about a word, four letters elsewhere: "我需要 food bank" is Chinese.
    if han * LONGEST_PIECE > latin and han >= arabic:
        return "han"
    if arabic > latin:
        return "arabic"
    return "latin" if latin >= FEWEST_LETTERS else None


def cut_pieces(text: str) -> set[str]:
    """Return the words of a text and their pieces of one to four letters; a space marks where a word ends."""
    pieces: set[str] = set()
    for word in NOT_WORD.sub(" ", text.lower()).split():
        marked = f" {word} "
        pieces.add(marked)
        for size in range(1, LONGEST_PIECE + 1):
            pieces.update(marked[at : at + size] for at in range(len(marked) - size + 1))
    pieces.discard(" ")
    return pieces


def load_language_reader(path: Path = MODEL) -> LanguageReader:
    """Return the reader with the model that `scripts.train_languages` wrote."""
    with np.load(path, allow_pickle=False) as stored:
        models = {script: _read_model(stored, script, SCRIPTS[script]) for script in SCRIPTS}
    return LanguageReader(models)


def _read_model(stored: "np.lib.npyio.NpzFile", script: str, languages: Iterable[str]) -> ScriptModel:
    pieces = bytes(stored[f"{script}_pieces"]).decode("utf-8").split("\n")
    return ScriptModel(
        tuple(languages),
        {piece: row for row, piece in enumerate(pieces)},
        stored[f"{script}_weights"].astype(np.float32),
        stored[f"{script}_start"].astype(np.float32),
    )
