"""Tables of the schema `predictions`. All statements are idempotent."""

from __future__ import annotations

from datetime import date

import psycopg
from psycopg import sql

from models_ml.reasons import write_reason_codes
from models_ml.rule_personas import write_rule_personas
from models_ml.slots import CORE_COLUMNS, Slot, slots

_REGISTRY = """
create table if not exists predictions.model_registry (
    slot text not null,
    alias text not null check (alias in ('champion', 'challenger')),
    model_name text not null,
    model_version text not null,
    file text not null,
    sha256 text not null,
    as_of_date date not null,
    moved_at timestamptz not null default clock_timestamp(),
    primary key (slot, alias)
);
create table if not exists predictions.personas (
    model_name text not null,
    model_version text not null,
    persona_id text not null,
    label_en text not null,
    label_zh text not null,
    top_features text not null,
    customer_share numeric(9,6),
    primary key (model_name, model_version, persona_id)
);
create table if not exists predictions.reason_codes (
    reason_code text primary key,
    slot text not null,
    label_en text not null,
    label_zh text not null
);
"""


def create_prediction_tables(connection: psycopg.Connection) -> None:
    """Create a month-partitioned table per slot, the model registry, personas and reason codes."""
    connection.execute("select pg_advisory_xact_lock(hashtext('bankloop predictions'))")
    connection.execute("create schema if not exists predictions")
    connection.execute(_REGISTRY)
    for slot in slots().values():
        _create_slot_table(connection, slot)
    write_reason_codes(connection)
    write_rule_personas(connection)


def ensure_month(connection: psycopg.Connection, slot: Slot, as_of_date: date) -> None:
    """Create the partition of a month unless it exists."""
    first = as_of_date.replace(day=1)
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    connection.execute(
        sql.SQL(
            "create table if not exists predictions.{} partition of predictions.{} "
            "for values from ({}) to ({})"
        ).format(
            sql.Identifier(f"{slot.name}_{first:%Y_%m}"),
            sql.Identifier(slot.name),
            sql.Literal(first.isoformat()),
            sql.Literal(following.isoformat()),
        )
    )


def columns_of(slot: Slot) -> dict[str, str]:
    """Columns of a slot's table with their types."""
    return {**CORE_COLUMNS, **dict(slot.extra_columns)}


def _create_slot_table(connection: psycopg.Connection, slot: Slot) -> None:
    columns = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind))
        for name, kind in columns_of(slot).items()
    )
    statement = sql.SQL(
        "create table if not exists predictions.{} ({}, primary key "
        "(as_of_date, customer_id, item_id, model_name, model_version)) "
        "partition by range (as_of_date)"
    )
    connection.execute(statement.format(sql.Identifier(slot.name), columns))
