"""Bulk paths: Arrow in by COPY, Arrow out by ADBC. Never row by row."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import pyarrow.csv as pacsv
from adbc_driver_postgresql import (  # type: ignore[import-untyped]
    StatementOptions,
    dbapi,
)
from psycopg import Connection, sql

from warehouse.connection import libpq_uri, readable_errors
from warehouse.errors import WarehouseError
from warehouse.settings import Settings

_SLICE_ROWS = 50_000
_ADBC_BATCH_BYTES = 16 * 2**20
_CSV = pacsv.WriteOptions(include_header=False, quoting_style="needed")


def copy_arrow(
    connection: Connection, table: str, rows: pa.Table | pa.RecordBatch | pa.RecordBatchReader
) -> int:
    """Append Arrow rows to `schema.table` by COPY, in the caller's transaction.

    Columns are matched by name; columns that `rows` lacks take their defaults. Memory stays
    bounded by slices of 50,000 rows. Binary columns become `bytea`.

    Returns:
        The number of rows written.
    """
    columns = sql.SQL(", ").join(sql.Identifier(name) for name in rows.schema.names)
    statement = sql.SQL("copy {} ({}) from stdin (format csv)").format(
        sql.Identifier(*table.split(".")), columns
    )
    count = 0
    with readable_errors(table), connection.cursor() as cursor, cursor.copy(statement) as copy:
        for batch in _slices(rows):
            copy.write(_csv(batch))
            count += batch.num_rows
    return count


def read_arrow(
    settings: Settings,
    query: str,
    *,
    batch_rows: int = 100_000,
    application_name: str = "bankloop",
) -> Iterator[pa.RecordBatch]:
    """Run a query and yield its rows as Arrow batches of exactly `batch_rows` rows but the last.

    ADBC hands `numeric` over as opaque text: cast it in the query (to bigint, text or double).
    At least one batch is yielded, possibly empty, so that the schema is known.

    Raises:
        WarehouseError: a column of the query is numeric.
    """
    uri = libpq_uri(settings)
    mark = "&" if "?" in uri else "?"
    name = quote(application_name, safe="")
    with (
        dbapi.connect(f"{uri}{mark}application_name={name}") as connection,
        connection.cursor() as cursor,
    ):
        hint = {StatementOptions.BATCH_SIZE_HINT_BYTES.value: str(_ADBC_BATCH_BYTES)}
        cursor.adbc_statement.set_options(**hint)
        cursor.execute(query)
        reader = cursor.fetch_record_batch()
        _refuse_opaque(reader.schema)
        yield from _rechunk(reader, batch_rows)


def read_arrow_table(settings: Settings, query: str) -> pa.Table:
    """Run a query and return all of its rows: for results known to be small."""
    return pa.Table.from_batches(list(read_arrow(settings, query)))


def _slices(
    rows: pa.Table | pa.RecordBatch | pa.RecordBatchReader,
) -> Iterator[pa.RecordBatch]:
    if isinstance(rows, pa.Table):
        yield from rows.to_batches(max_chunksize=_SLICE_ROWS)
        return
    for batch in [rows] if isinstance(rows, pa.RecordBatch) else rows:
        for start in range(0, batch.num_rows, _SLICE_ROWS):
            yield batch.slice(start, _SLICE_ROWS)


def _csv(batch: pa.RecordBatch) -> bytes:
    """CSV as COPY reads it: a null is an empty field, an empty text is `""`."""
    columns = [_as_text(column) for column in batch.columns]
    sink = io.BytesIO()
    pacsv.write_csv(pa.RecordBatch.from_arrays(columns, names=batch.schema.names), sink, _CSV)
    return sink.getvalue()


def _as_text(column: pa.Array[Any]) -> pa.Array[Any]:
    """Cast what pyarrow's CSV writer does not know: bytes, decimals, dictionaries."""
    kind: Any = column.type
    result = column
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        values = column.to_pylist()
        result = pa.array([None if value is None else "\\x" + value.hex() for value in values])
    elif pa.types.is_decimal(kind):
        result = column.cast(pa.string())
    elif pa.types.is_dictionary(kind):
        result = column.cast(kind.value_type)
    return result


def _refuse_opaque(schema: pa.Schema) -> None:
    opaque = [field.name for field in schema if isinstance(field.type, pa.OpaqueType)]
    if opaque:
        raise WarehouseError(
            expected="columns of types that Arrow knows",
            found="numeric or another database type in " + ", ".join(opaque),
            where="read_arrow",
            remedy="cast these columns in the query (to bigint, text or double precision)",
        )


def _rechunk(reader: pa.RecordBatchReader, batch_rows: int) -> Iterator[pa.RecordBatch]:
    pending: list[pa.RecordBatch] = []
    yielded = False
    for batch in reader:
        pending.append(batch)
        if sum(part.num_rows for part in pending) < batch_rows:
            continue
        whole = pa.Table.from_batches(pending).combine_chunks()
        full = whole.num_rows - whole.num_rows % batch_rows
        for part in _batches(whole.slice(0, full), batch_rows):
            yielded = True
            yield part
        pending = whole.slice(full).to_batches()
    rest = pa.Table.from_batches(pending, schema=reader.schema).combine_chunks()
    if rest.num_rows or not yielded:
        yield _one_batch(rest)


def _batches(table: pa.Table, batch_rows: int) -> Iterator[pa.RecordBatch]:
    for start in range(0, table.num_rows, batch_rows):
        yield _one_batch(table.slice(start, batch_rows))


def _one_batch(table: pa.Table) -> pa.RecordBatch:
    columns: list[Any] = [
        column.chunk(0) if column.num_chunks == 1 else pa.array([], column.type)
        for column in table.combine_chunks().columns
    ]
    return pa.RecordBatch.from_arrays(columns, schema=table.schema)
