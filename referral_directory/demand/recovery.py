"""Recovering hidden figures, as an attacker would who knows the rule and the noise table.

Two attacks. `narrow` combines any number of sums (row and column totals, weeks that make four weeks, wards that
make a committee) by passing bounds along until nothing changes. `table_ranges` is exact for one table with
totals: such a table is a flow from rows to columns, so the least and greatest value of a cell, in whole
numbers, follow from how much flow can be sent round it (Gusfield, "A graph theoretic approach to statistical
data security", SIAM Journal on Computing 17, 1988). The tests compare it with a linear program.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from referral_directory.demand.disclosure import NO_LIMIT, Figures

# A hidden count known to within plus or minus 2 has at most five possible values.
NARROW = 4
_ROUNDS = 200


@dataclass(frozen=True, slots=True)
class Sum:
    """The unknown `total` is the sum of the unknowns `parts`, all given by their index."""

    total: int
    parts: tuple[int, ...]


def narrow(low: Figures, high: Figures, sums: Sequence[Sum]) -> tuple[Figures, Figures]:
    """Bounds after passing them along all sums until nothing changes (at most 200 rounds)."""
    low, high = low.copy(), high.copy()
    if not sums:
        return low, high
    totals = np.array([each.total for each in sums])
    parts = np.concatenate([each.parts for each in sums]).astype(np.int64)
    lengths = np.array([len(each.parts) for each in sums])
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    owner = np.repeat(np.arange(len(sums)), lengths)
    for _ in range(_ROUNDS):
        before = low.copy(), high.copy()
        least, most = np.add.reduceat(low[parts], starts), np.add.reduceat(high[parts], starts)
        np.maximum.at(low, totals, least)
        np.minimum.at(high, totals, most)
        np.maximum.at(low, parts, low[totals][owner] - (most[owner] - high[parts]))
        np.minimum.at(high, parts, high[totals][owner] - (least[owner] - low[parts]))
        if np.array_equal(before[0], low) and np.array_equal(before[1], high):
            break
    return low, high


def table_ranges(counts: Figures, low: Figures, high: Figures, cells: Sequence[tuple[int, int]]) -> list[int]:
    """How many values besides its own each cell can have, counted up to NARROW + 1.

    The arrays have totals in their last row and column; `counts` is the truth, from which the flow starts.
    """
    capacity = _residual(counts, low, high)
    rows = len(counts)
    widths = []
    for row, column in cells:
        start, end = row, rows + column
        forward, backward = capacity[start, end], capacity[end, start]
        # The cell's own arc is the one whose flow is asked about.
        capacity[start, end] = capacity[end, start] = 0
        up = _flow(capacity, end, start, min(int(forward), NARROW + 1))
        down = _flow(capacity, start, end, min(int(backward), NARROW + 1 - up))
        capacity[start, end], capacity[end, start] = forward, backward
        widths.append(up + down)
    return widths


def _residual(counts: Figures, low: Figures, high: Figures) -> Figures:
    """How much each arc can still carry. Row i is node i, column j is node rows + j; totals are such nodes too.

    A total of row i is the arc (i, total column) run backwards, and so on, which makes every equation of the
    table the balance of one node: what leaves a row to its columns comes back from its total.
    """
    rows, columns = counts.shape
    capacity = np.zeros((rows + columns, rows + columns), dtype=np.int64)
    more, less = np.minimum(high - counts, NO_LIMIT), counts - low
    inner = np.ones_like(counts, dtype=bool)
    inner[-1, :-1] = inner[:-1, -1] = False
    # Inner cells and the grand total run from row to column, the two edges from column to row.
    capacity[:rows, rows:] = np.where(inner, more, less)
    capacity[rows:, :rows] = np.where(inner, less, more).T
    return capacity


def _flow(capacity: Figures, source: int, sink: int, wanted: int) -> int:
    """How much of `wanted` can be sent from source to sink; `capacity` is left as it was."""
    sent, left = 0, capacity
    while sent < wanted:
        came_from = _find_path(left, source, sink)
        if came_from is None:
            break
        if left is capacity:
            left = capacity.copy()
        path, node = [], sink
        while node != source:
            path.append((came_from[node], node))
            node = came_from[node]
        amount = min(wanted - sent, *(int(left[arc]) for arc in path))
        for before, after in path:
            left[before, after] -= amount
            left[after, before] += amount
        sent += amount
    return sent


def _find_path(capacity: Figures, source: int, sink: int) -> dict[int, int] | None:
    came_from, waiting = {source: source}, deque([source])
    unseen = np.ones(len(capacity), dtype=bool)
    unseen[source] = False
    while waiting:
        node = waiting.popleft()
        found = np.flatnonzero((capacity[node] > 0) & unseen)
        unseen[found] = False
        for after in found.tolist():
            came_from[after] = node
            if after == sink:
                return came_from
            waiting.append(after)
    return None
