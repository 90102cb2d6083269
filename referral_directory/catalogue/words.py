"""Searching by words: a small BM25 index that knows synonyms and forgives slips.

BM25 as in Robertson and Zaragoza, "The Probabilistic Relevance Framework" (2009), with the usual k1 = 1.2, b
= 0.75. Meaning (sentence vectors) is to be added beside it: score_rows is the seam, its scores can be blended
with others.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from rapidfuzz import process
from rapidfuzz.distance import OSA

from referral_directory.catalogue.synonyms import SYNONYMS

K1, B = 1.2, 0.75
SYNONYM_WEIGHT = 0.6  # a synonym is a guess, so it counts less than the word itself
SLIP_WEIGHT = 0.8
MOST_WORDS = 40  # of a query; the rest of a long story adds nothing that the first forty words did not
COMMON = frozenset(
    """a an and are at be can could do for from get give going got had has have help helps how i if im in is
    it its ive just me my near need needs no not now of on or our out please so some that the their them there
    they this to
    us want was we what when where who will with would you your""".split()
)


@dataclass(frozen=True)
class WordIndex:
    """For each stem the rows that hold it with their BM25 weights."""

    postings: dict[str, list[tuple[int, float]]]
    stems: list[str]


def stem(word: str) -> str:
    """A word without the commonest English endings: enough for names and needs, and no more."""
    for ending, rest in (("ies", "y"), ("sses", "ss"), ("ing", ""), ("es", ""), ("s", ""), ("ed", "")):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            return word[: -len(ending)] + rest
    return word


def split_words(text: str) -> list[str]:
    """The words of a text in small letters, with "food bank" and "top up" as one word, as people also write
    them.
    """
    text = text.casefold().replace("'", "").replace("’", "")
    text = re.sub(r"\bfood[\s-]+bank", "foodbank", text)
    text = re.sub(r"\btop(?:ped)?[\s-]+up", "topup", text)
    return re.findall(r"[^\W_]+", text)


def index_words(documents: Sequence[Sequence[tuple[str, float]]]) -> WordIndex:
    """An index of documents, each a list of (text, weight): a word in a name weighs more than one in a
    sentence.
    """
    counts: list[Counter[str]] = []
    for document in documents:
        count: Counter[str] = Counter()
        for text, weight in document:
            for word in split_words(text):
                if word not in COMMON:
                    count[stem(word)] += weight  # type: ignore[assignment]
        counts.append(count)
    mean = sum(count.total() for count in counts) / max(len(counts), 1) or 1.0
    postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
    rows_with = Counter(word for count in counts for word in count)
    for row, count in enumerate(counts):
        length = K1 * (1 - B + B * count.total() / mean)
        for word, frequency in count.items():
            rarity = math.log(1 + (len(counts) - rows_with[word] + 0.5) / (rows_with[word] + 0.5))
            postings[word].append((row, rarity * frequency * (K1 + 1) / (frequency + length)))
    return WordIndex(dict(postings), sorted(postings))


def score_rows(index: WordIndex, query: str) -> dict[int, float]:
    """How well each row matches, as a share of the best (1.0); rows that do not match are left out."""
    scores: dict[int, float] = defaultdict(float)
    for word, weight in _expand(index, query).items():
        for row, score in index.postings.get(word, ()):
            scores[row] += weight * score
    best = max(scores.values(), default=0.0)
    return {row: score / best for row, score in scores.items()} if best else {}


def _expand(index: WordIndex, query: str) -> dict[str, float]:
    """The stems to look for and how much each counts."""
    wanted: dict[str, float] = {}
    words = split_words(query)[:MOST_WORDS]
    # "mind well" also looks for "mindwell".
    for joined in map("".join, pairwise(words)):
        if stem(joined) in index.postings:
            wanted[stem(joined)] = 1.0
    for word in words:
        if word in COMMON:
            continue
        known = _known(index, word)
        if known is not None:
            weight = 1.0 if known == stem(word) else SLIP_WEIGHT
            wanted[known] = max(wanted.get(known, 0.0), weight)
        for other in split_words(SYNONYMS.get(word, "") or SYNONYMS.get(stem(word), "")):
            wanted.setdefault(stem(other), SYNONYM_WEIGHT)
    return wanted


def _known(index: WordIndex, word: str) -> str | None:
    """The indexed stem for a word, allowing one slip in four letters and two in eight."""
    wanted = stem(word)
    if wanted in index.postings:
        return wanted
    if len(wanted) < 4 or word in SYNONYMS:
        return None
    slips = 2 if len(wanted) >= 8 else 1
    found = process.extractOne(wanted, index.stems, scorer=OSA.distance, score_cutoff=slips)
    return found[0] if found else None
