"""How hard a text is to read: a warning for whoever wrote it, and no proof of anything.

The Flesch-Kincaid grade (Kincaid and others, 1975) plus five is about an age in England. Syllables are counted by
groups of vowels with a few corrections: not exact, and enough for a warning.
"""

import re

# Plain English for the public is written for a reading age of nine; above this a text is looked at again.
AGE_TO_WARN_FROM = 12.5
SENTENCE = re.compile(r"[.!?:]+(?:\s|$)|\n{2,}|\n[-#*]")
WORD = re.compile(r"[A-Za-z]+(?:['’][a-z]+)?")
# What is read out as it stands, and is no word: web addresses.
ADDRESS = re.compile(r"(?:https?://)?[\w-]+(?:\.[\w-]+)+(?:/\S*)?")
VOWELS = re.compile(r"[aeiouy]+")


def reading_age(text: str) -> float | None:
    """About which age can read a text; None for fewer than 20 words, of which nothing can be said."""
    plain = ADDRESS.sub("", text)
    words = WORD.findall(plain)
    if len(words) < 20:
        return None
    sentences = sum(1 for part in SENTENCE.split(plain) if WORD.search(part))
    syllables = sum(count_syllables(word) for word in words)
    grade = 0.39 * len(words) / max(1, sentences) + 11.8 * syllables / len(words) - 15.59
    return round(grade + 5, 1)


def count_syllables(word: str) -> int:
    """About how many syllables a word has; letters of an abbreviation are one each."""
    if word.isupper() and 1 < len(word) <= 4:
        return len(word)
    plain = re.sub(r"[^a-z]", "", word.lower())
    count = len(VOWELS.findall(plain))
    if plain.endswith("e") and not plain.endswith(("le", "ee", "ye", "oe")):
        count -= 1
    if plain.endswith(("ed", "es")) and not plain.endswith(
        ("ted", "ded", "ses", "zes", "ches", "shes", "ges", "ces", "ies", "ees")
    ):
        count -= 1
    # "create", "science", "being": two vowels that are two sounds.
    count += len(re.findall(r"eat[eio]|ience|iet|eing|ious(?<!cious)(?<!tious)", plain))
    return max(1, count)
