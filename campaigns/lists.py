"""From decisions to list rows: units, ghost rows, holds, and the night's publication beside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
from psycopg import sql

from campaigns.statements import LIST_TABLE, PARTY_TABLE, statement
from warehouse.ledger import Run
from warehouse.publish import stage

PUBLISHED_TABLES = (LIST_TABLE, PARTY_TABLE)
"""What a night moves into force together."""

_WRITTEN = (
    "open_units",
    "ghost_rows",
    "campaigns",
    "list_rows",
    "hold_campaigns",
    "withdraw_changed",
)
_OF_THE_NIGHT = (
    ("activation.ghost_rows", "opened_date"),
    ("activation.units", "opened_date"),
    ("activation.campaigns", "first_night"),
    ("publication.held_campaigns", "night_date"),
)
_COUNTS = """
    select
        (select count(*) from activation.tonight_list_rows),
        (select count(*) from activation.units where opened_date = %(night)s and arm = 'control'),
        (select count(*) from activation.ghost_rows where opened_date = %(night)s),
        (select count(*) from publication.held_campaigns where night_date = %(night)s)
"""


@dataclass(frozen=True)
class ListSummary:
    """What a night made: list rows, control units opened, ghost rows, campaigns held."""

    list_rows: int
    control_units: int
    ghost_rows: int
    held_campaigns: int

    def __str__(self) -> str:
        return (
            f"{self.list_rows:,} list rows, {self.control_units:,} control units with "
            f"{self.ghost_rows:,} ghost rows, {self.held_campaigns} campaigns held"
        )


def build_lists(connection: psycopg.Connection[Any], run: Run) -> ListSummary:
    """Open units, plan ghost rows, write list rows and stage their publication.

    Older rows of customers that have been merged or split since are withdrawn.

    Nothing is visible to readers before `warehouse.publish.move_pointers` over
    `PUBLISHED_TABLES` and `campaigns.reading.renew_reading`. The caller commits. A re-run
    replaces what the night wrote.
    """
    night = run.business_date
    _replace(connection, night)
    row = connection.execute("select time_zone from ops.current_night").fetchone()
    parameters = {"night": night, "time_zone": row[0] if row else "UTC"}
    for name in _WRITTEN:
        connection.execute(statement(name), parameters)
    rows = f"select *, date '{night}' as as_of_date from activation.tonight_list_rows"
    stage(connection, run, LIST_TABLE, f"{rows} order by list_row_id")
    parties = f"select *, date '{night}' as as_of_date from activation.act_parties"
    stage(connection, run, PARTY_TABLE, f"{parties} order by party_id, valid_from")
    counts = connection.execute(_COUNTS, parameters).fetchone()
    assert counts is not None
    return ListSummary(*counts)


def _replace(connection: psycopg.Connection[Any], night: date) -> None:
    connection.execute("truncate activation.tonight_list_rows")
    for table, column in _OF_THE_NIGHT:
        target = sql.Identifier(*table.split("."))
        connection.execute(
            sql.SQL("delete from {} where {} = %s").format(target, sql.Identifier(column)), [night]
        )
