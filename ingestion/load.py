"""Verified files into `raw`, in the caller's transaction: all of it is loaded, or nothing."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Sequence
from datetime import date

import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.arrow_text import Values, written_out
from ingestion.audit import LoadAudit, Tally
from ingestion.conflicts import conflicting_rejects
from ingestion.contracts import ARRIVED
from ingestion.duplicates import FILE_NUMBER, earlier_versions, resolve
from ingestion.effective import enters_dates
from ingestion.hashes import contained, key_hashes
from ingestion.landing import Delivery, Landing
from ingestion.parsing import SOURCE_ROW, ParsedChunk, Reject
from ingestion.prefetch import prefetched
from ingestion.protection import erased_parties, restore_values, tokenised, without_erased
from ingestion.quarantine import counts_for_limit, refuse_above_limit, write_rejects
from ingestion.raw_tables import ENTERS, clear_span, ensure_partition, month_of, summarise
from ingestion.sources import parsed_chunks
from ingestion.status import write_status
from warehouse.bulk import copy_arrow
from warehouse.errors import LandingError
from warehouse.ledger import Run
from warehouse.settings import Settings
from warehouse.vault import Vault

_log = logging.getLogger(__name__)


def load_feeds(
    settings: Settings,
    run: Run,
    connection: psycopg.Connection,
    landing: Landing,
    feeds: Collection[str] | None = None,
) -> list[LoadAudit]:
    """Replace what `raw` holds for the landing's days by what it delivers.

    Idempotent: rows of the same days are removed first. Memory is bounded by a few chunks, the
    rejects, and the rows whose key and version may have been seen before.

    Args:
        feeds: only these; all that the landing accounts for by default.

    Returns:
        The rows written to `ops.load_audit`.

    Raises:
        LandingError: a feed's quarantined share is above the limit once contradictory copies are
            known, or a file changed since it was verified; roll back.
    """
    context = _Context(settings, run, connection, landing)
    audits: list[LoadAudit] = []
    for feed in landing.feeds:
        if feeds is not None and feed not in feeds:
            continue
        clear_span(connection, feed, landing.span)
        if feed in landing.deliveries:
            audits += _FeedLoad(context, landing.deliveries[feed]).run()
        write_status(connection, landing, feed)
    return audits


class _Context:
    """What all feeds of one load share."""

    def __init__(
        self, settings: Settings, run: Run, connection: psycopg.Connection, landing: Landing
    ) -> None:
        self.settings = settings
        self.run = run
        self.connection = connection
        self.landing = landing
        self.vault = Vault(settings, connection)
        self.erased = erased_parties(connection)


class _FeedLoad:
    """The load of one feed."""

    def __init__(self, context: _Context, delivery: Delivery) -> None:
        self._context = context
        self._delivery = delivery
        self._contract = delivery.contract
        self._tally = Tally(delivery.contract, context.run.run_id)
        self._suspects: list[pa.RecordBatch] = []
        self._limited = 0
        self._months: set[date] = set()
        self._earlier = earlier_versions(
            context.connection, delivery.contract, context.landing.span.first
        )

    def run(self) -> list[LoadAudit]:
        """Load all files; returns the audit rows written."""
        for number, chunk in prefetched(self._chunks()):
            self._take(number, chunk)
        if self._suspects:
            self._settle()
        self._check()
        summarise(self._context.connection, self._contract.feed, self._months)
        self._tally.declare(self._context.landing, self._delivery.files, self._delivery.unverified)
        return self._tally.write(self._context.connection)

    def _chunks(self) -> Iterator[tuple[int, ParsedChunk]]:
        for number, landed in enumerate(self._delivery.files):
            for chunk in parsed_chunks(landed, self._contract, self._context.landing.span):
                yield number, chunk

    def _take(self, number: int, chunk: ParsedChunk) -> None:
        source = self._source(number)
        self._tally.read(chunk, source)
        rows, erased = without_erased(
            chunk.rows,
            self._contract,
            self._context.erased,
            is_archived=self._context.landing.is_archived,
        )
        self._quarantine(number, (*chunk.rejects, *erased))
        suspicious = self._suspicious(rows)
        if self._context.landing.is_archived:
            restore_values(self._context.connection, rows, self._contract)
        rows = tokenised(self._context.vault, rows, self._contract)
        self._have_partitions(rows)
        if suspicious.any():
            self._suspects.append(self._as_suspects(rows.filter(pa.array(suspicious)), number))
            rows = rows.filter(pa.array(~suspicious))
        if rows.num_rows:
            complete = self._raw_rows(rows, source)
            copy_arrow(self._context.connection, self._contract.raw_table, written_out(complete))
            self._tally.loaded(complete, source)

    def _have_partitions(self, rows: pa.RecordBatch) -> None:
        arrived: Values = pc.unique(rows.column(ARRIVED))
        for month in sorted({month_of(day) for day in arrived.to_pylist()} - self._months):
            ensure_partition(self._context.connection, self._contract.feed, month)
            self._months.add(month)

    def _suspicious(self, rows: pa.RecordBatch) -> np.ndarray:
        suspicious = self._earlier.may_hold(rows.column(self._contract.version))
        if self._delivery.suspects.size:
            hashes = key_hashes(rows, self._contract)
            suspicious |= contained(hashes, self._delivery.suspects)
        return suspicious

    def _raw_rows(self, rows: pa.RecordBatch, source: str) -> pa.RecordBatch:
        columns: dict[str, Values] = {
            column.raw_name: rows.column(column.raw_name) for column in self._contract.columns
        }
        columns[ARRIVED] = rows.column(ARRIVED)
        columns[ENTERS] = enters_dates(rows, self._contract, self._context.settings.time_zone)
        columns["source_file"] = _constant(source, rows.num_rows)
        columns["run_id"] = _constant(self._context.run.run_id, rows.num_rows)
        return pa.RecordBatch.from_pydict(columns)

    def _as_suspects(self, rows: pa.RecordBatch, number: int) -> pa.RecordBatch:
        complete = self._raw_rows(rows, self._source(number))
        numbers = pa.array(np.full(rows.num_rows, number, np.int32))
        with_file = complete.append_column(FILE_NUMBER, numbers)
        return with_file.append_column(SOURCE_ROW, rows.column(SOURCE_ROW))

    def _settle(self) -> None:
        verdicts, conflicts = resolve(
            self._context.connection, self._contract, self._suspects, self._earlier
        )
        for verdict in verdicts:
            audit = self._tally.at(verdict.arrived_date, self._source(verdict.file_number))
            if verdict.fate == "duplicate":
                audit.rows_deduplicated += verdict.rows
                continue
            audit.rows_loaded += verdict.rows if verdict.fate == "load" else 0
            audit.rows_deferred += verdict.rows if verdict.fate == "defer" else 0
            self._tally.saw_versions(
                verdict.arrived_date, verdict.first_version, verdict.last_version
            )
        files, span = self._delivery.files, self._context.landing.span
        for number, rejects in conflicting_rejects(conflicts, files, self._contract, span):
            self._quarantine(number, rejects)

    def _quarantine(self, number: int, rejects: Sequence[Reject]) -> None:
        source = self._source(number)
        context = self._context
        self._limited += counts_for_limit(rejects)
        self._tally.rejected(rejects, source)
        write_rejects(
            context.connection,
            context.vault,
            self._contract.feed,
            source,
            context.run.run_id,
            rejects,
        )

    def _check(self) -> None:
        landing, feed = self._context.landing, self._contract.feed
        read = sum(audit.rows_read for audit in self._tally.audits.values())
        if read != self._delivery.rows:
            raise LandingError(
                expected=f"{self._delivery.rows} rows of {feed}, as verified",
                found=f"{read} rows",
                where=landing.folder.name,
                remedy="a file changed since it was verified: run the night again",
            )
        refuse_above_limit(self._context.settings, feed, read, self._limited, landing.folder.name)
        _log.info("%s: %d rows read, %d in quarantine", feed, read, self._limited)

    def _source(self, number: int) -> str:
        return self._delivery.files[number].entry.source_name


def _constant(text: str, count: int) -> Values:
    return pa.repeat(pa.scalar(text), count)
