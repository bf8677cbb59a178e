"""A solution told: a table of all options with reasons, figures for machines, a page for people."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from campaigns.allocation.columns import Arrow
from campaigns.allocation.problem import Ints, Problem
from campaigns.allocation.solution import Outcome, Solution
from campaigns.allocation.tables import ARMS, DECISION

_DEAREST = 20


def outcomes(solution: Solution, options: pa.Table) -> pa.Table:
    """One row per option in canonical order, from the table the problem was made of.

    Columns: customer_id, option_id, decision_id where there is one, value, arm, reduced_value
    (null where the option could not be chosen at any price) and reason: `chosen`,
    `negative_value`, `no_capacity(resource)`, `cap_tonight` or `lost_to(option)`.
    """
    problem = solution.problem
    keys = ["customer_id", "option_id", *([DECISION] if DECISION in options.column_names else [])]
    told = options.select(keys).take(problem.row)
    reduced = np.where(np.isfinite(solution.reduced), solution.reduced, np.nan)
    told = told.append_column("value", pa.array(problem.value))
    told = told.append_column("arm", pa.array(np.take(ARMS, problem.is_control.astype(int))))
    told = told.append_column("reduced_value", pa.array(reduced, from_pandas=True))
    return told.append_column("reason", _reasons(solution, told.column("option_id")))


def figures(solution: Solution) -> dict[str, Any]:
    """Everything about a solution that is not about one customer, ready for JSON."""
    problem = solution.problem
    return {
        "options": problem.size,
        "customers": len(problem.per_customer),
        "chosen": len(solution.chosen),
        "listed": len(solution.listed),
        "control": len(solution.chosen) - len(solution.listed),
        "objective": solution.objective,
        "listed_value": float(problem.value[solution.listed].sum()),
        "bound": solution.bound,
        "gap": solution.gap,
        "greedy_by_value": solution.greedy,
        "rounds": solution.rounds,
        "filled": solution.filled,
        "outcomes": {o.name.lower(): int((solution.outcome == o).sum()) for o in Outcome},
        "resources": _resources(solution),
    }


def summary(found: dict[str, Any]) -> str:
    """The figures as a page for a terminal; of many resources the dearest."""
    resources = sorted(found["resources"], key=lambda one: -((one["price"] or 0) * one["limit"]))
    width = max([len(one["resource"]) for one in resources[:_DEAREST]] + [len("resource")])
    lines = [
        f"{found['chosen']:,} of {found['options']:,} options chosen for {found['customers']:,} "
        f"customers: {found['listed']:,} listed, {found['control']:,} control",
        f"value           {found['objective']:>20,.2f}",
        f"upper bound     {found['bound']:>20,.2f}   gap {found['gap']:.4%}",
        f"greedy by value {found['greedy_by_value']:>20,.2f}   {_against_greedy(found)}",
        f"prices in {found['rounds']} rounds, {found['filled']:,} options filled in afterwards",
        "not chosen: " + ", ".join(_losses(found["outcomes"])),
        "",
        f"{'resource':<{width}} {'limit':>14} {'used':>14} {'price':>14}",
    ]
    for one in resources[:_DEAREST]:
        price = "-" if one["price"] is None else f"{one['price']:,.2f}"
        lines.append(
            f"{one['resource']:<{width}} {one['limit']:>14,.12g} {one['used']:>14,.12g} {price:>14}"
        )
    if len(resources) > _DEAREST:
        lines.append(f"… and {len(resources) - _DEAREST:,} more in the report")
    return "\n".join(lines)


def _reasons(solution: Solution, option_id: Arrow) -> Arrow:
    outcome, cause = solution.outcome, solution.cause
    names: Arrow = pa.array([one.name.lower() for one in Outcome])
    plain = names.take(pa.array(outcome))
    lost, short = outcome == Outcome.LOST_TO, outcome == Outcome.NO_CAPACITY
    winner = option_id.cast(pa.string()).take(pa.array(cause, mask=~lost))
    resources: Arrow = pa.array(solution.problem.resources, pa.string())
    resource = resources.take(pa.array(cause, mask=~short))
    inner = pc.coalesce(winner, resource)
    return pc.coalesce(pc.binary_join_element_wise(plain, "(", inner, ")", ""), plain)


def _resources(solution: Solution) -> list[dict[str, Any]]:
    """Limit, use and price of each; no price (None) where nothing that could be chosen uses it."""
    problem = solution.problem
    used, control = solution.used, problem.used(problem.control(solution.chosen))
    wanted = problem.used(_candidates(problem)) > 0
    return [
        {
            "resource": name,
            "limit": float(problem.limit[i]),
            "used": float(used[i]),
            "control_would_use": float(control[i]),
            "price": float(solution.prices[i]) if wanted[i] else None,
        }
        for i, name in enumerate(problem.resources)
    ]


def _candidates(problem: Problem) -> Ints:
    return np.flatnonzero(problem.candidate_value >= 0)


def _against_greedy(found: dict[str, Any]) -> str:
    if found["greedy_by_value"] <= 0:
        return ""
    return f"{found['objective'] / found['greedy_by_value'] - 1:+.2%} over it"


def _losses(counts: dict[str, int]) -> list[str]:
    lost = {name: count for name, count in counts.items() if name != "chosen" and count}
    return [f"{name} {count:,}" for name, count in lost.items()] or ["none"]
