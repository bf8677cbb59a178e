"""BG/NBD: how often customers buy, and when they have silently left; fitted by likelihood.

A customer buys at a rate drawn from a gamma distribution (shape r, rate α), and after each purchase
leaves with a probability drawn from a beta distribution (a, b). Source: Fader, Hardie & Lee,
"'Counting your customers' the easy way", Marketing Science 24(2), 2005, equations 3 to 10.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import (  # type: ignore[import-untyped]
    digamma,
    expit,
    gammaln,
    polygamma,
)

from models_ml.lifetime_value.histories import (
    WHERE,
    Histories,
    condense,
    positive,
    require_one_length,
)
from models_ml.lifetime_value.maximum_likelihood import Estimate, maximise
from warehouse.errors import ModelError

Floats = NDArray[np.float64]
FEWEST_REPEAT_BUYERS = 20
_SLICE = 16_384  # rows whose columns stay in the processor's cache
_REASONS = (
    "r and alpha without end: all customers buy at one rate; a towards 0: nobody leaves; b towards "
    "0 or a without end: all leave at once; a and b without end: all leave with one probability. "
    "Use a longer period of observation, or keep the baseline"
)


class BgNbd(NamedTuple):
    """Parameters, all above 0; `alpha` has the unit of time of the histories."""

    r: float
    alpha: float
    a: float
    b: float


@dataclass(frozen=True)
class BgNbdFit:
    """What a fit found: parameters, their standard errors and the log-likelihood."""

    parameters: BgNbd
    standard_errors: BgNbd
    log_likelihood: float
    customers: int
    repeat_buyers: int


@dataclass(frozen=True)
class Sorted:
    """Distinct histories in order (frequency, recency, age) and how often each occurs."""

    frequency: Floats
    recency: Floats
    age: Floats
    weight: Floats

    def __len__(self) -> int:
        return len(self.frequency)

    @property
    def repeat_from(self) -> int:
        """Where customers with a repeat purchase begin."""
        return int(np.searchsorted(self.frequency, 0.0, side="right"))


def fit_bg_nbd(
    frequency: ArrayLike, recency: ArrayLike, age: ArrayLike, weights: ArrayLike | None = None
) -> BgNbdFit:
    """Maximum likelihood over all customers; independent of their order.

    Args:
        frequency: repeat purchases of each customer.
        recency: time from first to last purchase.
        age: time from first purchase to the end of observation, in the same unit.
        weights: how many customers each row stands for; 1 by default.

    Raises:
        ModelError: impossible or too few histories, or a likelihood without a maximum.
    """
    histories = Histories.checked(frequency, recency, age)
    number = np.ones(len(histories)) if weights is None else positive("weights", weights)
    require_one_length(age=histories.age, weights=number)
    rows = sort_histories(histories, number)
    customers = float(rows.weight.sum())
    repeat_buyers = float(rows.weight[rows.repeat_from :].sum())
    _require_enough(customers, repeat_buyers)
    scale = float(rows.weight @ rows.age / customers)
    scaled = Sorted(rows.frequency, rows.recency / scale, rows.age / scale, rows.weight)
    found = maximise(
        lambda values: log_likelihood(BgNbd(*values), scaled), customers, "r alpha a b", _REASONS
    )
    return _in_own_unit(found, scale, rows, repeat_buyers)


def sort_histories(histories: Histories, weights: Floats) -> Sorted:
    """Sort the histories and join equal ones, so that sums do not depend on the order of rows."""
    columns = (histories.frequency, histories.recency, histories.age)
    rows, number = condense(columns, weights)
    return Sorted(rows[0], rows[1], rows[2], number)


def log_likelihood(model: BgNbd, rows: Sorted) -> tuple[float, Floats, Floats]:
    """Log-likelihood, its gradient (4) and its second derivatives (4, 4), by r, alpha, a, b.

    A history with x > 0 ends alive or with a departure at its last purchase; with
    d = ln(a / (b + x − 1)) + (r + x) ln((α + T) / (α + t_x)), the log-odds of the departure, its
    likelihood is that of staying alive, (α + T)^−(r + x), times 1 + e^d.
    """
    value, gradient, hessian = _by_frequency(model, rows)
    parts = [_alive(model, rows, part) for part in _slices(0, len(rows))]
    parts += [_departed(model, rows, part) for part in _slices(rows.repeat_from, len(rows))]
    for more in parts:
        value += more[0]
        gradient += more[1]
        hessian += more[2]
    return value, gradient, hessian


def _by_frequency(model: BgNbd, rows: Sorted) -> tuple[float, Floats, Floats]:
    """What depends on x alone: Γ(r+x)/Γ(r) · Γ(a+b)/Γ(a+b+x) · Γ(b+x)/Γ(b)."""
    x, firsts = np.unique(rows.frequency, return_index=True)
    weight = np.add.reduceat(rows.weight, firsts)
    r, _, a, b = model

    def rise(function: object, base: float) -> float:
        return float(weight @ (function(base + x) - function(base)))  # type: ignore[operator]

    value = rise(gammaln, r) + rise(gammaln, b) - rise(gammaln, a + b)
    of_r, of_b, of_sum = (rise(digamma, base) for base in (r, b, a + b))
    of_rr, of_bb, of_sums = (rise(lambda z: polygamma(1, z), base) for base in (r, b, a + b))
    gradient = np.array([of_r, 0.0, -of_sum, of_b - of_sum])
    hessian = np.zeros((4, 4))
    hessian[0, 0] = of_rr
    hessian[2:, 2:] = -of_sums
    hessian[3, 3] += of_bb
    return value, gradient, hessian


def _alive(model: BgNbd, rows: Sorted, part: slice) -> tuple[float, Floats, Floats]:
    """The factor α^r (α + T)^−(r + x) of every customer."""
    r, alpha, _, _ = model
    count, age = rows.weight[part], rows.age[part]
    purchases = rows.frequency[part] * count
    span = np.log1p(age / alpha)
    inverse = 1.0 / (alpha + age)
    logs, both = float(count @ span), (r * count + purchases) * inverse
    customers = float(count.sum())
    value = -r * logs - float(purchases @ (span + np.log(alpha)))
    gradient = np.array([-logs, r * customers / alpha - float(both.sum()), 0.0, 0.0])
    hessian = np.zeros((4, 4))
    hessian[0, 1] = hessian[1, 0] = customers / alpha - float(count @ inverse)
    hessian[1, 1] = float(both @ inverse) - r * customers / alpha**2
    return value, gradient, hessian


def _departed(model: BgNbd, rows: Sorted, part: slice) -> tuple[float, Floats, Floats]:
    """The factor 1 + e^d of customers with a repeat purchase."""
    r, alpha, a, b = model
    x, count = rows.frequency[part], rows.weight[part]
    shape, left = r + x, b + x - 1.0
    at_end, at_last = 1.0 / (alpha + rows.age[part]), 1.0 / (alpha + rows.recency[part])
    silence = np.log(at_last / at_end)
    odds = np.log(a / left) + shape * silence
    gone = expit(odds)
    slopes = np.stack([silence, shape * (at_end - at_last), np.full_like(x, 1.0 / a), -1.0 / left])
    likely = count * gone
    hessian: Floats = (slopes * (likely * (1.0 - gone))) @ slopes.T
    cross = float(likely @ (at_end - at_last))
    hessian[0, 1] += cross
    hessian[1, 0] += cross
    hessian[1, 1] += float(likely @ (shape * (at_last**2 - at_end**2)))
    hessian[2, 2] -= float(likely.sum()) / a**2
    hessian[3, 3] += float(likely @ (1.0 / left**2))
    return float(count @ np.logaddexp(0.0, odds)), slopes @ likely, hessian


def _slices(start: int, end: int) -> Iterator[slice]:
    for first in range(start, end, _SLICE):
        yield slice(first, min(first + _SLICE, end))


def _require_enough(customers: float, repeat_buyers: float) -> None:
    if repeat_buyers < FEWEST_REPEAT_BUYERS:
        raise ModelError(
            expected=f"at least {FEWEST_REPEAT_BUYERS} customers with a repeat purchase",
            found=f"{repeat_buyers:,.0f} of {customers:,.0f} customers",
            where=WHERE,
            remedy="use a longer period of observation, or a finer purchase grain",
        )


def _in_own_unit(found: Estimate, scale: float, rows: Sorted, repeat_buyers: float) -> BgNbdFit:
    """Undo the division of time by its mean: α grows, and each purchase's density falls."""
    unit = np.array([1.0, scale, 1.0, 1.0])
    return BgNbdFit(
        parameters=BgNbd(*(found.values * unit).tolist()),
        standard_errors=BgNbd(*(found.standard_errors * unit).tolist()),
        log_likelihood=float(found.log_likelihood - rows.weight @ rows.frequency * np.log(scale)),
        customers=round(float(rows.weight.sum())),
        repeat_buyers=round(repeat_buyers),
    )
