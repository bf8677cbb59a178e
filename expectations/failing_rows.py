"""The query that finds a check's failing rows, and a masked sample of them.

A sample shows no value: of each key it gives the first characters of its md5, so that a person
with access finds the row by `where left(md5(key), 12) = …`, and nobody else does. Keys that name
no customer (a feed, a strategy) are shown as they are.
"""

from __future__ import annotations

import hashlib

import psycopg

from expectations.suite import Check, Table

SAMPLE_ROWS = 5
MASK_CHARACTERS = 12
_NAMES_ONLY = (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn)


def failing_query(table: Table, check: Check) -> str | None:
    """SQL that returns the keys of all failing rows; None where a check fails as a whole."""
    body = _failing_body(table, check)
    return None if body is None else f"with batch as ({table.rows}) {body}"


def masked_sample(connection: psycopg.Connection, table: Table, check: Check) -> str:
    """Keys of up to five failing rows, masked; or why the check could not run."""
    query = failing_query(table, check)
    if query is None:
        return ""
    limited = f"select * from ({query}) as failing limit {SAMPLE_ROWS}"
    try:
        with connection.transaction():
            cursor = connection.execute(limited.encode())
            names = [column.name for column in cursor.description or ()]
            rows = cursor.fetchall()
    except _NAMES_ONLY as error:
        return f"cannot run: {error.diag.message_primary}"
    except psycopg.Error as error:
        return f"cannot run: {type(error).__name__}"
    shown = [_shown(dict(zip(names, row, strict=True)), table) for row in rows]
    return ", ".join(key for key in shown if key)


def mask(value: object) -> str:
    """First characters of the md5 of a key as text."""
    return hashlib.md5(str(value).encode(), usedforsecurity=False).hexdigest()[:MASK_CHARACTERS]


def _failing_body(table: Table, check: Check) -> str | None:
    keys = ", ".join(table.key) or "1 as one"
    if check.kind == "no_rows":
        return check.query
    if check.kind == "unique":
        columns = ", ".join(check.columns)
        return f"select {columns} from batch group by {columns} having count(*) > 1"
    condition = _failing_condition(check)
    return None if condition is None else f"select {keys} from batch where {condition}"


def _failing_condition(check: Check) -> str | None:
    if check.kind == "holds":
        return f"({check.condition}) is not true"
    if check.kind == "not_null":
        return f"{check.column} is null"
    if check.kind == "between":
        low = "false" if check.min is None else f"{check.column} < {check.min}"
        high = "false" if check.max is None else f"{check.column} > {check.max}"
        return f"{low} or {high}"
    if check.kind == "in_set":
        values = ", ".join(f"'{value}'" for value in check.values)
        return f"{check.column} not in ({values})"
    return None


def _shown(row: dict[str, object], table: Table) -> str:
    parts = [row[name] for name in table.key if name in row]
    return "/".join(str(part) if table.key_is_public else mask(part) for part in parts)
