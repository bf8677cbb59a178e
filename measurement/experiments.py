"""Tests and intervals for randomised campaigns (fixed horizon, two arms)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats  # type: ignore[import-untyped]

from measurement.errors import MeasurementError

ENOUGH_CONVERSIONS = 100
SMALL_EXPECTED_COUNT = 5.0
SAMPLE_RATIO_ALPHA = 0.001
CAP_QUANTILE = 0.95

Floats = NDArray[np.float64]


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
    require_share(treated, control, treated_share)
    assigned = treated + control
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


def require_share(treated: int, control: int, treated_share: float) -> None:
    """Refuse a sample-ratio test that has no meaning.

    Raises:
        MeasurementError: the share is not within (0, 1) or nobody was assigned.
    """
    if not 0.0 < treated_share < 1.0 or treated + control == 0:
        raise MeasurementError(
            expected="a share within (0, 1) and at least one assigned customer",
            found=f"share {treated_share}, {treated + control} assigned",
            remedy="test a campaign only when it has both arms",
        )


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
    arms = both_arms(treated, control, cap)
    difference = float(arms[0].mean() - arms[1].mean())
    errors = [float(arm.var(ddof=1)) / arm.size for arm in arms]
    if sum(errors) == 0.0:
        return Interval(difference, difference, difference)
    half = sqrt(sum(errors)) * _t_quantile(errors, [arm.size for arm in arms], level)
    return Interval(difference, difference - half, difference + half)


def both_arms(
    treated: ArrayLike, control: ArrayLike, cap: float | None = None
) -> tuple[Floats, Floats]:
    """The outcomes of two arms as numbers, cut to the cap.

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
    one, two = arms if cap is None else (np.minimum(arm, cap) for arm in arms)
    return one, two


def standard_error(treated: Floats, control: Floats) -> float:
    """Standard error of the difference of two independent means, variances not pooled."""
    return sqrt(sum(float(arm.var(ddof=1)) / arm.size for arm in (treated, control)))


def cap_of(pre_launch: ArrayLike) -> float:
    """Where amounts are cut: the 95th percentile of the non-zero amounts before the launch.

    Between two amounts the percentile is interpolated linearly.

    Raises:
        MeasurementError: all amounts are 0.
    """
    amounts = np.asarray(pre_launch, dtype=np.float64)
    if not amounts.any():
        raise MeasurementError(
            expected="some non-zero amount before the launch",
            found=f"{amounts.size} amounts of 0",
            remedy="name a cap that was fixed before the launch",
        )
    return float(np.quantile(amounts[amounts != 0], CAP_QUANTILE))


def adjust_by_covariate(
    treated: Floats, control: Floats, treated_before: Floats, control_before: Floats
) -> tuple[Floats, Floats, float]:
    """Outcomes y - theta (x - mean of x) of both arms, and theta: CUPED.

    Theta is pooled: the slope of y on x within the arms, so an effect of the treatment does not
    enter it; 0 where x does not vary. The difference of the adjusted means has the same
    expectation as that of the outcomes, since x was known before the arms were drawn, and the
    variance within the arms falls by the squared correlation (Deng, Xu, Kohavi & Walker, WSDM
    2013).

    Args:
        treated, control: outcomes, one number a customer.
        treated_before, control_before: the covariate of the same customers, known at launch.
    """
    pairs = ((treated, treated_before), (control, control_before))
    together = sum(float((x - x.mean()) @ (y - y.mean())) for y, x in pairs)
    spread = sum(float((x - x.mean()) @ (x - x.mean())) for _, x in pairs)
    theta = together / spread if spread else 0.0
    centre = float(np.concatenate((treated_before, control_before)).mean())
    one, two = (y - theta * (x - centre) for y, x in pairs)
    return one, two, theta


def minimum_detectable_difference(error: float, alpha: float = 0.05, power: float = 0.8) -> float:
    """Smallest difference of means that a standard error shows with the given power."""
    return error * float(stats.norm.ppf(1 - alpha / 2) + stats.norm.ppf(power))


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
