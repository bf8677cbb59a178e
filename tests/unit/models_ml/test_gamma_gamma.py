"""Gamma-gamma: a density with its derivatives, what a fit must not depend on, what it refuses."""

from math import exp

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from bench.purchase_draws import draw_mean_values
from models_ml.lifetime_value.gamma_gamma import (
    GammaGamma,
    expected_value,
    fit_gamma_gamma,
    log_likelihood,
)
from warehouse.errors import ModelError

CDNOW = GammaGamma(6.25, 3.74, 15.44)

models = st.builds(GammaGamma, st.floats(0.3, 20), st.floats(1.1, 20), st.floats(0.5, 50))


def drawn(customers: int, model: GammaGamma = CDNOW, seed: int = 1):
    random = np.random.default_rng(seed)
    purchases = 1.0 + random.poisson(2.0, customers)
    return purchases, draw_mean_values(model, purchases, random)


def log_density(model: GammaGamma, x: float, mean: float) -> float:
    one = np.ones(1)
    return log_likelihood(model, x * one, mean * one, one)[0]


@pytest.mark.parametrize("x", [1, 4])
@pytest.mark.parametrize("model", [CDNOW, GammaGamma(2.0, 1.5, 3.0)])
def test_the_likelihood_is_a_density_with_the_mean_of_the_model(model: GammaGamma, x: int) -> None:
    mass, _ = quad(lambda u: exp(log_density(model, x, exp(u)) + u), -60, 60, limit=400)
    mean, _ = quad(lambda u: exp(log_density(model, x, exp(u)) + 2 * u), -60, 60, limit=400)
    assert mass == pytest.approx(1.0, rel=1e-7)
    assert mean == pytest.approx(model.p * model.v / (model.q - 1), rel=1e-6)


@given(models, st.integers(0, 2**32 - 1))
@settings(deadline=None)
def test_gradient_and_second_derivatives_are_those_of_the_likelihood(
    model: GammaGamma, seed: int
) -> None:
    purchases, means = drawn(8, seed=seed)
    columns = (purchases, means, np.arange(1.0, 9.0))
    _, gradient, hessian = log_likelihood(model, *columns)
    for number, value in enumerate(model):
        step = 1e-5 * value
        up, down = (
            log_likelihood(GammaGamma(*(np.array(model) + s * step * np.eye(3)[number])), *columns)
            for s in (1, -1)
        )
        slope, slopes = (up[0] - down[0]) / (2 * step), (up[1] - down[1]) / (2 * step)
        assert gradient[number] * value == pytest.approx(slope * value, rel=1e-5, abs=1e-4)
        assert hessian[number] * value == pytest.approx(slopes * value, rel=1e-5, abs=1e-4)


def test_the_parameters_of_drawn_customers_are_found_again() -> None:
    for model in (CDNOW, GammaGamma(1.0, 2.5, 900.0)):
        found = fit_gamma_gamma(*drawn(40_000, model, seed=11))
        away = (np.array(found.parameters) - np.array(model)) / np.array(found.standard_errors)
        assert np.abs(away).max() < 4
        assert (np.array(found.standard_errors) / np.array(model)).max() < 0.1


def test_order_weights_and_unit_of_money() -> None:
    purchases, means = drawn(2_000)
    found = fit_gamma_gamma(purchases, means)
    order = np.random.default_rng(2).permutation(2_000)
    assert fit_gamma_gamma(purchases[order], means[order]) == found
    twice = fit_gamma_gamma(np.tile(purchases, 2), np.tile(means, 2))
    assert fit_gamma_gamma(purchases, means, weights=np.full(2_000, 2)) == twice
    cents = fit_gamma_gamma(purchases, means * 100)
    expected = found.parameters._replace(v=found.parameters.v * 100)
    assert cents.parameters == pytest.approx(expected, rel=1e-6)
    shifted = found.log_likelihood - 2_000 * np.log(100)
    assert cents.log_likelihood == pytest.approx(shifted, abs=1e-6)


def test_expected_value_lies_between_the_mean_of_all_and_the_own() -> None:
    everybody = CDNOW.p * CDNOW.v / (CDNOW.q - 1)
    purchases = np.array([0.0, 1.0, 5.0, 1e9])
    found = expected_value(CDNOW, purchases, np.full(4, 80.0))
    assert found[0] == pytest.approx(everybody)
    assert (np.diff(found) > 0).all()
    assert found[3] == pytest.approx(80.0)
    share = (CDNOW.q - 1) / (CDNOW.p * 5 + CDNOW.q - 1)
    assert found[2] == pytest.approx(share * everybody + (1 - share) * 80.0)


def test_what_stands_beside_no_purchase_is_not_looked_at() -> None:
    assert expected_value(CDNOW, [0], [np.nan]) == expected_value(CDNOW, [0], [0.0])


def test_the_correlation_is_that_of_customers() -> None:
    purchases, means = drawn(500)
    means = means + purchases
    expected = np.corrcoef(purchases, means)[0, 1]
    assert fit_gamma_gamma(purchases, means).correlation == pytest.approx(expected, abs=1e-12)
    assert fit_gamma_gamma(np.ones(500), means).correlation is None


@pytest.mark.parametrize(
    ("purchases", "value", "told"),
    [(0.0, 5.0, "purchases above 0"), (1.0, 0.0, "mean value above 0"),
     (1.0, -2.0, "mean value of at least 0"), (1.0, np.nan, "a number as mean value")],
)  # fmt: skip
def test_values_that_are_none_are_refused(purchases: float, value: float, told: str) -> None:
    x, means = drawn(100)
    with pytest.raises(ModelError, match=told):
        fit_gamma_gamma(np.append(x, purchases), np.append(means, value))


def test_too_few_customers_are_refused() -> None:
    with pytest.raises(ModelError, match="at least 20 customers"):
        fit_gamma_gamma(*drawn(19))


def test_values_that_do_not_vary_have_no_maximum() -> None:
    with pytest.raises(ModelError, match="without end"):
        fit_gamma_gamma(drawn(500)[0], np.full(500, 9.99))


def test_values_without_a_mean_are_not_forecast() -> None:
    with pytest.raises(ModelError, match="q above 1"):
        expected_value(CDNOW._replace(q=0.9), [1], [5.0])
