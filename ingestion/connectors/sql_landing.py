"""Tables of a source database as files of a landing, so that a killed read goes on.

Every page becomes a file that appears whole and carries the position behind it. What decides the
rows of a landing, its windows of watermarks, is fixed in the reading state before the first page.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import sqlalchemy as sa

from ingestion.connectors.file_source import SourceRows
from ingestion.connectors.landing_folder import Part, PartWriter, notes_of
from ingestion.connectors.mapped_rows import mapped_rows
from ingestion.connectors.mapping_schema import FeedSource
from ingestion.connectors.sql_source import Position, SourceTable
from ingestion.connectors.sql_state import ReadingState
from ingestion.connectors.sql_values import Window, decode, earlier, encode, end_of_day
from ingestion.contracts import Contract
from ingestion.parsing import Span
from warehouse.errors import LandingError

_log = logging.getLogger(__name__)
_POSITION = "bankloop.position"


@dataclass(frozen=True)
class TableReading:
    """One table of the source for one landing; `stem` names its files and its window."""

    engine: sa.Engine
    state: ReadingState
    folder: Path
    stem: str
    contract: Contract
    source: FeedSource
    span: Span
    zone: str

    def parts(self) -> list[Part]:
        """All files of the table, those of a killed attempt included; at least one.

        Raises:
            BankloopError: the source lacks something, or cannot be read.
        """
        table = SourceTable(self.engine, self.contract.feed, self.source)
        window = self.state.window(self.stem) or self._fix_window(table)
        done = sorted(self.folder.glob(f"{self.stem}-[0-9]*.parquet"))
        after = _position_of(done[-1]) if done else None
        if not done or after is not None:
            for page in table.pages(window, after) if window.upper is not None else ():
                done.append(self._write(len(done), page.rows, page.position))
        if not done:
            done.append(self._write(0, None, None))
        _log.info("%s: %d files read", self.stem, len(done))
        return [Part(path, self.contract.feed, self.source.name) for path in done]

    def _fix_window(self, table: SourceTable) -> Window:
        """Up to the end of the landing's last day, or, for numbers, up to what there is now."""
        lower = earlier(self.state.lower(self.stem), self.source.overlap)
        sample = table.sample()
        upper = None
        if sample is not None:
            upper = end_of_day(
                self.span.last, sample, self.zone, self.source.time_zone or self.zone
            )
            if upper is None:
                upper = int(table.highest() or 0) + 1
            else:
                _refuse_early(table.source_time(), self.span.last, self.zone, self.contract.feed)
        window = Window(lower, upper)
        self.state.keep(self.stem, window)
        return window

    def _write(self, number: int, rows: SourceRows | None, position: Position | None) -> Path:
        path = self.folder / f"{self.stem}-{number:06d}.parquet"
        writer = PartWriter(path, self.contract, self.span)
        if rows is not None:
            writer.write(mapped_rows(self.source, self.contract, rows, self.span, self.zone))
        writer.close({_POSITION: encode(position or ())})
        return path


def _position_of(path: Path) -> Position | None:
    return tuple(decode(notes_of(path)[_POSITION])) or None


def _refuse_early(source_time: object, day: date, zone: str, feed: str) -> None:
    """A day that is not over at the source would lose the rest of its rows.

    Raises:
        LandingError: the source's own clock has not reached the end of the day.
    """
    if not isinstance(source_time, datetime) or source_time.tzinfo is None:
        return
    end = end_of_day(day, source_time, zone, zone)
    if end is not None and source_time.astimezone(UTC) < end:
        raise LandingError(
            expected=f"{day} to be over at the source",
            found="its clock says that the day still runs",
            where=feed,
            remedy=f"land {day} after midnight in the time zone {zone}",
        )
