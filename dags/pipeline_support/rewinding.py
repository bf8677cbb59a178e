"""A copy of the bank, taken back to the eve of a day.

What is as published loses what later nights wrote. What is as now known is made again from raw as
it was on the eve, which gives what the nights had made (tests hold rebuilds equal to nights).
"""

from __future__ import annotations

from datetime import date, timedelta

import psycopg
from psycopg import sql

from dags.pipeline_support import dbt, markov, rebuilding
from ingestion.contracts import load_contracts
from warehouse.connection import connect
from warehouse.ledger import Run
from warehouse.published_tables import partition_of
from warehouse.schema import create_schemas
from warehouse.settings import Settings

# what a night writes once, with the column that says which night
_OF_NIGHTS = (
    ("quarantine.rows", "arrived_date"),
    ("ops.load_audit", "arrived_date"),
    ("ops.feed_status", "arrived_date"),
    ("ops.feed_versions", "arrived_date"),
    ("ops.table_fingerprints", "business_date"),
    ("ops.gate_results", "business_date"),
    ("ops.restatements", "business_date"),
    ("intermediate.int_identity__papers", "valid_from"),
    ("intermediate.int_identity__evidence", "valid_from"),
    ("intermediate.int_identity__answers", "valid_from"),
    ("predictions.clusters", "as_of_date"),
    ("predictions.churn", "as_of_date"),
    ("features.ftr_customers", "as_of_date"),
    ("features.ftr_customers__windows", "as_of_date"),
    ("tags.customer_tags", "as_of_date"),
    ("tags.tag_memberships", "as_of_date"),
    ("tags.tag_membership_overlaps", "as_of_date"),
    ("tags.tag_quality", "as_of_date"),
    ("tags.tag_usage", "as_of_date"),
    ("tags.customer_tag_changes", "valid_from"),
    ("activation.options", "night_date"),
    ("activation.decisions", "night_date"),
    ("activation.funnel", "night_date"),
    ("activation.audience_sizes", "night_date"),
    ("activation.campaigns", "first_night"),
    ("activation.strategy_versions", "first_night"),
    ("activation.universal_control", "assigned_date"),
    ("activation.ghost_rows", "opened_date"),
    ("activation.units", "opened_date"),
    ("publication.withdrawals", "withdrawn_date"),
    ("publication.held_campaigns", "night_date"),
    ("measurement.msr_decision_funnel", "night_date"),
)
_KEPT_BRIEFLY = "ftr_customers__windows"
"""Kept for fewer nights than a backfill may go back, and read by the night after."""
_REOPENED = (
    "update activation.units set closed_date = null, closed_reason = null, closed_night = null "
    "where closed_night >= %(first)s",
)
# what one night leaves for the next one to compare with: of a later night it would mislead
_TRACES = """
    select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p') and not c.relispartition
        and (n.nspname = 'attribution' and c.relname like 'attr\\_%'
            or n.nspname = 'intermediate' and exists (select 1 from pg_attribute a
                where a.attrelid = c.oid and a.attname = 'touched_night'))
"""
_EVE = """
    update ops.current_night as night set night_date = run.business_date,
        span_from = run.span_from, run_id = run.run_id, run_kind = run.kind,
        night_id = run.night_id, profiling_basis = run.profiling_basis
    from (select * from ops.runs where business_date = %s and status = 'published'
        order by fence desc limit 1) as run
    returning run.run_id, run.kind, run.business_date, run.span_from, run.fence
"""


def rewind(copy: Settings, first: date) -> str:
    """Take a copy back to the eve of `first`; never to be called on the bank itself.

    Raises:
        TransformationError: a model could not be made again.
    """
    eve = first - timedelta(days=1)
    with connect(copy) as connection:
        create_schemas(connection)
        _forget_publications(connection, first)
        for table, column in (*_OF_NIGHTS, *_raw()):
            target, name = sql.Identifier(*table.split(".")), sql.Identifier(column)
            connection.execute(
                sql.SQL("delete from {} where {} >= %s").format(target, name), [first]
            )
        for statement in _REOPENED:
            connection.execute(statement, {"first": first})
        for schema, name in connection.execute(_TRACES).fetchall():
            connection.execute(
                sql.SQL("drop table {} cascade").format(sql.Identifier(schema, name))
            )
        run = _go_back(connection, eve)
    dbt.call(copy, ["seed"], layer="rewind")
    dbt.call(copy, ["run", "--select", "path:models/staging", "path:models/intermediate"])
    line = rebuilding.rebuild(copy)
    dbt.call(copy, ["run", "--full-refresh", "--select", _KEPT_BRIEFLY])
    _look_back(copy, run)
    return f"eve of {first}: {line}"


def _look_back(copy: Settings, run: Run) -> None:
    """Attribution and measurement as they were on the eve; decision counts are kept for ever."""
    rebuilding.rebuild(copy, "path:models/attribution")
    with connect(copy) as connection:
        markov.write_credits(copy, connection, run)
    rebuilding.rebuild(copy, "path:models/measurement", without=("msr_decision_funnel",))


def _raw() -> list[tuple[str, str]]:
    return [(contract.raw_table, "arrived_date") for contract in load_contracts().values()]


def _forget_publications(connection: psycopg.Connection, first: date) -> None:
    """Drop what later nights published; days that they had republished stay unpublished."""
    rows = connection.execute(
        "select distinct table_name, publication_id from ops.publications "
        "where left(run_id, 8) >= to_char(%s::date, 'YYYYMMDD')",
        [first],
    ).fetchall()
    for table, publication_id in rows:
        name = sql.Identifier(*partition_of(table, publication_id).split("."))
        connection.execute(sql.SQL("drop table if exists {}").format(name))
        connection.execute(
            "delete from ops.publications where table_name = %s and publication_id = %s",
            [table, publication_id],
        )


def _go_back(connection: psycopg.Connection, eve: date) -> Run:
    row = connection.execute(_EVE, [eve]).fetchone()
    assert row is not None, "the day before a night was published"
    for table in ("ops.step_runs", "ops.runs"):
        connection.execute(
            sql.SQL("delete from {} where left(run_id, 8) > %s").format(
                sql.Identifier(*table.split("."))
            ),
            [f"{eve:%Y%m%d}"],
        )
    return Run(*row)
