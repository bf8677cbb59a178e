"""A hand-made warehouse for the attribution models: facts as a test says them, night by night."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import psycopg
from psycopg import sql

from dags.pipeline_support import dbt
from warehouse.connection import connect
from warehouse.schema import create_schemas
from warehouse.settings import Settings

TIME_ZONE = "Asia/Shanghai"
Row = Mapping[str, Any]

_TABLES = {
    "intermediate.int_recompute__customers": "customer_id text, from_date date",
    "intermediate.int_recompute__causes": "customer_id text, cause text, from_date date",
    "intermediate.int_parties__touched": "party_id text",
    "staging.stg_landing__responses": "contact_id text, enters_date date",
    "marts.fct_contacts": (
        "contact_id text, party_id text, customer_id text, channel text, campaign_id text,"
        " list_row_id text, contacted_at timestamptz, contacted_date date, delivery_status text,"
        " arrived_date date"
    ),
    "marts.fct_responses": "response_id text, contact_id text, responded_date date, response text",
    "marts.fct_app_events": (
        "event_id text, party_id text, customer_id text, session_id text, event_at timestamptz,"
        " event_date date, source_campaign_id text, channel text"
    ),
    "marts.fct_branch_visits": (
        "visit_id text, party_id text, customer_id text, visited_at timestamptz, visit_date date"
    ),
    "marts.fct_conversions": (
        "conversion_id text, customer_id text, goal_type text, product_id text,"
        " converted_at timestamptz, converted_date date, value_amount bigint, currency_code text"
    ),
    "publication.list_rows": (
        "list_row_id text, night_date date, customer_id text, campaign_id text, channel text"
    ),
}


@dataclass
class AttributionBank:
    """The tables to the left of attribution; `first` is the first loaded day."""

    settings: Settings
    first: date
    models: tuple[str, ...] = ("path:models/attribution",)
    _runs: int = field(default=0, init=False)

    def prepare(self) -> None:
        """Create empty versions of every table that the models read."""
        with connect(self.settings) as connection:
            create_schemas(connection)
            for name, columns in _TABLES.items():
                connection.execute(f"create table {name} ({columns})")

    def add(self, table: str, *rows: Row) -> None:
        """Insert rows into one of the tables; columns that a row does not name stay null."""
        with connect(self.settings) as connection:
            for row in rows:
                connection.execute(_insert(table, row), list(row.values()))

    def execute(self, statement: str, values: Iterable[Any] = ()) -> None:
        """Run one statement and commit."""
        with connect(self.settings) as connection:
            connection.execute(statement, list(values))

    def rows(self, query: str, values: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with connect(self.settings) as connection:
            return connection.execute(query, list(values)).fetchall()

    def build(self, night: date, *, whole: bool = False, full_refresh: bool = False) -> None:
        """Run the models for a night; `whole` is a historic pass from the first loaded day."""
        self._set_night(night, self.first if whole else night)
        options = ["--full-refresh"] if full_refresh else []
        dbt.call(self.settings, ["run", "--select", *self.models, *options], layer="attribution")

    def test(self, *selection: str) -> int:
        """Run tests of the dbt project; raises where one fails, else says how many passed."""
        arguments = ["test", "--select", *selection]
        return dbt.call(self.settings, arguments, layer="attribution").statuses.get("pass", 0)

    def _set_night(self, night: date, span_from: date) -> None:
        self._runs += 1
        kind = "historic" if span_from == self.first else "night"
        run = [f"run-{self._runs}", kind, night, span_from, self._runs]
        with connect(self.settings) as connection:
            connection.execute("delete from ops.current_night")
            connection.execute("delete from ops.runs")
            connection.execute(
                "insert into ops.runs (run_id, kind, business_date, span_from, status, fence)"
                " values (%s, %s, %s, %s, 'running', %s)",
                run,
            )
            connection.execute(
                "insert into ops.current_night (run_id, run_kind, night_date, span_from, fence,"
                " first_loaded_date, score_trigger_from, currency_code, time_zone)"
                " values (%s, %s, %s, %s, %s, %s, %s, 'CNY', %s)",
                [*run, self.first, date(2999, 1, 1), TIME_ZONE],
            )
            connection.execute("truncate intermediate.int_recompute__customers")
            connection.execute(_EVERY_CUSTOMER, [span_from])


_EVERY_CUSTOMER = """
insert into intermediate.int_recompute__customers
select customer_id, %s from (
    select customer_id from marts.fct_contacts
    union select customer_id from marts.fct_app_events
    union select customer_id from marts.fct_branch_visits
    union select customer_id from marts.fct_conversions
) as seen where customer_id is not null
"""


def _insert(table: str, row: Row) -> sql.Composed:
    return sql.SQL("insert into {} ({}) values ({})").format(
        sql.Identifier(*table.split(".")),
        sql.SQL(", ").join(map(sql.Identifier, row)),
        sql.SQL(", ").join(sql.Placeholder() * len(row)),
    )


def one_row_per_line(connection: psycopg.Connection, table: str) -> set[str]:
    """A table as a set of row texts: what two builds of it are compared by."""
    return {text for (text,) in connection.execute(f"select t::text from {table} as t").fetchall()}
