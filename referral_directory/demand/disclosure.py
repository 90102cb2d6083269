"""The disclosure rule: noise by cell key, hide small figures, round the rest to 5.

The order is that of the NHS rule for hospital statistics (hide 1 to 7, round to 5, totals rounded by themselves)
after noise by the cell-key method of the Office for National Statistics; the noise table is our own. Zero is
hidden too: a shown zero would say for certain that nobody asked, and is a fixed point to subtract from.

Published figures are arrays of integers in which HIDDEN stands for `[c]`.
"""

import hashlib

import numpy as np
from numpy.typing import NDArray

Figures = NDArray[np.int64]

RECORD_KEYS = 256
BASE = 5
HIDE_UP_TO = 7
HIDDEN = -1
_SPREAD = (-2,) * 32 + (-1,) * 64 + (0,) * 64 + (1,) * 64 + (2,) * 32
# Keys of parts add up to the key of their total. Scattered by a hash, the noise of the total cannot be guessed
# from that of its parts, as it could if neighbouring keys had the same noise.
_SCATTERED = sorted(range(RECORD_KEYS), key=lambda key: hashlib.sha256(bytes([key])).digest())
# Our noise table, one entry a cell key: mean 0, variance 1.5, never more than 2 either way. It is the same for
# every count but 0, which gets no noise because nobody is there to protect. Small counts are hidden anyway.
NOISE = tuple(noise for _, noise in sorted(zip(_SCATTERED, _SPREAD, strict=True)))
MOST_NOISE = max(NOISE)
REACH = MOST_NOISE + BASE // 2  # how far a shown figure can be from the truth
# Two versions of a figure may differ by this only if more than one enquiry was added or taken away: one enquiry
# moves a shown figure by at most 1 + 2 * REACH = 9.
CORRECTION_STEP = 10
FIRST_SHOWN = 10
NO_LIMIT = 10**12

# What is known of a figure beside its value: made by the rule; withheld though large, to protect another;
# kept from an earlier version.
PLAIN, WITHHELD, KEPT = 0, 1, 2

_NOISE = np.array(NOISE, dtype=np.int64)


def perturb(counts: Figures, keys: Figures) -> Figures:
    """Counts with the noise of their cell keys (0 to 255); the same count and key always give the same."""
    return np.where(counts > 0, np.maximum(counts + _NOISE[keys % RECORD_KEYS], 0), 0)


def publish(counts: Figures, keys: Figures) -> Figures:
    """The figures to publish, each from its own count and key; totals are cells like any other."""
    noisy = perturb(counts, keys)
    rounded = (noisy + BASE // 2) // BASE * BASE
    return np.where(noisy <= HIDE_UP_TO, HIDDEN, rounded)


def correct(old: Figures, new: Figures) -> tuple[Figures, Figures]:
    """The figures of a corrected version, and marks (PLAIN or KEPT).

    A figure is replaced only if it moves by CORRECTION_STEP or more; a hidden one counts as up to 10. So no
    correction can show that one enquiry was added or taken away.
    """
    before = np.where(old == HIDDEN, FIRST_SHOWN, old)
    after = np.where(new == HIDDEN, FIRST_SHOWN, new)
    moved = (np.abs(after - before) >= CORRECTION_STEP) & (old != new)
    return np.where(moved, new, old), np.where(moved, PLAIN, KEPT).astype(np.int64)


def bounds(figures: Figures, marks: Figures) -> tuple[Figures, Figures]:
    """What anybody can conclude from single figures: the least and greatest true counts."""
    slack = np.where(marks == KEPT, CORRECTION_STEP - BASE, 0)
    # A kept hidden figure can stand for a new one of up to 15.
    most_hidden = np.where(
        marks == KEPT, FIRST_SHOWN + CORRECTION_STEP - BASE + REACH, HIDE_UP_TO + MOST_NOISE
    )
    low = np.where(figures == HIDDEN, 0, np.maximum(figures - REACH - slack, 0))
    high = np.where(figures == HIDDEN, most_hidden, figures + REACH + slack)
    # A kept figure can also stand for a hidden one when it is 15 or less.
    low = np.where((marks == KEPT) & (figures < FIRST_SHOWN + CORRECTION_STEP), 0, low)
    return np.where(marks == WITHHELD, 0, low), np.where(marks == WITHHELD, NO_LIMIT, high)


def percent(part: int | None, whole: int | None) -> int | None:
    """A whole percentage of two published figures; None if either is hidden."""
    if part is None or whole is None or whole <= 0:
        return None
    return min(100, round(100 * part / whole))
