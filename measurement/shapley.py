"""Shapley values of channels (Shapley 1953; for journeys Zhao, Mahboobi & Bagheri 2018)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from math import factorial, lcm, sqrt

import numpy as np

from measurement.apportionment import CREDIT_UNITS, round_shares
from measurement.errors import MeasurementError
from measurement.paths import Ints, PathCount, Paths, as_paths

MOST_PLAYERS = 16

ValueFunction = Callable[[frozenset[str]], float]


@dataclass(frozen=True)
class Sampled:
    """An estimated Shapley value with its standard error, in the unit of the value function."""

    value: float
    standard_error: float


def shapley_values(value: Mapping[frozenset[str], float]) -> dict[str, float]:
    """Exact Shapley values of a value function given for every coalition.

    phi(c) = sum over S without c of |S|! (n - |S| - 1)! / n! * (v(S + c) - v(S)); v of the empty
    coalition is 0 unless given.

    Raises:
        MeasurementError: a coalition is missing, or there are more than 16 players.
    """
    players = sorted(frozenset().union(*value))
    _check_coalitions(value, players)
    worth = {frozenset(): 0.0, **value}
    result = {}
    for player in players:
        others = [other for other in players if other != player]
        result[player] = sum(
            _weight(size, len(players)) * (worth[frozenset(s) | {player}] - worth[frozenset(s)])
            for size in range(len(players))
            for s in combinations(others, size)
        )
    return result


def sampled_shapley_values(
    value: ValueFunction, players: Sequence[str], permutations: int = 1000, seed: int = 0
) -> dict[str, Sampled]:
    """Shapley values of any value function, estimated from random orders of the players.

    In each order a player gets what it adds to those before it; the mean over the orders is
    unbiased (Castro, Gomez & Tejada, Computers & Operations Research 36, 2009). The values add up
    to v(all) - v(nobody) in every order, so exactly but for rounding. Each coalition is asked once.

    Args:
        value: v(S) for any set of players, the empty one included.
        players: their names; the result does not depend on their order.
        permutations: random orders to draw, at least 2.
        seed: of the random orders; the same seed gives the same numbers.

    Raises:
        MeasurementError: fewer than two permutations, which have no standard error.
    """
    if permutations < 2:
        raise MeasurementError(
            expected="at least 2 permutations",
            found=str(permutations),
            remedy="draw more; the standard error falls with their square root",
        )
    names, worth = sorted(set(players)), cache(value)
    random = np.random.default_rng(seed)
    added = np.zeros((permutations, len(names)))
    for row in added:
        before: frozenset[str] = frozenset()
        for place in random.permutation(len(names)).tolist():
            after = before | {names[place]}
            row[place] = worth(after) - worth(before)
            before = after
    errors = added.std(axis=0, ddof=1) / sqrt(permutations)
    found = zip(names, added.mean(axis=0).tolist(), errors.tolist(), strict=True)
    return {name: Sampled(mean, error) for name, mean, error in found}


def conversion_rate(paths: Iterable[PathCount] | Paths) -> ValueFunction:
    """v(S) = share of converting journeys among those whose channels all lie within S.

    0 where there is no such journey; journeys without a touch are left out.
    """
    touched = as_paths(paths).touched()
    sets = [frozenset(text.split("\n")) for text in touched.texts("\n")]
    journeys = (touched.conversions + touched.nulls).tolist()
    ended = list(zip(sets, touched.conversions.tolist(), journeys, strict=True))

    def rate(coalition: frozenset[str]) -> float:
        within = [(won, seen) for channels, won, seen in ended if channels <= coalition]
        seen = sum(seen for _, seen in within)
        return sum(won for won, _ in within) / seen if seen else 0.0

    return rate


def shapley_set_credits(paths: Iterable[PathCount] | Paths) -> dict[str, int]:
    """Closed form for v(S) = conversions of journeys whose channel set lies within S.

    Each conversion is split equally over its distinct channels. Credits are whole units of 1e-9
    conversions and add up to the conversions with a touch exactly; ties in code point order.
    """
    every = as_paths(paths)
    return _split_over_sets(every, every.conversions, CREDIT_UNITS)


def shapley_set_values(paths: Iterable[PathCount] | Paths) -> dict[str, int]:
    """The same for v(S) = value of those conversions, in whole units; it may be negative."""
    every = as_paths(paths)
    return _split_over_sets(every, every.values, 1)


def _split_over_sets(paths: Paths, amounts: Ints, units: int) -> dict[str, int]:
    width = max(len(paths.channels), 1)
    row, code = np.divmod(np.unique(paths.rows * width + paths.codes), width)
    distinct = np.bincount(row, minlength=amounts.size)
    sizes = np.unique(distinct[distinct > 0]).tolist()
    shares = np.zeros((len(paths.channels), max(sizes, default=0) + 1), np.int64)
    np.add.at(shares, (code, distinct[row]), amounts[row])
    whole = lcm(*sizes)
    numerators = [
        units * sum(amount * (whole // size) for size, amount in enumerate(by_size) if amount)
        for by_size in shares.tolist()
    ]
    return dict(zip(paths.channels, round_shares(numerators, whole), strict=True))


def _weight(size: int, players: int) -> float:
    return factorial(size) * factorial(players - size - 1) / factorial(players)


def _check_coalitions(value: Mapping[frozenset[str], float], players: list[str]) -> None:
    needed = 2 ** len(players) - 1
    given = len([coalition for coalition in value if coalition])
    if len(players) > MOST_PLAYERS or given != needed:
        raise MeasurementError(
            expected=f"a value for each coalition of at most {MOST_PLAYERS} players",
            found=f"{given} values for {len(players)} players",
            remedy="give all coalitions, or use the closed form on paths",
        )
