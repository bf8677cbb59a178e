"""Atomic publication: build beside, attach unseen, then move all pointers in one transaction.

Readers see `ops.publications` move, never a table being built (warehouse/published_tables.py).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence
from datetime import date

import psycopg

from warehouse.connection import readable_errors
from warehouse.errors import PublicationError
from warehouse.ledger import Run
from warehouse.published_tables import columns_of, declare, parent_of, partition_of, unfit

__all__ = [
    "declare",
    "drop_superseded",
    "in_force",
    "move_pointers",
    "stage",
    "staged_partition",
]

logger = logging.getLogger(__name__)

_SETTLE_SECONDS = 5.0
_LOCK_TIMEOUT = "200ms"


def stage(
    connection: psycopg.Connection,
    run: Run,
    table: str,
    select_sql: str,
    as_of_dates: Iterable[date] | None = None,
) -> int:
    """Build a publication beside the readers and attach it, unseen until its pointer moves.

    `select_sql` yields the declared columns, by name. Dates of its rows and `as_of_dates` (default:
    the run's date) are published, so a date without rows is published as empty. An earlier attempt
    of the same run is discarded. Commit afterwards, before `move_pointers`.

    Returns:
        The publication id; `staged_partition` names the table that holds it, for gates.

    Raises:
        PublicationError: the table was not declared, or the query does not yield its columns.
    """
    _discard_staged(connection, run, table)
    row = connection.execute("select nextval('ops.publication')").fetchone()
    assert row is not None
    publication_id = int(row[0])
    partition = partition_of(table, publication_id)
    with readable_errors(table):
        _fill(connection, table, partition, publication_id, select_sql)
    counts = _counts(connection, partition)
    _attach(connection, table, partition, publication_id, counts)
    wanted = set(as_of_dates) if as_of_dates is not None else {run.business_date}
    for as_of_date in sorted(wanted | counts.keys()):
        connection.execute(
            "insert into ops.publications (table_name, as_of_date, publication_id, run_id, status, "
            "row_count) values (%s, %s, %s, %s, 'staged', %s)",
            [table, as_of_date, publication_id, run.run_id, counts.get(as_of_date, 0)],
        )
    return publication_id


def staged_partition(connection: psycopg.Connection, run: Run, table: str) -> str:
    """Name of the table that holds what a run staged, for gates to look at before it is visible.

    Raises:
        PublicationError: the run staged nothing for this table.
    """
    row = connection.execute(
        "select max(publication_id) from ops.publications "
        "where table_name = %s and run_id = %s and status = 'staged'",
        [table, run.run_id],
    ).fetchone()
    if row is None or row[0] is None:
        raise _nothing_staged(run, table)
    return partition_of(table, row[0])


def move_pointers(connection: psycopg.Connection, run: Run, tables: Sequence[str]) -> None:
    """Put what a run staged for `tables` in force, all of it when the caller commits.

    Plain DML, so that no reader waits. Add other changes of state that must become visible at the
    same moment to the same transaction.

    Raises:
        PublicationError: a table has nothing staged, or staging was not committed before.
    """
    for table in tables:
        _refuse_unready(connection, run, table)
    _let_planners_finish(connection, tables)
    connection.execute(
        "update ops.publications as old set status = 'superseded', "
        "superseded_at = clock_timestamp(), superseded_by = pg_current_xact_id() "
        "from ops.publications as new where old.status = 'in_force' and new.status = 'staged' "
        "and new.run_id = %s and new.table_name = any(%s) "
        "and old.table_name = new.table_name and old.as_of_date = new.as_of_date",
        [run.run_id, list(tables)],
    )
    connection.execute(
        "update ops.publications set status = 'in_force', published_at = clock_timestamp() "
        "where status = 'staged' and run_id = %s and table_name = any(%s)",
        [run.run_id, list(tables)],
    )


def drop_superseded(connection: psycopg.Connection) -> int:
    """Drop partitions that nobody can see any more; a partition that is being read is left.

    Commits the caller's transaction and one transaction per partition, each under a short
    `lock_timeout`, so that readers never queue behind it for long. Left-overs of dead runs go too.

    Returns:
        How many partitions were dropped.
    """
    connection.commit()
    dropped = 0
    for table, publication_id in _droppable(connection):
        try:
            connection.execute(f"set local lock_timeout = '{_LOCK_TIMEOUT}'")
            connection.execute(f"drop table if exists {partition_of(table, publication_id)}")
            connection.execute(
                "update ops.publications set status = 'dropped' "
                "where table_name = %s and publication_id = %s",
                [table, publication_id],
            )
            connection.commit()
            dropped += 1
        except psycopg.errors.LockNotAvailable:
            connection.rollback()
            logger.info("%s is being read; publication %s is kept", table, publication_id)
    return dropped


def in_force(connection: psycopg.Connection, table: str) -> dict[date, int]:
    """Publication in force per as_of_date."""
    rows = connection.execute(
        "select as_of_date, publication_id from ops.publications "
        "where table_name = %s and status = 'in_force' order by 1",
        [table],
    )
    return dict(rows.fetchall())


def _fill(
    connection: psycopg.Connection,
    table: str,
    partition: str,
    publication_id: int,
    select_sql: str,
) -> None:
    names = [name for name in columns_of(connection, parent_of(table)) if name != "publication_id"]
    if not names:
        raise unfit(table, "a declared table", "no such table", "call declare first")
    columns = ", ".join(f'"{name}"' for name in names)
    parent = parent_of(table)
    connection.execute(f"create table {partition} (like {parent} including defaults)")
    try:
        connection.execute(
            f"insert into {partition} (publication_id, {columns}) "
            f"select {publication_id}, {columns} from ({select_sql}) as rows"
        )
    except (
        psycopg.errors.UndefinedColumn,
        psycopg.errors.DatatypeMismatch,
        psycopg.errors.NotNullViolation,
    ) as error:
        found = error.diag.message_primary or type(error).__name__
        raise unfit(table, "the declared columns", found, "correct its query") from error


def _counts(connection: psycopg.Connection, partition: str) -> dict[date, int]:
    rows = connection.execute(f"select as_of_date, count(*) from {partition} group by 1")
    return dict(rows.fetchall())


def _attach(
    connection: psycopg.Connection,
    table: str,
    partition: str,
    publication_id: int,
    counts: dict[date, int],
) -> None:
    """Checks first: attaching then needs no scan, and queries for a date skip other partitions."""
    checks = [f"check (publication_id = {publication_id})"]
    if counts:
        first, last = min(counts), max(counts)
        checks.append(f"check (as_of_date between '{first}' and '{last}')")
    connection.execute(f"alter table {partition} " + ", ".join(f"add {check}" for check in checks))
    connection.execute(f"analyze {partition}")
    connection.execute(
        f"alter table {parent_of(table)} attach partition {partition} "
        f"for values in ({publication_id})"
    )


def _discard_staged(connection: psycopg.Connection, run: Run, table: str) -> None:
    connection.execute(
        "update ops.publications set status = 'superseded', superseded_at = clock_timestamp(), "
        "superseded_by = pg_current_xact_id() "
        "where table_name = %s and run_id = %s and status = 'staged'",
        [table, run.run_id],
    )


def _refuse_unready(connection: psycopg.Connection, run: Run, table: str) -> None:
    rows = connection.execute(
        "select xmin::text = pg_current_xact_id()::xid::text from ops.publications "
        "where table_name = %s and run_id = %s and status = 'staged'",
        [table, run.run_id],
    ).fetchall()
    if not rows:
        raise _nothing_staged(run, table)
    if any(is_uncommitted for (is_uncommitted,) in rows):
        raise unfit(
            table,
            "staging to be committed before its pointer moves",
            "both in one transaction: a statement planned before would read no rows",
            "commit after stage",
        )


def _let_planners_finish(connection: psycopg.Connection, tables: Sequence[str]) -> None:
    """Wait for statements over these tables that may have been planned before the attach.

    A READ COMMITTED statement is planned first and takes its snapshot then: one planned before the
    attach and run after the move would see the new pointer and not the new partition. Planning
    takes far less than five seconds; statements that are older run on their old snapshot.
    """
    parents = [parent_of(table) for table in tables]
    row = connection.execute("select clock_timestamp()").fetchone()
    assert row is not None
    deadline = time.monotonic() + _SETTLE_SECONDS
    while time.monotonic() < deadline:
        connection.execute("select pg_stat_clear_snapshot()")
        busy = connection.execute(
            "select 1 from pg_locks l join pg_stat_activity a using (pid) "
            "where l.relation = any(select to_regclass(unnest(%s::text[]))::oid) "
            "and l.mode = 'AccessShareLock' and pid <> pg_backend_pid() "
            "and coalesce(a.state, 'active') = 'active' "
            "and (a.query_start is null or a.query_start < %s) limit 1",
            [parents, row[0]],
        ).fetchone()
        if busy is None:
            return
        time.sleep(0.01)


def _droppable(connection: psycopg.Connection) -> list[tuple[str, int]]:
    """Publications without a date in force, older than every snapshot that is still held."""
    rows = connection.execute(
        "select table_name, publication_id from ops.publications p "
        "left join ops.runs r using (run_id) group by table_name, publication_id "
        "having bool_and(p.status <> 'in_force') and bool_or(p.status <> 'dropped') "
        "and bool_and(p.status <> 'staged' or r.status is distinct from 'running') "
        "and bool_and(p.published_at is null or not exists ("
        "  select 1 from pg_stat_activity a where a.datname = current_database() "
        "  and a.pid <> pg_backend_pid() and age(a.backend_xmin) >= age(p.superseded_by::xid))) "
        "and (pg_has_role(current_user, 'pg_read_all_stats', 'usage') or bool_and("
        "  p.published_at is null or p.superseded_at < clock_timestamp() - interval '1 day')) "
        "order by 1, 2"
    ).fetchall()
    connection.rollback()
    return [(table, publication_id) for table, publication_id in rows]


def _nothing_staged(run: Run, table: str) -> PublicationError:
    return unfit(table, f"something staged by {run.run_id}", "nothing", "stage it first")
