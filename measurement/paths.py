"""Aggregated journeys: one row per path of channels, as rows to write down or as columns to count.

Columns hold every touch as a whole number, so that millions of touches are counted by NumPy.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from measurement.errors import MeasurementError

SEPARATOR = " > "
MOST_CONVERSIONS = 9 * 10**9
MOST_VALUE_UNITS = 9 * 10**18

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class PathCount:
    """One path: its touches in order and how its journeys ended.

    `conversions` and `nulls` are journeys; `value` is the value of the conversions in whole
    units (minor units of money). An empty path is a conversion without a touch.
    """

    channels: tuple[str, ...]
    conversions: int
    value: int
    nulls: int


@dataclass(frozen=True)
class Paths:
    """Paths in columns.

    Attributes:
        channels: all channels in code point order.
        codes: every touch of every path, path after path, as its place in `channels`.
        starts: where each of the n paths begins in `codes`, and the end; length n + 1.
        conversions, values, nulls: as in `PathCount`, length n.
    """

    channels: tuple[str, ...]
    codes: Ints
    starts: Ints
    conversions: Ints
    values: Ints
    nulls: Ints

    @property
    def lengths(self) -> Ints:
        """Touches of each path; 0 where nobody was touched."""
        return np.diff(self.starts)

    @property
    def rows(self) -> Ints:
        """The path that each touch belongs to, beside `codes`."""
        return np.repeat(np.arange(self.conversions.size), self.lengths)

    def select(self, wanted: NDArray[np.bool_]) -> Paths:
        """Some of the paths; the channels stay, also those that no path touches any more."""
        starts = np.concatenate(([0], np.cumsum(self.lengths[wanted])))
        return replace(
            self,
            codes=self.codes[np.repeat(wanted, self.lengths)],
            starts=starts,
            conversions=self.conversions[wanted],
            values=self.values[wanted],
            nulls=self.nulls[wanted],
        )

    def touched(self) -> Paths:
        """The paths with at least one touch."""
        return self.select(self.lengths > 0)

    def untouched(self) -> Paths:
        """The empty paths: what happened without a touch."""
        return self.select(self.lengths == 0)

    def without_nulls(self) -> Paths:
        """The same paths as if only the journeys that convert had been recorded."""
        return replace(self, nulls=np.zeros_like(self.nulls))

    def texts(self, separator: str = SEPARATOR) -> list[str]:
        """The paths written out, `a > b > a`."""
        names = [self.channels[code] for code in self.codes]
        return [separator.join(names[i:j]) for i, j in pairwise(self.starts.tolist())]


def parse_path(text: str) -> tuple[str, ...]:
    """Split `a > b > a` into its channels; an empty text is the empty path."""
    return tuple(text.split(SEPARATOR)) if text else ()


def as_paths(paths: Iterable[PathCount] | Paths) -> Paths:
    """Turn rows into columns; columns stay as they are.

    Raises:
        MeasurementError: a count is negative, or the sums are beyond 64 bits.
    """
    if isinstance(paths, Paths):
        return paths
    listed = list(paths)
    channels = channels_of(listed)
    place = {channel: i for i, channel in enumerate(channels)}
    lengths = [len(path.channels) for path in listed]
    return checked(
        Paths(
            channels=tuple(channels),
            codes=_ints([place[channel] for path in listed for channel in path.channels]),
            starts=np.concatenate(([0], np.cumsum(_ints(lengths)))),
            conversions=_ints([path.conversions for path in listed]),
            values=_ints([path.value for path in listed]),
            nulls=_ints([path.nulls for path in listed]),
        )
    )


def read_paths(table: pa.Table, separator: str = SEPARATOR) -> Paths:
    """Read the columns path, conversion_count, value_amount and null_count of a table.

    Blanks around a touch do not belong to its channel. An empty separator makes every path a
    single touch.

    Raises:
        MeasurementError: a column is missing, a count is negative, or a touch has no name.
    """
    names = ("path", "conversion_count", "value_amount", "null_count")
    missing = [name for name in names if name not in table.column_names]
    if missing:
        raise MeasurementError(
            expected=f"columns {', '.join(names)}",
            found=f"no {', '.join(missing)}",
            remedy="read the paths from attribution.attr_paths",
        )
    channels, codes, starts = _touches(_one_array(table["path"]), separator)
    counts = [_one_array(table[name]).cast(pa.int64()).to_numpy() for name in names[1:]]
    return checked(Paths(channels, codes, starts, *counts))


def channels_of(paths: Iterable[PathCount]) -> list[str]:
    """All channels of the paths in code point order."""
    return sorted({channel for path in paths for channel in path.channels})


def checked(paths: Paths) -> Paths:
    """The same paths, once their counts and sums are known to be usable.

    Raises:
        MeasurementError: a count is negative, or the sums are beyond 64 bits.
    """
    wrong = int(((paths.conversions < 0) | (paths.nulls < 0)).sum())
    if wrong:
        raise MeasurementError(
            expected="counts of journeys >= 0",
            found=f"{wrong} paths with a negative count",
            remedy="aggregate whole journeys, never differences of two nights",
        )
    conversions = float(paths.conversions.sum(dtype=np.float64))
    value = float(np.abs(paths.values.astype(np.float64)).sum())
    if conversions > MOST_CONVERSIONS or value > MOST_VALUE_UNITS:
        raise MeasurementError(
            expected=f"at most {MOST_CONVERSIONS:,} conversions and {MOST_VALUE_UNITS:.0e} units",
            found=f"{conversions:,.0f} conversions and {value:.1e} units of value",
            remedy="attribute shorter periods one by one",
        )
    return paths


def _touches(texts: pa.Array[Any], separator: str) -> tuple[tuple[str, ...], Ints, Ints]:
    """Channels in code point order, the touches as places in them, and where paths begin."""
    trimmed = pc.utf8_trim_whitespace(cast(pa.StringArray, texts.cast(pa.string())))
    texts = cast(pa.StringArray, trimmed.fill_null(""))
    is_empty = pc.binary_length(texts).to_numpy() == 0
    lists = pc.split_pattern(texts, separator) if separator else _single_touches(texts)
    encoded = lists.flatten().dictionary_encode()
    names = [str(name).strip() for name in encoded.dictionary.to_pylist()]
    channels = sorted(set(names) - {""})
    place = {channel: i for i, channel in enumerate(channels)}
    codes = _ints([place.get(name, -1) for name in names])[encoded.indices.to_numpy()]
    lengths = pc.list_value_length(lists).to_numpy().astype(np.int64)
    nameless = int((codes < 0).sum() - is_empty.sum())
    if nameless:
        raise MeasurementError(
            expected="a channel for every touch of a path",
            found=f"{nameless} touches without a name",
            remedy="leave the whole path empty where nobody was touched; name the other touches",
        )
    lengths[is_empty] = 0
    return tuple(channels), codes[codes >= 0], np.concatenate(([0], np.cumsum(lengths)))


def _single_touches(texts: pa.Array[Any]) -> pa.ListArray[Any]:
    return pa.ListArray.from_arrays(pa.array(range(len(texts) + 1), pa.int32()), texts)


def _one_array(column: pa.ChunkedArray[Any] | pa.Array[Any]) -> pa.Array[Any]:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _ints(numbers: list[int]) -> Ints:
    return np.array(numbers, dtype=np.int64)
