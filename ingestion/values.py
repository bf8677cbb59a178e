"""One column of delivered values to one column of its contract's type, with the rows that fail.

All functions work on whole Arrow arrays; only a column that has failures is looked at by halves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.arrow_text import Values, content_of
from ingestion.contracts import Column
from ingestion.currencies import known_currencies

Mask = npt.NDArray[np.bool_]

UNDECODABLE = "undecodable_field"
WRONG_TYPE = "wrong_type"
NULL = "null_not_allowed"
NOT_ALLOWED = "value_not_allowed"
UNKNOWN_CURRENCY = "unknown_currency"

_UTC = pa.timestamp("us", tz="UTC")
_EARLIEST, _LATEST = date(1, 1, 1), date(9999, 12, 31)
_INTEGER = r"^-?[0-9]+$"


@dataclass(frozen=True)
class Parsed:
    """A typed column (null where a value failed) and, by reason, the rows that failed."""

    values: Values
    failures: dict[str, Mask]


def parse_column(
    values: Values, column: Column, encoding: str = "UTF-8", *, is_latin: bool = False
) -> Parsed:
    """Parse one column; the result has the same length as the input.

    Args:
        values: as read: binary (a text file's fields) or any type a parquet file holds.
        column: the contract's column.
        encoding: of binary fields, `UTF-8` or `GB18030`.
        is_latin: the bytes of a field were read as Latin-1 characters (`readers.Chunk`).
    """
    failures: dict[str, Mask] = {}
    text, undecodable = decode(_plain(values), encoding, is_latin=is_latin)
    if undecodable is not None:
        failures[UNDECODABLE] = undecodable
    typed = convert(text, column)
    if typed.null_count > text.null_count:
        _note(failures, WRONG_TYPE, _mask(pc.is_null(typed)) & ~_mask(pc.is_null(text)))
    if not column.nullable and values.null_count:
        _note(failures, NULL, _mask(pc.is_null(values)))
    if column.allowed:
        _note(failures, NOT_ALLOWED, _outside(typed, pa.array(column.allowed)))
    if column.format == "currency":
        _note(failures, UNKNOWN_CURRENCY, _outside(typed, _currencies()))
    return Parsed(typed, failures)


def decode(values: Values, encoding: str, *, is_latin: bool) -> tuple[Values, Mask | None]:
    """Binary fields to text; undecodable ones, and ones with a NUL, become null and are marked."""
    if pa.types.is_string(values.type):
        values, encoding = values.cast(pa.binary()), "UTF-8"
    elif not pa.types.is_binary(values.type):
        return values, None
    text = by_halves(values, lambda part: _decode_all(part, encoding, is_latin), pa.string())
    if _holds_nul(text):
        text = pc.if_else(pc.match_substring(text, "\x00"), pa.scalar(None, pa.string()), text)
    if text.null_count == values.null_count:
        return text, None
    return text, _mask(pc.is_null(text)) & ~_mask(pc.is_null(values))


def convert(values: Values, column: Column) -> Values:
    """Values to the column's type; null where a value has no meaning in that type."""
    target = column.arrow_type
    if values.type == target:
        return _in_calendar(values) if column.type in ("date", "timestamp") else values
    if pa.types.is_string(values.type):
        typed = by_halves(values, _text_parser(column), target)
    elif _is_lossless_kind(values.type, column):
        typed = by_halves(values, lambda part: part.cast(target), target)
    else:
        return _nulls(len(values), target)
    return _in_calendar(typed) if column.type in ("date", "timestamp") else typed


def by_halves(values: Values, operation: Callable[[Values], Values], result: pa.DataType) -> Values:
    """Apply an all-or-nothing operation; where it fails, halve until only bad values are null."""
    try:
        return operation(values)
    except (pa.ArrowInvalid, UnicodeDecodeError):
        if len(values) == 1:
            return _nulls(1, result)
    middle = len(values) // 2
    halves = (values.slice(0, middle), values.slice(middle))
    return pa.concat_arrays([by_halves(half, operation, result) for half in halves])


@lru_cache(maxsize=1)
def _currencies() -> Values:
    return pa.array(sorted(known_currencies()))


def _plain(values: Values) -> Values:
    kind = values.type
    if pa.types.is_dictionary(kind):
        return _plain(values.dictionary_decode())
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return values.cast(pa.string())
    if pa.types.is_large_binary(kind):
        return values.cast(pa.binary())
    return values


def _decode_all(values: Values, encoding: str, is_latin: bool) -> Values:
    if _is_ascii(values) or (encoding == "UTF-8" and not is_latin):
        return values.cast(pa.string())
    decoded = [decode_field(item, encoding, is_latin) for item in values.to_pylist()]
    return pa.array(decoded, pa.string())


def decode_field(field: bytes | None, encoding: str, is_latin: bool) -> str | None:
    """Text of one field; UnicodeDecodeError where it has none in that encoding."""
    if field is None:
        return None
    content = field.decode().encode("latin-1") if is_latin else field
    return content.decode(encoding)


def _is_ascii(values: Values) -> bool:
    _, content = content_of(values)
    return bool(content.size == 0 or content.max() < 0x80)


def _holds_nul(values: Values) -> bool:
    _, content = content_of(values)
    return bool(content.size and content.min() == 0)


def _text_parser(column: Column) -> Callable[[Values], Values]:
    target = column.arrow_type
    if column.type == "timestamp":
        return _timestamps
    if column.type in ("bigint", "integer"):
        return lambda part: _integers(part, target)
    return lambda part: part.cast(target)


def _integers(values: Values, target: pa.DataType) -> Values:
    """Decimal digits only: Arrow's own cast would take `0x1F` for 31."""
    if pc.all(pc.match_substring_regex(values, _INTEGER)).as_py() is False:
        raise pa.ArrowInvalid("not an integer")
    return values.cast(target)


def _timestamps(values: Values) -> Values:
    """ISO 8601; without an offset it is UTC."""
    try:
        return values.cast(_UTC)
    except pa.ArrowInvalid:
        return values.cast(pa.timestamp("us")).cast(_UTC)


def _is_lossless_kind(found: pa.DataType, column: Column) -> bool:
    if column.type in ("bigint", "integer"):
        return pa.types.is_integer(found)
    if column.type == "numeric":
        return pa.types.is_integer(found) or pa.types.is_decimal(found)
    if column.type == "timestamp":
        return pa.types.is_timestamp(found)
    if column.type == "date":
        return pa.types.is_date(found)
    return pa.types.is_null(found)


def _in_calendar(values: Values) -> Values:
    """Dates that neither Python nor a reader of the warehouse could show become null."""
    bounds = (pa.scalar(_EARLIEST, pa.date32()), pa.scalar(_LATEST, pa.date32()))
    low, high = (bound.cast(values.type) for bound in bounds)
    extremes = pc.min_max(values)
    smallest, largest = extremes["min"], extremes["max"]
    if not smallest.is_valid or (
        pc.greater_equal(smallest, low).as_py() and pc.less_equal(largest, high).as_py()
    ):
        return values
    inside = pc.and_(pc.greater_equal(values, low), pc.less_equal(values, high))
    return pc.if_else(inside, values, pa.scalar(None, values.type))


def _outside(values: Values, allowed: Values) -> Mask:
    inside = _mask(pc.is_in(values, value_set=allowed))
    return ~inside & _mask(pc.is_valid(values)) if not inside.all() else ~inside


def _note(failures: dict[str, Mask], reason: str, mask: Mask) -> None:
    fresh = mask.copy()
    for earlier in failures.values():
        fresh &= ~earlier
    if fresh.any():
        failures[reason] = fresh


def _mask(values: Values) -> Mask:
    mask: Mask = values.to_numpy(zero_copy_only=False).astype(np.bool_)
    return mask


def _nulls(count: int, kind: pa.DataType) -> Values:
    return pa.array([None] * count, kind)
