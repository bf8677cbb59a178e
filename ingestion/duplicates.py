"""Rows whose key and version may have been seen before, decided one by one in the database.

Day by day: a copy with the same content is de-duplicated; copies of one day with different
content are all refused; a copy that differs from a row loaded on an earlier day is refused, and
the row loaded earlier stays, because published results rest on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import psycopg
import pyarrow as pa
from psycopg import sql

from ingestion.arrow_text import Values, written_out
from ingestion.contracts import ARRIVED, Contract
from ingestion.parsing import SOURCE_ROW
from warehouse.bulk import copy_arrow

FILE_NUMBER = "file_number"


@dataclass(frozen=True)
class EarlierVersions:
    """Version ranges of the days loaded before: rows outside them need no look-up."""

    days: tuple[date, ...]
    first: npt.NDArray[np.int64]
    last: npt.NDArray[np.int64]
    """Microseconds since the epoch, by day, ordered by `first`."""

    def may_hold(self, versions: Values) -> npt.NDArray[np.bool_]:
        """Which of these versions lie in the range of some earlier day."""
        numbers = versions.cast(pa.int64()).to_numpy()
        if not self.days:
            return np.zeros(numbers.size, np.bool_)
        places = np.searchsorted(self.first, numbers, side="right") - 1
        reach = np.maximum.accumulate(self.last)
        inside: npt.NDArray[np.bool_] = (places >= 0) & (numbers <= reach[places])
        return inside

    def days_of(self, versions: Values) -> list[date]:
        """The earlier days that may hold one of these versions."""
        numbers = np.sort(versions.cast(pa.int64()).to_numpy())
        starts = np.searchsorted(numbers, self.first, side="left")
        ends = np.searchsorted(numbers, self.last, side="right")
        return [day for day, hit in zip(self.days, ends > starts, strict=True) if hit]


def earlier_versions(
    connection: psycopg.Connection, contract: Contract, before: date
) -> EarlierVersions:
    """Version ranges of all days of a feed before a date."""
    rows = connection.execute(
        "select arrived_date, (extract(epoch from first_version) * 1000000)::bigint, "
        "(extract(epoch from last_version) * 1000000)::bigint "
        "from ops.feed_versions where feed = %s and arrived_date < %s order by first_version",
        [contract.feed, before],
    ).fetchall()
    first, last = ([row[place] for row in rows] for place in (1, 2))
    days = tuple(row[0] for row in rows)
    return EarlierVersions(days, np.array(first, np.int64), np.array(last, np.int64))


@dataclass(frozen=True)
class Conflict:
    """A row refused because another one has its key and version, but not its content."""

    file_number: int
    source_row: int
    seen_date: date | None


@dataclass(frozen=True)
class Verdict:
    """How many suspects of one day and file had one fate (load, defer, duplicate)."""

    arrived_date: date
    file_number: int
    fate: str
    rows: int
    first_version: datetime
    last_version: datetime


def resolve(
    connection: psycopg.Connection,
    contract: Contract,
    suspects: Sequence[pa.RecordBatch],
    earlier: EarlierVersions,
) -> tuple[list[Verdict], list[Conflict]]:
    """Load the suspects that are new, and say what became of each of them.

    Args:
        suspects: raw rows with `file_number` and `source_row`; they are in memory, so a delivery
            that was sent before as a whole costs its size once.
    """
    table = pa.Table.from_batches(suspects)
    connection.execute(_tables(contract))
    copy_arrow(connection, "suspect_rows", pa.Table.from_batches(map(written_out, suspects)))
    connection.execute("analyze suspect_rows")
    known = earlier.days_of(table.column(contract.version).combine_chunks())
    days: set[Any] = set(table.column(ARRIVED).to_pylist())
    for day in sorted(days):
        connection.execute(_judge(contract, day, known))
        connection.execute(_load(contract, table.schema.names, day))
        known.append(day)
    verdicts = [Verdict(*row) for row in connection.execute(_summary(contract))]
    conflicts = connection.execute(
        "select file_number, source_row, seen_date from suspect_verdicts "
        "where fate = 'conflict' order by file_number, source_row"
    )
    found = [Conflict(*row) for row in conflicts]
    connection.execute("drop table suspect_rows, suspect_verdicts")
    return verdicts, found


def _tables(contract: Contract) -> sql.Composed:
    return sql.SQL(
        "create temp table suspect_rows "
        "(like {} including defaults, file_number int, source_row bigint);"
        "create temp table suspect_verdicts "
        "(file_number int, source_row bigint, fate text, seen_date date)"
    ).format(sql.Identifier("raw", contract.feed))


def _judge(contract: Contract, day: date, known: Sequence[date]) -> sql.Composed:
    identity = [*contract.key, contract.version]
    content = [column.raw_name for column in contract.columns]
    return sql.SQL(
        """
        insert into suspect_verdicts
        with today as (
            select s.*, row_number() over (same_key order by file_number, source_row) as copy,
                min(content) over same_key <> max(content) over same_key as is_contradicted
            from (
                select *, row({content})::text as content from suspect_rows
                where arrived_date = {day}
            ) as s
            window same_key as (partition by {identity})
        ),
        seen as (
            select t.file_number, t.source_row, r.arrived_date as seen_date,
                row({seen_content})::text = t.content as is_same
            from today as t inner join {table} as r using ({identity})
            where r.arrived_date < {day} and r.arrived_date = any({known}::date[])
        )
        select file_number, source_row, case
            when is_same then 'duplicate'
            when seen_date is not null or is_contradicted then 'conflict'
            when copy > 1 then 'duplicate'
            when enters_date > arrived_date then 'defer'
            else 'load'
        end, seen_date
        from today left join seen using (file_number, source_row)
        """
    ).format(
        content=_names(content),
        seen_content=_names(content, "r"),
        identity=_names(identity),
        day=sql.Literal(day),
        known=sql.Literal(list(known)),
        table=sql.Identifier("raw", contract.feed),
    )


def _load(contract: Contract, names: Sequence[str], day: date) -> sql.Composed:
    columns = [name for name in names if name not in (FILE_NUMBER, SOURCE_ROW)]
    return sql.SQL(
        "insert into {table} ({columns}) select {columns} "
        "from suspect_rows inner join suspect_verdicts using (file_number, source_row) "
        "where fate in ('load', 'defer') and arrived_date = {day}"
    ).format(
        table=sql.Identifier("raw", contract.feed), columns=_names(columns), day=sql.Literal(day)
    )


def _summary(contract: Contract) -> sql.Composed:
    return sql.SQL(
        "select arrived_date, file_number, fate, count(*), min({version}), max({version}) "
        "from suspect_rows inner join suspect_verdicts using (file_number, source_row) "
        "where fate <> 'conflict' group by arrived_date, file_number, fate"
    ).format(version=sql.Identifier(contract.version))


def _names(names: Sequence[str], alias: str | None = None) -> sql.Composed:
    parts = [sql.Identifier(alias, name) if alias else sql.Identifier(name) for name in names]
    return sql.SQL(", ").join(parts)
