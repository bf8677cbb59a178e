"""Rule-based credit on aggregated paths: the reference that the SQL models are tested against.

Paths carry no times, so time decay and last non-direct touch exist only in the warehouse.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from math import lcm

import numpy as np

from measurement.apportionment import CREDIT_UNITS, apportion, apportion_rows
from measurement.paths import Ints, PathCount, Paths

Rule = Callable[[int], list[Fraction]]


def first_touch(touches: int) -> list[Fraction]:
    """All credit to the first of n touches."""
    return [Fraction(1), *[Fraction(0)] * (touches - 1)]


def last_touch(touches: int) -> list[Fraction]:
    """All credit to the last of n touches."""
    return [*[Fraction(0)] * (touches - 1), Fraction(1)]


def linear(touches: int) -> list[Fraction]:
    """1/n to each of n touches."""
    return [Fraction(1, touches)] * touches


def position_based(touches: int) -> list[Fraction]:
    """0.4 first, 0.4 last, 0.2 shared by the middle; renormalised where there is no middle."""
    if touches <= 2:
        return linear(touches)
    ends, middle = Fraction(2, 5), Fraction(1, 5) / (touches - 2)
    return [ends, *[middle] * (touches - 2), ends]


def credit_by_channel(paths: Iterable[PathCount], rule: Rule) -> dict[str, Fraction]:
    """Exact credit of each channel: conversions of a path split by the rule over its touches."""
    credit: dict[str, Fraction] = {}
    for path in paths:
        if not path.channels:
            continue
        for channel, weight in zip(path.channels, rule(len(path.channels)), strict=True):
            credit[channel] = credit.get(channel, Fraction(0)) + path.conversions * weight
    return credit


def rule_units(paths: Paths, rule: Rule) -> tuple[Ints, Ints]:
    """Credit in units of 1e-9 conversions and value of each channel, both exact in sum.

    Every conversion is split by largest remainder, ties in touch order, as the warehouse splits
    it; the value of a path is split likewise, all its conversions together.
    """
    credits = np.zeros(len(paths.channels), np.int64)
    values = np.zeros(len(paths.channels), np.int64)
    lengths = paths.lengths
    for length in np.unique(lengths[lengths > 0]).tolist():
        weights = _whole(rule(length))
        rows = np.flatnonzero(lengths == length)
        codes = paths.codes[paths.starts[rows][:, None] + np.arange(length)]
        units = np.array(apportion(CREDIT_UNITS, weights), np.int64)
        np.add.at(credits, codes, paths.conversions[rows][:, None] * units)
        np.add.at(values, codes, apportion_rows(paths.values[rows], weights))
    return credits, values


def _whole(weights: list[Fraction]) -> list[int]:
    """The same weights as whole numbers without a common divisor."""
    denominator = lcm(*(weight.denominator for weight in set(weights)))
    return [int(weight * denominator) for weight in weights]
