"""Rows of a source as rows of a feed, by the mapping's rules."""

from __future__ import annotations

import pyarrow as pa

from ingestion.arrow_text import Values
from ingestion.connectors.file_source import SourceRows
from ingestion.connectors.landing_folder import clipped, landing_schema
from ingestion.connectors.mapped_columns import UNREADABLE, mapped_column
from ingestion.connectors.mapping_schema import ColumnRule, FeedSource
from ingestion.connectors.source_columns import fits
from ingestion.contracts import ARRIVED, Column, Contract
from ingestion.parsing import Span
from ingestion.values import convert, decode
from warehouse.errors import ContractError

_ARRIVED = Column(name=ARRIVED, type="date", nullable=False)


def mapped_rows(
    source: FeedSource, contract: Contract, rows: SourceRows, span: Span, zone: str
) -> pa.RecordBatch:
    """Rows in the schema of `landing_schema`; a line that is no row becomes an unreadable one.

    Raises:
        ContractError: a column of the source holds values that no feed's column can hold.
    """
    zone = source.time_zone or zone
    arrays: list[Values] = []
    for column in contract.columns:
        rule = source.columns.get(column.name)
        if rule is None:
            arrays.append(pa.nulls(rows.count, pa.binary()))
            continue
        _refuse_unfit(contract.feed, rule, column, rows)
        arrays.append(
            mapped_column(rule, column, rows.columns, rows.count, zone, source.null_values)
        )
    if span.is_historic:
        arrays.append(_arrived(source, contract.feed, rows, span, zone))
    schema = landing_schema(contract, span)
    batch = pa.RecordBatch.from_arrays(arrays, schema=schema)
    return batch if not rows.broken_lines else _with_broken(batch, rows.broken_lines, span)


def _arrived(source: FeedSource, feed: str, rows: SourceRows, span: Span, zone: str) -> Values:
    """When each row counts as arrived: by its rule, else by the watermark."""
    rule = source.arrived
    if rule is None:
        if source.watermark is None:
            raise ContractError(
                expected="a rule `arrived` for a historic landing",
                found="none",
                where=f"{feed}: {source.name}",
                remedy="say which date of the row stands for its arrival, e.g. "
                "arrived: {from: BOOKED, format: '%d.%m.%Y'}",
            )
        rule = ColumnRule.model_validate(source.watermark)
    _refuse_unfit(feed, rule, _ARRIVED, rows)
    fields = mapped_column(rule, _ARRIVED, rows.columns, rows.count, zone, source.null_values)
    text, _ = decode(fields, "UTF-8", is_latin=False)
    return clipped(convert(text, _ARRIVED), span)


def _refuse_unfit(feed: str, rule: ColumnRule, column: Column, rows: SourceRows) -> None:
    for name in rule.source or ():
        found = rows.columns[name]
        if not fits(found.kind, column, rule):
            raise ContractError(
                expected=f"values for {column.name} ({column.type})",
                found=f"{name} holds {found.values.type}",
                where=f"{feed}: column {column.name}",
                remedy="map another column, or convert it in the source's query or export",
            )


def _with_broken(batch: pa.RecordBatch, lines: tuple[bytes, ...], span: Span) -> pa.RecordBatch:
    marked = pa.array([UNREADABLE + line for line in lines], pa.binary())
    nothing: list[Values] = [pa.nulls(len(lines), pa.binary())] * (batch.num_columns - 1)
    if span.is_historic:
        nothing[-1] = pa.repeat(pa.scalar(span.last, pa.date32()), len(lines))
    broken = pa.RecordBatch.from_arrays([marked, *nothing], schema=batch.schema)
    whole = pa.Table.from_batches([batch, broken]).combine_chunks()
    return whole.to_batches()[0]
