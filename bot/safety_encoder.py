"""What the small fine-tuned encoder hears in an English message: the second opinion of the safety screen.

The model in ``encoder/`` is shared with the language engine and made by ``scripts.train_encoder``; it reads the message
as a whole, word by word, where the sentence vectors see only sums. docs/decisions/0010-fine-tuned-encoder.md has the
measurements.
"""

import json
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from bot.safety import ORDER
from bot.safety_vectors import Floats

FOLDER = Path(__file__).parents[1] / "encoder"
LONGEST_TOKENS = 200
# Letters up to here are Latin; of any other script the encoder knows nothing.
LAST_LATIN = "\u024f"
FEWEST_LATIN = 0.7


class RiskReader:
    """Scores English messages. Loads 23 MB of weights when it is made; one thread, the same answer every time."""

    def __init__(self, folder: Path = FOLDER) -> None:
        """Raises OSError, KeyError or ValueError if the files are not sound."""
        labels = json.loads((folder / "encoder.json").read_text(encoding="utf-8"))["labels"]
        self._outputs = [labels.index(risk) for risk in ORDER] + [labels.index("any_risk")]
        self._english = labels.index("english")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        model = (folder / "encoder.onnx").read_bytes()
        self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(LONGEST_TOKENS)
        self._tokenizer.no_padding()

    def score(self, text: str) -> Floats | None:
        """Return the log-odds of each risk and of any risk (7), or None if the message is not English."""
        letters = [letter for letter in text if letter.isalpha()]
        if sum(letter <= LAST_LATIN for letter in letters) <= FEWEST_LATIN * len(letters):
            return None
        ids = np.array([self._tokenizer.encode(text).ids], dtype=np.int64)
        scores: Floats = self._session.run(None, {"ids": ids, "mask": np.ones_like(ids)})[0][0]
        return scores[self._outputs] if scores[self._english] > 0 else None
