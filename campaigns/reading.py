"""Reading lists: views that hold the whole reading rule; consumers get no other grant."""

from __future__ import annotations

from typing import Any, get_args

import psycopg
from psycopg import sql

from campaigns.statements import statement
from campaigns.strategy import Channel
from warehouse.ledger import Run
from warehouse.roles import CAMPAIGN_READER, grant_read

CHANNELS: tuple[str, ...] = get_args(Channel)
_CHANNEL_VIEW = """
    create or replace view {} as
    select * from publication.open_rows where channel = {}
"""
_RULES = """
    insert into publication.reading_rules (clock) values (%s)
    on conflict (is_the_row) do update set clock = excluded.clock
"""
_RENEW = """
    update ops.publication_state
    set valid_through = %(night)s + 1, run_id = %(run_id)s, reason = 'published',
        changed_at = clock_timestamp()
"""


def create_reading_views(connection: psycopg.Connection[Any], clock: str) -> None:
    """Create `publication.open_rows`, a view per channel and the withdrawals' view, with grants."""
    connection.execute(_RULES, [clock])
    connection.execute(statement("open_rows_view"))
    for channel in CHANNELS:
        view = sql.Identifier("publication", f"list_{channel}")
        connection.execute(sql.SQL(_CHANNEL_VIEW).format(view, sql.Literal(channel)))
    for name in ("open_rows", "withdrawn_rows", *(f"list_{channel}" for channel in CHANNELS)):
        grant_read(connection, f"publication.{name}", CAMPAIGN_READER)


def renew_reading(connection: psycopg.Connection[Any], run: Run) -> None:
    """Let all open rows be read until the end of the next business date.

    To be called in the transaction that moves the night's pointers. It does not unblock: only
    the withdrawal path does.
    """
    connection.execute(_RENEW, {"night": run.business_date, "run_id": run.run_id})
