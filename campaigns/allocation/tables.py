"""Tables of options, capacities and caps made into a problem in canonical order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from campaigns.allocation.columns import (
    Arrow,
    Origin,
    codes,
    draws,
    numbers,
    require_columns,
)
from campaigns.allocation.problem import Bools, Caps, Ints, Problem
from campaigns.allocation.resources import read_limits, read_use, require_matches
from warehouse.errors import AllocationError

KEYS = ("customer_id", "option_id", "value")
DECISION, ARM = "decision_id", "arm"
ARMS = ("listed", "control")

_OPTIONS, _CAPACITIES, _CAPS = Origin("options"), Origin("capacities"), Origin("caps")


def problem_of(
    options: pa.Table,
    capacities: pa.Table,
    *,
    per_customer: int | Mapping[str, int] = 1,
    caps: pa.Table | None = None,
    cap_columns: Sequence[str] = (),
    salt: str = "",
    options_from: Origin = _OPTIONS,
    capacities_from: Origin = _CAPACITIES,
) -> Problem:
    """Check the tables and put them into canonical order: the order of rows does not matter.

    Args:
        options: customer_id, option_id and value; optionally decision_id (at most one option of a
            customer's decision is chosen) and arm (`listed` or `control`); and columns of
            resources. A column with the name of a resource holds amounts, >= 0, empty is 0. A
            column c with resources called `c=…` holds the part behind the sign: one unit of it.
        capacities: resource, limit (>= 0).
        per_customer: the most options of a customer; or that number by customer_id, 1 for others.
        caps: customer_id, scope, remaining: whole contacts left of a customer's caps; what is not
            there is not capped.
        cap_columns: columns of the options that name the scopes of caps in which an option counts.
        salt: changes how ties are drawn; the business date, so that nobody always loses.

    Raises:
        AllocationError: something is missing, malformed or does not fit; it is named with its
            column and its first row.
    """
    require_columns(options, (*KEYS, *cap_columns), options_from)
    limits = read_limits(capacities, capacities_from)
    others = {*KEYS, DECISION, ARM, *cap_columns}
    require_matches(options, others, limits, options_from, capacities_from)
    value = numbers(options, "value", options_from)
    customer, customers = codes(options, "customer_id", options_from)
    option, names = codes(options, "option_id", options_from)
    draw = draws((customer, customers), (option, names), salt)
    order = np.lexsort((option, draw, customer))
    _require_distinct(customer, option, order, options_from)
    return Problem(
        customer=customer[order],
        decision=_decisions(options, customer, order, options_from),
        value=value[order],
        use=read_use(options, limits, options_from)[order],
        limit=np.array(list(limits.values()), dtype=np.float64),
        resources=tuple(limits),
        per_customer=_per_customer(per_customer, customers),
        is_control=_control(options, options_from)[order],
        draw=draw[order],
        row=order,
        caps=None if caps is None else _caps(options.take(order), caps, cap_columns),
    )


def _require_distinct(customer: Ints, option: Ints, order: Ints, origin: Origin) -> None:
    is_again = (np.diff(customer[order]) == 0) & (np.diff(option[order]) == 0)
    if is_again.any():
        again = np.maximum(order[1:], order[:-1])[is_again]
        raise AllocationError(
            expected="one row per customer_id and option_id",
            found=f"{len(again):,} repeated",
            where=origin.at("option_id", int(again.min())),
            remedy="give every option of a customer an option_id of its own",
        )


def _decisions(options: pa.Table, customer: Ints, order: Ints, origin: Origin) -> Ints:
    """A code per customer and decision; without the column every option decides for itself."""
    if DECISION not in options.column_names:
        return np.arange(options.num_rows)
    decision, names = codes(options, DECISION, origin)
    found, _ = pd.factorize((customer * max(1, len(names)) + decision)[order])
    return np.asarray(found, dtype=np.int64)


def _control(options: pa.Table, origin: Origin) -> Bools:
    if ARM not in options.column_names:
        return np.zeros(options.num_rows, dtype=np.bool_)
    arms: Arrow = options.column(ARM).cast(pa.string()).combine_chunks()
    is_known: Arrow = pc.is_in(arms, pa.array(ARMS))
    known = is_known.to_numpy(zero_copy_only=False)
    if not known.all():
        raise AllocationError(
            expected=" or ".join(ARMS),
            found=f"{int((~known).sum()):,} other cells",
            where=origin.at(ARM, int(np.argmin(known))),
            remedy="correct these cells, or drop the column where there is no control",
        )
    is_control: Arrow = pc.equal(arms, pa.scalar(ARMS[1]))
    return np.asarray(is_control.to_numpy(zero_copy_only=False), dtype=np.bool_)


def _per_customer(limit: int | Mapping[str, int], customers: Arrow) -> Ints:
    if isinstance(limit, Mapping):
        most = np.array([limit.get(name, 1) for name in customers.to_pylist()], dtype=np.int64)
    else:
        most = np.full(len(customers), limit, dtype=np.int64)
    if most.min(initial=0) < 0:
        raise AllocationError(
            expected="at least 0 options per customer",
            found=str(int(most.min())),
            where="per_customer",
            remedy="give 0 for a customer who gets nothing",
        )
    return most


def _caps(options: pa.Table, caps: pa.Table, columns: Sequence[str]) -> Caps:
    """Caps matched to options by customer and scope; a cap of nobody's option is left out."""
    require_columns(caps, ("customer_id", "scope", "remaining"), _CAPS)
    remaining = numbers(caps, "remaining", _CAPS, at_least_zero=True).astype(np.int64)
    found = pd.Series(np.arange(len(remaining)), index=_cap_index(caps, "scope"))
    if not found.index.is_unique:
        raise AllocationError(
            expected="one cap per customer_id and scope",
            found=f"{int(found.index.duplicated().sum()):,} repeated",
            where=_CAPS.at("scope", int(np.argmax(found.index.duplicated()))),
            remedy="keep the smallest of each",
        )
    scope = np.full((options.num_rows, len(columns)), -1, dtype=np.int64)
    for at, column in enumerate(columns):
        scope[:, at] = found.reindex(_cap_index(options, column)).fillna(-1)
    return Caps(scope, remaining)


def _cap_index(table: pa.Table, scope: str) -> pd.MultiIndex:
    return pd.MultiIndex.from_arrays(
        [table.column(name).cast(pa.string()).to_pandas() for name in ("customer_id", scope)]
    )
