"""The trained half of the safety screen: how much a message reads like each danger. numpy only.

A message is read as a whole and part by part; what its most alarming parts say is added to what the whole says, since
danger is often one clause of an ordinary story. `scripts.train_safety` writes the two files that are loaded here, and
docs/decisions/0008-safety-screen.md has the measurements behind the shape.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bot.safety import ORDER, Screening
from bot.safety_encoder import RiskReader
from bot.safety_parts import cut
from bot.safety_vectors import Encoder, Floats

RISKS = ORDER
# One output a risk, in the order of RISKS, and one for "some danger, whatever it is".
OUTPUTS = len(RISKS) + 1
# A soft maximum over the parts: near zero only the most alarming part would count.
SOFTNESS = 0.5
# The part that the fine-tuned encoder has in the score of an English message; chosen on the development split.
ENCODER_SHARE = 0.5
# The log-odds of a danger that is said in plain words of another language than English; no threshold is higher.
CERTAIN = np.float32(8.0)
# Where the encoder hears so little and no pattern saw anything, the vectors are not asked, which halves the time of an
# ordinary message: of 2,200 messages of the development split none would have been flagged by them (50% are skipped).
NOTHING_HEARD = -4.5


@dataclass(frozen=True)
class Head:
    """One hidden layer beside a straight line: vectors of one text to log-odds of each output."""

    hidden: Floats
    hidden_bias: Floats
    out: Floats
    straight: Floats
    bias: Floats

    def score(self, vectors: Floats) -> Floats:
        """Return the log-odds (texts x OUTPUTS) of vectors (texts x SIZE)."""
        inner = np.maximum(vectors @ self.hidden + self.hidden_bias, 0)
        scores: Floats = inner @ self.out + vectors @ self.straight + self.bias
        return scores


@dataclass(frozen=True)
class SafetyModel:
    """Scores messages. `sure` and `unsure` are the thresholds of each risk, in the order of RISKS."""

    encoder: Encoder
    reader: RiskReader
    whole: Head
    part: Head
    hints: Floats
    sure: Floats
    unsure: Floats

    def score(self, text: str, patterns: Screening) -> Floats:
        """Return the log-odds of each risk in one message, of which the patterns have seen `patterns`."""
        scores = self._read(text, patterns)
        certain = [risk in patterns.certain for risk in RISKS]
        # Few examples and vectors that hardly know some of these languages: their plain words are the better judge.
        return np.where(certain, np.maximum(scores, CERTAIN), scores)

    def _read(self, text: str, patterns: Screening) -> Floats:
        heard = self.reader.score(text)
        if heard is not None and patterns.level == "none" and combine(heard).max() < NOTHING_HEARD:
            return combine(heard)
        parts = cut(text)
        vectors = self.encoder.encode([text, *parts])
        logits = self.whole.score(vectors[:1])[0] + list_hints(patterns, len(parts)) @ self.hints
        if parts:
            logits = logits + soft_maximum(self.part.score(vectors[1:]))
        own = combine(logits)
        if heard is None:
            return own
        mixed: Floats = (1 - ENCODER_SHARE) * own + ENCODER_SHARE * combine(heard)
        return mixed


def list_hints(patterns: Screening, parts: int) -> Floats:
    """Return what the patterns saw and how many parts there are, as numbers: 2 x RISKS, 1 if cut, log of 1 + parts."""
    hints = np.zeros(2 * len(RISKS) + 2, dtype=np.float32)
    for risk in patterns.risks:
        hints[RISKS.index(risk) + (len(RISKS) if patterns.level == "sure" else 0)] = 1
    hints[-2:] = parts > 0, np.log1p(parts)
    return hints


def soft_maximum(scores: Floats) -> Floats:
    """Return the soft maximum over the rows: never below the highest, higher if several are high."""
    highest = scores.max(axis=0)
    maximum: Floats = highest + SOFTNESS * np.log(np.exp((scores - highest) / SOFTNESS).sum(axis=0))
    return maximum


def combine(logits: Floats) -> Floats:
    """Return log-odds of each risk (... x RISKS) from the outputs (... x OUTPUTS).

    "Some danger" is learnt from the examples of all risks together, and so is the more certain half of the sum.
    """
    combined = (logits[..., : len(RISKS)] + logits[..., len(RISKS) :]) / 2
    return combined.astype(np.float32)


def load_model(folder: Path) -> SafetyModel:
    """Return the model in `folder` (model.json, model.npz).

    Raises OSError, KeyError or ValueError if the files are not sound.
    """
    described: dict[str, Any] = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    if tuple(described["risks"]) != RISKS:
        raise ValueError("the safety model was trained for other risks: train it again")
    with np.load(folder / "model.npz", allow_pickle=False) as stored:
        arrays = {name: stored[name].astype(np.float32) for name in stored.files}
    names = Head.__dataclass_fields__
    whole, part = (Head(**{name: arrays[f"{kind}_{name}"] for name in names}) for kind in ("whole", "part"))
    limits = (
        np.array([described[level][risk] for risk in RISKS], np.float32) for level in ("sure", "unsure")
    )
    model = SafetyModel(Encoder(), RiskReader(), whole, part, arrays["hints"], *limits)
    # Loads the encoder's weights now and not with the first resident's message, and fails now if anything is amiss.
    if not np.isfinite(model.score("Hello, is anybody there?", Screening())).all():
        raise ValueError("the safety model gives no numbers: train it again")
    return model
