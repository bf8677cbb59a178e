from math import inf

import pytest
from scipy import stats  # type: ignore[import-untyped]

from measurement.errors import MeasurementError
from measurement.experiments import (
    has_enough_data,
    mean_difference,
    minimum_detectable_effect,
    rate_difference,
    sample_ratio_test,
)

# Student's sleep data (Biometrika 6, 1908), as R's `t.test(extra ~ group, data = sleep)`.
SLEEP_1 = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
SLEEP_2 = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]


@pytest.mark.parametrize(
    ("counts", "lower", "upper"),
    [
        # Newcombe, Statistics in Medicine 17, 1998, table II, method 10.
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((6, 7, 2, 7), 0.0582, 0.8062),
        ((5, 56, 0, 29), -0.0381, 0.1926),
        ((0, 10, 0, 20), -0.1611, 0.2775),
        ((0, 10, 0, 10), -0.2775, 0.2775),
        ((10, 10, 0, 20), 0.6791, 1.0000),
        ((10, 10, 0, 10), 0.6075, 1.0000),
    ],
)
def test_newcombe_limits_are_the_published_ones(
    counts: tuple[int, int, int, int], lower: float, upper: float
) -> None:
    interval = rate_difference(*counts)
    assert (round(interval.lower, 4), round(interval.upper, 4)) == (lower, upper)


def test_welch_interval_is_the_one_of_the_sleep_data() -> None:
    interval = mean_difference(SLEEP_1, SLEEP_2)
    assert interval.estimate == pytest.approx(-1.58)
    assert (interval.lower, interval.upper) == pytest.approx((-3.3654832, 0.2054832), abs=1e-7)


def test_a_cap_cuts_both_arms() -> None:
    assert mean_difference(SLEEP_1, SLEEP_2, cap=-5.0) == mean_difference([-5] * 9, [-5] * 9)
    assert mean_difference(SLEEP_1, SLEEP_2, cap=9.0) == mean_difference(SLEEP_1, SLEEP_2)
    assert mean_difference([1, 2, 100], [0, 0, 0], cap=3).estimate == pytest.approx(2)


def test_sample_ratio_alarm_of_a_published_mismatch() -> None:
    # Kohavi, Tang & Xu, Trustworthy Online Controlled Experiments, 2020, ch. 21: 0.993, 1.8e-6.
    result = sample_ratio_test(815_482, 821_588, 0.5)
    assert result.test == "chi-square"
    assert result.p_value == pytest.approx(1.8e-6, rel=0.02)
    assert result.is_mismatch


def test_small_expected_counts_use_the_exact_binomial() -> None:
    # 4 expected of 40 at 10 %: sum of the probabilities not above P(X = 0) = 0.9 ** 40.
    result = sample_ratio_test(40, 0, 0.9)
    less_likely = [k for k in range(41) if stats.binom.pmf(k, 40, 0.1) <= 0.9**40 * (1 + 1e-9)]
    assert result.test == "exact binomial"
    assert result.p_value == pytest.approx(sum(stats.binom.pmf(k, 40, 0.1) for k in less_likely))
    assert sample_ratio_test(45, 5, 0.9).test == "chi-square"


def test_exact_binomial_agrees_with_a_table() -> None:
    # Sign test, 1 of 9 (Siegel, Nonparametric Statistics, table D): one-sided 0.020.
    assert sample_ratio_test(1, 8, 0.5).p_value == pytest.approx(2 * 10 / 512)


def test_detectable_effect_of_a_published_sample_size() -> None:
    # Kohavi et al., Data Mining and Knowledge Discovery 18, 2009: 5 % conversion, 5 % relative
    # change needs 16 p (1 - p) / d^2 = 121,600 users; the rule of thumb rounds 15.7 up to 16.
    assert minimum_detectable_effect(0.05, 121_600, 121_600) == pytest.approx(0.0025, rel=0.01)


def test_detectable_effect_reaches_the_declared_power() -> None:
    # Fleiss, Levin & Paik 2003, table A.4 (without its continuity correction): 0.10 v 0.20, 199.
    assert minimum_detectable_effect(0.10, 199, 199) == pytest.approx(0.10, abs=5e-4)


def test_no_rise_is_large_enough_for_a_tiny_arm() -> None:
    assert minimum_detectable_effect(0.9, 3, 3) == inf


@pytest.mark.parametrize(
    ("converters", "treated", "control", "enough"),
    [(1000, 9000, 1000, True), (999, 9000, 1000, False), (200, 50, 50, True), (5, 0, 0, False)],
)
def test_the_gate_looks_at_both_arms_together(
    converters: int, treated: int, control: int, enough: bool
) -> None:
    assert has_enough_data(converters, treated, control) is enough


def test_impossible_inputs_are_refused() -> None:
    with pytest.raises(MeasurementError, match="5 of 4"):
        rate_difference(5, 4, 1, 4)
    with pytest.raises(MeasurementError, match="at least two amounts"):
        mean_difference([1.0], [2.0, 3.0])
    with pytest.raises(MeasurementError, match="0 assigned"):
        sample_ratio_test(0, 0, 0.5)
    with pytest.raises(MeasurementError, match="arms 0 and 5"):
        minimum_detectable_effect(0.01, 0, 5)
