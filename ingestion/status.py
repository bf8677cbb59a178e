"""What became of each feed on each day: delivered, absent or closed."""

from __future__ import annotations

import psycopg

from ingestion.landing import Landing


def write_status(connection: psycopg.Connection, landing: Landing, feed: str) -> None:
    """Record a feed's status for every day of the landing; closings were recorded when made."""
    if feed in landing.closed:
        return
    status = "delivered" if feed in landing.deliveries else "absent"
    connection.execute(
        "insert into ops.feed_status (arrived_date, feed, status, reason) "
        "select day::date, %s, %s, %s "
        "from generate_series(%s::timestamp, %s::timestamp, interval '1 day') as day "
        "on conflict (arrived_date, feed) do update "
        "set status = excluded.status, reason = excluded.reason",
        [feed, status, landing.absent.get(feed, ""), landing.span.first, landing.span.last],
    )
