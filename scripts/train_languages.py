"""Trains and measures the reader of languages: ``python -m scripts.train_languages [--measure]``.

Reads bot/data/languages/<language>.txt (one message a line, written or labelled by hand) and writes model.npz beside
them; with ``--measure`` it only measures the model that is there on tests/understanding/dev.jsonl. Deterministic.
"""

import json
import os
import sys
import time
from collections import Counter
from pathlib import Path
from statistics import median
from typing import Any

os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")

import numpy as np
from scipy.sparse import csr_matrix  # type: ignore[import-untyped]
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]

from bot.language_reader import (
    FOLDER,
    MODEL,
    SCRIPTS,
    LanguageReader,
    cut_pieces,
    find_script,
    load_language_reader,
)

DEVELOPMENT = Path(__file__).parents[1] / "tests/understanding/dev.jsonl"
# A piece that stands in one line only says more about that line than about its language.
FEWEST_LINES = 2
STRENGTH = 3.0
# English has twenty times as many lines as the others; their lines count double, and English still leads in doubt.
WEIGHT_OF_OTHERS = 2.0


def main() -> None:
    """Train, unless only measuring is asked for, and measure."""
    if "--measure" not in sys.argv[1:]:
        arrays: dict[str, Any] = {}
        for script, languages in SCRIPTS.items():
            arrays |= train(script, languages)
        np.savez_compressed(MODEL, **arrays)
    print(json.dumps(measure(load_language_reader()), ensure_ascii=False))


def train(script: str, languages: tuple[str, ...]) -> dict[str, Any]:
    """Return the arrays of the model of one script."""
    lines = [
        (cut_pieces(line), language)
        for language in languages
        for line in (FOLDER / f"{language}.txt").read_text(encoding="utf-8").splitlines()
        if find_script(line) == script or (script == "latin" and find_script(line) is None)
    ]
    lines_with = Counter(piece for pieces, _ in lines for piece in pieces)
    pieces = sorted(piece for piece, count in lines_with.items() if count >= FEWEST_LINES)
    column = {piece: index for index, piece in enumerate(pieces)}
    rows, columns, values = [], [], []
    for row, (found, _) in enumerate(lines):
        known = [column[piece] for piece in found if piece in column]
        rows += [row] * len(known)
        columns += known
        values += [1 / np.sqrt(max(len(known), 1))] * len(known)
    matrix = csr_matrix((values, (rows, columns)), shape=(len(lines), len(pieces)))
    truth = [language for _, language in lines]
    weight = [1.0 if language == "en" else WEIGHT_OF_OTHERS for language in truth]
    model = LogisticRegression(C=STRENGTH, max_iter=1000).fit(matrix, truth, weight)
    if tuple(model.classes_) != languages:
        raise ValueError(f"the languages of {script} script have to stand in order: {model.classes_}")
    return {
        f"{script}_pieces": np.frombuffer("\n".join(pieces).encode("utf-8"), dtype=np.uint8),
        f"{script}_weights": model.coef_.T.astype(np.float16),
        f"{script}_start": model.intercept_.astype(np.float32),
    }


def measure(reader: LanguageReader) -> dict[str, Any]:
    """Return, on the development split: the share read rightly by language, English read as another, and the time."""
    right: Counter[str] = Counter()
    of: Counter[str] = Counter()
    wrong: list[str] = []
    times = []
    for line in DEVELOPMENT.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        started = time.perf_counter()
        read = reader.read(entry["text"]).language
        times.append(time.perf_counter() - started)
        of[entry["lang"]] += 1
        right[entry["lang"]] += read == entry["lang"]
        if read not in (entry["lang"], None):
            wrong.append(f"{entry['lang']} read as {read}: {entry['text'][:60]}")
    return {
        "right": {language: round(right[language] / of[language], 3) for language in sorted(of)},
        "read_as_another": wrong,
        "median_ms": round(median(times) * 1000, 3),
        "longest_ms": round(max(times) * 1000, 3),
    }


if __name__ == "__main__":
    main()
