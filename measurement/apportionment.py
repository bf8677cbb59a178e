"""Exact splits: whole units divided in proportion to whole weights."""

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from measurement.errors import MeasurementError

CREDIT_SCALE = 9
CREDIT_UNITS = 10**CREDIT_SCALE
WEIGHT_SCALE = 12


def apportion(total: int, weights: Sequence[int]) -> list[int]:
    """Split `total` units by largest remainder; the parts add up to `total` exactly.

    Every part gets the floor of its exact quota; the units left over go to the largest
    remainders, ties in the order given (Hamilton's method). Integer arithmetic throughout, so
    the result does not depend on the machine. A negative total is split as its absolute value.

    Args:
        total: units to hand out (credits: 1e-9 conversions; values: minor units).
        weights: whole weights >= 0, at least one of them positive unless `total` is 0.

    Raises:
        MeasurementError: a weight is negative, or nothing can receive the units.
    """
    whole = sum(weights)
    if any(weight < 0 for weight in weights) or (whole == 0 and total != 0):
        raise MeasurementError(
            expected="weights >= 0 with a positive sum",
            found=f"{len(weights)} weights, smallest {min(weights, default=0)}, sum {whole}",
            remedy="keep what has no weight in a row of its own, such as `(no touch)`",
        )
    if whole == 0:
        return [0] * len(weights)
    sign = -1 if total < 0 else 1
    quotas = [divmod(abs(total) * weight, whole) for weight in weights]
    parts = [floor for floor, _ in quotas]
    left_over = abs(total) - sum(parts)
    by_remainder = sorted(range(len(weights)), key=lambda i: (-quotas[i][1], i))
    for i in by_remainder[:left_over]:
        parts[i] += 1
    return [sign * part for part in parts]


def apportion_rows(totals: NDArray[np.int64], weights: Sequence[int]) -> NDArray[np.int64]:
    """Split each of m totals by the same n weights: `apportion`, row by row, as an m x n array.

    Exact as long as every weight and their sum stay below 2**31.
    """
    shares = np.array(weights, dtype=np.int64)
    whole = int(shares.sum())
    quotient, rest = np.divmod(np.abs(totals)[:, None], whole)
    floors, remainders = np.divmod(rest * shares, whole)
    parts = quotient * shares + floors
    left_over = np.abs(totals) - parts.sum(axis=1)
    by_remainder = np.argsort(-remainders, axis=1, kind="stable")
    gets_one = np.arange(shares.size) < left_over[:, None]
    np.put_along_axis(
        parts, by_remainder, np.take_along_axis(parts, by_remainder, axis=1) + gets_one, axis=1
    )
    return parts * np.sign(totals)[:, None]


def round_shares(numerators: Sequence[int], denominator: int) -> list[int]:
    """Round exact shares numerator / denominator, whose sum is whole, so that the sum stays.

    Largest remainder over floors, ties in the order given; shares may be negative.
    """
    floors = [divmod(numerator, denominator) for numerator in numerators]
    parts = [floor for floor, _ in floors]
    left_over = sum(numerators) // denominator - sum(parts)
    by_remainder = sorted(range(len(parts)), key=lambda i: (-floors[i][1], i))
    for i in by_remainder[:left_over]:
        parts[i] += 1
    return parts


def whole_weights(shares: Sequence[float]) -> list[int]:
    """Round real weights to whole units of 1e-12, so that splits are the same everywhere."""
    return [round(share * 10**WEIGHT_SCALE) for share in shares]


def as_credit(units: int) -> Decimal:
    """Turn units of 1e-9 into a credit with nine decimals."""
    return Decimal(units).scaleb(-CREDIT_SCALE)
