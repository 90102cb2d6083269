"""Chooses the two thresholds of each risk for the safety screen: ``python -m scripts.choose_safety_limits``.

To be run again when the model, the encoder or the text of the development split has changed; training runs it itself.
Reads the development splits in tests/understanding (safety_dev.jsonl, safety_dev_2.jsonl, safety_ordinary_dev.jsonl),
and never the test split.
"""

import itertools
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
DEVELOPMENT = tuple(
    SPLITS / f"{name}.jsonl" for name in ("safety_dev", "safety_dev_2", "safety_ordinary_dev")
)

Limits = dict[str, dict[str, float]]

# The largest shares of false alarms, hard and ordinary, up to which thresholds may sink.
ALARMS = {"sure": (0.05, 0.0075), "unsure": (0.20, 0.10)}
HIGHEST, STEP = 8.0, 0.1
STEPS = (0.1, 0.2, 0.4, 0.8, 1.6)
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

    "Sure" is to find as much as it can for its alarms, "unsure" is to leave no risk behind for the sake of the sum.
    """
    chosen = {"sure": _sink_where_it_pays(scored), "unsure": _sink_the_weakest(scored)}
    return {level: dict(zip(RISKS, limits, strict=True)) for level, limits in chosen.items()}


def _sink_where_it_pays(scored: Scored) -> list[float]:
    """Lower again and again the threshold that finds most for the share of the allowed alarms that it takes."""
    hard_share, ordinary_share = ALARMS["sure"]
    hard, ordinary = scored.pick(["hard"]), scored.pick(["ordinary"])
    dangers = np.vstack([scored.pick_risk(risk) for risk in RISKS])
    limits = np.full(len(RISKS), HIGHEST)

    def weigh(lower: np.ndarray) -> tuple[float, float]:
        spent = _alarms(hard, lower) / hard_share, _alarms(ordinary, lower) / ordinary_share
        return _alarms(dangers, lower), sum(spent) if max(spent) <= 1 else np.inf

    while True:
        found, spent = weigh(limits)
        steps = []
        # A longer step can reach what the shortest does not, and of two that find nothing it is the better one.
        for step, risk in itertools.product(STEPS, range(len(RISKS))):
            lower = limits - step * np.eye(len(RISKS))[risk]
            more, cost = weigh(lower)
            if np.isfinite(cost) and lower[risk] >= LOWEST:
                steps.append(((more - found + 1e-6 * step) / (cost - spent + 1e-3), lower))
        if not steps:
            return [round(float(limit), 2) for limit in limits]
        limits = max(steps, key=lambda each: each[0])[1]


def _sink_the_weakest(scored: Scored) -> list[float]:
    """Lower always the threshold of the risk that is found least often, as long as the allowed alarms last."""
    hard_share, ordinary_share = ALARMS["unsure"]
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
