"""What runs in the measured process: python -m bench.lifetime_value_work fit|score CUSTOMERS."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from statistics import median

import numpy as np

from bench.events import Event, emit
from bench.purchase_draws import draw_histories, draw_mean_values
from models_ml.lifetime_value.bg_nbd import BgNbd, fit_bg_nbd, log_likelihood, sort_histories
from models_ml.lifetime_value.forecast import expected_purchases, probability_alive
from models_ml.lifetime_value.gamma_gamma import GammaGamma, expected_value
from models_ml.lifetime_value.histories import Histories

ROUNDS = 3
PURCHASES, VALUES = BgNbd(0.2426, 4.4135, 0.7929, 2.4258), GammaGamma(6.25, 3.74, 15.44)  # CDNOW
AGES = (27.0, 39.0)  # weeks since the first purchase, as in CDNOW
HORIZON = 52.0


def fit(customers: int) -> None:
    """Fit both in turn to the same customers, no two of whom are alike."""
    from lifetimes import BetaGeoFitter  # type: ignore[import-untyped]

    found = _drawn(customers)
    columns = (found.frequency, found.recency, found.age)
    if len(np.unique(found.age)) < customers:
        raise AssertionError("two customers are alike")
    fitter = BetaGeoFitter(penalizer_coef=0.0)
    works: dict[str, Callable[[], object]] = {
        "bankloop": lambda: fit_bg_nbd(*columns),
        "lifetimes": lambda: fitter.fit(*columns),
    }
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name, work in works.items():
            seconds[name].append(_timed(work))
    for name in works:
        emit(Event(name, "fit", median(seconds[name]), customers, f"median of {ROUNDS}"))
    rows = sort_histories(found, np.ones(customers))
    ours = fit_bg_nbd(*columns).parameters
    theirs = BgNbd(*fitter.params_[["r", "alpha", "a", "b"]].tolist())
    found_by = {"bankloop": ours, "lifetimes": theirs}
    values = {name: log_likelihood(model, rows)[0] for name, model in found_by.items()}
    behind = max(0.0, values["lifetimes"] - values["bankloop"])
    text = ", ".join(f"{name} {value:.7f}" for name, value in values.items())
    emit(Event("compared", "log-likelihoods", 0.0, round(behind * 1e6), text))


def score(customers: int) -> None:
    """P(alive), expected purchases of a year and expected value, of drawn customers."""
    found = _drawn(customers)
    means = draw_mean_values(VALUES, found.frequency, np.random.default_rng(2))

    def work() -> None:
        probability_alive(PURCHASES, found)
        expected_purchases(PURCHASES, found, HORIZON)
        expected_value(VALUES, found.frequency, means)

    seconds = median(_timed(work) for _ in range(ROUNDS))
    emit(Event("bankloop", "score", seconds, customers, f"median of {ROUNDS}"))


def _drawn(customers: int) -> Histories:
    random = np.random.default_rng(1)
    return draw_histories(PURCHASES, random.uniform(*AGES, customers), random)


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    {"fit": fit, "score": score}[sys.argv[1]](int(sys.argv[2]))
