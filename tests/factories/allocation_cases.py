"""Small allocation problems as plain rows, and their exact optimum told by HiGHS."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st
from scipy.optimize import LinearConstraint, linprog, milp  # type: ignore[import-untyped]

from campaigns.allocation import Problem, problem_of

CAP_COLUMNS = ("channel_cap", "purpose_cap")


@dataclass(frozen=True)
class Option:
    """One row: what it would use of each resource, and the caps it counts in."""

    customer: str
    name: str
    value: float
    uses: Mapping[str, float] = field(default_factory=dict)
    decision: str = ""
    is_control: bool = False
    caps: tuple[str | None, str | None] = (None, None)


@dataclass(frozen=True)
class Case:
    """A problem: limits by resource, options per customer (1 where none is named), caps left."""

    options: tuple[Option, ...]
    limits: Mapping[str, float]
    most: Mapping[str, int] = field(default_factory=dict)
    caps: Mapping[tuple[str, str], int] = field(default_factory=dict)

    def problem(self) -> Problem:
        return problem_of(
            self.table(),
            capacities(self.limits),
            per_customer=self.most,
            caps=pa.table(
                {
                    "customer_id": pa.array([c for c, _ in self.caps], pa.string()),
                    "scope": pa.array([s for _, s in self.caps], pa.string()),
                    "remaining": pa.array(list(self.caps.values()), pa.int64()),
                }
            ),
            cap_columns=CAP_COLUMNS,
        )

    def table(self) -> pa.Table:
        columns: dict[str, Any] = {
            "customer_id": [o.customer for o in self.options],
            "option_id": [o.name for o in self.options],
            "value": pa.array([o.value for o in self.options], pa.float64()),
            "decision_id": [o.decision or o.name for o in self.options],
            "arm": ["control" if o.is_control else "listed" for o in self.options],
        }
        for at, name in enumerate(CAP_COLUMNS):
            columns[name] = pa.array([o.caps[at] for o in self.options], pa.string())
        for resource in self.limits:
            amounts = [float(o.uses.get(resource, 0)) for o in self.options]
            columns[resource] = pa.array(amounts, pa.float64())
        return pa.table(columns)

    def shuffled(self, seed: int) -> Case:
        options = list(self.options)
        random.Random(seed).shuffle(options)
        return replace(self, options=tuple(options))

    def with_limits(self, limits: Mapping[str, float]) -> Case:
        return replace(self, limits={**self.limits, **limits})


def capacities(limits: Mapping[str, float]) -> pa.Table:
    return pa.table(
        {
            "resource": pa.array(list(limits), pa.string()),
            "limit": pa.array(list(limits.values()), pa.float64()),
        }
    )


def broken_rules(case: Case, chosen: Sequence[Option]) -> list[str]:
    """Every rule that a choice breaks, read from the rows alone."""
    broken = [f"negative value {o.name}" for o in chosen if o.value < 0]
    for resource, limit in case.limits.items():
        used = sum(o.uses.get(resource, 0) for o in chosen if not o.is_control)
        if used > limit * (1 + 1e-6):
            broken.append(f"{resource}: {used} of {limit}")
    for customer in {o.customer for o in chosen}:
        own = [o for o in chosen if o.customer == customer]
        if len(own) > case.most.get(customer, 1):
            broken.append(f"{customer} has {len(own)}")
        if len({o.decision or o.name for o in own}) < len(own):
            broken.append(f"{customer} has a decision twice")
        for (capped, scope), remaining in case.caps.items():
            if capped == customer and sum(scope in o.caps for o in own) > remaining:
                broken.append(f"{customer} exceeds {scope}")
    return broken


def optimum(case: Case, *, with_caps: bool = True, whole: bool = True) -> float:
    """The greatest value of the program in which control uses resources like everybody.

    Without caps only those that are used up count, since nothing under them is a candidate.
    `whole` false gives the bound of the linear relaxation (interior point).
    """
    options = [o for o in case.options if o.value >= 0 and _is_possible(o, case)]
    if not options:
        return 0.0
    rows, most = _constraints(replace(case, options=tuple(options)), with_caps=with_caps)
    values = np.array([o.value for o in options])
    if whole:
        found = milp(
            -values,
            constraints=LinearConstraint(rows, ub=most),
            integrality=np.ones(len(values)),
            bounds=(0, 1),
        )
    else:
        found = linprog(-values, A_ub=rows, b_ub=most, bounds=(0, 1), method="highs-ipm")
    assert found.success, found.message
    return float(-found.fun)


def _is_possible(option: Option, case: Case) -> bool:
    fits = all(amount <= case.limits[resource] for resource, amount in option.uses.items())
    return fits and all(case.caps.get((option.customer, s or ""), 1) > 0 for s in option.caps)


def _constraints(case: Case, *, with_caps: bool) -> tuple[Any, Any]:
    rows = [[o.uses.get(r, 0) for o in case.options] for r in case.limits]
    most: list[float] = list(case.limits.values())
    for customer in {o.customer for o in case.options}:
        rows.append([float(o.customer == customer) for o in case.options])
        most.append(case.most.get(customer, 1))
    for own in {(o.customer, o.decision or o.name) for o in case.options}:
        rows.append([float((o.customer, o.decision or o.name) == own) for o in case.options])
        most.append(1)
    for (customer, scope), remaining in case.caps.items() if with_caps else ():
        rows.append([float(o.customer == customer and scope in o.caps) for o in case.options])
        most.append(remaining)
    return np.array(rows, dtype=float), np.array(most, dtype=float)


VALUES = st.one_of(
    st.integers(-3, 12).map(float),
    st.floats(-50, 1000, allow_nan=False).map(lambda value: round(value, 3)),
)
AMOUNTS = st.sampled_from([0, 0, 1, 1, 2, 0.1, 2.5])


@st.composite
def cases(draw: st.DrawFn, *, with_control: bool = True, with_caps: bool = True) -> Case:
    """Up to 6 customers with up to 5 options each over up to 3 resources."""
    customers = [f"c{i}" for i in range(draw(st.integers(1, 6)))]
    resources = [f"r{i}" for i in range(draw(st.integers(1, 3)))]
    options = [
        Option(
            customer,
            f"o{number}",
            draw(VALUES),
            {resource: draw(AMOUNTS) for resource in resources},
            f"d{draw(st.integers(0, 3))}",
            with_control and draw(st.integers(0, 3)) == 0,
            (draw(_scope("sms", "phone")), draw(_scope("loan", "fund"))),
        )
        for customer in customers
        for number in range(draw(st.integers(1, 5)))
    ]
    scopes = st.tuples(st.sampled_from(customers), _scope("sms", "phone", "loan", "fund"))
    caps = draw(st.dictionaries(scopes, st.integers(0, 2), max_size=8)) if with_caps else {}
    return Case(
        tuple(options),
        {resource: draw(st.sampled_from([0, 1, 2, 3, 5, 8, 0.3])) for resource in resources},
        {customer: draw(st.sampled_from([1, 1, 2, 3, 0])) for customer in customers},
        {(customer, scope): left for (customer, scope), left in caps.items() if scope},
    )


def _scope(*names: str) -> st.SearchStrategy[str | None]:
    return st.sampled_from([None, *names])
