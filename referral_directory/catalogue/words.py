"""Searching by words: an index in arrays that knows synonyms and forgives slips.

A row's score is the share of the query that it holds: each word asked for counts by its rarity, as far as the row
holds it or something for it, with the saturation and length rule of BM25 (Robertson and Zaragoza, "The Probabilistic
Relevance Framework", 2009; k1 = 1.2, b = 0.75). A share says how good a match is by itself, where a sum of BM25
weights only says which of two is better; so it can be joined with other signs.
"""

import re
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import OSA

from referral_directory.catalogue.synonyms import SYNONYMS

K1, B = 1.2, 0.75
SYNONYM_WEIGHT = 0.6  # a synonym is a guess, so it counts less than the word itself
SLIP_WEIGHT = 0.85
MOST_WORDS = 40  # of a query; the rest of a long story adds nothing that the first forty words did not
# Words that slips are compared with, the commonest ones: with the same first letter, and with another.
MOST_SPELLINGS, COMMONEST = 60_000, 5_000
COMMON = frozenset(
    """a about an and are as at be been but by can cant cannot could do does dont for from get getting give go going
    got had has have help helps her him his hes how i if im in into is it its ive just leeds like me my near need
    needs no not now of off on or our out please she shes so some somebody someone something that the their them
    there they theyre this to too up us want was we were what when where which who will with would you your""".split()
)

Document = Sequence[tuple[str, float]]


@dataclass(frozen=True)
class WordIndex:
    """For each stem the rows that hold it, and how much (0 to 1): slices of `rows` and `shares` from `starts` on.

    `rarity` is the weight of each stem. Slips are read by whole words, the commonest first: `by_start` has them by
    first letter and length.
    """

    size: int
    numbers: dict[str, int]
    starts: np.ndarray
    rows: np.ndarray
    shares: np.ndarray
    rarity: np.ndarray
    by_start: dict[tuple[str, int], list[str]]
    commonest: list[str]
    known: frozenset[str]


@dataclass(frozen=True, slots=True)
class Term:
    """One word asked for: the stems that may stand for it, each with how well it does."""

    stems: tuple[tuple[str, float], ...]


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """A word without the commonest English endings: enough for names and needs, and no more."""
    for ending, rest in (("ies", "y"), ("sses", "ss"), ("ing", ""), ("es", ""), ("s", ""), ("ed", "")):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            return word[: -len(ending)] + rest
    return word


def split_words(text: str) -> list[str]:
    """The words of a text in small letters, with "food bank" and "top up" as one word, as people also write them."""
    text = text.casefold().replace("'", "").replace("’", "")
    if "food" in text:
        text = re.sub(r"\bfood[\s-]+bank", "foodbank", text)
    if "top" in text:
        text = re.sub(r"\btop(?:ped)?[\s-]+up", "topup", text)
    return re.findall(r"[^\W_]+", text)


def index_words(documents: Iterable[Document], everyday: frozenset[str] = frozenset()) -> WordIndex:
    """An index of documents, each a list of (text, weight): a word in a name weighs more than one in a sentence.

    `everyday` are words that nobody means as a slip of another.
    """
    numbers: dict[str, int] = {}
    terms, counts, totals, lengths = array("i"), array("f"), array("f"), array("i")
    seen: Counter[str] = Counter()
    for document in documents:
        count = _count(document, seen)
        for word, frequency in count.items():
            terms.append(numbers.setdefault(word, len(numbers)))
            counts.append(frequency)
        totals.append(sum(count.values()))
        lengths.append(len(count))
    return _arrange(numbers, terms, counts, totals, lengths, seen, everyday)


def read_terms(index: WordIndex, query: str) -> tuple[list[Term], str]:
    """What a query asks for, and the query with slips mended."""
    words = split_words(query)[:MOST_WORDS]
    mended = [mend(index, word) for word in words]
    terms = [
        _term(index, word, right) for word, right in zip(words, mended, strict=True) if right not in COMMON
    ]
    # "mind well" also looks for "mindwell".
    joined = (stem(one + other) for one, other in pairwise(words))
    terms += [Term(((one, 1.0),)) for one in joined if one in index.numbers]
    return [term for term in terms if term.stems], " ".join(mended)


def mend(index: WordIndex, word: str) -> str:
    """A word as it is meant: itself if anybody uses it, else the nearest that the catalogue or everyday speech has.

    One slip is allowed in up to seven letters (in three only with the first letter right), two in eight or more.
    """
    if (
        len(word) < 3
        or word.isdigit()
        or word in index.known
        or stem(word) in index.numbers
        or word in SYNONYMS
    ):
        return word
    slips = 2 if len(word) >= 8 else 1
    lengths = range(max(4, len(word) - slips), len(word) + slips + 1)
    # Most slips leave the first letter right; the others are looked for among the commonest words alone.
    alike = [other for length in lengths for other in index.by_start.get((word[0], length), ())]
    near = process.extractOne(word, alike, scorer=OSA.distance, score_cutoff=slips)
    if near is None and len(word) > 3:
        near = process.extractOne(word, index.commonest, scorer=OSA.distance, score_cutoff=slips)
    return near[0] if near is not None else word


def score_terms(index: WordIndex, terms: list[Term]) -> np.ndarray:
    """The share of the terms, by rarity, that each row holds: 0 to 1, one number a row."""
    scores = np.zeros(index.size, dtype=np.float32)
    whole = 0.0
    for term in terms:
        known = [(index.numbers[one], weight) for one, weight in term.stems if one in index.numbers]
        if not known:
            continue
        rarity = float(index.rarity[known[0][0]])
        whole += rarity
        if len(known) == 1:
            rows, shares = _postings(index, known[0][0])
            scores[rows] += rarity * known[0][1] * shares
            continue
        best = np.zeros(index.size, dtype=np.float32)
        for number, weight in known:
            rows, shares = _postings(index, number)
            best[rows] = np.maximum(best[rows], weight * shares)
        scores += rarity * best
    return scores / whole if whole else scores


def _postings(index: WordIndex, number: int) -> tuple[np.ndarray, np.ndarray]:
    begins, ends = index.starts[number], index.starts[number + 1]
    return index.rows[begins:ends], index.shares[begins:ends]


def _term(index: WordIndex, word: str, right: str) -> Term:
    stems = {stem(right): 1.0 if right == word else SLIP_WEIGHT}
    for other in split_words(SYNONYMS.get(right, "") or SYNONYMS.get(stem(right), "")):
        stems.setdefault(stem(other), SYNONYM_WEIGHT)
    return Term(tuple((one, weight) for one, weight in stems.items() if one in index.numbers))


def _count(document: Document, seen: Counter[str]) -> dict[str, float]:
    count: dict[str, float] = {}
    for text, weight in document:
        for word in split_words(text):
            if word not in COMMON:
                seen[word] += 1
                stemmed = stem(word)
                count[stemmed] = count.get(stemmed, 0.0) + weight
    return count


def _arrange(
    numbers: dict[str, int],
    terms: array[int],
    counts: array[float],
    totals: array[float],
    lengths: array[int],
    seen: Counter[str],
    everyday: frozenset[str],
) -> WordIndex:
    """The columns in order of stem, with rows and shares."""
    size = len(totals)
    of_term = np.frombuffer(terms, dtype=np.int32) if terms else np.empty(0, np.int32)
    frequency = np.frombuffer(counts, dtype=np.float32) if counts else np.empty(0, np.float32)
    total = np.frombuffer(totals, dtype=np.float32) if totals else np.empty(0, np.float32)
    rows = np.repeat(np.arange(size, dtype=np.int32), np.array(lengths, dtype=np.int32))
    mean = float(total.mean()) if size and total.any() else 1.0
    share = frequency / (frequency + K1 * (1 - B + B * total[rows] / mean))
    order = np.argsort(of_term, kind="stable")
    with_term = np.bincount(of_term, minlength=len(numbers)).astype(np.float64)
    rarity = np.log(1 + (size - with_term + 0.5) / (with_term + 0.5))
    ordered = [word for word, _ in seen.most_common(MOST_SPELLINGS)]
    plain = frozenset(word for word in everyday if word not in seen)
    return WordIndex(
        size=size,
        numbers=numbers,
        starts=np.concatenate([[0], np.cumsum(with_term)]).astype(np.int64),
        rows=rows[order],
        shares=share[order].astype(np.float32),
        rarity=rarity.astype(np.float32),
        by_start=_by_start([*ordered, *sorted(plain)]),
        commonest=[word for word in ordered[:COMMONEST] if len(word) > 3],
        known=plain,
    )


def _by_start(words: list[str]) -> dict[tuple[str, int], list[str]]:
    found: dict[tuple[str, int], list[str]] = {}
    for word in words:
        found.setdefault((word[0], len(word)), []).append(word)
    return found
