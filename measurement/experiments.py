"""Tests and intervals for randomised campaigns (fixed horizon, two arms)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf, sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats  # type: ignore[import-untyped]

from measurement.errors import MeasurementError

ENOUGH_CONVERSIONS = 100
SMALL_EXPECTED_COUNT = 5.0
SAMPLE_RATIO_ALPHA = 0.001


@dataclass(frozen=True)
class Interval:
    """An estimate with its confidence limits, in the unit of the estimate."""

    estimate: float
    lower: float
    upper: float


@dataclass(frozen=True)
class SampleRatio:
    """Result of a sample-ratio test; `is_mismatch` at alpha = 0.001."""

    p_value: float
    test: str
    is_mismatch: bool


def sample_ratio_test(treated: int, control: int, treated_share: float) -> SampleRatio:
    """Test that two arms were filled at their declared share.

    Pearson's chi-square with one degree of freedom; the exact two-sided binomial test where an
    expected count is below 5.

    Raises:
        MeasurementError: the share is not within (0, 1) or nobody was assigned.
    """
    assigned = treated + control
    if not 0.0 < treated_share < 1.0 or assigned == 0:
        raise MeasurementError(
            expected="a share within (0, 1) and at least one assigned customer",
            found=f"share {treated_share}, {assigned} assigned",
            remedy="test a campaign only when it has both arms",
        )
    expected = assigned * treated_share
    if min(expected, assigned - expected) < SMALL_EXPECTED_COUNT:
        test = "exact binomial"
        p_value = float(stats.binomtest(treated, assigned, treated_share).pvalue)
    else:
        test = "chi-square"
        chi_square = (treated - expected) ** 2 / expected
        chi_square += (control - (assigned - expected)) ** 2 / (assigned - expected)
        p_value = float(stats.chi2.sf(chi_square, 1))
    return SampleRatio(p_value, test, p_value < SAMPLE_RATIO_ALPHA)


def has_enough_data(converters: int, treated: int, control: int) -> bool:
    """The gate of intervals: (converters of both arms) * (share of the smaller arm) >= 100.

    It looks at both arms together, so that passing it says nothing about the effect.
    """
    assigned = treated + control
    return assigned > 0 and converters * min(treated, control) >= ENOUGH_CONVERSIONS * assigned


def rate_difference(
    converted_1: int, assigned_1: int, converted_2: int, assigned_2: int, level: float = 0.95
) -> Interval:
    """Difference of two independent rates with Newcombe's hybrid score interval.

    Newcombe, Statistics in Medicine 17, 1998, 873-890, method 10 (Wilson limits, no continuity
    correction).
    """
    one = wilson_interval(converted_1, assigned_1, level)
    two = wilson_interval(converted_2, assigned_2, level)
    difference = one.estimate - two.estimate
    below = sqrt((one.estimate - one.lower) ** 2 + (two.upper - two.estimate) ** 2)
    above = sqrt((one.upper - one.estimate) ** 2 + (two.estimate - two.lower) ** 2)
    return Interval(difference, difference - below, difference + above)


def wilson_interval(converted: int, assigned: int, level: float = 0.95) -> Interval:
    """A rate with Wilson's score limits (Wilson 1927).

    Raises:
        MeasurementError: the counts are not 0 <= converted <= assigned with assigned > 0.
    """
    if not 0 <= converted <= assigned or assigned == 0:
        raise MeasurementError(
            expected="0 <= converted <= assigned, assigned > 0",
            found=f"{converted} of {assigned}",
            remedy="count each customer once, by assignment",
        )
    z = float(stats.norm.ppf(0.5 + level / 2))
    rate = converted / assigned
    centre = rate + z * z / (2 * assigned)
    half = z * sqrt(rate * (1 - rate) / assigned + z * z / (4 * assigned * assigned))
    scale = 1 + z * z / assigned
    return Interval(rate, (centre - half) / scale, (centre + half) / scale)


def mean_difference(
    treated: ArrayLike, control: ArrayLike, cap: float | None = None, level: float = 0.95
) -> Interval:
    """Difference of means with Welch's interval (Welch 1947; Satterthwaite's degrees of freedom).

    With `cap`, amounts are first cut to it; the estimand is then the capped effect.

    Raises:
        MeasurementError: an arm has fewer than two values.
    """
    arms = [np.asarray(arm, dtype=np.float64) for arm in (treated, control)]
    if min(arm.size for arm in arms) < 2:
        raise MeasurementError(
            expected="at least two amounts in each arm",
            found=" and ".join(str(arm.size) for arm in arms),
            remedy="show no interval before the gate is met",
        )
    capped = arms if cap is None else [np.minimum(arm, cap) for arm in arms]
    difference = float(capped[0].mean() - capped[1].mean())
    errors = [float(arm.var(ddof=1)) / arm.size for arm in capped]
    if sum(errors) == 0.0:
        return Interval(difference, difference, difference)
    half = sqrt(sum(errors)) * _t_quantile(errors, [arm.size for arm in capped], level)
    return Interval(difference, difference - half, difference + half)


def minimum_detectable_effect(
    base_rate: float, treated: int, control: int, alpha: float = 0.05, power: float = 0.8
) -> float:
    """Smallest rise of a rate that two arms show with the given power, in rate points.

    Solves d = z(1-alpha/2) sqrt(p'(1-p')(1/n1+1/n2)) + z(power) sqrt(p1(1-p1)/n1 + p0(1-p0)/n2)
    for d, p1 = p0 + d and p' the pooled rate (Fleiss, Levin & Paik, Statistical Methods for Rates
    and Proportions, 3rd ed., 4.2). Returns infinity where no rise to a rate of 1 is enough.

    Raises:
        MeasurementError: the rate is not within [0, 1) or an arm is empty.
    """
    if not 0.0 <= base_rate < 1.0 or min(treated, control) < 1:
        raise MeasurementError(
            expected="a base rate within [0, 1) and two arms with customers",
            found=f"rate {base_rate}, arms {treated} and {control}",
            remedy="take the base rate from the control arm or from an earlier cycle",
        )
    z_alpha, z_power = (float(stats.norm.ppf(q)) for q in (1 - alpha / 2, power))

    def missing(rise: float) -> float:
        raised = base_rate + rise
        pooled = (treated * raised + control * base_rate) / (treated + control)
        null = sqrt(pooled * (1 - pooled) * (1 / treated + 1 / control))
        alternative = raised * (1 - raised) / treated + base_rate * (1 - base_rate) / control
        return rise - z_alpha * null - z_power * sqrt(alternative)

    return _first_root(missing, 1.0 - base_rate)


def _t_quantile(errors: Sequence[float], sizes: Sequence[int], level: float) -> float:
    spread = sum(error**2 / (size - 1) for error, size in zip(errors, sizes, strict=True))
    return float(stats.t.ppf(0.5 + level / 2, sum(errors) ** 2 / spread))


def _first_root(missing: Callable[[float], float], highest: float) -> float:
    if missing(highest) < 0:
        return inf
    low, high = 0.0, highest
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if missing(middle) < 0 else (low, middle)
    return high
