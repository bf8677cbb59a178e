"""Nights lived again in a second database: D … today from the archive, under the rules as they are.

The steps of DAG `backfill`, plain functions of (settings, parameters). Nothing is written to the
bank itself before `publish_backfill`, and there only on request. A backfill that was killed leaves
a second database, which the next one replaces.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

from dags.pipeline_support import night as pipeline
from dags.pipeline_support import publication_diff, rewinding, taking_over
from dags.pipeline_support.params import BackfillParams, NightlyParams
from ingestion import archive
from ingestion.manifest import MANIFEST
from ingestion.verification import verify
from warehouse import ledger
from warehouse.connection import connect, copy_database, drop_database
from warehouse.errors import RunOrderError
from warehouse.private_files import make_private_dir, write_private
from warehouse.settings import Settings

BackfillStep = Callable[[Settings, BackfillParams], str]


def copy_of_bank(settings: Settings) -> Settings:
    """Settings of the second database; its folders are under `backfill/` of the source."""
    return settings.model_copy(
        update={
            "database": f"{settings.database_name}_backfill",
            "var_dir": settings.source_dir / "backfill",
            "server_dir": settings.server_dir or settings.var_dir,
        }
    )


def nights_to_replay(settings: Settings, first: date) -> list[date]:
    """D … the last published night.

    Raises:
        RunOrderError: a night is unfinished, or D was not a night of this bank.
    """
    with connect(settings) as connection:
        last = ledger.last_published(connection)
        row = connection.execute(
            "select min(business_date) filter (where kind = 'night' and not exists ("
            "select 1 from ops.runs h where h.kind = 'historic' and h.business_date = "
            "r.business_date)) from ops.runs r where status = 'published'"
        ).fetchone()
        running = connection.execute("select run_id from ops.runs where status = 'running'")
        unfinished = running.fetchone()
    earliest = row[0] if row else None
    if last is None or unfinished:
        found = (
            f"{unfinished[0]} is unfinished" if unfinished else "the last night is not published"
        )
        raise _refused("no unfinished night", found, "let it end, or run that night again")
    if earliest is None or not earliest <= first <= last:
        days = f"{earliest} to {last}" if earliest else "none: only a history is loaded"
        raise _refused(f"a night of this bank ({days})", str(first), "name one of these nights")
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def copy_bank(settings: Settings, params: BackfillParams) -> str:
    """Copy the database; refused while anybody is connected to it, a night most of all."""
    nights = nights_to_replay(settings, params.from_date)
    copy = copy_of_bank(settings)
    forget_copy(settings)
    copy_database(settings, settings.database_name, copy.database_name)
    make_private_dir(copy.source_dir)
    for shared in ("landing_dir", "archive_dir", "model_dir"):
        place: Path = getattr(copy, shared)
        place.symlink_to(getattr(settings, shared))
    return f"{copy.database_name}; {len(nights)} nights to replay from {nights[0]}"


def rewind_copy(settings: Settings, params: BackfillParams) -> str:
    """Take the second database back to the eve of D."""
    return rewinding.rewind(copy_of_bank(settings), params.from_date)


def replay_nights(settings: Settings, params: BackfillParams) -> str:
    """Live D … today again, each from the inbox if a corrected delivery waits there."""
    copy = copy_of_bank(settings)
    nights = nights_to_replay(settings, params.from_date)
    for night in nights:
        closed = _closed_feeds(settings, night)
        replay = NightlyParams(business_date=night, missing_feeds=closed, data_tests=False)
        for _ in pipeline.replay_night(copy, night, replay):
            pass
    shutil.rmtree(copy.export_dir, ignore_errors=True)
    return f"{len(nights)} nights replayed, {nights[0]} to {nights[-1]}"


def report_differences(settings: Settings, params: BackfillParams) -> str:
    """Compare what both databases publish, and write the report."""
    found = publication_diff.compare(settings, copy_of_bank(settings), params.from_date)
    text = publication_diff.as_text(found, params.from_date)
    report = settings.report_dir / f"backfill_{params.from_date}.txt"
    write_private(report, text)
    return f"{publication_diff.headline(found)}; {report}"


def publish_backfill(settings: Settings, params: BackfillParams) -> str:
    """On request, let the bank take over what the second database knows; it goes either way."""
    line = "not asked for: the bank is as it was; add --publish"
    copy = copy_of_bank(settings)
    if params.publish:
        found = publication_diff.compare(settings, copy, params.from_date)
        last = nights_to_replay(settings, params.from_date)[-1]
        line = taking_over.take_over(settings, copy, params.from_date, last, found)
        archived = _archive_corrected(settings, params.from_date, last)
        line += f"; corrected deliveries archived: {archived}" if archived else ""
    forget_copy(settings)
    return line


def forget_copy(settings: Settings) -> None:
    """Remove the second database and its folders, also what a killed backfill left."""
    copy = copy_of_bank(settings)
    drop_database(settings, copy.database_name)
    shutil.rmtree(copy.var_dir, ignore_errors=True)


STEPS: tuple[BackfillStep, ...] = (
    copy_bank,
    rewind_copy,
    replay_nights,
    report_differences,
    publish_backfill,
)


def run(settings: Settings, params: BackfillParams) -> Iterator[str]:
    """Every step in this process; yields a line a step.

    Raises:
        BankloopError: a step refused; the bank is as it was.
    """
    for step in STEPS:
        yield f"{step.__name__:<20} {step(settings, params)}"


def _archive_corrected(settings: Settings, first: date, last: date) -> int:
    """Let corrected deliveries that were taken over replace those in the archive."""
    nights = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    folders = [settings.landing_dir / f"{night}" for night in nights]
    found = [
        (night, f) for night, f in zip(nights, folders, strict=True) if (f / MANIFEST).exists()
    ]
    for night, folder in found:
        archive.archive(settings, verify(settings, folder, night), settings.landing_disposal)
    return len(found)


def _closed_feeds(settings: Settings, night: date) -> dict[str, str]:
    with connect(settings) as connection:
        rows = connection.execute(
            "select feed, reason from ops.feed_status where arrived_date = %s "
            "and status = 'closed'",
            [night],
        )
        return dict(rows.fetchall())


def _refused(expected: str, found: str, remedy: str) -> RunOrderError:
    return RunOrderError(expected=expected, found=found, where="ops.runs", remedy=remedy)
