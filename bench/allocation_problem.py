"""A market to allocate, drawn as a bank's would be, and its linear program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy import sparse  # type: ignore[import-untyped]

from campaigns.allocation import Problem

# per channel: how much stronger than a text message it works, what a contact costs (minor units),
# and for which share of its region's customers there is capacity: some tight, some slack
CHANNELS = {
    "phone": (3.0, 60.0, 0.04),
    "sms": (1.0, 3.0, 0.25),
    "app_push": (1.0, 1.0, 0.40),
    "branch": (4.0, 120.0, 0.02),
    "wechat": (1.3, 5.0, 0.10),
    "email": (0.6, 0.5, 2.00),
}
QUOTAS = {"bond": 0.05, "card": 0.10, "deposit": 0.15, "fund": 0.30, "loan": 2.0, "wallet": 2.0}
REGIONS = ("north", "centre", "south")
SEATS = (5, 30)
_MANAGED = np.array([name in ("phone", "branch") for name in CHANNELS])
_MEAN_VALUE = 100.0
_SIGMA_CUSTOMER, _SIGMA_OPTION = 1.0, 0.8


@dataclass(frozen=True)
class Market:
    """One option a channel for each customer; 24 capacities, and seats of managers on top."""

    customers: int
    managers: int = 0
    seed: int = 20240131

    def __str__(self) -> str:
        return f"{self.customers:,} customers, {24 + self.managers:,} capacities"


def tables(market: Market) -> tuple[pa.Table, pa.Table]:
    """Options (6 for each customer) and capacities, ready for `campaigns.allocation.problem_of`.

    Values are lognormal: a customer's own level times the channel's strength times noise, less the
    cost of the contact. A contact uses its channel's desk in the customer's region, its product's
    quota, and by phone or in a branch a seat of the customer's manager.
    """
    rng = np.random.default_rng(market.seed)
    shape = (market.customers, len(CHANNELS))
    strength, cost, share = np.array(list(CHANNELS.values())).T
    level = _MEAN_VALUE * np.exp(rng.normal(0, _SIGMA_CUSTOMER, (market.customers, 1)))
    value = level * strength * np.exp(rng.normal(0, _SIGMA_OPTION, shape)) - cost
    region = rng.integers(0, len(REGIONS), (market.customers, 1))
    desk = region * len(CHANNELS) + np.arange(len(CHANNELS))
    desks = [f"{channel}/{name}" for name in REGIONS for channel in CHANNELS]
    names = [f"C{number:08d}" for number in range(market.customers)]
    columns: dict[str, Any] = {
        "customer_id": _named(np.repeat(np.arange(market.customers), len(CHANNELS)), names),
        "option_id": _named(np.tile(np.arange(len(CHANNELS)), market.customers), list(CHANNELS)),
        "value": value.ravel(),
        "desk": _named(desk, desks),
        "quota": _named(rng.integers(0, len(QUOTAS), shape), list(QUOTAS)),
    }
    limits = {
        f"desk={name}": float(np.floor(part * market.customers / len(REGIONS)))
        for name, part in zip(desks, np.tile(share, len(REGIONS)), strict=True)
    }
    limits |= {f"quota={q}": float(np.floor(s * market.customers)) for q, s in QUOTAS.items()}
    if market.managers:
        managers = [f"M{number:05d}" for number in range(market.managers)]
        own = rng.integers(0, market.managers, (market.customers, 1))
        columns["manager"] = _named(np.where(_MANAGED, own, -1), managers)
        seats = rng.integers(SEATS[0], SEATS[1] + 1, market.managers).tolist()
        limits |= {f"manager={m}": float(n) for m, n in zip(managers, seats, strict=True)}
    resources = pa.array(list(limits)), pa.array(list(limits.values()))
    return pa.table(columns), pa.table(dict(zip(("resource", "limit"), resources, strict=True)))


def relaxation(problem: Problem) -> dict[str, Any]:
    """The linear program of a problem without control and caps, as arguments of `linprog`."""
    options = np.arange(problem.size)
    own = sparse.csr_matrix(
        (np.ones(problem.size), (problem.customer, options)),
        shape=(len(problem.per_customer), problem.size),
    )
    possible = np.isfinite(problem.candidate_value).astype(np.float64)
    return {
        "c": -problem.value,
        "A_ub": sparse.vstack([problem.use.T, own]).tocsr(),
        "b_ub": np.concatenate([problem.limit, problem.per_customer]),
        "bounds": np.stack([np.zeros(problem.size), possible], axis=1),
    }


def _named(codes: NDArray[np.int64], names: list[str]) -> pa.DictionaryArray[Any, Any]:
    indices: Any = pa.array(codes.ravel().astype(np.int32), mask=codes.ravel() < 0)
    return pa.DictionaryArray.from_arrays(indices, pa.array(names))
