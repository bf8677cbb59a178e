"""Paths walked through the states of a chain: every step with the journeys that took it.

A state is the last k touches of a journey (a k-gram); a path shorter than k is one state.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse  # type: ignore[import-untyped]

from measurement.errors import MeasurementError
from measurement.paths import Ints, Paths

_LARGEST_TABLE = 2**20
_LARGEST_CODE = 2**62


@dataclass(frozen=True)
class Walk:
    """Every step of every journey.

    Attributes:
        order: k; at most the longest path, beyond which nothing changes.
        touches: n x k codes of the channels that each transient state remembers, -1 beyond the
            end of a short path; row 0 is START, the others are in lexicographic order.
        source: the state that a step leaves.
        target: the state it enters; n is CONV, n + 1 is NULL.
        journeys: how many journeys took it.
        row: the path that it belongs to.
    """

    order: int
    touches: Ints
    source: Ints
    target: Ints
    journeys: Ints
    row: Ints

    def counts(self) -> sparse.csr_array:
        """Journeys by step, an n x (n + 2) sparse matrix of whole numbers."""
        size = len(self.touches)
        found = sparse.coo_array(
            (self.journeys, (self.source, self.target)), shape=(size, size + 2)
        ).tocsr()
        found.eliminate_zeros()
        return found


def walk(paths: Paths, order: int) -> Walk:
    """Walk through all paths that have a touch and a journey.

    Raises:
        MeasurementError: the order is below 1.
    """
    if order < 1:
        raise MeasurementError(
            expected="an order >= 1", found=str(order), remedy="use order 1 for single channels"
        )
    lengths = paths.lengths
    order = min(order, int(lengths.max(initial=1)))
    grams = np.where(lengths > 0, np.maximum(lengths - order + 1, 1), 0)
    row = np.repeat(np.arange(grams.size), grams)
    ends = np.cumsum(grams)
    position = paths.starts[row] + np.arange(row.size) - (ends - grams)[row]
    state, touches = _states(paths, order, row, position)
    size = len(touches)
    last = np.flatnonzero(np.diff(row, append=-1))
    first = np.flatnonzero(np.diff(row, prepend=-1))
    inner = np.flatnonzero(np.diff(row) == 0)
    ended = row[last]
    journeys = paths.conversions + paths.nulls
    return Walk(
        order=order,
        touches=touches,
        source=np.concatenate(
            (np.zeros(first.size, np.int64), state[inner], state[last], state[last])
        ),
        target=np.concatenate(
            (
                state[first],
                state[inner + 1],
                np.full(last.size, size),
                np.full(last.size, size + 1),
            )
        ),
        journeys=np.concatenate(
            (
                journeys[ended],
                journeys[row[inner]],
                paths.conversions[ended],
                paths.nulls[ended],
            )
        ),
        row=np.concatenate((ended, row[inner], ended, ended)),
    )


def _states(paths: Paths, order: int, row: Ints, position: Ints) -> tuple[Ints, Ints]:
    """The state of every k-gram, counted from 1 in lexicographic order, and their touches.

    A k-gram is a number whose digits are its touches; the end of a short path is the digit 0, so
    the numbers are in the order of the tuples. Numbers that grow too large are ranked anew.
    """
    base, limit = len(paths.channels) + 1, paths.starts[row + 1]
    digits = np.zeros((order, row.size), np.int64)
    number, span = np.zeros(row.size, np.int64), 1
    for ahead in range(order):
        inside = np.flatnonzero(position + ahead < limit)
        digits[ahead, inside] = paths.codes[position[inside] + ahead] + 1
        if span > _LARGEST_CODE // base:
            number, place = _ranked(number, span)
            span = place.size
        number, span = number * base + digits[ahead], span * base
    rank, place = _ranked(number, span)
    start = np.full((1, order), -1, np.int64)
    return rank + 1, np.concatenate((start, digits[:, place].T - 1))


def _ranked(numbers: Ints, span: int) -> tuple[Ints, Ints]:
    """Replace numbers below `span` by their ranks; also, for each rank, a place where it stands."""
    if span > _LARGEST_TABLE:
        _, place, rank = np.unique(numbers, return_index=True, return_inverse=True)
        return rank, place
    stands: NDArray[np.int64] = np.full(span, -1, np.int64)
    stands[numbers] = np.arange(numbers.size)
    present = np.flatnonzero(stands >= 0)
    ranks = np.zeros(span, np.int64)
    ranks[present] = np.arange(present.size)
    return ranks[numbers], stands[present]
