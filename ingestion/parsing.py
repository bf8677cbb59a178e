"""A delivered chunk to typed rows and rejects: every row ends up in exactly one of the two."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.arrow_text import Values
from ingestion.contracts import ARRIVED, Column, Contract
from ingestion.readers import Chunk, MalformedLine
from ingestion.values import Mask, Parsed, parse_column

MALFORMED = "malformed_line"
OUTSIDE_LANDING = "arrived_outside_landing"
SOURCE_ROW = "source_row"
ARRIVED_COLUMN = Column(name=ARRIVED, type="date", nullable=False)


@dataclass(frozen=True)
class Reject:
    """A row that cannot be loaded, with its text as delivered (to be encrypted at once)."""

    source_row: int
    arrived_date: date
    reason: str
    detail: str
    text: bytes
    party_id: str | None = None
    control_value: int | None = None


@dataclass(frozen=True)
class ParsedChunk:
    """Typed rows: the contract's columns, then `arrived_date` and `source_row`."""

    rows: pa.RecordBatch
    rejects: tuple[Reject, ...]
    control_sum: int
    control_unknown: int
    """Rows whose control value cannot be read."""

    @property
    def rows_read(self) -> int:
        """Rows as delivered."""
        return self.rows.num_rows + len(self.rejects)


@dataclass(frozen=True)
class Span:
    """The days a landing covers; a night covers one."""

    first: date
    last: date
    is_historic: bool

    def dates(self) -> Iterator[date]:
        """Every day of it, in order."""
        for ordinal in range(self.first.toordinal(), self.last.toordinal() + 1):
            yield date.fromordinal(ordinal)


def delivered_columns(contract: Contract, span: Span) -> tuple[str, ...]:
    """Names that a file must have; a historic one also says when each row arrived."""
    names = tuple(column.name for column in contract.columns)
    return (*names, ARRIVED) if span.is_historic else names


def parse_chunk(chunk: Chunk, contract: Contract, span: Span, encoding: str) -> ParsedChunk:
    """Type every column of a chunk and set aside the rows that fail their contract."""
    columns = (*contract.columns, ARRIVED_COLUMN) if span.is_historic else contract.columns
    parsed = {
        column.name: parse_column(
            chunk.rows.column(column.name), column, encoding, is_latin=chunk.is_latin
        )
        for column in columns
    }
    arrived = _arrived(parsed, chunk.rows.num_rows, span)
    failed = _first_failures(parsed, chunk.rows.num_rows)
    rejects = [
        *_rejects(chunk, contract, span, encoding, parsed, failed),
        *(_malformed(line, span.last) for line in chunk.malformed),
    ]
    typed = [parsed[column.name].values for column in contract.columns]
    numbers = pa.array(chunk.row_numbers)
    names = [column.name for column in contract.columns]
    rows = pa.RecordBatch.from_arrays([*typed, arrived, numbers], [*names, ARRIVED, SOURCE_ROW])
    control = parsed[contract.control_column].values if contract.control_column else None
    return ParsedChunk(
        rows=_without(rows, failed),
        rejects=tuple(rejects),
        control_sum=0 if control is None else pc.sum(control).as_py() or 0,
        control_unknown=0 if control is None else control.null_count + len(chunk.malformed),
    )


def _arrived(parsed: dict[str, Parsed], count: int, span: Span) -> Values:
    if not span.is_historic:
        return pa.repeat(pa.scalar(span.last, pa.date32()), count)
    found = parsed[ARRIVED]
    first, last = pa.scalar(span.first, pa.date32()), pa.scalar(span.last, pa.date32())
    outside = pc.or_(pc.less(found.values, first), pc.greater(found.values, last))
    mask: Mask = pc.fill_null(outside, False).to_numpy(zero_copy_only=False)
    if mask.any():
        found.failures[OUTSIDE_LANDING] = mask
    return pc.if_else(pc.fill_null(pc.invert(outside), False), found.values, last)


Failures = dict[int, tuple[str, str]]
"""Place in the chunk: (reason, column)."""


def _first_failures(parsed: dict[str, Parsed], count: int) -> Failures:
    found: Failures = {}
    for name, column in parsed.items():
        for reason, mask in column.failures.items():
            for place in np.flatnonzero(mask):
                found.setdefault(int(place), (reason, name))
    return found


def _without(rows: pa.RecordBatch, failed: Failures) -> pa.RecordBatch:
    if not failed:
        return rows
    keep = np.ones(rows.num_rows, np.bool_)
    keep[list(failed)] = False
    return rows.filter(pa.array(keep))


def _rejects(
    chunk: Chunk,
    contract: Contract,
    span: Span,
    encoding: str,
    parsed: dict[str, Parsed],
    failed: Failures,
) -> Iterator[Reject]:
    if not failed:
        return
    places = pa.array(sorted(failed), pa.int64())
    delivered = chunk.rows.take(places).to_pylist()
    typed = {
        name: parsed[name].values.take(places).to_pylist()
        for name in (contract.party, contract.control_column, ARRIVED)
        if name in parsed
    }
    for index, place in enumerate(places.to_pylist()):
        reason, column = failed[place]
        arrived = _at(typed, ARRIVED, index)
        yield Reject(
            source_row=int(chunk.row_numbers[place]),
            arrived_date=arrived if arrived and span.first <= arrived <= span.last else span.last,
            reason=reason,
            detail=f"column {column}",
            text=_text(delivered[index], encoding, chunk.is_latin),
            party_id=_at(typed, contract.party, index),
            control_value=_at(typed, contract.control_column, index),
        )


def _at(typed: dict[str | None, list[Any]], name: str | None, index: int) -> Any:
    return typed[name][index] if name in typed else None


def _malformed(line: MalformedLine, arrived: date) -> Reject:
    return Reject(line.row, arrived, MALFORMED, "number of fields", line.text)


def _text(row: dict[str, Any], encoding: str, is_latin: bool) -> bytes:
    readable = {name: _readable(value, encoding, is_latin) for name, value in row.items()}
    return json.dumps(readable, ensure_ascii=False, default=str).encode()


def _readable(value: Any, encoding: str, is_latin: bool) -> Any:
    if not isinstance(value, bytes):
        return value
    content = value.decode().encode("latin-1") if is_latin else value
    return content.decode(encoding, "backslashreplace")
