"""Reading a source database page by page, in the order of (watermark, key)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from uuid import UUID

import pyarrow as pa
import sqlalchemy as sa
from pydantic import SecretStr
from sqlalchemy.exc import SQLAlchemyError

from ingestion.connectors.file_source import SourceRows, missing_columns
from ingestion.connectors.mapping_schema import FeedSource
from ingestion.connectors.source_columns import SourceColumn, typed_column
from ingestion.connectors.sql_values import Watermark, Window, can_be_kept, is_watermark
from warehouse.errors import ContractError, LandingError, SettingsError

Position = tuple[Any, ...]
"""Watermark and key of the last row read."""


@dataclass(frozen=True)
class Page:
    """Some rows and the position behind them."""

    rows: SourceRows
    position: Position


@contextmanager
def source_engine(url: SecretStr | None) -> Iterator[sa.Engine]:
    """The source database named by `BANKLOOP_SOURCE_URL`.

    Raises:
        SettingsError: the setting is missing or names no driver of this environment.
    """
    if url is None:
        raise _no_source("the setting is empty")
    try:
        engine = sa.create_engine(url.get_secret_value(), hide_parameters=True)
    except (SQLAlchemyError, ImportError, ValueError):
        raise _no_source("an address that SQLAlchemy cannot use") from None
    try:
        yield engine
    finally:
        engine.dispose()


class SourceTable:
    """One table or query of a source database."""

    def __init__(self, engine: sa.Engine, feed: str, source: FeedSource) -> None:
        """Open it and check that it has the columns that the mapping reads.

        Raises:
            ContractError: a column is missing.
            LandingError: the database or the table cannot be read.
        """
        assert source.watermark is not None, "only sources in a database are tables"
        self._engine = engine
        self._feed = feed
        self._source = source
        self._names = source.reads()
        self._refuse_missing()
        self._relation = _relation(source, self._names)
        self._watermark: sa.ColumnElement[Any] = self._relation.c[source.watermark]
        self._key = [self._relation.c[name] for name in source.key or ()]

    def sample(self) -> Watermark | None:
        """Any watermark, to know its kind; None where the table is empty.

        Raises:
            ContractError: the column cannot be a watermark, or is null somewhere.
        """
        missing = sa.select(sa.literal(1)).where(self._watermark.is_(None)).limit(1)
        if self._rows(missing.select_from(self._relation)):
            raise self._no_watermark("rows without one")
        rows = self._rows(sa.select(self._watermark).limit(1))
        if not rows:
            return None
        if not is_watermark(rows[0][0]):
            raise self._no_watermark(f"values of type {type(rows[0][0]).__name__}")
        return rows[0][0]

    def highest(self) -> Watermark | None:
        """The highest watermark at this moment."""
        return self._rows(sa.select(sa.func.max(self._watermark)))[0][0]

    def source_time(self) -> Any:  # noqa: ANN401 - whatever the driver hands over
        """The clock of the source."""
        return self._rows(sa.select(sa.func.current_timestamp()))[0][0]

    def pages(self, window: Window, after: Position | None) -> Iterator[Page]:
        """Rows of a window behind a position, in pages of bounded size.

        Every page is a statement of its own, so a read can go on where it was broken off. Rows
        that change meanwhile get a watermark behind the window and are read with the next one.

        Raises:
            ContractError: the key is not unique or null, or values have no Arrow type.
            LandingError: the database cannot be read.
        """
        size = self._source.page_rows
        while True:
            found = self._rows(self._statement(window, after).limit(size + 1))
            if not found:
                return
            after = self._checked(found)[min(size, len(found)) - 1]
            yield Page(self._as_rows(found[:size]), after)
            if len(found) <= size:
                return

    def _statement(self, window: Window, after: Position | None) -> sa.Select[Any]:
        order = [self._watermark, *self._key]
        wanted = sa.select(*(self._relation.c[name] for name in self._names)).order_by(*order)
        if window.upper is not None:
            wanted = wanted.where(self._watermark < window.upper)
        if window.lower is not None:
            wanted = wanted.where(self._watermark >= window.lower)
        if after is None:
            return wanted
        behind = [
            sa.and_(
                *(c == v for c, v in zip(order[:depth], after[:depth], strict=True)),
                order[depth] > after[depth],
            )
            for depth in range(len(order))
        ]
        return wanted.where(self._watermark >= after[0], sa.or_(*behind))

    def _checked(self, rows: Sequence[Sequence[Any]]) -> list[Position]:
        """Positions of rows: whole, and no two equal, or a row could be lost at a page's border."""
        names = (self._source.watermark, *(self._source.key or ()))
        places = [self._names.index(name) for name in names if name]
        positions = [tuple(row[place] for place in places) for row in rows]
        if not all(can_be_kept(part) for part in positions[0]) or any(
            part is None for position in positions for part in position
        ):
            raise self._bad_key("values that are null or have no order")
        if any(one == other for one, other in pairwise(positions)):
            raise self._bad_key("the same key twice with one watermark")
        return positions

    def _as_rows(self, rows: Sequence[Sequence[Any]]) -> SourceRows:
        columns = {
            name: self._column(name, [row[n] for row in rows]) for n, name in enumerate(self._names)
        }
        return SourceRows(columns, len(rows))

    def _column(self, name: str, values: list[Any]) -> SourceColumn:
        plain = [str(value) if isinstance(value, UUID) else value for value in values]
        try:
            return typed_column(pa.array(plain))
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
            raise ContractError(
                expected="a column of texts, numbers, dates, moments or truth values",
                found=f"{name} holds something else",
                where=f"{self._feed}: {self._source.name}",
                remedy="convert it in a `query` of the mapping",
            ) from None

    def _refuse_missing(self) -> None:
        statement = _nothing_of(self._source)
        with self._readable(), self._engine.connect() as connection:
            present = list(connection.execute(statement).keys())
        missing = [name for name in self._names if name not in present]
        if missing:
            raise missing_columns(self._feed, self._source.name, missing, present)

    def _rows(self, statement: sa.Select[Any]) -> Sequence[Sequence[Any]]:
        with self._readable(), self._engine.connect() as connection:
            return connection.execute(statement).fetchall()

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            cause = type(getattr(error, "orig", None) or error).__name__
            raise LandingError(
                expected="the source database to answer",
                found=cause,
                where=f"{self._feed}: {self._source.name}",
                remedy="check BANKLOOP_SOURCE_URL, the name of the table or the text of the query, "
                "and what its user may read; then land the same date again: it goes on where it "
                "stopped",
            ) from None  # the driver's own message may quote rows or the address

    def _no_watermark(self, found: str) -> ContractError:
        return ContractError(
            expected="a watermark in every row: a moment, a date or a whole number",
            found=f"{self._source.watermark}: {found}",
            where=f"{self._feed}: {self._source.name}",
            remedy="name a column that the source sets at every change, or build one in a `query`",
        )

    def _bad_key(self, found: str) -> ContractError:
        return ContractError(
            expected="a key that tells rows of one watermark apart",
            found=found,
            where=f"{self._feed}: {self._source.name}, key {', '.join(self._source.key or ())}",
            remedy="name the primary key of the table in the mapping's `key`",
        )


def _relation(source: FeedSource, names: Sequence[str]) -> sa.FromClause:
    columns: list[sa.ColumnClause[Any]] = [sa.column(name) for name in names]
    if source.table is None:
        return sa.text(_bare(source)).columns(*columns).subquery("source")
    schema, _, name = source.table.rpartition(".")
    return sa.table(name, *columns, schema=schema or None)


def _nothing_of(source: FeedSource) -> sa.TextClause | sa.Select[Any]:
    if source.table is None:
        return sa.text(f"select * from ({_bare(source)}) source where 1 = 0")
    return sa.select(sa.text("*")).select_from(_relation(source, ())).where(sa.text("1 = 0"))


def _bare(source: FeedSource) -> str:
    return (source.query or "").strip().rstrip(";")


def _no_source(found: str) -> SettingsError:
    return SettingsError(
        expected="the address of the source database, for SQLAlchemy",
        found=found,
        where="BANKLOOP_SOURCE_URL",
        remedy="set it in the environment, e.g. postgresql+psycopg://user:password@host/database",
    )
