"""Shapley values of channels (Shapley 1953; for journeys Zhao, Mahboobi & Bagheri 2018)."""

from collections.abc import Mapping
from itertools import combinations
from math import factorial, lcm

from measurement.apportionment import CREDIT_UNITS, apportion
from measurement.errors import MeasurementError
from measurement.paths import PathCount, channels_of

MOST_PLAYERS = 16


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


def shapley_set_credits(paths: list[PathCount]) -> dict[str, int]:
    """Closed form for v(S) = conversions of journeys whose channel set lies within S.

    Each conversion is split equally over its distinct channels. Credits are whole units of 1e-9
    conversions and add up to the conversions with a touch exactly.
    """
    touched = [path for path in paths if path.channels and path.conversions]
    channels = channels_of(path for path in paths if path.channels)
    whole = lcm(*(len(set(path.channels)) for path in touched))
    weights = dict.fromkeys(channels, 0)
    for path in touched:
        distinct = set(path.channels)
        for channel in distinct:
            weights[channel] += path.conversions * whole // len(distinct)
    total = CREDIT_UNITS * sum(path.conversions for path in touched)
    return dict(zip(channels, apportion(total, list(weights.values())), strict=True))


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
