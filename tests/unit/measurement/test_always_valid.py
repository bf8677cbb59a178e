from __future__ import annotations

import numpy as np
import pytest
from scipy import stats  # type: ignore[import-untyped]

from measurement.always_valid import always_valid_difference, always_valid_ratio_test
from measurement.errors import MeasurementError
from measurement.experiments import mean_difference

ALMOST_SURELY = 1 - 1e-6


def test_looking_twenty_times_misses_the_truth_no_more_often_than_promised() -> None:
    """800 experiments without an effect, 2 % convert, looked at 20 times each."""
    random = np.random.default_rng(11)
    missed = missed_by_fixed = 0
    for _ in range(800):
        arms = (random.random((2, 20_000)) < 0.02).astype(float)
        looks = range(1000, 20_001, 1000)
        found = [always_valid_difference(arms[0][:n], arms[1][:n]) for n in looks]
        fixed = [mean_difference(arms[0][:n], arms[1][:n]) for n in looks]
        missed += any(not i.lower <= 0 <= i.upper for i in found)
        missed_by_fixed += any(not i.lower <= 0 <= i.upper for i in fixed)
    most = stats.binom.ppf(ALMOST_SURELY, 800, 0.05)
    assert missed <= most
    assert missed_by_fixed > most, "peeking with fixed-horizon intervals would be seen"


def test_the_width_is_that_of_the_formula() -> None:
    """Variance 1 in arms of 5,000, tightest at 10,000: worked out from theorem 2.2."""
    arm = np.tile([-1.0, 1.0], 2500)
    spread = (-2 * np.log(0.05) + np.log(1 - 2 * np.log(0.05))) / 10_000
    error = np.sqrt(2 * (5000 / 4999) / 5000)
    t = 10_000
    width = np.sqrt(2 * (t * spread + 1) / (t**2 * spread) * np.log(np.sqrt(t * spread + 1) / 0.05))
    found = always_valid_difference(arm, arm)
    assert found.upper == pytest.approx(width * np.sqrt(t) * error)
    assert found.lower == -found.upper


def test_it_is_narrowest_where_it_was_planned_to_be() -> None:
    arm = np.tile([-1.0, 1.0], 2500)
    widths = {
        n: always_valid_difference(arm, arm, tightest_at=n).upper
        for n in (100, 1000, 10_000, 100_000, 1_000_000)
    }
    assert min(widths, key=widths.__getitem__) == 10_000


def test_it_is_wider_than_the_interval_of_a_single_look() -> None:
    random = np.random.default_rng(5)
    arms = random.normal(size=(2, 3000))
    once, always = mean_difference(*arms), always_valid_difference(*arms)
    assert always.estimate == once.estimate
    assert always.lower < once.lower
    assert always.upper > once.upper


@pytest.mark.parametrize(("size", "share"), [(200, 0.5), (3000, 0.9), (50_000, 0.5)])
@pytest.mark.parametrize("alpha", [0.001, 0.05, 0.5])
def test_arms_filled_as_planned_are_alarming_at_most_as_often_as_promised(
    size: int, share: float, alpha: float
) -> None:
    """Summed over every possible number of treated, not simulated."""
    probable = stats.binom.pmf(np.arange(size + 1), size, share)
    counts = np.flatnonzero(probable > 1e-15)
    alarming = [
        probable[n]
        for n in counts
        if always_valid_ratio_test(int(n), int(size - n), share).p_value <= alpha
    ]
    assert sum(alarming) <= alpha


def test_many_looks_at_arms_filled_as_planned_hardly_ever_alarm() -> None:
    random = np.random.default_rng(17)
    runs = random.binomial(100, 0.9, size=(2000, 50)).cumsum(axis=1)
    alarms = sum(
        any(
            always_valid_ratio_test(int(n), 100 * look - int(n), 0.9).is_mismatch
            for look, n in enumerate(run, 1)
        )
        for run in runs
    )
    assert alarms <= stats.binom.ppf(ALMOST_SURELY, 2000, 0.001)


def test_a_published_mismatch_is_found() -> None:
    # Kohavi, Tang & Xu 2020, ch. 21; the fixed-horizon test has p = 1.8e-6.
    result = always_valid_ratio_test(815_482, 821_588, 0.5)
    assert result.is_mismatch
    assert result.p_value > 1.8e-6


def test_impossible_shares_are_refused() -> None:
    with pytest.raises(MeasurementError, match=r"share 1\.2"):
        always_valid_ratio_test(1, 1, 1.2)
