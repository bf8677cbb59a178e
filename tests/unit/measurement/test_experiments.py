from math import inf

import numpy as np
import pytest
from scipy import stats  # type: ignore[import-untyped]

from measurement.errors import MeasurementError
from measurement.experiments import (
    adjust_by_covariate,
    cap_of,
    has_enough_data,
    mean_difference,
    minimum_detectable_difference,
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


def test_the_variance_falls_by_the_squared_correlation() -> None:
    """Within the arms, var(y - theta x) = var(y) (1 - rho^2): an identity, not an estimate."""
    random = np.random.default_rng(2)
    before = random.normal(size=(2, 400))
    after = 0.8 * before + random.normal(size=(2, 400)) + np.array([[5.0], [0.0]])
    one, two, theta = adjust_by_covariate(*after, *before)
    x = before - before.mean(axis=1, keepdims=True)
    y = after - after.mean(axis=1, keepdims=True)
    rho = (x * y).sum() / np.sqrt((x**2).sum() * (y**2).sum())
    left = ((one - one.mean()) ** 2).sum() + ((two - two.mean()) ** 2).sum()
    assert left == pytest.approx((y**2).sum() * (1 - rho**2))
    assert theta == pytest.approx((x * y).sum() / (x**2).sum())


def test_an_effect_does_not_enter_theta() -> None:
    random = np.random.default_rng(3)
    before, after = random.normal(size=(2, 2, 50))
    one, two, theta = adjust_by_covariate(*after, *before)
    raised, same, theta_raised = adjust_by_covariate(after[0] + 7, after[1], *before)
    assert theta_raised == pytest.approx(theta)
    assert raised.mean() - same.mean() == pytest.approx(one.mean() - two.mean() + 7)


def test_a_covariate_that_explains_all_leaves_the_effect_alone() -> None:
    before = np.arange(10.0)
    one, two, theta = adjust_by_covariate(3 * before + 2, 3 * before[::-1], before, before[::-1])
    assert theta == pytest.approx(3)
    assert one - two == pytest.approx(np.full(10, 2.0))


def test_a_constant_covariate_changes_nothing() -> None:
    after, before = np.arange(8.0).reshape(2, 4), np.ones((2, 4))
    one, two, theta = adjust_by_covariate(*after, *before)
    assert theta == 0.0
    assert (one.tolist(), two.tolist()) == (after[0].tolist(), after[1].tolist())


def test_the_cap_is_the_95th_percentile_of_amounts_that_are_not_zero() -> None:
    assert cap_of([0.0] * 500 + list(range(1, 102))) == pytest.approx(96)
    with pytest.raises(MeasurementError, match="2 amounts of 0"):
        cap_of([0.0, 0.0])


def test_a_difference_as_large_as_the_detectable_one_is_seen_in_four_of_five() -> None:
    # Two arms of 64 of variance 1, difference 0.5: the textbook case of 80 % power at 5 %
    # (Cohen, Statistical Power Analysis, 1988, table 2.4.1); z instead of t gives 63.
    assert minimum_detectable_difference((2 / 63) ** 0.5) == pytest.approx(0.5, abs=2e-3)


# 4,000 draws of a true 95 % lie within 93.3-96.7 % but once in a million
COVERAGE = (0.93, 0.97)


@pytest.mark.parametrize(
    ("p_control", "effect", "sizes"),
    [(0.005, 0.002, (20_000, 20_000)), (0.01, 0.0, (45_000, 5_000)), (0.03, 0.01, (5_000, 5_000))],
)
def test_newcombe_intervals_cover_the_truth(
    p_control: float, effect: float, sizes: tuple[int, int]
) -> None:
    random = np.random.default_rng(31)
    treated = random.binomial(sizes[0], p_control + effect, 4000).tolist()
    control = random.binomial(sizes[1], p_control, 4000).tolist()
    found = [
        rate_difference(one, sizes[0], two, sizes[1])
        for one, two in zip(treated, control, strict=True)
    ]
    covered = sum(interval.lower <= effect <= interval.upper for interval in found)
    assert COVERAGE[0] <= covered / 4000 <= COVERAGE[1]


@pytest.mark.parametrize("with_covariate", [False, True])
def test_welch_intervals_cover_the_truth(with_covariate: bool) -> None:
    """Capped skewed amounts in arms of 2,000 and 500, with and without the adjustment."""
    random = np.random.default_rng(37)
    cap, effect, covered = 8.0, 0.3, 0
    for _ in range(4000):
        before = random.exponential(2.0, 2500)
        after = np.minimum(before, cap) + random.exponential(1.0, 2500)
        arms = after[:2000] + effect, after[2000:]
        if with_covariate:
            one, two, _ = adjust_by_covariate(*arms, before[:2000], before[2000:])
            arms = one, two
        interval = mean_difference(*arms)
        covered += interval.lower <= effect <= interval.upper
    assert COVERAGE[0] <= covered / 4000 <= COVERAGE[1]
