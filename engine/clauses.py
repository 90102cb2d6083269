"""Cuts a message into clauses, because in a long story the need is often one clause of many."""

from __future__ import annotations

import re
from typing import List, Text

# Sentence ends, commas and dashes, and the small words with which people string their troubles together.
_BREAK = re.compile(
    r"[.!?;:\n…]+|,|\s[-–]\s|\b(?:and|but|also|plus|then|because|cos|coz|so)\b", re.IGNORECASE
)
SHORTEST_CLAUSE_WORDS = 2
MOST_CLAUSES = 16


def clauses(text: Text) -> List[Text]:
    """Returns the clauses of ``text``, at most ``MOST_CLAUSES``; none when the text is a single clause."""
    found = [part.strip() for part in _BREAK.split(text)]
    found = [part for part in found if len(part.split()) >= SHORTEST_CLAUSE_WORDS]
    return found[:MOST_CLAUSES] if len(found) > 1 else []
