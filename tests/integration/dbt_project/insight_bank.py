"""A hand-made warehouse for the insight models: the tables they read, filled row by row by tests.

Only the tables to the left of the models under test exist, as plain tables with the columns that
the models read. `Bank.build` then runs those models through dbt, as a historic pass or a night.
"""

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

MODELS = (
    "int_aum__exchange_rates",
    "fct_product_holdings",
    "fct_customer_aum",
    "fct_customer_activity",
    "fct_customer_engagement",
    "ftr_customers__daily",
    "ftr_customers__last_seen",
    "ftr_customers__windows",
    "path:models/tags/lifecycle",
)

TAG_MODELS = (
    "ftr_customers",
    "path:models/tags/families",
    "tag_memberships",
    "tag_membership_overlaps",
    "customer_tags",
    "tag_catalogue",
    "tag_quality",
)
SEEDS = (
    "currencies",
    "lifecycle_thresholds",
    "lifecycle_floors",
    "lifecycle_stages",
    "lifecycle_triggers",
    "value_tier_limits",
    "tag_bands",
    "tag_limits",
    "rfm_cut_points",
    "segment_rules",
    "segment_conditions",
)

_TABLES = {
    "intermediate.int_recompute__customers": (
        "customer_id text, from_date date, lives_from_date date"
    ),
    "intermediate.int_recompute__late": "customer_id text, from_date date",
    "intermediate.int_account_owners__history": (
        "account_id text, party_id text, customer_id text, valid_from date, valid_to date"
    ),
    "intermediate.int_exchange_rates__in_force": (
        "currency_code text, valid_from date, valid_to date, rate numeric(18,9)"
    ),
    "intermediate.int_customers__authorised": "customer_id text, valid_from date, valid_to date",
    "intermediate.int_customers__erased": "customer_id text, erased_date date",
    "intermediate.int_identity__parties": (
        "party_id text, customer_id text, valid_from date default '1900-01-01',"
        " valid_to date default '9999-12-31'"
    ),
    "staging.stg_landing__customers_versions": (
        "party_id text, address_token text, updated_at timestamptz, enters_date date"
    ),
    "marts.dim_credit_status": ("customer_id text, overdue_days integer, open_rejection_date date"),
    "marts.dim_customers": (
        "customer_id text, party_type text, gender text, birth_date date, occupation text,"
        " income_band text, marital_status text, has_children boolean, region text,"
        " branch_id text, relationship_manager_id text, first_opened_date date,"
        " closed_date date, is_staff boolean, is_deceased boolean, is_documented boolean,"
        " is_authorised_only boolean, first_seen_date date"
    ),
    "marts.dim_products": (
        "product_id text, label_en text, label_zh text, category text,"
        " is_investment_linked boolean, risk_rating text"
    ),
    "marts.dim_accounts": (
        "account_id text, customer_id text, product_id text, category text, branch_id text,"
        " currency_code text, opened_date date, closed_date date, status text,"
        " maturity_date date, contract_amount bigint"
    ),
    "marts.fct_account_balances": (
        "account_id text, customer_id text, balance_date date, valid_to_date date,"
        " ledger_balance bigint, market_value bigint, currency_code text, is_estimated boolean"
    ),
    "marts.fct_transactions": (
        "transaction_id text, account_id text, customer_id text, booked_at timestamptz,"
        " booked_date date, amount bigint, currency_code text, transaction_type text,"
        " merchant_category text, counterparty_token text, channel text,"
        " is_customer_initiated boolean, reverses_transaction_id text, is_reversed boolean,"
        " arrived_date date"
    ),
    "marts.dim_customer_consents": (
        "customer_id text, purpose text, channel text, status text, valid_from timestamptz,"
        " revoked_at timestamptz"
    ),
    "marts.dim_risk_assessments": (
        "customer_id text, risk_level text, assessed_at timestamptz, valid_until date"
    ),
    "marts.fct_app_events": (
        "event_id text, party_id text, customer_id text, session_id text, event_at timestamptz,"
        " event_date date, event_name text, page text, product_id text, source_campaign_id text,"
        " channel text"
    ),
    "marts.fct_branch_visits": (
        "visit_id text, party_id text, customer_id text, branch_id text, visited_at timestamptz,"
        " visit_date date, purpose text"
    ),
    "marts.fct_service_cases": (
        "case_id text, party_id text, customer_id text, kind text, severity text,"
        " opened_at timestamptz, opened_date date, closed_at timestamptz, closed_date date,"
        " satisfaction integer"
    ),
    "marts.fct_contacts": (
        "contact_id text, list_row_id text, party_id text, customer_id text, channel text,"
        " campaign_id text, contacted_at timestamptz, contacted_date date, delivery_status text"
    ),
    "marts.fct_responses": (
        "response_id text, contact_id text, customer_id text, channel text, campaign_id text,"
        " list_row_id text, responded_at timestamptz, responded_date date, response text"
    ),
    "predictions.churn": (
        "customer_id text, as_of_date date, item_id text, model_name text, model_version text,"
        " is_champion boolean, score numeric(18,6), rank integer, decile integer, reasons text,"
        " night_id text"
    ),
    "predictions.clusters": (
        "customer_id text, as_of_date date, item_id text, model_name text, model_version text,"
        " is_champion boolean, score numeric(18,6), rank integer, decile integer, reasons text,"
        " night_id text, persona_id text, distance numeric(18,6)"
    ),
}

_SPANS = """
    create view intermediate.int_customers__spans as
    select customer_id, date '1900-01-01' as used_from, date '9999-12-31' as used_to,
        cast(null as date) as previous_used_to, first_seen_date, first_opened_date
    from marts.dim_customers
"""


def create_upstream(connection: psycopg.Connection) -> None:
    """Create the schemas and empty versions of every table that the models under test read."""
    create_schemas(connection)
    for name, columns in _TABLES.items():
        connection.execute(f"drop table if exists {name} cascade")
        connection.execute(f"create table {name} ({columns})")
    connection.execute(_SPANS)
    connection.commit()


def insert(connection: psycopg.Connection, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Insert rows given as mappings from column to value; absent columns stay null."""
    schema, name = table.split(".")
    by_columns: dict[tuple[str, ...], list[list[Any]]] = {}
    for row in rows:
        by_columns.setdefault(tuple(row), []).append(list(row.values()))
    with connection.cursor() as cursor:
        for columns, values in by_columns.items():
            statement = sql.SQL("insert into {} ({}) values ({})").format(
                sql.Identifier(schema, name),
                sql.SQL(", ").join(map(sql.Identifier, columns)),
                sql.SQL(", ").join(sql.Placeholder() * len(columns)),
            )
            cursor.executemany(statement, values)


@dataclass
class Bank:
    """One hand-made bank: `first` is the first loaded day."""

    settings: Settings
    first: date
    currency_code: str = "CNY"
    score_trigger_from: date = date(2999, 1, 1)
    profiling_basis: str | None = None
    models: tuple[str, ...] = MODELS
    _runs: int = field(default=0, init=False)

    def prepare(self) -> None:
        """Empty tables and the seeds of the project."""
        with connect(self.settings) as connection:
            create_upstream(connection)
        dbt.call(self.settings, ["seed", "--select", *SEEDS], layer="seeds")

    def add(self, table: str, *rows: Mapping[str, Any]) -> None:
        """Insert rows into one of the upstream tables."""
        with connect(self.settings) as connection:
            insert(connection, table, rows)

    def execute(self, statement: str, values: Iterable[Any] = ()) -> None:
        """Run one statement and commit."""
        with connect(self.settings) as connection:
            connection.execute(statement, list(values))

    def rows(self, query: str, values: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with connect(self.settings) as connection:
            return connection.execute(query, list(values)).fetchall()

    def query(self, query: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """All rows of a query with named parameters."""
        with connect(self.settings) as connection:
            return connection.execute(query, values).fetchall()

    def build(
        self,
        night: date,
        span_from: date | None = None,
        late: Mapping[str, date] | None = None,
        models: Iterable[str] | None = None,
    ) -> None:
        """Run the models for a night, or for all days from `span_from`.

        Args:
            night: the business date.
            span_from: first day of the run; `first` for a historic pass; default: the night.
            late: customers whose facts changed earlier than `span_from`, with that day.
            models: dbt selectors instead of the bank's own.
        """
        span_from = span_from or night
        self._set_night(night, span_from)
        self.execute(
            "truncate intermediate.int_recompute__customers, intermediate.int_recompute__late"
        )
        self.execute(
            "insert into intermediate.int_recompute__customers"
            " select customer_id, %s, %s from marts.dim_customers",
            [span_from, span_from],
        )
        for customer, day in (late or {}).items():
            self.execute(
                "update intermediate.int_recompute__customers"
                " set from_date = %s, lives_from_date = %s where customer_id = %s",
                [day, day, customer],
            )
        self.execute(
            "insert into intermediate.int_recompute__late"
            " select customer_id, from_date from intermediate.int_recompute__customers"
            " where from_date < %s",
            [span_from],
        )
        dbt.call(self.settings, ["run", "--select", *(models or self.models)], layer="insight")

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
                " first_loaded_date, score_trigger_from, currency_code, time_zone,"
                " profiling_basis) values (%s, %s, %s, %s, %s, %s, %s, %s, 'Asia/Shanghai', %s)",
                [
                    night,
                    span_from,
                    run_id,
                    kind,
                    self._runs,
                    self.first,
                    self.score_trigger_from,
                    self.currency_code,
                    self.profiling_basis,
                ],
            )
            connection.execute(
                "insert into ops.feed_status (arrived_date, feed, status)"
                " select %s::date + n, 'daily_balances', 'delivered'"
                " from generate_series(0, %s::date - %s::date) as n on conflict do nothing",
                [span_from, night, span_from],
            )
