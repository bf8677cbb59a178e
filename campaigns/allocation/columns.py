"""Columns of tables as arrays, every fault named with its column and its first row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from campaigns.allocation.problem import Floats, Ints
from warehouse.errors import AllocationError

Arrow: TypeAlias = Any  # an array or a column


@dataclass(frozen=True)
class Origin:
    """Where a table came from, so that an error can name the place: its rows begin at `first`."""

    name: str
    unit: str = "row"
    first: int = 1

    def at(self, column: str, row: int | None = None) -> str:
        """A column, and a row of it (counted from 0) where one is meant."""
        place = f"{self.name}, column {column}"
        return place if row is None else f"{place}, {self.unit} {row + self.first}"


def require_columns(table: pa.Table, columns: tuple[str, ...], origin: Origin) -> None:
    """Refuse a table that lacks one of the columns."""
    for column in columns:
        if column not in table.column_names:
            raise AllocationError(
                expected=f"a column {column}",
                found=", ".join(table.column_names) or "no columns",
                where=origin.name,
                remedy="docs/allocation.md describes the columns",
            )


def codes(table: pa.Table, column: str, origin: Origin) -> tuple[Ints, Arrow]:
    """Each row's position among the distinct ids in ascending order, and those ids as text.

    Raises:
        AllocationError: a row has none.
    """
    values = table.column(column).combine_chunks()
    if pa.types.is_dictionary(values.type):
        values = values.cast(pa.string())
    missing = np.flatnonzero(pc.is_null(values).to_numpy(zero_copy_only=False))
    if missing.size:
        raise AllocationError(
            expected=f"a {column} in every row",
            found=f"{len(missing):,} rows without one",
            where=origin.at(column, int(missing[0])),
            remedy="complete or remove these rows",
        )
    found: Arrow = pc.dictionary_encode(values)
    names = found.dictionary.cast(pa.string())
    ascending = pc.sort_indices(names).to_numpy()
    rank = np.empty(len(names), dtype=np.int64)
    rank[ascending] = np.arange(len(names))
    return rank[found.indices.to_numpy()], names.take(pa.array(ascending))


def numbers(table: pa.Table, column: str, origin: Origin, *, at_least_zero: bool = False) -> Floats:
    """A column as finite numbers; texts are read as numbers.

    Raises:
        AllocationError: a cell is empty, no finite number, or below 0 where that is refused.
    """
    values = table.column(column).combine_chunks()
    try:
        found = values.cast(pa.float64()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:
        found = pd.to_numeric(values.to_pandas(), errors="coerce").to_numpy(np.float64)
    except pa.ArrowNotImplementedError:
        found = np.full(len(values), np.nan)
    wrong = ~np.isfinite(found) | (found < 0 if at_least_zero else False)
    if wrong.any():
        raise AllocationError(
            expected="a finite number" + (", at least 0" if at_least_zero else ""),
            found=_fault(found[wrong]),
            where=origin.at(column, int(np.argmax(wrong))),
            remedy="correct or remove these rows",
        )
    return np.asarray(found, dtype=np.float64)


def draws(
    customers: tuple[Ints, Arrow], options: tuple[Ints, Arrow], salt: str
) -> NDArray[np.uint64]:
    """A hash of both ids and the salt for every row; the same on every machine."""
    customer, option = (_hashes(names)[code] for code, names in (customers, options))
    seed = _hashes(pa.array([salt]))[0]
    return pd.util.hash_array(pd.util.hash_array(customer ^ seed) + option)


def _hashes(names: Arrow) -> NDArray[np.uint64]:
    texts = names.to_numpy(zero_copy_only=False).astype(object)
    return pd.util.hash_array(texts, categorize=False)


def _fault(wrong: Floats) -> str:
    negative = int((np.isfinite(wrong)).sum())
    kinds = [
        (negative, "below 0"),
        (len(wrong) - negative, "empty, infinite or not a number"),
    ]
    return " and ".join(f"{count:,} {kind}" for count, kind in kinds if count)
