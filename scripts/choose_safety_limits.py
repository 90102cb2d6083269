"""Chooses the two thresholds of each risk for the safety screen: ``python -m scripts.choose_safety_limits``.

To be run again when the model, the encoder or the text of the development split has changed; training runs it itself.
Reads tests/understanding/safety_dev.jsonl and safety_ordinary_dev.jsonl, and never the test split.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from bot.safety import PatternScreen
from bot.safety_model import RISKS, load_model
from bot.safety_screen import FOLDER, decide
from bot.safety_vectors import Floats
from scripts.safety_eval import Line, report

SPLITS = Path(__file__).parents[1] / "tests/understanding"
DEVELOPMENT = (SPLITS / "safety_dev.jsonl", SPLITS / "safety_ordinary_dev.jsonl")

Limits = dict[str, dict[str, float]]

# The largest shares of false alarms, hard and ordinary, up to which thresholds may sink.
ALARMS = {"sure": (0.05, 0.0075), "unsure": (0.20, 0.10)}
HIGHEST, STEP = 8.0, 0.1
# Below these log-odds nothing is flagged: for one risk alone to sink deeper finds little and alarms many.
LOWEST = -3.5


@dataclass(frozen=True)
class Scored:
    """The scores (messages x RISKS) of messages and the lines they are of."""

    scores: Floats
    lines: Sequence[dict[str, Any]]

    def pick(self, kinds: Sequence[str]) -> Floats:
        """Return the scores of the messages of some kinds."""
        return self.scores[[line["kind"] in kinds for line in self.lines]]

    def pick_risk(self, risk: str) -> Floats:
        """Return the scores of the messages of one risk."""
        return self.scores[[line["risk"] == risk for line in self.lines]]

    def measure(self, limits: Limits) -> dict[str, Any]:
        """Return the figures of `make safety-eval` at these thresholds."""
        sure, unsure = (
            np.array([limits[level][risk] for risk in RISKS], np.float32) for level in ("sure", "unsure")
        )
        found = (decide(scores, sure, unsure) for scores in self.scores)
        lines = zip(self.lines, found, strict=True)
        return report([Line(line["text"], line["risk"], line["kind"], None, seen) for line, seen in lines])


def choose_limits(scored: Scored) -> Limits:
    """Return the thresholds of each level and risk: as low as the false alarms of ALARMS allow.

    Always the risk that is found least often is helped next, so that none is left behind for the sake of the sum.
    """
    return {level: dict(zip(RISKS, _sink(scored, *shares), strict=True)) for level, shares in ALARMS.items()}


def _sink(scored: Scored, hard_share: float, ordinary_share: float) -> list[float]:
    hard, ordinary = scored.pick(["hard"]), scored.pick(["ordinary"])
    dangers = [scored.pick_risk(risk) for risk in RISKS]
    limits = np.full(len(RISKS), HIGHEST)
    stuck = np.zeros(len(RISKS), bool)
    while not stuck.all():
        found = np.array([_alarms(of_risk, limits) for of_risk in dangers])
        weakest = int(np.argmin(np.where(stuck, np.inf, found)))
        lower = limits.copy()
        lower[weakest] -= STEP
        if (
            _alarms(hard, lower) > hard_share
            or _alarms(ordinary, lower) > ordinary_share
            or lower[weakest] < LOWEST
        ):
            stuck[weakest] = True
        else:
            limits = lower
    return [round(float(limit), 2) for limit in limits]


def _alarms(scores: Floats, limits: np.ndarray) -> float:
    return float((scores >= limits).any(axis=1).mean())


def write_limits() -> dict[str, Any]:
    """Choose the thresholds for the model in bot/data/safety, write them into it and return the figures."""
    lines = [
        json.loads(line) for file in DEVELOPMENT for line in file.read_text("utf-8").splitlines() if line
    ]
    model, patterns = load_model(FOLDER), PatternScreen()
    scores = [
        model.score(line["text"], patterns.screen(line["text"]))
        for line in tqdm(lines, "Scoring", file=sys.stderr)
    ]
    scored = Scored(np.array(scores), lines)
    limits = choose_limits(scored)
    described = {**json.loads((FOLDER / "model.json").read_text("utf-8")), **limits}
    (FOLDER / "model.json").write_text(json.dumps(described, indent=2) + "\n", encoding="utf-8")
    return scored.measure(limits)


if __name__ == "__main__":
    print(json.dumps(write_limits(), indent=2))
