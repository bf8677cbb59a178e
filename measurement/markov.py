"""Absorbing Markov chains of order k over journeys, solved exactly.

States are START, the k-grams of a path (a path shorter than k is one state), CONV and NULL.
Sources: Archak, Mirrokni & Muthukrishnan, "Mining advertiser-specific user behavior using
adfactors", WWW 2010; Anderl, Becker, von Wangenheim & Schumann, "Mapping the customer journey",
International Journal of Research in Marketing 33(3), 2016.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse  # type: ignore[import-untyped]
from scipy.sparse.linalg import spsolve  # type: ignore[import-untyped]

from measurement.errors import MeasurementError
from measurement.paths import PathCount, channels_of

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
        states: the n transient states, START first, then in code point order.
        channels: the channels of the paths in code point order.
        transitions: n x n sparse matrix of probabilities between transient states.
        to_conversion: probability of converting next, length n.
        mean_value: mean value of the conversions that end in a state, length n (0 where none do).
        counts: journeys seen on each step, absorbing states included.
    """

    order: int
    states: tuple[State, ...]
    channels: tuple[str, ...]
    transitions: Any
    to_conversion: Floats
    mean_value: Floats
    counts: dict[tuple[State, State], int]


def fit_chain(paths: Iterable[PathCount], order: int = 1) -> MarkovChain:
    """Estimate the chain from aggregated paths; empty paths (no touch) are left out.

    Raises:
        MeasurementError: the order is below 1.
    """
    if order < 1:
        raise MeasurementError(
            expected="an order >= 1", found=str(order), remedy="use order 1 for single channels"
        )
    touched = [path for path in paths if path.channels]
    counts: Counter[tuple[State, State]] = Counter()
    values: Counter[State] = Counter()
    for path in touched:
        states = [START, *_grams(path.channels, order)]
        for step in pairwise(states):
            counts[step] += path.conversions + path.nulls
        counts[states[-1], CONVERSION] += path.conversions
        counts[states[-1], NULL] += path.nulls
        values[states[-1]] += path.value
    return _chain(order, channels_of(touched), +counts, values)


def conversion_probability(chain: MarkovChain, without: str | None = None) -> float:
    """P(CONV) from START; with `without`, every state holding that channel leads to NULL."""
    return _expected(chain, chain.to_conversion, without)


def expected_value(chain: MarkovChain, without: str | None = None) -> float:
    """Expected value of a journey: the reward of reaching CONV from s is the mean value there."""
    return _expected(chain, chain.to_conversion * chain.mean_value, without)


def removal_effects(chain: MarkovChain) -> dict[str, float]:
    """1 - P(CONV without c) / P(CONV) for every channel c; all 0 where nothing converts."""
    return _effects(chain, chain.to_conversion)


def value_removal_effects(chain: MarkovChain) -> dict[str, float]:
    """The removal effects on the expected value instead of the probability."""
    return _effects(chain, chain.to_conversion * chain.mean_value)


def _grams(channels: tuple[str, ...], order: int) -> list[State]:
    if len(channels) <= order:
        return [channels]
    return [channels[i : i + order] for i in range(len(channels) - order + 1)]


def _chain(
    order: int,
    channels: Sequence[str],
    counts: Counter[tuple[State, State]],
    values: Counter[State],
) -> MarkovChain:
    seen = {state for step in counts for state in step} - {START, CONVERSION, NULL}
    states = (START, *sorted(seen))
    index = {state: i for i, state in enumerate(states)}
    leaving: Counter[State] = Counter()
    for (source, _), count in counts.items():
        leaving[source] += count
    inner = [(s, t, n) for (s, t), n in sorted(counts.items()) if t in index]
    rows, columns = [index[s] for s, _, _ in inner], [index[t] for _, t, _ in inner]
    shares = [n / leaving[s] for s, _, n in inner]
    matrix = sparse.csr_matrix((shares, (rows, columns)), shape=(len(states), len(states)))
    converted = [counts[state, CONVERSION] for state in states]
    return MarkovChain(
        order=order,
        states=states,
        channels=tuple(channels),
        transitions=matrix,
        to_conversion=_ratio(converted, [leaving[state] for state in states]),
        mean_value=_ratio([values[state] for state in states], converted),
        counts=dict(counts),
    )


def _ratio(numerators: Sequence[int], denominators: Sequence[int]) -> Floats:
    pairs = zip(numerators, denominators, strict=True)
    return np.array([a / b if b else 0.0 for a, b in pairs], dtype=np.float64)


def _effects(chain: MarkovChain, reward: Floats) -> dict[str, float]:
    everything = _expected(chain, reward, None)
    if everything == 0.0:
        return dict.fromkeys(chain.channels, 0.0)
    return {c: 1.0 - _expected(chain, reward, c) / everything for c in chain.channels}


def _expected(chain: MarkovChain, reward: Floats, without: str | None) -> float:
    """Solve (I - Q) x = reward over the states that stay, and read x at START."""
    kept = [i for i, s in enumerate(chain.states) if s == START or without not in s]
    transitions = chain.transitions[kept][:, kept]
    system = sparse.identity(len(kept), format="csc") - transitions.tocsc()
    return float(np.atleast_1d(spsolve(system, reward[kept]))[0])
