"""`bankloop lifetime-value fit`: from a file of purchases to a model and scored customers."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models_ml.lifetime_value.bg_nbd import BgNbdFit, fit_bg_nbd
from models_ml.lifetime_value.forecast import expected_purchases, probability_alive
from models_ml.lifetime_value.gamma_gamma import GammaGammaFit, expected_value, fit_gamma_gamma
from models_ml.lifetime_value.histories import Histories
from models_ml.lifetime_value.purchase_log import (
    AMOUNT_UNITS,
    Columns,
    PurchaseLog,
    PurchaseLogError,
    read_purchases,
)
from models_ml.lifetime_value.summary import (
    DAYS,
    Grain,
    Unit,
    in_memory,
    later_query,
    summarise,
    summary_query,
)
from warehouse.private_files import write_private

YEAR: dict[Unit, float] = {"day": 365.0, "week": 52.0}
_DIGITS = 6


@dataclass(frozen=True)
class Request:
    """What to fit.

    Attributes:
        end: the last day that was observed; None: the day of the latest purchase.
        calibration_end: fit to purchases up to this day and hold the later ones against the
            forecast; None: fit to all of them.
        horizon: length of the forecast in `unit`s; None: a year.
    """

    transactions: Path
    columns: Columns
    grain: Grain = field(default_factory=Grain)
    unit: Unit = "week"
    end: date | None = None
    calibration_end: date | None = None
    horizon: float | None = None


@dataclass(frozen=True)
class Holdout:
    """Purchases after the calibration, of customers known by then: forecast and seen."""

    length: float
    expected_purchases: float
    purchases: int


@dataclass(frozen=True)
class Outcome:
    """What came of it.

    Attributes:
        fitted_to: the last day that the models know.
        without_value: repeat buyers whose repeat purchases are all of amount 0; they are in the fit
            of purchases and not in that of values.
        customers: one row a customer, in order of customer_id.
    """

    request: Request
    first_day: date
    fitted_to: date
    end: date
    horizon: float
    purchases: BgNbdFit
    values: GammaGammaFit
    without_value: int
    holdout: Holdout | None
    customers: pd.DataFrame


def fit_file(request: Request, out: Path) -> str:
    """Fit, score and write `customers.csv` and `model.json` into `out`, readable by the owner only.

    Each file is replaced as a whole, `model.json` last. The same purchases in any order give the
    same bytes.

    Returns:
        A few lines for people.

    Raises:
        PurchaseLogError: the file or a date does not do.
        ModelError: the purchases carry no model.
    """
    outcome = fit(request)
    rounded = outcome.customers.round(_DIGITS)
    write_private(out / "customers.csv", rounded.to_csv(index=False, lineterminator="\n"))
    write_private(out / "model.json", json.dumps(as_json(outcome), indent=2) + "\n")
    return f"{as_text(outcome)}\nwritten: {out / 'customers.csv'}, {out / 'model.json'}"


def fit(request: Request) -> Outcome:
    """Read the file, fit both models, and score every customer; see `fit_file`."""
    log = read_purchases(request.transactions, request.columns, request.end)
    end = request.end or log.last_day
    fitted_to = request.calibration_end or end
    _require_between(fitted_to, log.first_day, end)
    summary, later = _summaries(log, request, fitted_to)
    purchases = fit_bg_nbd(summary["frequency"], summary["recency"], summary["age"])
    valued = summary[summary["mean_value"] > 0]
    values = fit_gamma_gamma(valued["frequency"], valued["mean_value"])
    horizon = YEAR[request.unit] if request.horizon is None else request.horizon
    customers = score(summary, purchases, values, horizon)
    holdout = None
    if request.calibration_end:
        customers["holdout_purchases"] = later
        holdout = _held_out(purchases, customers, request, fitted_to, end)
    return Outcome(
        request,
        log.first_day,
        fitted_to,
        end,
        horizon,
        purchases,
        values,
        purchases.repeat_buyers - len(valued),
        holdout,
        customers,
    )


def score(
    summary: pd.DataFrame, purchases: BgNbdFit, values: GammaGammaFit, horizon: float
) -> pd.DataFrame:
    """Add probability_alive, expected_purchases, expected_value and lifetime_value to a summary.

    `lifetime_value` is expected purchases in the horizon times expected value of one, undiscounted.
    """
    histories = _histories(summary)
    worth = expected_value(values.parameters, summary["frequency"], summary["mean_value"])
    count = expected_purchases(purchases.parameters, histories, horizon)
    return summary.assign(
        probability_alive=probability_alive(purchases.parameters, histories),
        expected_purchases=count,
        expected_value=worth,
        lifetime_value=count * worth,
    )


def as_json(outcome: Outcome) -> dict[str, Any]:
    """Everything about the models, for machines; days as texts, no customer."""
    request = outcome.request
    return {
        "grain": asdict(request.grain),
        "unit": request.unit,
        "first_day": str(outcome.first_day),
        "fitted_to": str(outcome.fitted_to),
        "end": str(outcome.end),
        "horizon": outcome.horizon,
        "bg_nbd": _named(outcome.purchases),
        "gamma_gamma": _named(outcome.values),
        "repeat_buyers_without_value": outcome.without_value,
        "holdout": asdict(outcome.holdout) if outcome.holdout else None,
    }


def as_text(outcome: Outcome) -> str:
    """A few lines for people."""
    request, found, values = outcome.request, outcome.purchases, outcome.values
    correlation = "unknown" if values.correlation is None else f"{values.correlation:.3f}"
    total = outcome.customers[["expected_purchases", "lifetime_value"]].sum()
    lines = [
        f"{found.customers:,} customers, {found.repeat_buyers:,} of them with repeat purchases, "
        f"{outcome.first_day} to {outcome.fitted_to}; one purchase a {request.grain.unit}, time in "
        f"{request.unit}s; (standard errors)",
        f"BG/NBD       {_estimates(found)}",
        f"gamma-gamma  {_estimates(values)}",
        f"correlation of frequency and mean value: {correlation}; gamma-gamma takes it to be 0",
        f"next {outcome.horizon:g} {request.unit}s: {total['expected_purchases']:,.0f} purchases "
        f"expected, worth {total['lifetime_value']:,.0f}",
    ]
    if outcome.without_value:
        lines.append(f"{outcome.without_value:,} repeat buyers spent 0: not in gamma-gamma's fit")
    if held := outcome.holdout:
        lines.append(
            f"holdout of {held.length:.1f} {request.unit}s to {outcome.end}: "
            f"{held.expected_purchases:,.0f} purchases expected, {held.purchases:,} seen"
        )
    return "\n".join(lines)


def _summaries(
    log: PurchaseLog, request: Request, fitted_to: date
) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """The models' input, and how many purchases each customer made after it."""
    with in_memory(log.rows()) as ask:
        rows = ask(summary_query("purchases", request.grain, fitted_to))
        later = ask(later_query("purchases", request.grain, fitted_to))
    summary = summarise(rows, request.grain, request.unit)
    summary["mean_value"] /= AMOUNT_UNITS
    counts = later.set_index("customer_id")["purchases"].reindex(summary["customer_id"])
    return summary, counts.fillna(0).to_numpy(np.int64)


def _held_out(
    found: BgNbdFit, customers: pd.DataFrame, request: Request, fitted_to: date, end: date
) -> Holdout:
    grain = request.grain
    length = (grain.period(end) - grain.period(fitted_to)) * grain.days / DAYS[request.unit]
    expected = expected_purchases(found.parameters, _histories(customers), length)
    return Holdout(length, float(expected.sum()), int(customers["holdout_purchases"].sum()))


def _histories(summary: pd.DataFrame) -> Histories:
    return Histories.checked(summary["frequency"], summary["recency"], summary["age"])


def _require_between(day: date, first: date, last: date) -> None:
    if not first <= day <= last:
        raise PurchaseLogError(
            expected=f"a calibration that ends between {first} and {last}",
            found=str(day),
            where="--calibration-end",
            remedy="correct it; --end is the last day that was observed",
        )


def _named(found: BgNbdFit | GammaGammaFit) -> dict[str, Any]:
    parameters, errors = found.parameters._asdict(), found.standard_errors._asdict()
    return asdict(found) | {"parameters": parameters, "standard_errors": errors}


def _estimates(found: BgNbdFit | GammaGammaFit) -> str:
    pairs = zip(found.parameters._fields, found.parameters, found.standard_errors, strict=True)
    listed = ", ".join(f"{name} {value:.4g} ({error:.2g})" for name, value, error in pairs)
    return f"{listed}; log-likelihood {found.log_likelihood:,.2f} of {found.customers:,}"
