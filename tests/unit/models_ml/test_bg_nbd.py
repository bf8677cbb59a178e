"""BG/NBD: the likelihood of the paper, its derivatives, what a fit must not depend on."""

from math import exp, lgamma, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.purchase_draws import draw_histories
from models_ml.lifetime_value.bg_nbd import BgNbd, fit_bg_nbd, log_likelihood, sort_histories
from models_ml.lifetime_value.histories import Histories
from warehouse.errors import ModelError

CDNOW = BgNbd(0.243, 4.414, 0.793, 2.426)

models = st.builds(
    BgNbd, st.floats(0.05, 20), st.floats(0.1, 50), st.floats(0.05, 20), st.floats(0.05, 20)
)


@st.composite
def histories(draw: st.DrawFn) -> Histories:
    size = draw(st.integers(1, 12))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    frequency = random.choice([0.0, 0.0, 1.0, 2.0, 7.0, 60.0], size)
    age = random.uniform(0.1, 80, size)
    recency = np.where(frequency > 0, age * random.uniform(0.01, 1, size), 0.0)
    return Histories.checked(frequency, recency, age)


def drawn(customers: int, model: BgNbd = CDNOW, seed: int = 1) -> Histories:
    random = np.random.default_rng(seed)
    return draw_histories(model, random.uniform(27, 39, customers), random)


def fit(found: Histories, **options: object):
    return fit_bg_nbd(found.frequency, found.recency, found.age, **options)


def likelihood_of_the_paper(model: BgNbd, x: float, t_x: float, age: float) -> float:
    """Equation 6 of Fader, Hardie & Lee (2005), for one customer."""

    def log_beta(a: float, b: float) -> float:
        return lgamma(a) + lgamma(b) - lgamma(a + b)

    r, alpha, a, b = model
    common = lgamma(r + x) - lgamma(r) + r * log(alpha) - log_beta(a, b)
    stays = common + log_beta(a, b + x) - (r + x) * log(alpha + age)
    if x == 0:
        return stays
    leaves = common + log_beta(a + 1, b + x - 1) - (r + x) * log(alpha + t_x)
    largest = max(stays, leaves)
    return largest + log(exp(stays - largest) + exp(leaves - largest))


@given(models, histories())
@settings(deadline=None)
def test_the_likelihood_is_that_of_the_paper(model: BgNbd, found: Histories) -> None:
    rows = zip(found.frequency, found.recency, found.age, strict=True)
    expected = sum(likelihood_of_the_paper(model, *row) for row in rows)
    value, _, _ = log_likelihood(model, sort_histories(found, np.ones(len(found))))
    assert value == pytest.approx(expected, rel=1e-9, abs=1e-9)


@given(models, histories())
@settings(deadline=None)
def test_gradient_and_second_derivatives_are_those_of_the_likelihood(
    model: BgNbd, found: Histories
) -> None:
    rows = sort_histories(found, np.arange(1.0, len(found) + 1))
    _, gradient, hessian = log_likelihood(model, rows)
    for number, value in enumerate(model):
        step = 1e-5 * value
        up, down = (
            log_likelihood(BgNbd(*(np.array(model) + sign * step * np.eye(4)[number])), rows)
            for sign in (1, -1)
        )
        slope, slopes = (up[0] - down[0]) / (2 * step), (up[1] - down[1]) / (2 * step)
        assert gradient[number] * value == pytest.approx(slope * value, rel=1e-5, abs=1e-4)
        assert hessian[number] * value == pytest.approx(slopes * value, rel=1e-5, abs=1e-4)


def test_the_parameters_of_drawn_customers_are_found_again() -> None:
    for model in (CDNOW, BgNbd(2.0, 6.0, 0.3, 4.0), BgNbd(0.6, 1.0, 2.0, 1.5)):
        found = fit(drawn(40_000, model, seed=11))
        away = (np.array(found.parameters) - np.array(model)) / np.array(found.standard_errors)
        assert np.abs(away).max() < 4
        assert (np.array(found.standard_errors) / np.array(model)).max() < 0.25


def test_standard_errors_are_the_spread_of_the_estimates() -> None:
    fits = [fit(drawn(4_000, BgNbd(1.0, 3.0, 0.8, 2.5), seed)) for seed in range(60)]
    spread = np.log([found.parameters for found in fits]).std(axis=0, ddof=1)
    told = np.mean([np.divide(f.standard_errors, f.parameters) for f in fits], axis=0)
    assert told == pytest.approx(spread, rel=0.35)  # four times the error of a spread of 60


def test_the_order_of_customers_does_not_matter() -> None:
    found = drawn(3_000)
    order = np.random.default_rng(2).permutation(3_000)
    shuffled = Histories(found.frequency[order], found.recency[order], found.age[order])
    assert fit(shuffled) == fit(found)


def test_a_weight_is_as_many_equal_customers() -> None:
    found = drawn(2_000)
    weights = np.random.default_rng(3).integers(1, 4, 2_000)
    repeated = Histories(
        *(np.repeat(c, weights) for c in (found.frequency, found.recency, found.age))
    )
    assert fit(found, weights=weights) == fit(repeated)
    assert fit(repeated).customers == weights.sum()


@pytest.mark.parametrize("factor", [7.0, 1 / 52])
def test_another_unit_of_time_changes_alpha_alone(factor: float) -> None:
    found = drawn(3_000)
    weeks = fit(found)
    other = fit(Histories(found.frequency, found.recency * factor, found.age * factor))
    expected = weeks.parameters._replace(alpha=weeks.parameters.alpha * factor)
    assert other.parameters == pytest.approx(expected, rel=1e-6)
    errors = weeks.standard_errors._replace(alpha=weeks.standard_errors.alpha * factor)
    assert other.standard_errors == pytest.approx(errors, rel=1e-5)
    stretched = weeks.log_likelihood - found.frequency.sum() * np.log(factor)
    assert other.log_likelihood == pytest.approx(stretched, abs=1e-6)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ((2.0, 5.0, 4.0), "age ≥ recency"),
        ((-1.0, 0.0, 4.0), "frequency of at least 0"),
        ((1.0, np.nan, 4.0), "a number as recency"),
        ((1.0, 2.0, np.inf), "a number as age"),
        ((1.5, 2.0, 4.0), "whole number"),
        ((1.0, 0.0, 4.0), "exactly where frequency is"),
        ((0.0, 2.0, 4.0), "exactly where frequency is"),
    ],
)
def test_an_impossible_history_is_refused(row: tuple[float, float, float], told: str) -> None:
    found = drawn(200)
    columns = zip((found.frequency, found.recency, found.age), row, strict=True)
    with pytest.raises(ModelError, match=told) as error:
        fit_bg_nbd(*(np.append(column, value) for column, value in columns))
    assert "1 times in 201 customers" in str(error.value)


def test_columns_of_different_length_are_refused() -> None:
    with pytest.raises(ModelError, match="of one length"):
        fit_bg_nbd([1, 2], [1, 2], [3])
    with pytest.raises(ModelError, match="of one length"):
        fit_bg_nbd([1, 2], [1, 2], [3, 3], weights=[1])
    with pytest.raises(ModelError, match="weights above 0"):
        fit_bg_nbd([1, 2], [1, 2], [3, 3], weights=[1, 0])


@pytest.mark.parametrize("repeat_buyers", [0, 19])
def test_too_few_repeat_buyers_are_refused(repeat_buyers: int) -> None:
    frequency = np.r_[np.zeros(500), np.ones(repeat_buyers)]
    with pytest.raises(ModelError, match="at least 20") as error:
        fit_bg_nbd(frequency, frequency * 3, np.full(len(frequency), 9.0))
    assert f"{repeat_buyers} of {500 + repeat_buyers} customers" in str(error.value)


@pytest.mark.parametrize(
    ("model", "told"),
    [
        (BgNbd(0.25, 4.4, 1e-9, 2.4), "a towards 0"),
        (BgNbd(1e6, 1e7, 0.8, 2.4), "r without end, alpha without end"),
        (BgNbd(0.5, 3.0, 8e5, 1e-3), "a without end"),
    ],
    ids=["nobody leaves", "one rate", "all leave at once"],
)
def test_a_likelihood_without_a_maximum_says_which_parameter_runs_away(
    model: BgNbd, told: str
) -> None:
    with pytest.raises(ModelError, match=told):
        fit(drawn(5_000, model, seed=5))
