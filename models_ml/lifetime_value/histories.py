"""Purchase histories as the models see them: frequency, recency and age of each customer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from warehouse.errors import ModelError

Floats = NDArray[np.float64]
WHERE = "purchase histories"


@dataclass(frozen=True)
class Histories:
    """Checked histories, one entry a customer, all arrays of one length.

    Attributes:
        frequency: repeat purchases (≥ 0): purchases less the first one.
        recency: time from the first purchase to the last; 0 exactly where frequency is 0.
        age: time from the first purchase to the end of observation (≥ recency).
    """

    frequency: Floats
    recency: Floats
    age: Floats

    @classmethod
    def checked(cls, frequency: ArrayLike, recency: ArrayLike, age: ArrayLike) -> Histories:
        """Histories from three columns of equal length.

        Raises:
            ModelError: a value cannot be part of a purchase history; counted by kind.
        """
        columns = {"frequency": frequency, "recency": recency, "age": age}
        x, t_x, observed = (_column(name, values) for name, values in columns.items())
        require_one_length(frequency=x, recency=t_x, age=observed)
        _refuse((x % 1 != 0), "a whole number of repeat purchases", "a broken frequency")
        _refuse(t_x > observed, "age ≥ recency", "a last purchase after the end of observation")
        _refuse(
            (x > 0) != (t_x > 0),
            "recency above 0 exactly where frequency is",
            "one of the two 0 without the other",
        )
        return cls(x, t_x, observed)

    def __len__(self) -> int:
        return len(self.frequency)


def positive(name: str, values: ArrayLike) -> Floats:
    """A column of finite numbers above 0.

    Raises:
        ModelError: some are not.
    """
    column = _column(name, values)
    _refuse(column <= 0, f"{name} above 0", "0")
    return column


def require_one_length(**columns: Floats) -> None:
    """Refuse columns of different lengths."""
    if len({len(column) for column in columns.values()}) > 1:
        lengths = ", ".join(f"{len(column):,}" for column in columns.values())
        raise _wrong(f"{', '.join(columns)} of one length", lengths)


def condense(columns: tuple[Floats, ...], weights: Floats) -> tuple[list[Floats], Floats]:
    """Sort rows by their columns and join equal ones: sums depend on no order of the input.

    Returns:
        The columns of the distinct rows, the first column sorting first, and their weights.
    """
    order = np.lexsort(columns[::-1])
    ordered = [column[order] for column in columns]
    is_first = np.ones(len(order), dtype=bool)
    is_first[1:] = np.any([column[1:] != column[:-1] for column in ordered], axis=0)
    firsts = np.flatnonzero(is_first)
    joined = np.add.reduceat(weights[order], firsts) if len(order) else weights
    return [column[firsts] for column in ordered], joined


def _column(name: str, values: ArrayLike) -> Floats:
    column = np.asarray(values, dtype=np.float64)
    if column.ndim != 1:
        raise _wrong(f"{name} as one column", f"{column.ndim} dimensions")
    _refuse(~np.isfinite(column), f"a number as {name}", "NaN or infinity")
    _refuse(column < 0, f"{name} of at least 0", "a negative one")
    return column


def _refuse(wrong: NDArray[np.bool_], expected: str, found: str) -> None:
    if count := int(wrong.sum()):
        raise _wrong(expected, f"{found}, {count:,} times in {len(wrong):,} customers")


def _wrong(expected: str, found: str) -> ModelError:
    return ModelError(
        expected=expected,
        found=found,
        where=WHERE,
        remedy="make the summary again; models_ml/lifetime_value/summary.py says how",
    )
