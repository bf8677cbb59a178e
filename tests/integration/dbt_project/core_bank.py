"""A bank whose raw tables are filled row by row, and dbt run over it as a historic pass or a night.

Rows are written with the night they arrived in; staging reads only what has entered by the night,
so a whole history can be delivered before the first run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import psycopg
from psycopg import sql

from dags.pipeline_support import dbt
from ingestion.contracts import Contract, load_contracts
from warehouse.connection import connect
from warehouse.schema import create_schemas
from warehouse.settings import Settings

CORE = ("path:models/staging", "path:models/intermediate", "path:models/marts")
AUDIT = "recorded_night"
_AUDIT = "arrived_date date not null, enters_date date not null, source_file text, run_id text"


def at(day: date, hour: int = 4, minute: int = 0) -> datetime:
    """An instant of a day, UTC; at 4 o'clock the bank's date (Asia/Shanghai) is the same."""
    return datetime.combine(day, time(hour, minute), UTC)


@dataclass
class CoreBank:
    """One bank on one database; `first` is the first loaded day."""

    settings: Settings
    first: date
    time_zone: str = "Asia/Shanghai"
    _runs: int = field(default=0, init=False)
    _contracts: dict[str, Contract] = field(default_factory=load_contracts, init=False)

    def prepare(self) -> None:
        """Create the schemas and empty raw tables by contract."""
        with connect(self.settings) as connection:
            create_schemas(connection)
            for contract in self._contracts.values():
                columns = ", ".join(f"{c.raw_name} {c.sql_type}" for c in contract.columns)
                connection.execute(f"drop table if exists {contract.raw_table} cascade")
                connection.execute(f"create table {contract.raw_table} ({columns}, {_AUDIT})")

    def deliver(self, feed: str, arrived: date, *rows: Mapping[str, Any]) -> None:
        """Add rows that arrived in a night; a row dated later enters on its date."""
        contract = self._contracts[feed]
        with connect(self.settings) as connection, connection.cursor() as cursor:
            for row in rows:
                _insert(cursor, contract, arrived, {"updated_at": at(arrived, 20), **row})

    def retract(self, feed: str, condition: str, values: Iterable[Any] = ()) -> None:
        """Delete raw rows, as a re-load of a corrected file does."""
        self.execute(f"delete from raw.{feed} where {condition}", values)

    def execute(self, statement: str, values: Iterable[Any] = ()) -> None:
        """Run one statement and commit."""
        with connect(self.settings) as connection:
            connection.execute(statement, list(values))

    def rows(self, query: str, values: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with connect(self.settings) as connection:
            return connection.execute(query, list(values)).fetchall()

    def run(self, night: date, span_from: date | None = None, *arguments: str) -> None:
        """Build the core layers for a night, or for all days from `span_from`."""
        self._set_night(night, span_from or night)
        selected = [] if "--select" in arguments else ["--select", *CORE]
        dbt.call(self.settings, ["run", *selected, *arguments], layer="core")

    def seed(self) -> None:
        """Load the project's seeds."""
        dbt.call(self.settings, ["seed"], layer="seeds")

    def contents(self) -> dict[str, tuple[int, Any]]:
        """Rows and hash sum of every table of the marts, audit columns left out."""
        tables = self.rows(
            "select c.relname, string_agg(quote_ident(a.attname), ', ' order by a.attnum)"
            " from pg_class c join pg_attribute a on a.attrelid = c.oid"
            " where c.relnamespace = 'marts'::regnamespace and a.attnum > 0 and not a.attisdropped"
            " and c.relkind in ('r', 'p') and not c.relispartition and a.attname <> all(%s)"
            " group by c.relname order by c.relname",
            [[AUDIT]],
        )
        found = {}
        for name, columns in tables:
            summary = self.rows(
                f"select count(*), sum(hash_record_extended(row({columns}), 0)::numeric)"
                f" from marts.{name}"
            )
            found[name] = (summary[0][0], summary[0][1])
        return found

    def _set_night(self, night: date, span_from: date) -> None:
        self._runs += 1
        run_id = f"run-{self._runs}"
        kind = "historic" if span_from == self.first else "night"
        with connect(self.settings) as connection:
            connection.execute("delete from ops.current_night")
            connection.execute("delete from ops.runs")
            connection.execute(
                "insert into ops.runs (run_id, kind, business_date, span_from, status, fence)"
                " values (%s, %s, %s, %s, 'running', %s)",
                [run_id, kind, night, span_from, self._runs],
            )
            connection.execute(
                "insert into ops.current_night (night_date, span_from, run_id, run_kind, fence,"
                " first_loaded_date, score_trigger_from, currency_code, time_zone)"
                " values (%s, %s, %s, %s, %s, %s, '2999-01-01', 'CNY', %s)",
                [night, span_from, run_id, kind, self._runs, self.first, self.time_zone],
            )


def _insert(
    cursor: psycopg.Cursor, contract: Contract, arrived: date, row: Mapping[str, Any]
) -> None:
    values = {**row, "arrived_date": arrived, "enters_date": _enters(contract, arrived, row)}
    cursor.execute(
        sql.SQL("insert into {} ({}) values ({})").format(
            sql.Identifier("raw", contract.feed),
            sql.SQL(", ").join(map(sql.Identifier, values)),
            sql.SQL(", ").join(sql.Placeholder() * len(values)),
        ),
        list(values.values()),
    )


def _enters(contract: Contract, arrived: date, row: Mapping[str, Any]) -> date:
    effective = row.get(contract.effective_date) if contract.effective_date else None
    if isinstance(effective, datetime):
        effective = (effective + timedelta(hours=8)).date()
    return max(arrived, effective) if effective else arrived
