"""Fingerprints of tables: equal work gives equal fingerprints, whatever the order of rows.

A fingerprint of a partition is its row count and the sum of `hash_record_extended(row, 0)` as
numeric (a sum, never XOR: pairs of equal rows must not cancel out). Audit columns are excluded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import psycopg
from psycopg import sql

from warehouse.errors import WarehouseError
from warehouse.ledger import Run

By = Literal["as_of_date", "month", "night", "whole"]
Fingerprint = tuple[int, Decimal]
WHOLE = ""


@dataclass(frozen=True)
class FingerprintSpec:
    """How one table is fingerprinted.

    `by` as_of_date or night: a partition per date in `column`, named `YYYY-MM-DD`. `by` month: a
    partition per month of `column`, named `YYYY-MM`. `by` whole: one partition, named ``. `exclude`
    lists audit columns.
    """

    table: str
    by: By
    column: str = ""
    exclude: tuple[str, ...] = ()


def compute(
    connection: psycopg.Connection, spec: FingerprintSpec, partitions: Sequence[str] | None = None
) -> dict[str, Fingerprint]:
    """Row count and hash sum per partition; all partitions, or only those named.

    A named partition without rows has fingerprint (0, 0). Rows with a null date are in the
    partition `null`, which is computed only together with all.

    Raises:
        WarehouseError: a column does not exist or has a type without a stable hash.
    """
    columns = _hashed_columns(connection, spec)
    query = sql.SQL(
        "select {key}, count(*), sum(hash_record_extended(row({columns}), 0)::numeric) "
        "from {table} where {condition} group by 1 order by 1"
    ).format(
        key=_key(spec),
        columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
        table=sql.Identifier(*spec.table.split(".")),
        condition=_condition(spec, partitions),
    )
    found = {key: (rows, total) for key, rows, total in connection.execute(query)}
    if spec.by == "whole":
        return found or {WHOLE: (0, Decimal(0))}
    named = {name: (0, Decimal(0)) for name in partitions or ()}
    return {**named, **found}


def record(
    connection: psycopg.Connection,
    run: Run,
    specs: Iterable[FingerprintSpec],
    touched: Mapping[str, Sequence[str]] | None = None,
) -> int:
    """Write the fingerprints of the partitions that a run touched to `ops.table_fingerprints`.

    `touched` names partitions per table; a table that it does not name is computed for the dates
    or months of the run's span (`whole` tables entirely).

    Returns:
        The number of partitions recorded.
    """
    rows = []
    for spec in specs:
        names = (touched or {}).get(spec.table)
        partitions = _span(connection, run, spec) if names is None else names
        for name, (count, total) in compute(connection, spec, partitions).items():
            rows.append((run.run_id, run.business_date, spec.table, name, count, total))
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.table_fingerprints values (%s, %s, %s, %s, %s, %s) "
            "on conflict (run_id, table_name, partition_value) do update "
            "set row_count = excluded.row_count, hash_sum = excluded.hash_sum",
            rows,
        )
    return len(rows)


def recorded(connection: psycopg.Connection, run_id: str) -> dict[tuple[str, str], Fingerprint]:
    """Fingerprints that a run recorded, by (table, partition): compare two runs with `==`."""
    rows = connection.execute(
        "select table_name, partition_value, row_count, hash_sum from ops.table_fingerprints "
        "where run_id = %s order by 1, 2",
        [run_id],
    )
    return {(table, name): (count, total) for table, name, count, total in rows}


def _hashed_columns(connection: psycopg.Connection, spec: FingerprintSpec) -> list[str]:
    """Columns by name, so that two tables with another order of columns compare equal."""
    found = connection.execute(
        "select a.attname, t.typtype = 'e' or t.typname in ('json', 'jsonb', 'xml') "
        "from pg_attribute a join pg_type t on t.oid = a.atttypid "
        "where a.attrelid = to_regclass(%s) and a.attnum > 0 and not a.attisdropped "
        'order by a.attname collate "C"',
        [spec.table],
    ).fetchall()
    names = [name for name, _ in found]
    needed = {spec.column} - {""} | set(spec.exclude)
    if not names or needed - set(names):
        missing = ", ".join(sorted(needed - set(names))) or "no such table"
        raise _unfit(spec, "its table and columns to exist", missing)
    hashed = [(name, unstable) for name, unstable in found if name not in spec.exclude]
    unfit = [name for name, unstable in hashed if unstable]
    if unfit:
        raise _unfit(spec, "no json or enum columns (no stable hash)", ", ".join(unfit))
    return [name for name, _ in hashed]


def _key(spec: FingerprintSpec) -> sql.Composable:
    if spec.by == "whole":
        return sql.Literal(WHOLE)
    pattern = "YYYY-MM" if spec.by == "month" else "YYYY-MM-DD"
    return sql.SQL("coalesce(to_char({}, {}), 'null')").format(
        sql.Identifier(spec.column), sql.Literal(pattern)
    )


def _condition(spec: FingerprintSpec, partitions: Sequence[str] | None) -> sql.Composable:
    """A condition on the bare column, so that the planner can prune partitions."""
    if partitions is None or spec.by == "whole":
        return sql.SQL("true")
    if not partitions:
        return sql.SQL("false")
    column = sql.Identifier(spec.column)
    if spec.by != "month":
        dates = sql.SQL(", ").join(sql.SQL("{}::date").format(name) for name in partitions)
        return sql.SQL("{} in ({})").format(column, dates)
    first = sql.SQL("{c} >= {m}::date and {c} < {m}::date + interval '1 month'")
    months = (first.format(c=column, m=sql.Literal(f"{name}-01")) for name in partitions)
    return sql.SQL("({})").format(sql.SQL(") or (").join(months))


def _span(connection: psycopg.Connection, run: Run, spec: FingerprintSpec) -> list[str]:
    step, pattern = ("1 month", "YYYY-MM") if spec.by == "month" else ("1 day", "YYYY-MM-DD")
    rows = connection.execute(
        "select to_char(d, %s) from generate_series(date_trunc(%s, %s::timestamp), "
        "%s::timestamp, %s::interval) as d",
        [pattern, step.split()[1], run.span_from, run.business_date, step],
    )
    return [name for (name,) in rows]


def _unfit(spec: FingerprintSpec, expected: str, found: str) -> WarehouseError:
    return WarehouseError(
        expected=expected,
        found=found,
        where=f"fingerprint of {spec.table}",
        remedy="correct the table or its meta (fingerprint_by, fingerprint_column, audit)",
    )
