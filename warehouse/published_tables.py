"""Published tables: their partitioned table, their two views, their readers.

A published table `bi.x` is three things: the partitioned table `bi.x__published` (a partition per
publication), which no reader is granted; the view `bi.x` of the publications in force; and the
view `bi.x_current` of the newest date only. `ops.publications` is the pointer that both follow: a
semi-join, since the planner takes a join on both columns for one row.
"""

from __future__ import annotations

from collections.abc import Sequence

import psycopg
from psycopg import sql

from warehouse.errors import PublicationError
from warehouse.roles import grant_read

_LONGEST_NAME = 40
_VIEW = """
create view {view} as
select {columns}
from {parent} as t
where (t.publication_id, t.as_of_date) in (
    select p.publication_id, p.as_of_date from ops.publications as p
    where p.table_name = {name} and p.status = 'in_force'
)
"""
_CURRENT_VIEW = """
create view {view} as
select {columns}
from {parent} as t
where t.publication_id = (
    select p.publication_id from ops.publications as p
    where p.table_name = {name} and p.status = 'in_force' order by p.as_of_date desc limit 1
) and t.as_of_date = (
    select p.as_of_date from ops.publications as p
    where p.table_name = {name} and p.status = 'in_force' order by p.as_of_date desc limit 1
)
"""


def declare(
    connection: psycopg.Connection,
    table: str,
    columns_ddl: str,
    *,
    readers: Sequence[str] = (),
    indexes: Sequence[str] = (),
) -> None:
    """Create a published table and its two views; nothing happens when it exists as declared.

    `columns_ddl` is what stands between the brackets of `create table`, without `publication_id`;
    `as_of_date date not null` is added where it is missing. `readers` are granted the two views.
    `indexes` are column lists such as `customer_id` or `list_row_id, night_date`.

    Raises:
        PublicationError: it was declared with other columns before, or its name is too long.
    """
    row = connection.execute(
        "select columns_ddl from ops.published_tables where table_name = %s", [table]
    ).fetchone()
    ddl = " ".join(columns_ddl.split())
    if row is not None:
        _refuse_change(table, row[0], ddl)
        return
    _refuse_long_name(table)
    parent = parent_of(table)
    connection.execute(
        f"create table {parent} ({ddl}, publication_id bigint not null) "
        "partition by list (publication_id)"
    )
    connection.execute(f"alter table {parent} add column if not exists as_of_date date not null")
    for columns in indexes:
        connection.execute(f"create index on {parent} ({columns})")
    _create_views(connection, table)
    for view in (table, f"{table}_current"):
        grant_read(connection, view, *readers)
    connection.execute(
        "insert into ops.published_tables (table_name, columns_ddl) values (%s, %s)", [table, ddl]
    )


def parent_of(table: str) -> str:
    """The partitioned table behind a published table."""
    return f"{table}__published"


def partition_of(table: str, publication_id: int) -> str:
    """The partition of one publication."""
    return f"{table}__p{publication_id}"


def columns_of(connection: psycopg.Connection, table: str) -> list[str]:
    """Names of the columns of a table, in order; none when it does not exist."""
    rows = connection.execute(
        "select attname from pg_attribute where attrelid = to_regclass(%s) and attnum > 0 "
        "and not attisdropped order by attnum",
        [table],
    )
    return [name for (name,) in rows]


def unfit(table: str, expected: str, found: str, remedy: str) -> PublicationError:
    """An error about one published table."""
    return PublicationError(expected=expected, found=found, where=table, remedy=remedy)


def _create_views(connection: psycopg.Connection, table: str) -> None:
    columns = columns_of(connection, parent_of(table))
    for view, text in ((table, _VIEW), (f"{table}_current", _CURRENT_VIEW)):
        statement = sql.SQL(text).format(
            view=sql.Identifier(*view.split(".")),
            columns=sql.SQL(", ").join(sql.Identifier("t", name) for name in columns),
            parent=sql.Identifier(*parent_of(table).split(".")),
            name=sql.Literal(table),
        )
        connection.execute(statement)


def _refuse_change(table: str, declared: str, wanted: str) -> None:
    if declared != wanted:
        raise unfit(
            table,
            f"the columns it was declared with: {declared}",
            wanted,
            "publish under a new name: consumers read this one",
        )


def _refuse_long_name(table: str) -> None:
    if len(table.split(".")[1]) > _LONGEST_NAME:
        raise unfit(table, f"a name of at most {_LONGEST_NAME} characters", table, "shorten it")
