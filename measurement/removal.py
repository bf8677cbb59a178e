"""Rewards of an absorbing chain when states are removed, by direct solves.

With M = (I - Q)^-1 over the transient states and M r the expected rewards, removing a set R leaves
x' = x - M[:, E] M[E, E]^-1 x[E] on the states that stay, where E holds the states of R that are
entered from outside R (Schur complement of the block E). If E is small that takes |E| solves with
the factors of the whole system; if it is large, factorising the smaller system is cheaper.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from scipy import sparse  # type: ignore[import-untyped]
from scipy.sparse.linalg import splu  # type: ignore[import-untyped]

# solves that cost as much as a factorisation, in multiples of its entries per state (measured)
SOLVES_PER_FACTORISATION = 0.8

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


def expected_rewards(
    start: Floats, transitions: sparse.csr_array, rewards: Floats, removals: Iterable[Mask]
) -> Floats:
    """Expected rewards from the start, first of the whole chain, then without each set of states.

    Args:
        start: probabilities of the first state, length n.
        transitions: n x n sparse matrix of probabilities between the transient states, from each
            of which the chain can end.
        rewards: expected reward on leaving a state for good, n x m.
        removals: masks of length n; who enters a removed state gets nothing.

    Returns:
        one row of m rewards for the whole chain and one for each removal.
    """
    if not start.size:
        return np.zeros((1 + sum(1 for _ in removals), rewards.shape[1]))
    system = _Absorption(start, transitions, rewards)
    return np.array([system.whole(), *map(system.without, removals)])


class _Absorption:
    """The factorised system of a chain."""

    def __init__(self, start: Floats, transitions: sparse.csr_array, rewards: Floats) -> None:
        self._start, self._rewards = start, rewards
        self._into = transitions.T.tocsr()
        self._system = (sparse.eye_array(start.size) - transitions).tocsc()
        self._factors = splu(self._system)
        self._expected: Floats = self._factors.solve(rewards)
        self._order: NDArray[np.int64] = np.argsort(self._factors.perm_c)  # keeps factors sparse
        self._fill = self._factors.nnz / start.size

    def whole(self) -> Floats:
        rewards: Floats = self._start @ self._expected
        return rewards

    def without(self, removed: Mask) -> Floats:
        share = 1 - removed.mean()
        inflow = self._into @ ~removed
        entered = np.flatnonzero(removed & (inflow > 0))
        if entered.size < SOLVES_PER_FACTORISATION * self._fill * share**2:
            return self._corrected(removed, entered)
        return self._solved_anew(removed)

    def _corrected(self, removed: Mask, entered: NDArray[np.int64]) -> Floats:
        start = np.where(removed, 0.0, self._start)
        rewards: Floats = start @ self._expected
        if entered.size:
            columns = np.zeros((start.size, entered.size), order="F")
            columns[entered, np.arange(entered.size)] = 1.0
            visits = self._factors.solve(columns)
            lost = np.linalg.solve(visits[entered], self._expected[entered])
            rewards = rewards - (start @ visits) @ lost
        return rewards

    def _solved_anew(self, removed: Mask) -> Floats:
        kept = self._order[~removed[self._order]]
        if not kept.size:
            return np.zeros(self._rewards.shape[1])
        factors = splu(_square(self._system, kept), permc_spec="NATURAL")
        rewards: Floats = self._start[kept] @ factors.solve(self._rewards[kept])
        return rewards


def _square(matrix: sparse.csc_array, kept: NDArray[np.int64]) -> sparse.csc_array:
    """The same rows and columns of a matrix, in the order given."""
    columns = matrix[:, kept]
    place = np.full(matrix.shape[0], -1, dtype=columns.indices.dtype)
    place[kept] = np.arange(kept.size)
    rows = place[columns.indices]
    stays = rows >= 0
    ends = np.concatenate(([0], np.cumsum(stays)))[columns.indptr].astype(columns.indptr.dtype)
    return sparse.csc_array((columns.data[stays], rows[stays], ends), shape=(kept.size, kept.size))
