"""From strategies to options and decisions: set-based, in the warehouse, one night at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, cast

import psycopg
from psycopg import sql

from campaigns.checks import mask_sql
from campaigns.reasons import UNIVERSAL_CONTROL_CHECK
from campaigns.registry import strategies_in_force, write_registry
from campaigns.statements import statement
from campaigns.strategy_files import CheckedStrategy
from warehouse.errors import RunOrderError
from warehouse.ledger import Run

ARM_SALT = "campaign-1"
"""Salt of the campaign arms. A new value would redraw every arm: never change it."""

_FORGET = (
    "forget_ghost_rows",
    "forget_units",
    "reopen_units",
    "forget_campaigns",
    "forget_universal_control",
    "forget_versions",
)
_AUDIENCE = """
    insert into audience (strategy_id, customer_id)
    select %(strategy_id)s, tag.customer_id
    from tags.customer_tags as tag
    where tag.as_of_date = %(night)s and {condition}
"""
_STATES = (
    "published_rows",
    "last_rows",
    "close_units",
    "unit_states",
    "candidates",
    "touches",
    "cap_hits",
    "last_touches",
    "suppression_hits",
    "availability",
    "universal_members",
    "customer_facts",
)
_TEMPORARY = frozenset(_STATES) - {"close_units"}
_INPUTS = (
    "act_channels",
    "act_channel_costs",
    "act_consents",
    "act_contacts",
    "act_conversions",
    "act_customers",
    "act_holdings",
    "act_product_regions",
    "act_products",
    "act_responses",
    "act_suppressions",
    "act_universal_control",
    "ghost_rows",
    "tonight_channels",
    "tonight_strategies",
    "tonight_terms",
    "tonight_waves",
    "units",
    "universal_control",
)


def decide(
    connection: psycopg.Connection[Any],
    run: Run,
    strategies: Iterable[CheckedStrategy],
    max_audience_change: Decimal = Decimal("0.5"),
) -> int:
    """Evaluate audiences and checks 0 to 6: write tonight's options, in the caller's transaction.

    A re-run replaces the night. What nights without a publication left behind is forgotten first,
    so an abandoned night leaves no unit, ghost row or arm.

    Returns:
        The number of options.

    Raises:
        RunOrderError: `ops.current_night` is not the run's business date.
    """
    in_force = strategies_in_force(strategies, run)
    parameters = {
        "night": run.business_date,
        "salt": ARM_SALT,
        "currency_code": _currency_of_the_night(connection, run.business_date),
    }
    connection.execute(statement("published_nights"), parameters)
    for name in _FORGET:
        connection.execute(statement(name), parameters)
    _forget_partitions(connection, run.business_date)
    write_registry(connection, run, in_force, max_audience_change)
    _analyse_inputs(connection)
    connection.execute(statement("assign_universal_control"), parameters)
    _evaluate_audiences(connection, run, in_force)
    for name in _STATES:
        connection.execute(statement(name), parameters)
        if name in _TEMPORARY:
            connection.execute(sql.SQL("analyze {}").format(sql.Identifier(name)))
    _fresh_partition(connection, "options", run.business_date)
    options = sql.SQL(cast(Any, statement("options").replace("{mask}", mask_sql())))
    count = connection.execute(options, parameters).rowcount
    connection.execute(sql.SQL("analyze {}").format(_partition("options", run.business_date)))
    return count


def allocate(connection: psycopg.Connection[Any], run: Run) -> int:
    """Choose among tonight's options and write one decision per customer and strategy.

    First form: per customer one decision, by (priority, value, strategy id), without capacities.
    Depends on the content of `activation.options` alone, not on the order of its rows.

    Returns:
        The number of decisions.
    """
    night = run.business_date
    _fresh_partition(connection, "decisions", night)
    parameters = {"night": night, "universal_check": UNIVERSAL_CONTROL_CHECK}
    count = connection.execute(statement("allocate"), parameters).rowcount
    connection.execute(sql.SQL("analyze {}").format(_partition("decisions", night)))
    for table in ("funnel", "audience_sizes"):
        target = sql.Identifier("activation", table)
        connection.execute(sql.SQL("delete from {} where night_date = %s").format(target), [night])
        connection.execute(statement(table), {"night": night})
    return count


def _analyse_inputs(connection: psycopg.Connection[Any]) -> None:
    """Tables that dbt has just built have no statistics; without them plans go astray."""
    tables = sql.SQL(", ").join(sql.Identifier("activation", name) for name in _INPUTS)
    connection.execute(sql.SQL("analyze {}").format(tables))


def _evaluate_audiences(
    connection: psycopg.Connection[Any], run: Run, strategies: Sequence[CheckedStrategy]
) -> None:
    connection.execute(
        "create temporary table audience (strategy_id text, customer_id text) on commit drop"
    )
    for one in strategies:
        query = sql.SQL(_AUDIENCE).format(condition=one.audience.condition)
        parameters = {"strategy_id": one.strategy.id, "night": run.business_date}
        connection.execute(query, {**parameters, **one.audience.parameters})
    connection.execute("analyze audience")


def _currency_of_the_night(connection: psycopg.Connection[Any], night: date) -> str:
    row = connection.execute("select night_date, currency_code from ops.current_night").fetchone()
    if row is None or row[0] != night:
        raise RunOrderError(
            expected=f"{night} as the night that is being built",
            found="none" if row is None else str(row[0]),
            where="ops.current_night",
            remedy="start the run of that night first",
        )
    return str(row[1])


def _forget_partitions(connection: psycopg.Connection[Any], night: date) -> None:
    """Drop nights that were never published, of options and decisions alike."""
    published = {row[0] for row in connection.execute("table published_nights").fetchall()}
    for table in ("options", "decisions"):
        for name, of_night in _partitions(connection, table):
            if of_night != night and of_night not in published:
                connection.execute(
                    sql.SQL("drop table {}").format(sql.Identifier("activation", name))
                )
    for table in ("funnel", "audience_sizes"):
        connection.execute(
            sql.SQL(
                "delete from {} where night_date not in (select night_date from published_nights)"
            ).format(sql.Identifier("activation", table))
        )
    connection.execute(
        "delete from publication.held_campaigns "
        "where night_date not in (select night_date from published_nights)"
    )


def _partitions(connection: psycopg.Connection[Any], table: str) -> list[tuple[str, date]]:
    rows = connection.execute(
        "select child.relname from pg_inherits "
        "join pg_class as child on child.oid = pg_inherits.inhrelid "
        "where pg_inherits.inhparent = %s::regclass order by child.relname",
        [f"activation.{table}"],
    ).fetchall()
    return [(str(name), date.fromisoformat(_date_of(str(name)))) for (name,) in rows]


def _date_of(partition: str) -> str:
    digits = partition.rsplit("_", 1)[1]
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:]}"


def _partition(table: str, night: date) -> sql.Identifier:
    return sql.Identifier("activation", f"{table}_{night:%Y%m%d}")


def _fresh_partition(connection: psycopg.Connection[Any], table: str, night: date) -> None:
    """An empty partition of the night, made beside and attached: the parent is never locked."""
    partition, parent = _partition(table, night), sql.Identifier("activation", table)
    if any(of_night == night for _, of_night in _partitions(connection, table)):
        connection.execute(sql.SQL("truncate {}").format(partition))
        return
    connection.execute(sql.SQL("create table {} (like {} including all)").format(partition, parent))
    connection.execute(
        sql.SQL("alter table {} attach partition {} for values in ({})").format(
            parent, partition, sql.Literal(night)
        )
    )
