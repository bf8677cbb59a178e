"""Rule-based credit on aggregated paths: the reference that the SQL models are tested against.

Paths carry no times, so time decay and last non-direct touch exist only in the warehouse.
"""

from collections.abc import Callable, Iterable
from fractions import Fraction

from measurement.paths import PathCount

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
