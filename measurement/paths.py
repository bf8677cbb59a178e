"""Aggregated journeys: one row per distinct path of channels."""

from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa

from measurement.errors import MeasurementError

SEPARATOR = " > "


@dataclass(frozen=True)
class PathCount:
    """One distinct path: its touches in order and how its journeys ended.

    `conversions` and `nulls` are journeys; `value` is the value of the conversions in whole
    units (minor units of money). An empty path is a conversion without a touch.
    """

    channels: tuple[str, ...]
    conversions: int
    value: int
    nulls: int


def parse_path(text: str) -> tuple[str, ...]:
    """Split `a > b > a` into its channels; an empty text is the empty path."""
    return tuple(text.split(SEPARATOR)) if text else ()


def read_paths(table: pa.Table) -> list[PathCount]:
    """Read the columns path, conversion_count, value_amount and null_count of a table.

    Raises:
        MeasurementError: a column is missing, or a count is negative.
    """
    names = ("path", "conversion_count", "value_amount", "null_count")
    missing = [name for name in names if name not in table.column_names]
    if missing:
        raise MeasurementError(
            expected=f"columns {', '.join(names)}",
            found=f"no {', '.join(missing)}",
            remedy="read the paths from attribution.attr_paths",
        )
    columns = (table.column(name).to_pylist() for name in names)
    paths = [
        PathCount(parse_path(path or ""), conversions, value, nulls)
        for path, conversions, value, nulls in zip(*columns, strict=True)
    ]
    _check_counts(paths)
    return paths


def channels_of(paths: Iterable[PathCount]) -> list[str]:
    """All channels of the paths in code point order."""
    return sorted({channel for path in paths for channel in path.channels})


def _check_counts(paths: Iterable[PathCount]) -> None:
    wrong = [path for path in paths if path.conversions < 0 or path.nulls < 0]
    if wrong:
        raise MeasurementError(
            expected="counts of journeys >= 0",
            found=f"{len(wrong)} paths with a negative count",
            remedy="aggregate whole journeys, never differences of two nights",
        )
