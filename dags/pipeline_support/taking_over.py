"""A bank takes over what a backfill found: what is as now known, and the aggregates published.

What is as published stays: lists, decisions, scores, tags of past nights, tables a customer a row.
Two transactions, as a night's publication: the first stages, unseen; the second replaces tables and
moves the pointers. A kill between them leaves the bank as it was.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import psycopg
from psycopg import sql

from dags.pipeline_support import dbt
from dags.pipeline_support.publication_diff import Difference, is_taken_over
from dags.pipeline_support.restatements import restated_tables, values_of
from warehouse import lease, publish
from warehouse.connection import connect
from warehouse.errors import RunOrderError
from warehouse.ledger import Run
from warehouse.published_tables import columns_of, parent_of
from warehouse.settings import Settings

_LOCK_SECONDS = 2.0
_TAKEN_FROM = "the bank and its copy"
_LAYERS = ("raw", "quarantine", "intermediate", "marts", "features", "tags", "attribution",
           "measurement")  # fmt: skip
_TABLES = """
    select n.nspname || '.' || c.relname from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p') and not c.relispartition and n.nspname = any(%s) order by 1
"""
_PARTITIONS = """
    select i.inhrelid::regclass::text, pg_get_expr(c.relpartbound, c.oid)
    from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = to_regclass(%s)
"""
_ADDED = ("vault.data_keys", "vault.quarantine_keys", "vault.personal_values")
_OF_NIGHTS = (
    ("ops.load_audit", "arrived_date"),
    ("ops.feed_status", "arrived_date"),
    ("ops.feed_versions", "arrived_date"),
)
_USED = {"tags.tag_usage"}
"""Written by the decision: which strategy asked for which tag that night."""
_RECORD = """
    insert into ops.restatements (run_id, business_date, table_name, as_of_date, dimension, measure,
        published_value, restated_value, is_republished)
    select %s, %s, %s, as_of_date, dimension, measure, b.amount, f.amount, true
    from ({before}) as b full join ({fresh}) as f using (as_of_date, dimension, measure)
    where b.amount is distinct from f.amount
    on conflict (business_date, table_name, as_of_date, dimension, measure) do update
    set restated_value = excluded.restated_value, is_republished = true, run_id = excluded.run_id
"""


def take_over(
    settings: Settings, copy: Settings, first: date, last: date, found: list[Difference]
) -> str:
    """Replace and publish under the writer lock; returns a line of counts.

    Raises:
        LeaseError: a night is at work.
        RunOrderError: a night ran, or somebody was erased, since the bank was copied.
    """
    days: dict[str, list[date]] = {}
    for one in found:
        if is_taken_over(one.table):
            days.setdefault(one.table, []).append(one.day)
    with (
        lease.locked(settings, "bankloop:backfill", _LOCK_SECONDS),
        connect(settings) as bank,
        connect(copy) as source,
    ):
        _refuse_outdated(bank, source)
        run = Run(f"{last:%Y%m%d}-backfill-{first:%Y%m%d}", "night", last, first, fence=0)
        for table, dates in days.items():
            _stage(settings, bank, source, run, table, dates)
        bank.commit()
        tables = _as_now_known(settings, source)
        for table in tables:
            _replace(bank, source, table)
        for table in _ADDED:
            _add(bank, source, table)
        for table, column in _OF_NIGHTS:
            _replace(bank, source, table, f"{column} >= '{first}'")
        publish.move_pointers(bank, run, list(days))
        bank.commit()
        publish.drop_superseded(bank)
    published = sum(len(dates) for dates in days.values())
    return f"{len(tables)} tables taken over, {published} table-days of aggregates published"


def _refuse_outdated(bank: psycopg.Connection, source: psycopg.Connection) -> None:
    """What was erased since the copy must not come back, and no night may be lost."""
    query = (
        "select (select max(business_date) from ops.runs where status = 'published'), "
        "(select count(*) from vault.erased_parties), "
        "(select count(*) from ops.runs where status = 'running')"
    )
    now, then = (connection.execute(query).fetchone() for connection in (bank, source))
    if now != then:
        raise RunOrderError(
            expected="the bank as it was when it was copied",
            found="a night that ran or runs, or parties erased since then",
            where=f"{_TAKEN_FROM}: ops.runs, vault.erased_parties",
            remedy="start the backfill again: nothing was published",
        )


def _as_now_known(settings: Settings, source: psycopg.Connection) -> list[str]:
    kept = {
        f"{node['schema']}.{node['name']}"
        for node in dbt.manifest(settings)["nodes"].values()
        if node["resource_type"] == "model" and node["config"].get("meta", {}).get("as_published")
    }
    rows = source.execute(_TABLES, [list(_LAYERS)])
    return [table for (table,) in rows if table not in kept | _USED]


def _stage(
    settings: Settings,
    bank: psycopg.Connection,
    source: psycopg.Connection,
    run: Run,
    table: str,
    dates: list[date],
) -> None:
    """Bring the rows of some days over, stage them, and record which numbers they change."""
    bank.execute(f"create temporary table fresh (like {parent_of(table)}) on commit drop")
    columns = [name for name in columns_of(bank, parent_of(table)) if name != "publication_id"]
    bank.execute("alter table fresh drop column publication_id")
    listed = ", ".join(f"'{day}'" for day in dates)
    _copy(bank, source, table, "pg_temp.fresh", columns, f"as_of_date in ({listed})")
    publish.stage(bank, run, table, "select * from pg_temp.fresh", dates)
    meta = restated_tables(settings).get(table)
    if meta is not None:
        _record(bank, run, table, meta, listed)
    bank.execute("drop table pg_temp.fresh")


def _record(
    bank: psycopg.Connection, run: Run, table: str, meta: dict[str, list[str]], days: str
) -> None:
    condition = sql.SQL(f"t.as_of_date in ({days})")
    query = sql.SQL(_RECORD).format(
        before=values_of(table, meta, condition), fresh=values_of("pg_temp.fresh", meta, condition)
    )
    bank.execute(query, [run.run_id, run.business_date, table])


def _replace(
    bank: psycopg.Connection, source: psycopg.Connection, table: str, condition: str = "true"
) -> None:
    """Replace a table's rows by those of the other database, partitions included."""
    name = sql.Identifier(*table.split("."))
    if condition == "true":
        bank.execute(sql.SQL("truncate {}").format(name))
        known = {partition for partition, _ in bank.execute(_PARTITIONS, [table]).fetchall()}
        for partition, bound in source.execute(_PARTITIONS, [table]).fetchall():
            if partition not in known:
                bank.execute(f"create table {partition} partition of {table} {bound}")
    else:
        bank.execute(sql.SQL("delete from {} where {}").format(name, sql.SQL(condition)))
    _copy(bank, source, table, table, columns_of(source, table), condition)


def _add(bank: psycopg.Connection, source: psycopg.Connection, table: str) -> None:
    """Add the rows that only the other database has."""
    bank.execute(f"create temporary table more (like {table} including identity) on commit drop")
    columns = [name for name in columns_of(source, table) if name != "key_id"]
    names = ", ".join(columns)
    _copy(bank, source, table, "pg_temp.more", columns, "true")
    bank.execute(
        f"insert into {table} ({names}) select {names} from pg_temp.more on conflict do nothing"
    )
    bank.execute("drop table pg_temp.more")


def _copy(
    bank: psycopg.Connection,
    source: psycopg.Connection,
    table: str,
    target: str,
    columns: Iterable[str],
    condition: str,
) -> None:
    names = ", ".join(f'"{name}"' for name in columns)
    read = f"copy (select {names} from {table} where {condition}) to stdout (format binary)"
    write = f"copy {target} ({names}) from stdin (format binary)"
    with bank.cursor().copy(write) as into, source.cursor().copy(read) as out:
        for block in out:
            into.write(block)
