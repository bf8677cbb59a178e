"""Answers "why was this customer on the list, or not" for the command line."""

from __future__ import annotations

from datetime import date

import psycopg

from campaigns import explain
from warehouse.connection import connect, relation_exists
from warehouse.errors import StrategyError
from warehouse.settings import Settings


def explain_decision(settings: Settings, customer: str, strategy: str, night: date) -> str:
    """Say in English and Chinese what was decided for a customer, and why.

    Raises:
        StrategyError: no night was decided, or strategy or customer are not known.
    """
    with connect(settings) as connection:
        _require_decisions(connection, settings, night)
        _require_customer(connection, customer)
        return str(explain(connection, customer, strategy, night))


def explain_list_row(settings: Settings, list_row_id: str) -> str:
    """The same for a row of a published list, by the id that the channel has.

    Raises:
        StrategyError: no list that is kept has this row.
    """
    with connect(settings) as connection:
        row = None
        if relation_exists(connection, "publication.list_rows"):
            row = connection.execute(
                "select customer_id, strategy_id, night_date from publication.list_rows "
                "where list_row_id = %s limit 1",
                [list_row_id],
            ).fetchone()
        if row is None:
            raise StrategyError(
                expected="the list_row_id of a published list",
                found="no such row",
                where=f"publication.list_rows of {settings.database_name}",
                remedy="copy the id from the channel's file or from a view publication.list_…",
            )
        return str(explain(connection, *row))


def _require_decisions(connection: psycopg.Connection, settings: Settings, night: date) -> None:
    first = last = None
    if relation_exists(connection, "activation.decisions"):
        found = "select min(night_date), max(night_date) from activation.decisions"
        first, last = connection.execute(found).fetchone() or (None, None)
    if first is None or last is None:
        raise StrategyError(
            expected="a night that was decided",
            found="no decision yet",
            where=settings.database_name,
            remedy="run a night first: make nightly",
        )
    if not first <= night <= last:
        raise StrategyError(
            expected=f"a night from {first} to {last}",
            found=str(night),
            where="activation.decisions",
            remedy="name a night that was decided; `bankloop status` shows the last one",
        )


def _require_customer(connection: psycopg.Connection, customer: str) -> None:
    query = "select 1 from marts.dim_customers where customer_id = %s"
    if connection.execute(query, [customer]).fetchone() is None:
        raise StrategyError(
            expected="a customer_id of this bank (C and 15 hex digits)",
            found="no such customer",
            where="marts.dim_customers",
            remedy="a party_id is not a customer_id: publication.party_customers has both",
        )
