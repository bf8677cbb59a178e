"""Where a run's landing lies, and what ingestion said of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date

import psycopg

from ingestion.audit import LoadAudit
from ingestion.landing import Landing, find_landing
from ingestion.verification import verify
from warehouse.ledger import Run
from warehouse.settings import Settings

_COUNTS = ("read", "loaded", "quarantined", "deduplicated", "deferred")


def verified(
    settings: Settings,
    connection: psycopg.Connection,
    run: Run,
    feeds: Collection[str] | None = None,
) -> Landing:
    """Verify the landing of a run, in the inbox or, where that is gone, in the archive.

    Raises:
        LandingError: anything that stops the night; nothing was loaded.
    """
    first = _historic_first(connection, run) or run.span_from
    folder = find_landing(settings.landing_dir, settings.archive_dir, first, run.business_date)
    return verify(settings, folder, run.business_date, feeds)


def is_loaded_by_history(connection: psycopg.Connection, run: Run) -> bool:
    """Whether this night is the last day of the historic pass, whose rows are all in raw."""
    return run.kind == "night" and _historic_first(connection, run) is not None


def record_profiling_basis(connection: psycopg.Connection, run: Run, landing: Landing) -> None:
    """Note the source's own basis for scores and tags, where it states one."""
    basis = landing.profiling_basis
    connection.execute("update ops.current_night set profiling_basis = %s", [basis])
    connection.execute(
        "update ops.runs set profiling_basis = %s where run_id = %s", [basis, run.run_id]
    )


def describe(landing: Landing) -> str:
    """Counts of feeds for people."""
    closed = f", {len(landing.closed)} closed by hand" if landing.closed else ""
    place = "archive" if landing.is_archived else "inbox"
    return (
        f"{len(landing.deliveries)} feeds delivered, {len(landing.absent)} absent{closed}, "
        f"from the {place}"
    )


def totals(audits: Iterable[LoadAudit]) -> str:
    """Rows read and what became of them."""
    rows = list(audits)
    sums = {name: sum(getattr(row, f"rows_{name}") for row in rows) for name in _COUNTS}
    return ", ".join(f"{count:,} {name}" for name, count in sums.items())


def _historic_first(connection: psycopg.Connection, run: Run) -> date | None:
    row = connection.execute(
        "select span_from from ops.runs where kind = 'historic' and status = 'published' "
        "and business_date = %s",
        [run.business_date],
    ).fetchone()
    return row[0] if row else None
