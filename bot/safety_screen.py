"""The safety screen that residents meet: patterns and the trained model together (design rule 2).

An error in here is the caller's to answer with the default urgent card; nothing is ever skipped silently.
"""

import re
from pathlib import Path
from typing import Literal

import numpy as np

from bot.safety import ORDER, PatternScreen, Screening
from bot.safety_model import SafetyModel, load_model
from bot.safety_vectors import Floats

# What our own buttons send. It is not a resident's words, but patterns still look at it.
BUTTON = re.compile(r'/[a-z_.]+(?:\{"[a-z_]+": ?"[a-z_.]+"\})?')
# A second risk is named when its log-odds come this near to those of the likeliest.
NEARLY_AS_LIKELY = 1.0

FOLDER = Path(__file__).parent / "data/safety"


class SafetyScreen:
    """Weighs what the patterns see and what the model reads. Holds no state between messages."""

    def __init__(self, patterns: PatternScreen, model: SafetyModel) -> None:
        self._patterns = patterns
        self._model = model

    def screen(self, text: str) -> Screening:
        """Return what was found in one message: "sure" shows the urgent card first, "unsure" adds a gentle line."""
        if BUTTON.fullmatch(text):
            return self._patterns.screen(text.replace("_", " "))
        seen = self._patterns.screen(text)
        if not any(character.isalpha() for character in text):
            return seen
        found = decide(self._model.score(text, seen), self._model.sure, self._model.unsure)
        if found.level == "none" and seen.level == "sure":
            # Plain words of danger never go without the gentle line, whatever the model makes of the rest.
            return Screening("unsure", seen.risks)
        return found


def decide(scores: Floats, sure: Floats, unsure: Floats) -> Screening:
    """Return the screening of one message from its scores and the thresholds, all in the order of ORDER.

    Raises ArithmeticError if a score is not a number: it would compare as "no danger".
    """
    if not np.isfinite(scores).all():
        raise ArithmeticError("the safety model gave no number")
    limits: tuple[tuple[Literal["sure", "unsure"], Floats], ...] = (("sure", sure), ("unsure", unsure))
    for level, limit in limits:
        above = np.where(scores >= limit, scores, -np.inf)
        if np.isfinite(above).any():
            near = above >= above.max() - NEARLY_AS_LIKELY
            return Screening(level, tuple(risk for risk, named in zip(ORDER, near, strict=True) if named))
    return Screening()


def load_screen(folder: Path = FOLDER) -> SafetyScreen:
    """Return the screen with the model in `folder`, ready for the first message. Raises what `load_model` raises."""
    return SafetyScreen(PatternScreen(), load_model(folder))
