"""A delivered chunk to typed rows and rejects: every row ends up in exactly one of the two."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

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


Columns: TypeAlias = dict[str, Parsed]
Failures: TypeAlias = dict[int, tuple[str, str]]
"""Place in the chunk: (reason, column)."""


@dataclass(frozen=True)
class Reject:
    """A row that cannot be loaded, with its text as delivered (to be encrypted at once).

    Read back from the archive it is `is_sealed`: its text is the ciphertext of that time.
    """

    source_row: int
    arrived_date: date
    reason: str
    detail: str
    text: bytes
    party_id: str | None = None
    control_value: int | None = None
    is_sealed: bool = False


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


def _arrived(parsed: Columns, count: int, span: Span) -> Values:
    if not span.is_historic:
        return pa.repeat(pa.scalar(span.last, pa.date32()), count)
    found = parsed[ARRIVED]
    first, last = pa.scalar(span.first, pa.date32()), pa.scalar(span.last, pa.date32())
    after: Values = pc.greater_equal(found.values, first)
    inside: Values = pc.and_(after, pc.less_equal(found.values, last))
    outside: Mask = pc.invert(inside).fill_null(False).to_numpy(False)  # type: ignore[attr-defined]
    if outside.any():
        found.failures[OUTSIDE_LANDING] = outside
    return pc.if_else(inside.fill_null(False), found.values, last)


def _first_failures(parsed: Columns, count: int) -> Failures:
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
    parsed: Columns,
    failed: Failures,
) -> Iterator[Reject]:
    if not failed:
        return
    places = pa.array(sorted(failed), pa.int64())
    delivered = _as_bytes(chunk.rows).take(places).to_pylist()
    arrived, party, control = (
        _picked(parsed, name, places) for name in (ARRIVED, contract.party, contract.control_column)
    )
    for index, place in enumerate(places.to_pylist()):
        reason, column = failed[int(place or 0)]
        day = arrived[index]
        yield Reject(
            source_row=int(chunk.row_numbers[place]),
            arrived_date=day if day and span.first <= day <= span.last else span.last,
            reason=reason,
            detail=f"column {column}",
            text=_text(delivered[index], encoding, chunk.is_latin),
            party_id=party[index],
            control_value=control[index],
        )


def _picked(parsed: Columns, name: str | None, places: Values) -> list[Any]:
    if name is None or name not in parsed:
        return [None] * len(places)
    picked: list[Any] = parsed[name].values.take(places).to_pylist()
    return picked


def _as_bytes(rows: pa.RecordBatch) -> pa.RecordBatch:
    """Text as bytes: what is not valid UTF-8 could not be taken out as text."""
    columns: list[Values] = [
        column.cast(pa.binary()) if pa.types.is_string(column.type) else column
        for column in rows.columns
    ]
    return pa.RecordBatch.from_arrays(columns, names=rows.schema.names)


def _malformed(line: MalformedLine, arrived: date) -> Reject:
    return Reject(line.row, arrived, MALFORMED, "number of fields", line.text)


def _text(row: dict[str, Any], encoding: str, is_latin: bool) -> bytes:
    readable = {
        name: _readable(value, encoding, is_latin) if isinstance(value, bytes) else value
        for name, value in row.items()
    }
    return json.dumps(readable, ensure_ascii=False, default=str).encode()


def _readable(field: bytes, encoding: str, is_latin: bool) -> str:
    content = field.decode().encode("latin-1") if is_latin else field
    return content.decode(encoding, "backslashreplace")
