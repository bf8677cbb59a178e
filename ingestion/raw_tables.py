"""The tables of `raw`: one per feed, partitioned by the month in which rows arrived."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date

import psycopg
from psycopg import sql

from ingestion.contracts import ARRIVED, Contract, load_contracts
from ingestion.parsing import Span
from warehouse.connection import relation_exists

ENTERS = "enters_date"
TECHNICAL_COLUMNS = {
    ARRIVED: "date not null",
    ENTERS: "date not null",
    "source_file": "text not null",
    "run_id": "text not null",
    "loaded_at": "timestamptz not null default now()",
}

_OTHER_TABLES = """
create table if not exists quarantine.rows (
    feed text not null,
    arrived_date date not null,
    source_file text not null,
    source_row bigint not null,
    reason text not null,
    detail text not null,
    party_token text,
    ciphertext bytea not null,
    run_id text not null,
    loaded_at timestamptz not null default now()
);
create index if not exists rows_arrived on quarantine.rows (arrived_date, feed);
create table if not exists ops.feed_versions (
    feed text not null,
    arrived_date date not null,
    first_version timestamptz not null,
    last_version timestamptz not null,
    primary key (feed, arrived_date)
);
"""


def create_raw_tables(connection: psycopg.Connection) -> None:
    """Create `raw.<feed>` for every contract, and add columns that a contract has gained.

    Idempotent; partitions are made when rows arrive.
    """
    connection.execute("select pg_advisory_xact_lock(hashtext('bankloop raw tables'))")
    connection.execute(_OTHER_TABLES)
    existing = _existing_columns(connection)
    for contract in load_contracts().values():
        known = existing.get(contract.feed)
        if known is None:
            _create(connection, contract)
            continue
        for name, kind in raw_columns(contract).items():
            if name not in known:
                connection.execute(
                    sql.SQL("alter table {} add column {} {}").format(
                        _table(contract.feed), sql.Identifier(name), sql.SQL(kind)
                    )
                )


def raw_columns(contract: Contract) -> dict[str, str]:
    """Columns of `raw.<feed>` with their SQL types, in order."""
    delivered = {column.raw_name: column.sql_type for column in contract.columns}
    return {**delivered, **TECHNICAL_COLUMNS}


def month_of(arrived: date) -> date:
    """The partition's month of an arrival date: its first day."""
    return arrived.replace(day=1)


def ensure_partition(connection: psycopg.Connection, feed: str, month: date) -> None:
    """Have the partition of a feed for the month that begins on `month`."""
    if not _exists(connection, feed, month):
        connection.execute(
            sql.SQL("create table {} partition of {} for values from ({}) to ({})").format(
                _partition(feed, month),
                _table(feed),
                sql.Literal(month),
                sql.Literal(_following(month)),
            )
        )


def clear_span(connection: psycopg.Connection, feed: str, span: Span) -> None:
    """Remove what an earlier attempt loaded for these days; operators' closings stay."""
    days = [feed, span.first, span.last]
    loaded = connection.execute(
        "select 1 from ops.load_audit where feed = %s and arrived_date between %s and %s limit 1",
        days,
    ).fetchone()
    if loaded:
        for month in _months(span):
            if _exists(connection, feed, month):
                _clear_month(connection, feed, span, month)
    for table in ("quarantine.rows", "ops.load_audit", "ops.feed_versions"):
        connection.execute(
            f"delete from {table} where feed = %s and arrived_date between %s and %s", days
        )
    connection.execute(
        "delete from ops.feed_status "
        "where feed = %s and arrived_date between %s and %s and status <> 'closed'",
        days,
    )


def summarise(connection: psycopg.Connection, feed: str, months: Collection[date]) -> None:
    """Have the block-range indexes of these partitions know the rows just loaded."""
    connection.execute(
        "select brin_summarize_new_values(indexrelid) from pg_index as i "
        "inner join pg_class as c on c.oid = i.indexrelid "
        "inner join pg_am as a on a.oid = c.relam and a.amname = 'brin' "
        "where i.indrelid = any(%s::text[]::regclass[])",
        [[f"raw.{feed}__{month:%Y%m}" for month in sorted(months)]],
    )


def _create(connection: psycopg.Connection, contract: Contract) -> None:
    columns = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind))
        for name, kind in raw_columns(contract).items()
    )
    table = _table(contract.feed)
    connection.execute(
        sql.SQL("create table {} ({}) partition by range ({})").format(
            table, columns, sql.Identifier(ARRIVED)
        )
    )
    connection.execute(
        sql.SQL(
            "create index on {} using brin ({}, {}) with (pages_per_range = 32, autosummarize)"
        ).format(table, sql.Identifier(ARRIVED), sql.Identifier(ENTERS))
    )


def _clear_month(connection: psycopg.Connection, feed: str, span: Span, month: date) -> None:
    """Truncate a month that holds nothing else, else delete the span's rows from it."""
    partition = _partition(feed, month)
    kept = connection.execute(
        sql.SQL("select 1 from {} where {} not between %s and %s limit 1").format(
            partition, sql.Identifier(ARRIVED)
        ),
        [span.first, span.last],
    ).fetchone()
    if kept is None:
        connection.execute(sql.SQL("truncate {}").format(partition))
        return
    connection.execute(
        sql.SQL("delete from {} where {} between %s and %s").format(
            partition, sql.Identifier(ARRIVED)
        ),
        [span.first, span.last],
    )


def _existing_columns(connection: psycopg.Connection) -> dict[str, set[str]]:
    rows = connection.execute(
        "select table_name, array_agg(column_name::text) from information_schema.columns "
        "where table_schema = 'raw' group by table_name"
    )
    return {table: set(columns) for table, columns in rows}


def _exists(connection: psycopg.Connection, feed: str, month: date) -> bool:
    return relation_exists(connection, f"raw.{feed}__{month:%Y%m}")


def _months(span: Span) -> Iterator[date]:
    month = month_of(span.first)
    while month <= span.last:
        yield month
        month = _following(month)


def _following(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def _partition(feed: str, month: date) -> sql.Identifier:
    return _table(f"{feed}__{month:%Y%m}")


def _table(name: str) -> sql.Identifier:
    return sql.Identifier("raw", name)
