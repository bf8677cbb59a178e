"""Intervals and tests that stay valid however often an experiment is looked at before its end."""

from __future__ import annotations

from math import exp, log, sqrt

from numpy.typing import ArrayLike
from scipy.special import betaln  # type: ignore[import-untyped]

from measurement.experiments import (
    SAMPLE_RATIO_ALPHA,
    Interval,
    SampleRatio,
    both_arms,
    require_share,
    standard_error,
)

TIGHTEST_AT = 10_000
_CONCENTRATION = 10_000.0


def always_valid_difference(
    treated: ArrayLike,
    control: ArrayLike,
    cap: float | None = None,
    level: float = 0.95,
    tightest_at: int = TIGHTEST_AT,
) -> Interval:
    """Difference of means whose intervals, over all looks together, miss the truth in 1 - level.

    Asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas, "Time-uniform
    central limit theory and asymptotic confidence sequences", Annals of Statistics 52, 2024,
    theorem 2.2, with the standard error of two independent arms. A rate is the mean of 0 and 1.

    Args:
        treated, control: outcomes so far, one number a customer.
        cap: amounts are first cut to it.
        level: probability that no interval ever misses.
        tightest_at: customers in both arms at which the interval is narrowest; to be fixed before
            the first look and kept.

    Raises:
        MeasurementError: an arm has fewer than two values.
    """
    arms = both_arms(treated, control, cap)
    difference = float(arms[0].mean() - arms[1].mean())
    alpha, size = 1 - level, arms[0].size + arms[1].size
    spread = (-2 * log(alpha) + log(1 - 2 * log(alpha))) / tightest_at
    scaled = size * spread + 1
    boundary = sqrt(2 * scaled / (scaled - 1) * log(sqrt(scaled) / alpha))
    half = standard_error(*arms) * boundary
    return Interval(difference, difference - half, difference + half)


def always_valid_ratio_test(treated: int, control: int, treated_share: float) -> SampleRatio:
    """Test that two arms are being filled at their declared share, at any number of looks.

    Bayes factor of a beta prior round the declared share against that share (Lindon & Malek,
    "Anytime-valid inference for multinomial count data", NeurIPS 2022); its inverse is the
    p-value. The prior has the weight of 10,000 customers.

    Raises:
        MeasurementError: the share is not within (0, 1) or nobody was assigned.
    """
    require_share(treated, control, treated_share)
    prior = _CONCENTRATION * treated_share, _CONCENTRATION * (1 - treated_share)
    log_factor = float(betaln(prior[0] + treated, prior[1] + control) - betaln(*prior))
    log_factor -= treated * log(treated_share) + control * log(1 - treated_share)
    p_value = exp(-max(log_factor, 0.0))
    return SampleRatio(p_value, "always-valid multinomial", p_value < SAMPLE_RATIO_ALPHA)
