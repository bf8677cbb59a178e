"""Limits of resources, and what each option would use of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse  # type: ignore[import-untyped]

from campaigns.allocation.columns import Arrow, Origin, codes, numbers, require_columns
from campaigns.allocation.problem import Floats, Ints, Sparse
from warehouse.errors import AllocationError

NAMED = "="


def read_limits(capacities: pa.Table, origin: Origin) -> dict[str, float]:
    """Limits by resource, in ascending order of the names.

    Raises:
        AllocationError: a column is missing, a limit is no number >= 0, a resource is there twice.
    """
    require_columns(capacities, ("resource", "limit"), origin)
    code, names = codes(capacities, "resource", origin)
    again = np.flatnonzero(pd.Series(code).duplicated().to_numpy())
    if again.size:
        raise AllocationError(
            expected="one limit per resource",
            found=f"{len(again)} repeated",
            where=origin.at("resource", int(again[0])),
            remedy="keep one row of each resource",
        )
    limits = numbers(capacities, "limit", origin, at_least_zero=True)
    return dict(zip(names.to_pylist(), limits[np.argsort(code)].tolist(), strict=True))


def require_matches(
    options: pa.Table,
    others: Collection[str],
    limits: Mapping[str, float],
    options_from: Origin,
    capacities_from: Origin,
) -> None:
    """Every column of the options but `others` has a capacity, and every capacity a column.

    Raises:
        AllocationError: one has none.
    """
    columns = [name for name in options.column_names if name not in others]
    for column in columns:
        if column not in limits and not _named(column, limits):
            raise AllocationError(
                expected=f"a capacity {column}, or capacities {column}{NAMED}…",
                found="neither",
                where=options_from.at(column),
                remedy=f"add it to {capacities_from.name}, or drop the column",
            )
    for resource in limits:
        if resource not in columns and resource.partition(NAMED)[0] not in columns:
            raise AllocationError(
                expected="a column of the options for every capacity",
                found=f"none for resource {resource}",
                where=capacities_from.at("resource"),
                remedy=f"add the column to {options_from.name}, or drop the capacity",
            )


def read_use(options: pa.Table, limits: Mapping[str, float], origin: Origin) -> Sparse:
    """The sparse matrix of amounts, options x resources, rows as in the table.

    Raises:
        AllocationError: an amount is no number >= 0, or a cell names no capacity.
    """
    rows: list[Ints] = [np.empty(0, dtype=np.int64)]
    columns, amounts = list(rows), [np.empty(0)]
    for column in options.column_names:
        if column in limits:
            amount = _amounts(options, column, origin)
            resource = np.full(len(amount), list(limits).index(column))
        elif named := _named(column, limits):
            resource = _resources(options, column, named, origin)
            amount = (resource >= 0).astype(np.float64)
        else:
            continue
        used = np.flatnonzero(amount)
        rows.append(used)
        columns.append(resource[used])
        amounts.append(amount[used])
    entries = np.concatenate(amounts), (np.concatenate(rows), np.concatenate(columns))
    use = sparse.csr_matrix(entries, shape=(options.num_rows, len(limits)))
    use.sort_indices()
    return use


def _named(column: str, limits: Mapping[str, float]) -> dict[str, int]:
    """Positions of the resources that the cells of a column name, by the part behind the sign."""
    prefix = f"{column}{NAMED}"
    return {r.removeprefix(prefix): i for i, r in enumerate(limits) if r.startswith(prefix)}


def _amounts(options: pa.Table, column: str, origin: Origin) -> Floats:
    values = options.column(column)
    filled = pa.table({column: pc.fill_null(values, pa.scalar(0).cast(values.type))})
    return numbers(filled, column, origin, at_least_zero=True)


def _resources(options: pa.Table, column: str, named: dict[str, int], origin: Origin) -> Ints:
    """The position of the resource that each cell names, -1 where it is empty."""
    cells: Arrow = options.column(column).cast(pa.string()).combine_chunks()
    found: Arrow = pc.dictionary_encode(cells)
    names = found.dictionary.to_pylist()
    position = np.array([named.get(n, -1 if n == "" else -2) for n in names] + [-1])
    resource = position[pc.fill_null(found.indices, len(names)).to_numpy()]
    unknown = resource == -2
    if unknown.any():
        raise AllocationError(
            expected=f"the rest of a resource called {column}{NAMED}…, or nothing",
            found=f"{int(unknown.sum()):,} cells that name no capacity",
            where=origin.at(column, int(np.argmax(unknown))),
            remedy="add the capacity, or correct the cells",
        )
    return np.asarray(resource, dtype=np.int64)
