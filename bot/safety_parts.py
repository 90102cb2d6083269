"""Cuts a message into its sentences and clauses: danger is often one clause buried in an ordinary story."""

import re

# The full stops, commas and question marks of all our languages, and the small words that string troubles together.
_SENTENCE_END = re.compile(r"[.!?;\n…؟۔。！？；]+")
_CLAUSE_END = re.compile(
    r"[.!?;\n…؟۔。！？；:,،，、]+|\s[-–—]\s|\b(?:and|but|also|plus|then|because|cos|coz|so)\b", re.IGNORECASE
)
SHORTEST_WORDS = 2
# Chinese writes no spaces: there a part is long enough by its characters.
SHORTEST_CHARACTERS = 4
MOST_PARTS = 24


def cut(text: str) -> list[str]:
    """Return the sentences and clauses of a message, each once, at most MOST_PARTS; none if it is only one."""
    parts: dict[str, None] = {}
    for boundary in (_SENTENCE_END, _CLAUSE_END):
        found = [part.strip() for part in boundary.split(text)]
        found = [part for part in found if _long_enough(part)]
        if len(found) > 1:
            parts.update(dict.fromkeys(found))
    parts.pop(text, None)
    return list(parts)[:MOST_PARTS]


def _long_enough(part: str) -> bool:
    return len(part.split()) >= SHORTEST_WORDS or (not part.isascii() and len(part) >= SHORTEST_CHARACTERS)
