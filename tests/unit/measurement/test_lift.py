from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from measurement.always_valid import always_valid_difference
from measurement.experiments import mean_difference, rate_difference
from measurement.lift import Arm, Design, measure_lift

RATE, AMOUNT = Design("rate"), Design("amount", cap=50.0)


def converting(assigned: int, converters: int) -> Arm:
    outcomes = np.zeros(assigned)
    outcomes[:converters] = 1
    return Arm(outcomes)


TREATED, CONTROL = converting(9000, 540), converting(1000, 460)


def test_rates_get_newcombe() -> None:
    found = measure_lift(TREATED, CONTROL, RATE)
    assert found.interval == rate_difference(540, 9000, 460, 1000)
    assert found.method == "Newcombe"
    assert (found.treated_mean, found.control_mean, found.gate) == (0.06, 0.46, 100.0)


def test_one_converter_less_and_nothing_is_shown() -> None:
    found = measure_lift(converting(9000, 539), CONTROL, RATE)
    assert found.interval is None
    assert found.no_lift_reason == "not_enough_data"
    assert found.detectable is not None


def test_arms_that_were_not_filled_as_planned_show_the_alarm_and_no_lift() -> None:
    planned = replace(RATE, treated_share=0.9)
    found = measure_lift(TREATED, CONTROL, planned)
    assert found.sample_ratio is not None
    assert not found.sample_ratio.is_mismatch
    assert found.interval is not None
    wrong = measure_lift(TREATED, CONTROL, replace(planned, treated_share=0.8))
    assert wrong.sample_ratio is not None
    assert wrong.sample_ratio.is_mismatch
    assert (wrong.interval, wrong.no_lift_reason) == (None, "sample_ratio_mismatch")


def test_amounts_get_welch_on_cut_amounts() -> None:
    random = np.random.default_rng(4)
    arms = random.exponential(30, (2, 500))
    found = measure_lift(Arm(arms[0]), Arm(arms[1]), AMOUNT)
    assert found.interval == mean_difference(*arms, cap=50.0)
    assert found.method == "Welch"
    assert found.control_mean == np.minimum(arms[1], 50).mean()
    assert found.theta is None


def test_a_covariate_makes_the_interval_narrower_and_says_by_how_much() -> None:
    random = np.random.default_rng(6)
    before = random.exponential(10, (2, 800))
    after = before + random.exponential(3, (2, 800))
    plain = measure_lift(Arm(after[0]), Arm(after[1]), AMOUNT).interval
    found = measure_lift(Arm(after[0], before[0]), Arm(after[1], before[1]), AMOUNT)
    assert plain is not None
    assert found.interval is not None
    assert found.method == "Welch on the adjusted outcome"
    assert found.variance_reduction is not None
    shrunk = (found.interval.upper - found.interval.lower) / (plain.upper - plain.lower)
    assert shrunk**2 == pytest.approx(1 - found.variance_reduction, rel=0.02)
    assert found.variance_reduction > 0.8


def test_an_interim_look_is_always_valid_in_both_respects() -> None:
    planned = Design("rate", treated_share=0.9, tightest_at=50_000)
    found = measure_lift(TREATED, CONTROL, planned, interim=True)
    expected = always_valid_difference(TREATED.outcomes, CONTROL.outcomes, tightest_at=50_000)
    assert found.interval == expected
    assert found.sample_ratio is not None
    assert found.sample_ratio.test == "always-valid multinomial"


def test_a_rate_of_one_has_no_detectable_rise() -> None:
    assert measure_lift(TREATED, converting(1000, 1000), RATE).detectable is None
