"""Closing a feed for a date: the operator's word that the night goes on without it."""

from __future__ import annotations

from datetime import date

import psycopg

from ingestion.contracts import load_contracts
from warehouse.errors import LandingError


def close_feed(connection: psycopg.Connection, closed_date: date, feed: str, reason: str) -> None:
    """Record that the night of `closed_date` runs without `feed`, whatever may lie in the inbox.

    Raises:
        LandingError: no such feed, or no reason.
    """
    if feed not in load_contracts() or not reason.strip():
        raise LandingError(
            expected="a feed that has a contract, and a reason",
            found=f"feed {feed}" + ("" if reason.strip() else " without a reason"),
            where="--feed-missing",
            remedy="bankloop nightly --date D --feed-missing FEED --reason TEXT; "
            "docs/feeds.md lists the feeds",
        )
    connection.execute(
        "insert into ops.feed_status (arrived_date, feed, status, reason) "
        "values (%s, %s, 'closed', %s) on conflict (arrived_date, feed) "
        "do update set status = excluded.status, reason = excluded.reason",
        [closed_date, feed, reason],
    )


def close_day(connection: psycopg.Connection, closed_date: date, reason: str) -> None:
    """Close every feed of a day on which nothing was delivered."""
    for feed in load_contracts():
        close_feed(connection, closed_date, feed, reason)


def reopen_feed(connection: psycopg.Connection, closed_date: date, feed: str) -> None:
    """Take back a closing, so that the next attempt of that night expects the feed again."""
    connection.execute(
        "delete from ops.feed_status where arrived_date = %s and feed = %s and status = 'closed'",
        [closed_date, feed],
    )


def closed_feeds(connection: psycopg.Connection, closed_date: date) -> dict[str, str]:
    """Feeds closed for a date, with reasons."""
    rows = connection.execute(
        "select feed, reason from ops.feed_status where arrived_date = %s and status = 'closed'",
        [closed_date],
    )
    return dict(rows.fetchall())
