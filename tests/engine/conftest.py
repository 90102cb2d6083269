"""These tests run in Rasa's environment, from the project's root: make test runs them there."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
