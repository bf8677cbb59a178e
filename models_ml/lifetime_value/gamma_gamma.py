"""Gamma-gamma: what a customer's purchases are worth on average; fitted by likelihood.

The value of a purchase is drawn from a gamma distribution (shape p) whose rate varies between
customers as a gamma distribution (q, v), whatever their number of purchases. Source: Fader &
Hardie, "The gamma-gamma model of monetary value", brucehardie.com/notes/025, 2013.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import digamma, gammaln, polygamma  # type: ignore[import-untyped]

from models_ml.lifetime_value.histories import (
    WHERE,
    condense,
    positive,
    require_one_length,
)
from models_ml.lifetime_value.maximum_likelihood import Estimate, maximise
from warehouse.errors import ModelError

Floats = NDArray[np.float64]
FEWEST_CUSTOMERS = 20
_REASONS = (
    "p without end: every customer always spends the same; q and v without end: all customers "
    "spend alike; p or q towards 0: a few purchases are all of the value. Use more customers, take "
    "out values that are no purchases, or keep the baseline"
)


class GammaGamma(NamedTuple):
    """Parameters, all above 0; `v` has the unit of the values."""

    p: float
    q: float
    v: float


@dataclass(frozen=True)
class GammaGammaFit:
    """What a fit found.

    Attributes:
        correlation: Pearson's, of frequency and mean value; the model takes it to be 0. None where
            one of them does not vary.
    """

    parameters: GammaGamma
    standard_errors: GammaGamma
    log_likelihood: float
    customers: int
    correlation: float | None


@dataclass(frozen=True)
class _Sorted:
    """Distinct pairs in order (purchases, mean value) and how often each occurs."""

    purchases: Floats
    mean_value: Floats
    weight: Floats


def fit_gamma_gamma(
    purchases: ArrayLike, mean_value: ArrayLike, weights: ArrayLike | None = None
) -> GammaGammaFit:
    """Maximum likelihood over customers with at least one purchase; independent of their order.

    Args:
        purchases: how many purchases each mean is of (> 0). With BG/NBD these are the repeat
            purchases: the first one is left out of both.
        mean_value: mean value of these purchases (> 0).
        weights: how many customers each row stands for; 1 by default.

    Raises:
        ModelError: values that are not above 0, too few customers, or a likelihood without a
            maximum.
    """
    counts, means = positive("purchases", purchases), positive("mean value", mean_value)
    number = np.ones(len(means)) if weights is None else positive("weights", weights)
    require_one_length(purchases=counts, mean_value=means, weights=number)
    rows = _condense(counts, means, number)
    customers = float(rows.weight.sum())
    _require_enough(customers)
    scale = float(rows.weight @ rows.mean_value / customers)
    found = maximise(
        lambda values: log_likelihood(
            GammaGamma(*values), rows.purchases, rows.mean_value / scale, rows.weight
        ),
        customers,
        "p q v",
        _REASONS,
    )
    return _in_own_unit(found, scale, rows)


def expected_value(model: GammaGamma, purchases: ArrayLike, mean_value: ArrayLike) -> Floats:
    """Expected value of a customer's next purchase, given the mean of those seen.

    (q − 1)/(px + q − 1) of all customers' mean pv/(q − 1), and the rest of the own mean.

    Args:
        model: with q > 1; else all customers' mean does not exist.
        purchases: how many purchases the mean is of (≥ 0).
        mean_value: their mean value (≥ 0); what stands beside 0 purchases does not count.

    Raises:
        ModelError: q is not above 1.
    """
    p, q, v = model
    if q <= 1:
        raise ModelError(
            expected="q above 1, so that values have a mean",
            found=f"q = {q:.3f}",
            where="gamma-gamma",
            remedy="take out values that are no purchases, or keep the baseline",
        )
    x, mean = np.asarray(purchases, dtype=np.float64), np.asarray(mean_value, dtype=np.float64)
    total = x * np.where(x > 0, mean, 0.0)
    expected: Floats = p * (v + total) / (p * x + q - 1.0)
    return expected


def log_likelihood(
    model: GammaGamma, purchases: Floats, mean_value: Floats, weights: Floats
) -> tuple[float, Floats, Floats]:
    """Log-likelihood, its gradient (3) and its second derivatives (3, 3), by p, q, v.

    With the total n = x·m̄ of x purchases, the density of m̄ is x/n · n^(px) v^q (v + n)^−(px + q) ÷
    B(px, q).
    """
    p, q, v = model
    x, total, sum_ = purchases, purchases * mean_value, model.v + purchases * mean_value
    shape = p * x
    log_share, log_rest = np.log(total / sum_), np.log(v / sum_)
    both, own = digamma(shape + q), digamma(shape)
    slopes = np.stack(
        [x * (both - own + log_share), both - digamma(q) + log_rest, q / v - (shape + q) / sum_]
    )
    value = weights @ (
        gammaln(shape + q)
        - gammaln(shape)
        - gammaln(q)
        + q * log_rest
        + shape * log_share
        - np.log(mean_value)
    )
    bend = polygamma(1, shape + q)
    hessian = np.zeros((3, 3))
    hessian[0, 0] = weights @ (x**2 * (bend - polygamma(1, shape)))
    hessian[0, 1] = hessian[1, 0] = weights @ (x * bend)
    hessian[0, 2] = hessian[2, 0] = -(weights @ (x / sum_))
    hessian[1, 1] = weights @ (bend - polygamma(1, q))
    hessian[1, 2] = hessian[2, 1] = weights @ (1.0 / v - 1.0 / sum_)
    hessian[2, 2] = weights @ ((shape + q) / sum_**2 - q / v**2)
    return float(value), slopes @ weights, hessian


def _condense(purchases: Floats, mean_value: Floats, weights: Floats) -> _Sorted:
    """Sort the pairs and join equal ones, so that sums do not depend on the order of rows."""
    rows, number = condense((purchases, mean_value), weights)
    return _Sorted(rows[0], rows[1], number)


def _require_enough(customers: float) -> None:
    if customers < FEWEST_CUSTOMERS:
        raise ModelError(
            expected=f"at least {FEWEST_CUSTOMERS} customers with repeat purchases of some value",
            found=f"{customers:,.0f}",
            where=WHERE,
            remedy="use a longer period of observation, or a finer purchase grain",
        )


def _in_own_unit(found: Estimate, scale: float, rows: _Sorted) -> GammaGammaFit:
    """Undo the division of values by their mean: v grows, and each density falls."""
    unit = np.array([1.0, 1.0, scale])
    customers = float(rows.weight.sum())
    return GammaGammaFit(
        parameters=GammaGamma(*(found.values * unit).tolist()),
        standard_errors=GammaGamma(*(found.standard_errors * unit).tolist()),
        log_likelihood=float(found.log_likelihood - customers * np.log(scale)),
        customers=round(customers),
        correlation=_correlation(rows),
    )


def _correlation(rows: _Sorted) -> float | None:
    table = np.cov(rows.purchases, rows.mean_value, aweights=rows.weight, bias=True)
    spread = float(np.sqrt(table[0, 0] * table[1, 1]))
    return float(table[0, 1] / spread) if spread > 0 else None
