"""Reads English messages with the small transformer that was fine-tuned on this project's own text.

The model (``encoder/``) is MiniLM-L6 with one output a need, a risk, "any need", "any risk" and "this is English".
``scripts/train_encoder.py`` is its recipe; docs/decisions/0010-fine-tuned-encoder.md says what it is worth.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import List, Text

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

FOLDER = Path(__file__).parents[1] / "encoder"
LONGEST_TOKENS = 200
ANY_NEED = "any_need"
ENGLISH = "english"


class TextEncoder:
    """Scores messages. Loads 23 MB of weights when it is made; one thread, the same answer every time."""

    def __init__(self, folder: Path = FOLDER) -> None:
        described = json.loads((folder / "encoder.json").read_text(encoding="utf-8"))
        self.labels: List[Text] = described["labels"]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(folder / "encoder.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(LONGEST_TOKENS)
        self._tokenizer.no_padding()

    def log_odds(self, text: Text) -> np.ndarray:
        """Returns the log-odds of each of ``labels`` for one message."""
        ids = np.array([self._tokenizer.encode(text).ids], dtype=np.int64)
        scores: np.ndarray = self._session.run(None, {"ids": ids, "mask": np.ones_like(ids)})[0][0]
        return scores


def reads(text: Text) -> bool:
    """Whether the text is in a script that the encoder knows at all."""
    letters = [character for character in text if character.isalpha()]
    return bool(letters) and sum(character < "\u0250" for character in letters) > 0.7 * len(letters)
