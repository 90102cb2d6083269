"""What a search in words asks for: its place, its words with slips mended, the needs it speaks of, and its meaning."""

from dataclasses import dataclass, field

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import OSA

from referral_directory.catalogue.index import Index
from referral_directory.catalogue.meaning import encode_query, get_reader, likeness, read_needs
from referral_directory.catalogue.words import Term, read_terms, score_terms, split_words
from referral_directory.place_tables import Place, Tables, plain_name
from referral_directory.places import find_place
from referral_directory.postcodes import find_postcodes

# The cosines of sentence vectors that count as nothing alike, and as the same.
UNLIKE, ALIKE = 0.15, 0.6
# A word that names a place says where, not what; but names of services hold places too.
PLACE_WORDS = 0.35
LONGEST_PLACE = 4
# Matches below this share of the best, or this weak by themselves, are not shown.
LEAST_SHARE, LEAST = 0.3, 0.05
# Words between what is wanted and where.
BEFORE_PLACE = frozenset("in at near by around on from of for to the".split())


@dataclass(frozen=True, slots=True)
class Question:
    """A search in words. `place_terms` are the words that named the place."""

    terms: list[Term]
    place_terms: list[Term] = field(default_factory=list)
    needs: dict[str, float] = field(default_factory=dict)
    vector: np.ndarray | None = None


def split_place(tables: Tables, words: str) -> tuple[Place | None, str, str]:
    """The place that a search names, the words that name it, and the rest: "debt advice in Armley" -> (Armley,
    "armley", "debt advice"). Without a place: None, "" and all of it.
    """
    if find_postcodes(words):
        answer = find_place(tables, words)
        place = answer.place or (answer.options[0] if answer.options else None)
        if place is not None:
            return place, "", _without_postcodes(words)
    parts = [_mend_place(tables, part) for part in plain_name(words).split()]
    for length in range(min(LONGEST_PLACE, len(parts)), 0, -1):
        for start in range(len(parts) - length, -1, -1):
            phrase = " ".join(parts[start : start + length])
            if phrase in tables.names:
                before = parts[:start]
                while before and before[-1] in BEFORE_PLACE:
                    before.pop()
                return tables.names[phrase][0], phrase, " ".join([*before, *parts[start + length :]])
    return None, "", words


def read_question(index: Index, words: str, place_words: str = "") -> Question:
    """What `words` ask for; `place_words` are those that named the place, and are not among them."""
    terms, mended = read_terms(index.words, words)
    place_terms = read_terms(index.words, place_words)[0] if place_words else []
    if not mended.strip():
        return Question(terms, place_terms)
    vector = encode_query(mended)
    return Question(terms, place_terms, read_needs(vector), vector)


def score_question(index: Index, question: Question) -> np.ndarray:
    """How well each entry answers a question, 0 to 1: the mean of three signs, each 0 to 1.

    They are the share of its words that the entry holds, the chance that it speaks of the entry's needs, and how alike
    the meanings are.
    """
    scores = score_terms(index.words, question.terms)
    by_need = np.zeros(len(index.entries), dtype=np.float32)
    for code, chance in question.needs.items():
        if code in index.by_need:
            need = index.by_need[code]
            by_need[need.rows] += np.float32(chance) * need.strengths
    scores += np.minimum(by_need, 1.0)
    if question.vector is not None and index.meanings.digests:
        alike = likeness(index.meanings, question.vector)
        scores += np.clip((alike - UNLIKE) / (ALIKE - UNLIKE), 0.0, 1.0)
    if question.place_terms:
        scores *= 1 + PLACE_WORDS * score_terms(index.words, question.place_terms)
    return np.asarray(scores / 3, dtype=np.float32)


def rows_that_answer(scores: np.ndarray) -> np.ndarray:
    """The entries worth showing, in no order."""
    best = float(scores.max(initial=0.0))
    return (
        np.flatnonzero(scores >= max(LEAST, LEAST_SHARE * best)) if best >= LEAST else np.empty(0, np.int64)
    )


def _mend_place(tables: Tables, word: str) -> str:
    """A word, or the area of one word that it misspells: one slip in six letters, two in nine, the first one right."""
    if len(word) < 6 or word in tables.names or word in get_reader().words:
        return word
    slips = 2 if len(word) >= 9 else 1
    near = process.extract(word, tables.names.keys(), scorer=OSA.distance, score_cutoff=slips, limit=3)
    return next((name for name, _, _ in near if name[0] == word[0] and " " not in name), word)


def _without_postcodes(words: str) -> str:
    """The words of a text that have no digit in them: a postcode's halves both do."""
    return " ".join(word for word in split_words(words) if not any(letter.isdigit() for letter in word))
