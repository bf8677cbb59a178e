"""The balance of a load: rows read = loaded + quarantined + de-duplicated + deferred."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.arrow_text import Values
from ingestion.contracts import ARRIVED, Contract
from ingestion.landing import LandedFile, Landing
from ingestion.parsing import ParsedChunk, Reject
from ingestion.raw_tables import ENTERS
from warehouse.bulk import copy_arrow


@dataclass
class LoadAudit:
    """One row of `ops.load_audit`; amounts in minor units."""

    arrived_date: date
    feed: str
    source_file: str
    run_id: str
    rows_read: int = 0
    rows_loaded: int = 0
    rows_quarantined: int = 0
    rows_deduplicated: int = 0
    rows_deferred: int = 0
    control_column: str | None = None
    control_declared: int | None = None
    control_found: int | None = None
    unverified_total: bool = False


@dataclass
class Tally:
    """Counts of one feed while it loads, by arrival date and source file."""

    contract: Contract
    run_id: str
    audits: dict[tuple[date, str], LoadAudit] = field(default_factory=dict)
    versions: dict[date, tuple[datetime, datetime]] = field(default_factory=dict)

    def at(self, arrived: date, source_file: str) -> LoadAudit:
        """The counts of one arrival date and source file."""
        key = (arrived, source_file)
        if key not in self.audits:
            feed, column = self.contract.feed, self.contract.control_column
            found = None if column is None else 0
            self.audits[key] = LoadAudit(
                arrived, feed, source_file, self.run_id, control_column=column, control_found=found
            )
        return self.audits[key]

    def read(self, chunk: ParsedChunk, source_file: str) -> None:
        """Count rows and control totals as delivered."""
        column = self.contract.control_column
        wanted: list[Any] = [([], "count_all"), *([(column, "sum")] if column else [])]
        for row in _by_date(chunk.rows, wanted):
            audit = self.at(row[ARRIVED], source_file)
            audit.rows_read += row["count_all"]
            if column:
                audit.control_found = (audit.control_found or 0) + (row[f"{column}_sum"] or 0)
        for reject in chunk.rejects:
            audit = self.at(reject.arrived_date, source_file)
            audit.rows_read += 1
            if reject.control_value is not None:
                audit.control_found = (audit.control_found or 0) + reject.control_value

    def rejected(self, rejects: Sequence[Reject], source_file: str) -> None:
        """Count rows that went to quarantine."""
        for reject in rejects:
            self.at(reject.arrived_date, source_file).rows_quarantined += 1

    def loaded(self, rows: pa.RecordBatch, source_file: str) -> None:
        """Count rows written to raw; those that enter later are deferred."""
        version = self.contract.version
        wanted: list[Any] = [
            ([], "count_all"),
            (_DEFERRED, "sum"),
            (version, "min"),
            (version, "max"),
        ]
        flagged = rows.append_column(_DEFERRED, _is_deferred(rows))
        for row in _by_date(flagged, wanted):
            audit = self.at(row[ARRIVED], source_file)
            audit.rows_deferred += row[f"{_DEFERRED}_sum"]
            audit.rows_loaded += row["count_all"] - row[f"{_DEFERRED}_sum"]
            self.saw_versions(row[ARRIVED], row[f"{version}_min"], row[f"{version}_max"])

    def saw_versions(self, arrived: date, first: datetime, last: datetime) -> None:
        """Widen the range of versions that a day is known to hold."""
        known = self.versions.get(arrived, (first, last))
        self.versions[arrived] = (min(known[0], first), max(known[1], last))

    def declare(
        self, landing: Landing, files: Sequence[LandedFile], unverified: Collection[str]
    ) -> None:
        """Enter what the manifest stated: for a night per file, for history only what was found."""
        for landed in files:
            entry = landed.entry
            names = {source for _, source in self.audits}
            if entry.source_name not in names:
                self.at(landing.business_date, entry.source_name)
            column = self.contract.control_column
            for (_, source), audit in self.audits.items():
                if source != entry.source_name:
                    continue
                audit.unverified_total |= entry.file in unverified
                if column and not landing.span.is_historic:
                    stated = entry.control_totals[column]
                    audit.control_declared = (audit.control_declared or 0) + stated

    def write(self, connection: psycopg.Connection) -> list[LoadAudit]:
        """Write `ops.load_audit` and `ops.feed_versions`; the database checks the balance."""
        audits = [self.audits[key] for key in sorted(self.audits)]
        copy_arrow(connection, "ops.load_audit", pa.Table.from_pylist([vars(a) for a in audits]))
        days = sorted(self.versions)
        if days:
            rows: dict[str, Sequence[Any]] = {
                "feed": [self.contract.feed] * len(days),
                "arrived_date": days,
                "first_version": [self.versions[day][0] for day in days],
                "last_version": [self.versions[day][1] for day in days],
            }
            copy_arrow(connection, "ops.feed_versions", pa.table(rows))
        return audits


_DEFERRED = "is_deferred"


def _is_deferred(rows: pa.RecordBatch) -> Values:
    later: Values = pc.greater(rows.column(ENTERS), rows.column(ARRIVED))
    return later.cast(pa.int64())


def _by_date(rows: pa.RecordBatch, wanted: list[Any]) -> list[dict[str, Any]]:
    if rows.num_rows == 0:
        return []
    grouped = pa.Table.from_batches([rows]).group_by([ARRIVED], use_threads=False)
    return grouped.aggregate(wanted).to_pylist()
