"""Absorbing Markov chains of order k over journeys, solved exactly.

States are START, the k-grams of a path (a path shorter than k is one state), CONV and NULL.
Sources: Archak, Mirrokni & Muthukrishnan, "Mining advertiser-specific user behavior using
adfactors", WWW 2010; Anderl, Becker, von Wangenheim & Schumann, "Mapping the customer journey",
International Journal of Research in Marketing 33(3), 2016.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse  # type: ignore[import-untyped]

from measurement.paths import Ints, PathCount, Paths, as_paths
from measurement.removal import expected_rewards
from measurement.walks import walk

State = tuple[str, ...]
Floats = NDArray[np.float64]

START: State = ("(start)",)
CONVERSION: State = ("(conversion)",)
NULL: State = ("(null)",)


@dataclass(frozen=True)
class MarkovChain:
    """A fitted chain.

    Attributes:
        order: k, the number of touches a state remembers.
        channels: the channels of the paths in code point order.
        touches: n x k codes of the channels that each transient state holds, -1 for none; row 0
            is START.
        counts: n x (n + 2) sparse matrix of the journeys seen on each step; the last two columns
            are CONV and NULL.
        values: value of the conversions that end in a state, length n.
    """

    order: int
    channels: tuple[str, ...]
    touches: Ints
    counts: sparse.csr_array
    values: Ints

    @cached_property
    def states(self) -> tuple[State, ...]:
        """The n transient states, START first, then in code point order."""
        named = (
            tuple(self.channels[code] for code in row if code >= 0)
            for row in self.touches[1:].tolist()
        )
        return (START, *named)

    @cached_property
    def transitions(self) -> sparse.csr_array:
        """The n x n sparse matrix of probabilities between transient states."""
        size = len(self.touches)
        inner = self.counts[:, :size].astype(np.float64)
        inner.data /= np.repeat(self._leaving, np.diff(inner.indptr))
        return inner

    @cached_property
    def to_conversion(self) -> Floats:
        """Probability of converting next, length n."""
        return _ratio(self._converted, self._leaving)

    @cached_property
    def mean_value(self) -> Floats:
        """Mean value of the conversions that end in a state, length n (0 where none do)."""
        return _ratio(self.values, self._converted)

    @cached_property
    def expectations(self) -> Floats:
        """P(CONV) and expected value from START: row 0 of all channels, then without each one."""
        return expected_rewards(
            self.transitions[[0]].toarray().ravel()[1:],
            self.transitions[1:][:, 1:],
            np.column_stack((self.to_conversion, self.to_conversion * self.mean_value))[1:],
            [(self.touches[1:] == code).any(axis=1) for code in range(len(self.channels))],
        )

    @cached_property
    def _leaving(self) -> Ints:
        return np.asarray(self.counts.sum(axis=1), dtype=np.int64).ravel()

    @cached_property
    def _converted(self) -> Ints:
        column: Ints = self.counts[:, [len(self.touches)]].toarray().ravel()
        return column


def fit_chain(paths: Iterable[PathCount] | Paths, order: int = 1) -> MarkovChain:
    """Estimate the chain from aggregated paths; paths without a touch or a journey are left out.

    Raises:
        MeasurementError: the order is below 1.
    """
    every = as_paths(paths)
    seen = every.select((every.lengths > 0) & (every.conversions + every.nulls > 0))
    steps = walk(seen, order)
    size = len(steps.touches)
    values = np.zeros(size, np.int64)
    is_last = steps.target == size
    np.add.at(values, steps.source[is_last], seen.values[steps.row[is_last]])
    return MarkovChain(order, every.channels, steps.touches, steps.counts(), values)


def conversion_probability(chain: MarkovChain, without: str | None = None) -> float:
    """P(CONV) from START; with `without`, every state holding that channel leads to NULL."""
    return float(chain.expectations[_row(chain, without), 0])


def expected_value(chain: MarkovChain, without: str | None = None) -> float:
    """Expected value of a journey: the reward of reaching CONV from s is the mean value there."""
    return float(chain.expectations[_row(chain, without), 1])


def removal_effects(chain: MarkovChain) -> dict[str, float]:
    """1 - P(CONV without c) / P(CONV) for every channel c; all 0 where nothing converts."""
    return _effects(chain, 0)


def value_removal_effects(chain: MarkovChain) -> dict[str, float]:
    """The removal effects on the expected value instead of the probability."""
    return _effects(chain, 1)


def _effects(chain: MarkovChain, column: int) -> dict[str, float]:
    everything, *without = chain.expectations[:, column].tolist()
    if everything == 0.0:
        return dict.fromkeys(chain.channels, 0.0)
    pairs = zip(chain.channels, without, strict=True)
    return {channel: 1.0 - left / everything for channel, left in pairs}


def _row(chain: MarkovChain, without: str | None) -> int:
    return 0 if without is None else 1 + chain.channels.index(without)


def _ratio(numerators: Ints, denominators: Ints) -> Floats:
    shares: Floats = np.divide(
        numerators,
        denominators,
        out=np.zeros(numerators.size),
        where=denominators != 0,
    )
    return shares
