"""Watermarks and keys of a source database: bounds of a day, and how positions are kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

_READ: dict[str, Callable[[str], Any]] = {
    "int": int,
    "Decimal": Decimal,
    "str": str,
    "UUID": UUID,
    "date": date.fromisoformat,
    "datetime": datetime.fromisoformat,
}
Watermark = Any
"""int, Decimal, date or datetime: whatever the source's column holds."""


@dataclass(frozen=True)
class Window:
    """Rows with lower <= watermark < upper; without a lower bound everything before `upper`."""

    lower: Watermark | None
    upper: Watermark | None


def is_watermark(value: object) -> bool:
    """Whether a column of such values can order the changes of a table."""
    if isinstance(value, bool):
        return False
    is_whole = isinstance(value, Decimal) and value == value.to_integral_value()
    return is_whole or isinstance(value, int | date)


def end_of_day(day: date, sample: Watermark, bank_zone: str, source_zone: str) -> Watermark | None:
    """First watermark after the bank's business date, of the kind of `sample`; None for numbers.

    A moment without an offset is in the time zone of the source.
    """
    if isinstance(sample, datetime):
        end = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(bank_zone))
        if sample.tzinfo is not None:
            return end
        return end.astimezone(ZoneInfo(source_zone)).replace(tzinfo=None)
    return day + timedelta(days=1) if isinstance(sample, date) else None


def earlier(bound: Watermark | None, overlap: int) -> Watermark | None:
    """A lower bound moved back: by seconds for moments, by days for dates, else by the number."""
    if bound is None or not overlap:
        return bound
    if isinstance(bound, datetime):
        return bound - timedelta(seconds=overlap)
    return bound - timedelta(days=overlap) if isinstance(bound, date) else bound - overlap


def encode(values: Sequence[Any]) -> str:
    """Values with their types, as text."""
    return json.dumps([[type(value).__name__, _text(value)] for value in values])


def decode(text: str) -> list[Any]:
    """What `encode` was given."""
    return [None if kind == "NoneType" else _READ[kind](part) for kind, part in json.loads(text)]


def can_be_kept(value: object) -> bool:
    """Whether a value can be part of a position."""
    return type(value).__name__ in _READ


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
