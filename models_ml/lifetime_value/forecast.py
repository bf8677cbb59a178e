"""What a fitted BG/NBD says of each customer: probability of being alive, purchases to come."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit  # type: ignore[import-untyped]

from models_ml.lifetime_value.bg_nbd import BgNbd
from models_ml.lifetime_value.histories import Histories
from warehouse.errors import ModelError

Floats = NDArray[np.float64]
_SLICE = 8_192  # rows whose columns stay in the processor's cache
_DIGITS = 40.0  # e^-40: what is left out of a sum, relative to it
_WIDEST = 300.0  # log of the range of one factor within a slice; keeps it representable
_MOST_TERMS = 1_000_000


def probability_alive(model: BgNbd, histories: Histories) -> Floats:
    """Probability that a customer has not left by the end of observation (0–1).

    1 for customers without a repeat purchase: BG/NBD lets customers leave after a repeat purchase
    only. Source: the likelihood of Fader, Hardie & Lee 2005, its share of staying alive.
    """
    r, alpha, a, b = model
    x = histories.frequency
    alive = np.ones(len(x))
    some = x > 0
    silence = np.log((alpha + histories.age[some]) / (alpha + histories.recency[some]))
    odds = np.log(a / (b + x[some] - 1.0)) + (r + x[some]) * silence
    alive[some] = expit(-odds)
    return alive


def expected_purchases(model: BgNbd, histories: Histories, horizon: float) -> Floats:
    """Expected number of purchases in (T, T + horizon], E[Y(t) | x, t_x, T].

    Fader, Hardie & Lee 2005, equation 10, divides a difference of two numbers near 1 by a − 1 and
    needs 2F1 where libraries lose digits. The same number is a sum of terms ≥ 0, for every a:
    P(alive) · Σ_j P(K > j) E[q^j], where K, negative binomial with shape r + x and
    Z = t / (α + T + t), counts the purchases of a customer who never leaves, and q, beta
    distributed with b + x and a, is the probability of staying after a purchase. With
    G_k = Σ_{j<k} E[q^j] it is P(alive) · Σ_k P(K = k) G_k, a power series in Z for each x.

    Args:
        model: the fitted parameters.
        histories: n customers, in any order.
        horizon: length t of the forecast, in the unit of the histories (≥ 0).

    Returns:
        n expectations ≥ 0.

    Raises:
        ModelError: a negative horizon, or one that is out of all proportion to what was observed.
    """
    if not 0 <= horizon < np.inf:
        raise ModelError("a horizon of at least 0", f"{horizon}", "forecast", "correct the horizon")
    ratio = horizon / (model.alpha + histories.age + horizon)
    order = np.lexsort((ratio, histories.frequency))
    x, z = histories.frequency[order], ratio[order]
    expected = np.empty(len(x))
    for part in _slices(model, x, z):
        expected[part] = _if_alive(model, float(x[part.start]), z[part])
    result = np.empty(len(x))
    result[order] = expected
    return result * probability_alive(model, histories)


def _slices(model: BgNbd, x: Floats, z: Floats) -> Iterator[slice]:
    """Runs of rows with one x and z of similar size; rows are in order of (x, z)."""
    distant = np.log1p(-z) * (model.r + x)
    bounds = np.flatnonzero(np.diff(x)) + 1
    for start, end in zip([0, *bounds], [*bounds, len(x)], strict=True):
        while start < end:
            last = min(start + _SLICE, end)
            close = np.searchsorted(-distant[start:last], _WIDEST - distant[start], side="right")
            yield slice(int(start), int(start + close))
            start += close


def _if_alive(model: BgNbd, x: float, z: Floats) -> Floats:
    """Σ_k P(K = k) G_k of customers with one x, at increasing z in [0, 1)."""
    shape, largest = model.r + x, float(z[-1])
    if largest == 0.0:
        return np.zeros(len(z))
    terms = _terms_at(model, x, shape, largest)
    step = z / largest
    total = np.zeros(len(z))
    for term in terms[::-1]:
        total *= step
        total += term
    total *= step
    result: Floats = total * np.exp(shape * (np.log1p(-z) - np.log1p(-largest)))
    return result


def _terms_at(model: BgNbd, x: float, shape: float, z: float) -> Floats:
    """P(K = k) G_k for k = 1, 2, … until the rest is negligible."""
    k = np.arange(1.0, _count_terms(shape, z))
    growth = np.log(z * (shape + k - 1.0) / k)
    probability = np.exp(shape * np.log1p(-z) + np.cumsum(growth))
    staying = (model.b + x + k - 1.0) / (model.a + model.b + x + k - 1.0)
    purchases = np.cumsum(np.concatenate([[1.0], np.cumprod(staying[:-1])]))
    terms: Floats = probability * purchases
    return terms


def _count_terms(shape: float, z: float) -> int:
    """How many terms matter: Chernoff's bound of the tail of a gamma, then of the counts."""
    needed = (shape + _DIGITS + np.sqrt(2.0 * shape * _DIGITS)) / (1.0 - z) + _DIGITS
    if needed > _MOST_TERMS:
        raise ModelError(
            expected=f"a horizon for which {_MOST_TERMS:,} purchases are enough",
            found=f"{needed:,.0f} purchases to look ahead",
            where="forecast",
            remedy="shorten the horizon, or correct the unit of time",
        )
    return int(needed) + 2
