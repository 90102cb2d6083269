"""Trains the safety screen's model: ``python -m scripts.train_safety``. Deterministic; numpy only.

Reads bot/data/safety/train.jsonl (dangers, hard and ordinary negatives) and ordinary.jsonl (ordinary messages),
learns, writes model.npz and model.json, and lets ``scripts.choose_safety_limits`` choose the thresholds. The test
split is never read here. docs/decisions/0008-safety-screen.md says why it is made like this.
"""

import hashlib
import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

# Before numpy is loaded: with more threads the sums come out in another order, and other work is slowed down.
os.environ.update(OPENBLAS_NUM_THREADS="1")

import numpy as np
from tqdm import tqdm

from bot.safety import PatternScreen
from bot.safety_model import OUTPUTS, RISKS, SOFTNESS, list_hints
from bot.safety_parts import cut
from bot.safety_screen import FOLDER
from bot.safety_vectors import BATCH, SIZE, Encoder, Floats
from scripts.choose_safety_limits import write_limits

TRAINING = (FOLDER / "train.jsonl", FOLDER / "ordinary.jsonl")

# Chosen on the development split.
HIDDEN = 128
ROUNDS = 15
MESSAGES_A_STEP = 256
RATE = 1e-3
FORGOTTEN = 0.4  # the share of the hidden layer that is left out in each step (dropout)
SHRINKAGE = 0.3
DANGER_WEIGHT = 2.0  # a missed danger is worse than a false alarm

Weights = dict[str, Floats]


@dataclass(frozen=True)
class Messages:
    """Messages as numbers. `whole` and `part` are rows of `vectors`; message i has parts[i] parts from start[i] on."""

    vectors: Floats
    whole: np.ndarray
    part: np.ndarray
    start: np.ndarray
    parts: np.ndarray
    hints: Floats
    truth: Floats


def read_lines(files: tuple[Path, ...]) -> list[dict[str, Any]]:
    """Return the lines of all files: text, risk (a code or None) and kind."""
    return [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines() if line]


def hash_training_text(files: tuple[Path, ...] = TRAINING) -> str:
    """Return the SHA-256 of the training text, by which a test knows whether the model is of this text."""
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def read_messages(lines: list[dict[str, Any]], encoder: Encoder) -> Messages:
    """Return the messages as numbers; a text that occurs often is read once."""
    patterns = PatternScreen()
    parts = [cut(line["text"]) for line in lines]
    texts = sorted(
        {text for line, cuts in zip(lines, parts, strict=True) for text in (line["text"], *cuts)},
        key=_by_length,
    )
    batches = range(0, len(texts), BATCH)
    vectors = np.vstack(
        [encoder.encode(texts[at : at + BATCH]) for at in tqdm(batches, "Reading", file=sys.stderr)]
    )
    row = {text: number for number, text in enumerate(texts)}
    counts = np.array([len(cuts) for cuts in parts])
    truth = [[*(line["risk"] == risk for risk in RISKS), bool(line["risk"])] for line in lines]
    seen = zip(lines, counts, strict=True)
    return Messages(
        vectors=vectors,
        whole=np.array([row[line["text"]] for line in lines]),
        part=np.array([row[text] for cuts in parts for text in cuts]),
        start=np.cumsum(counts) - counts,
        parts=counts,
        hints=np.array([list_hints(patterns.screen(line["text"]), int(count)) for line, count in seen]),
        truth=np.array(truth, dtype=np.float32),
    )


def _by_length(text: str) -> tuple[int, str]:
    # Texts of one length together: the encoder then pads nothing; the text itself makes the order certain.
    return len(text), text


def train(messages: Messages) -> Weights:
    """Return weights learnt with Adam, cosine rate, dropout and decoupled shrinkage; vectors are standardised first."""
    chance = np.random.default_rng(20)
    weights = _start_weights(chance)
    means: Weights = {name: np.zeros_like(value) for name, value in weights.items()}
    squares: Weights = {name: np.zeros_like(value) for name, value in weights.items()}
    steps = ROUNDS * -(-len(messages.truth) // MESSAGES_A_STEP)
    progress = tqdm(total=steps, desc="Learning", file=sys.stderr)
    for _ in range(ROUNDS):
        order = chance.permutation(len(messages.truth))
        for at in range(0, len(order), MESSAGES_A_STEP):
            progress.update()
            step = progress.n
            rate = RATE * (1 + np.cos(np.pi * step / steps)) / 2
            for name, slope in _find_slopes(
                weights, messages, order[at : at + MESSAGES_A_STEP], chance
            ).items():
                means[name] += 0.1 * (slope - means[name])
                squares[name] += 0.001 * (slope * slope - squares[name])
                size = np.sqrt(squares[name] / (1 - 0.999**step)) + 1e-8
                weights[name] -= rate * means[name] / (1 - 0.9**step) / size
                if weights[name].ndim == 2 and name != "hints":
                    weights[name] *= 1 - rate * SHRINKAGE
    progress.close()
    return weights


def _start_weights(chance: np.random.Generator) -> Weights:
    weights: Weights = {"hints": np.zeros((2 * len(RISKS) + 2, OUTPUTS), np.float32)}
    for kind, bias in (("whole", -2.0), ("part", -1.0)):
        weights[f"{kind}_hidden"] = chance.normal(0, np.sqrt(2 / SIZE), (SIZE, HIDDEN)).astype(np.float32)
        weights[f"{kind}_hidden_bias"] = np.zeros(HIDDEN, np.float32)
        weights[f"{kind}_out"] = chance.normal(0, 0.3 / np.sqrt(HIDDEN), (HIDDEN, OUTPUTS)).astype(np.float32)
        weights[f"{kind}_straight"] = np.zeros((SIZE, OUTPUTS), np.float32)
        weights[f"{kind}_bias"] = np.full(OUTPUTS, bias, np.float32)
    return weights


class _Pass:
    """One head forward with dropout, and back again."""

    def __init__(self, kind: str, weights: Weights, vectors: Floats, chance: np.random.Generator) -> None:
        self._kind, self._weights, self._vectors = kind, weights, vectors
        inner = vectors @ weights[f"{kind}_hidden"] + weights[f"{kind}_hidden_bias"]
        kept = (chance.random(inner.shape, dtype=np.float32) > FORGOTTEN) / np.float32(1 - FORGOTTEN)
        self._open = kept * (inner > 0)
        self._inner = inner * self._open
        self.scores: Floats = (
            self._inner @ weights[f"{kind}_out"]
            + vectors @ weights[f"{kind}_straight"]
            + weights[f"{kind}_bias"]
        )

    def find_slopes(self, slope: Floats) -> Weights:
        inner = (slope @ self._weights[f"{self._kind}_out"].T) * self._open
        return {
            f"{self._kind}_hidden": self._vectors.T @ inner,
            f"{self._kind}_hidden_bias": inner.sum(axis=0),
            f"{self._kind}_out": self._inner.T @ slope,
            f"{self._kind}_straight": self._vectors.T @ slope,
            f"{self._kind}_bias": slope.sum(axis=0),
        }


def _find_slopes(
    weights: Weights, messages: Messages, chosen: np.ndarray, chance: np.random.Generator
) -> Weights:
    whole = _Pass("whole", weights, messages.vectors[messages.whole[chosen]], chance)
    cut_ones = np.flatnonzero(messages.parts[chosen])
    counts = messages.parts[chosen][cut_ones]
    firsts = np.cumsum(counts) - counts
    owner = np.repeat(np.arange(len(counts)), counts)
    rows = messages.start[chosen][cut_ones][owner] + np.arange(len(owner)) - firsts[owner]
    part = _Pass("part", weights, messages.vectors[messages.part[rows]], chance)
    # The soft maximum of `bot.safety_model`, over each message's own parts.
    highest = np.maximum.reduceat(part.scores, firsts)
    shares = np.exp((part.scores - highest[owner]) / SOFTNESS)
    sums = np.add.reduceat(shares, firsts)
    logits = whole.scores + messages.hints[chosen] @ weights["hints"]
    logits[cut_ones] += highest + SOFTNESS * np.log(sums)
    truth = messages.truth[chosen]
    slope = (1 / (1 + np.exp(-logits)) - truth) * np.where(truth > 0, DANGER_WEIGHT, 1) / len(chosen)
    slope = slope.astype(np.float32)
    return {
        "hints": messages.hints[chosen].T @ slope,
        **whole.find_slopes(slope),
        **part.find_slopes(slope[cut_ones][owner] * shares / sums[owner]),
    }


def standardise(messages: Messages) -> tuple[Floats, Floats]:
    """Bring the vectors to mean 0 and deviation 1 where they are; return the mean and deviation of the messages."""
    whole = messages.vectors[messages.whole]
    mean, deviation = whole.mean(axis=0), whole.std(axis=0) + np.float32(1e-4)
    # In place: a copy would be another 300 MB.
    messages.vectors[:] -= mean
    messages.vectors[:] /= deviation
    return mean, deviation


def take_raw_vectors(weights: Weights, mean: Floats, deviation: Floats) -> Weights:
    """Return the same weights for vectors that are not standardised, as half-precision numbers for the file."""
    raw = dict(weights)
    for kind in ("whole", "part"):
        for matrix, bias in (("hidden", "hidden_bias"), ("straight", "bias")):
            raw[f"{kind}_{matrix}"] = weights[f"{kind}_{matrix}"] / deviation[:, None]
            raw[f"{kind}_{bias}"] = weights[f"{kind}_{bias}"] - mean @ raw[f"{kind}_{matrix}"]
    return {name: value.astype(np.float16 if value.ndim == 2 else np.float32) for name, value in raw.items()}


def main() -> int:
    """Train, choose the thresholds, write the two files and print what the development split says."""
    started, encoder = time.monotonic(), Encoder()
    messages = read_messages(read_lines(TRAINING), encoder)
    mean, deviation = standardise(messages)
    weights = take_raw_vectors(train(messages), mean, deviation)
    np.savez_compressed(FOLDER / "model.npz", **cast(Any, weights))
    described = json.loads((FOLDER / "model.json").read_text(encoding="utf-8"))
    described["training_sha256"] = hash_training_text()
    (FOLDER / "model.json").write_text(json.dumps(described, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(write_limits(), indent=2))
    print(f"Trained in {time.monotonic() - started:.0f} s.", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
