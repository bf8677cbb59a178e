"""P(alive) and expected purchases against other ways to compute them, and at their limits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import beta, hyp2f1

from bench.purchase_draws import draw_histories
from models_ml.lifetime_value.bg_nbd import BgNbd
from models_ml.lifetime_value.forecast import expected_purchases, probability_alive
from models_ml.lifetime_value.histories import Histories
from warehouse.errors import ModelError

CDNOW = BgNbd(0.2426, 4.4135, 0.7929, 2.4258)

models = st.builds(
    BgNbd, st.floats(0.05, 10), st.floats(0.5, 30), st.floats(0.1, 8), st.floats(0.1, 8)
)


def one(frequency: float, recency: float, age: float) -> Histories:
    return Histories.checked([frequency], [recency], [age])


def customers(count: int, seed: int = 4) -> Histories:
    random = np.random.default_rng(seed)
    return draw_histories(CDNOW, random.uniform(0, 60, count), random)


def by_quadrature(model: BgNbd, x: float, age: float, horizon: float) -> float:
    """Purchases of one who is alive: those of a known p, (1 − (1 + pz)^−(r + x))/p, averaged.

    p is beta distributed with a and b + x; z = t/(α + T).
    """
    z, shape = horizon / (model.alpha + age), model.r + x
    bends = {"weight": "alg", "wvar": (model.a - 1, model.b + x - 1)}

    def purchases(p: float) -> float:
        known = -np.expm1(-shape * np.log1p(p * z)) / p if p else shape * z
        return float(known / beta(model.a, model.b + x))

    return float(quad(purchases, 0, 1, limit=200, epsabs=0, epsrel=1e-9, **bends)[0])


@given(models, st.sampled_from([0, 1, 3, 20]), st.floats(0.1, 60), st.floats(0.1, 100))
@settings(deadline=None)
def test_expected_purchases_are_the_average_over_what_is_not_known(
    model: BgNbd, x: int, age: float, horizon: float
) -> None:
    found = one(x, age if x else 0.0, age)
    expected = by_quadrature(model, x, age, horizon) * probability_alive(model, found)[0]
    assert expected_purchases(model, found, horizon)[0] == pytest.approx(expected, rel=1e-6)


def test_expected_purchases_are_equation_10_of_the_paper() -> None:
    r, alpha, a, b = CDNOW
    found = customers(2_000)
    x, age, t = found.frequency, found.age, 52.0
    series = hyp2f1(r + x, b + x, a + b + x - 1, t / (alpha + age + t))
    left = 1 - ((alpha + age) / (alpha + age + t)) ** (r + x) * series
    expected = (a + b + x - 1) / (a - 1) * left * probability_alive(CDNOW, found)
    assert expected_purchases(CDNOW, found, t) == pytest.approx(expected, rel=1e-10)


def test_the_equation_has_no_gap_at_a_of_1() -> None:
    found = customers(200)
    below, at, above = (
        expected_purchases(CDNOW._replace(a=a), found, 39.0) for a in (1 - 1e-7, 1.0, 1 + 1e-7)
    )
    assert at == pytest.approx((below + above) / 2, rel=1e-10)


@pytest.mark.parametrize("x", [1_000, 5_000])
def test_customers_with_thousands_of_purchases_are_forecast(x: int) -> None:
    """Where 2F1 of libraries is no number; next to nobody leaves, so the rate goes on."""
    model = BgNbd(1.0, 1.0, 1e-9, 10.0)
    expected = (model.r + x) / (model.alpha + 100.0) * 30.0
    found = expected_purchases(model, one(x, 100.0, 100.0), 30.0)[0]
    assert found == pytest.approx(expected, rel=1e-5)


def test_a_forecast_does_not_depend_on_the_other_customers() -> None:
    found = customers(3_000)
    together = expected_purchases(CDNOW, found, 39.0)
    order = np.random.default_rng(5).permutation(3_000)[:300]
    some = Histories(found.frequency[order], found.recency[order], found.age[order])
    assert expected_purchases(CDNOW, some, 39.0) == pytest.approx(together[order], rel=1e-12)


def test_customers_of_one_frequency_and_most_different_ages_are_forecast_together() -> None:
    ages = np.geomspace(0.5, 5_000.0, 60)
    found = Histories.checked(np.full(60, 2_000.0), ages, ages)
    alone = [expected_purchases(CDNOW, one(2_000.0, age, age), 39.0)[0] for age in ages]
    assert expected_purchases(CDNOW, found, 39.0) == pytest.approx(alone, rel=1e-9)


def test_what_follows_in_simulated_lives_is_what_was_expected() -> None:
    """10,000 lives of one model: seen at 30 weeks, then counted for 40 more."""
    model, random = BgNbd(0.8, 4.0, 0.6, 2.5), np.random.default_rng(6)
    whole = draw_lives(model, 10_000, random)
    early = [life[life <= 30.0] for life in whole]
    found = Histories.checked(
        [len(life) for life in early],
        [life[-1] if len(life) else 0.0 for life in early],
        np.full(10_000, 30.0),
    )
    later = np.array([len(life) for life in whole]) - found.frequency
    expected = expected_purchases(model, found, 40.0)
    assert abs(later.sum() - expected.sum()) < 4 * np.sqrt(((later - expected) ** 2).sum())


def draw_lives(model: BgNbd, count: int, random: np.random.Generator) -> list[np.ndarray]:
    """Days of the repeat purchases of each customer in 70 weeks, told plainly."""
    lives = []
    for _ in range(count):
        rate, leaving = random.gamma(model.r, 1 / model.alpha), random.beta(model.a, model.b)
        times = np.cumsum(random.exponential(1 / rate, 2_000))
        leaves = random.geometric(leaving)
        lives.append(times[:leaves][times[:leaves] <= 70.0])
    return lives


def test_without_a_repeat_purchase_one_is_alive() -> None:
    assert probability_alive(CDNOW, one(0, 0.0, 500.0))[0] == 1.0


def test_after_a_purchase_one_is_alive_but_for_those_who_left_at_it() -> None:
    alive = probability_alive(CDNOW, one(3, 20.0, 20.0))[0]
    _, _, a, b = CDNOW
    assert alive == pytest.approx((b + 2) / (a + b + 2), rel=1e-12)


def test_silence_lowers_the_probability_of_being_alive_towards_0() -> None:
    ages = 20.0 * 2.0 ** np.arange(40)
    found = Histories.checked(np.full(40, 3.0), np.full(40, 20.0), ages)
    alive = probability_alive(CDNOW, found)
    assert (np.diff(alive) < 0).all()
    assert alive[-1] < 1e-12


def test_the_same_silence_says_more_of_a_frequent_customer() -> None:
    frequency = np.arange(1.0, 30.0)
    found = Histories.checked(frequency, np.full(29, 20.0), np.full(29, 39.0))
    assert (np.diff(probability_alive(CDNOW, found)[1:]) < 0).all()


def test_nothing_is_expected_in_no_time_and_more_in_more_time() -> None:
    found = customers(500)
    assert (expected_purchases(CDNOW, found, 0.0) == 0).all()
    halves = [expected_purchases(CDNOW, found, t) for t in (1e-6, 10.0, 20.0, 500.0)]
    assert (np.diff(halves, axis=0) > 0).all()
    rate = (CDNOW.r + found.frequency) / (CDNOW.alpha + found.age)
    assert halves[0] / 1e-6 == pytest.approx(rate * probability_alive(CDNOW, found), rel=1e-5)


def test_nobody_to_forecast_is_no_error() -> None:
    assert expected_purchases(CDNOW, Histories.checked([], [], []), 39.0).shape == (0,)


@pytest.mark.parametrize("horizon", [-1.0, np.nan, np.inf])
def test_a_horizon_that_is_none_is_refused(horizon: float) -> None:
    with pytest.raises(ModelError, match="horizon"):
        expected_purchases(CDNOW, one(0, 0.0, 1.0), horizon)


def test_a_horizon_out_of_proportion_is_refused() -> None:
    with pytest.raises(ModelError, match="unit of time"):
        expected_purchases(CDNOW, one(0, 0.0, 1.0), 1e7)
