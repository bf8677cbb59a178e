"""A bank whose warehouse is prepared for raw rows, and a short way to load landings into it."""

import shutil
from collections.abc import Callable, Collection
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from factories.landing import LandingBuilder

from ingestion.archive import archive
from ingestion.audit import LoadAudit
from ingestion.landing import Landing, find_landing
from ingestion.load import load_feeds
from ingestion.raw_tables import create_raw_tables
from ingestion.verification import forget_verified, verify
from warehouse.connection import connect, ensure_database
from warehouse.fingerprints import FingerprintSpec, compute
from warehouse.ledger import Run, finish_run, start_run, working
from warehouse.schema import create_schemas
from warehouse.settings import Settings

RAW_TEMPLATE = "template_raw"


class Bank:
    """Loads landings as runs of their own, and reads what came of them."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def landing(self, first: date, last: date | None = None, **others: Any) -> LandingBuilder:
        return LandingBuilder(self.settings.landing_dir, first, last, **others)

    def verify(self, first: date, last: date | None = None, **others: Any) -> Landing:
        settings = self.settings
        folder = find_landing(settings.landing_dir, settings.archive_dir, first, last or first)
        return verify(settings, folder, last or first, **others)

    def load(
        self,
        first: date,
        last: date | None = None,
        feeds: Collection[str] | None = None,
        *,
        archived: bool = False,
    ) -> list[LoadAudit]:
        """Verify and load as one published run, then archive if asked."""
        run = start_run(self.settings, "historic" if last else "night", last or first, first)
        try:
            return self.load_as(run, first, last, feeds, archived=archived)
        except BaseException:
            finish_run(self.settings, run, "failed")
            raise

    def load_as(
        self,
        run: Run,
        first: date,
        last: date | None,
        feeds: Collection[str] | None,
        *,
        archived: bool,
    ) -> list[LoadAudit]:
        landing = self.verify(first, last, feeds=feeds)
        with working(self.settings, run, "load") as connection:
            audits = load_feeds(self.settings, run, connection, landing, feeds)
        if archived:
            archive(self.settings, landing)
        finish_run(self.settings, run, "published")
        return audits

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with connect(self.settings) as connection:
            return connection.execute(query, parameters).fetchall()

    def execute(self, statement: str, *parameters: Any) -> None:
        with connect(self.settings) as connection:
            connection.execute(statement, parameters)

    def balance(self, feed: str) -> tuple[int, ...]:
        """(read, loaded, quarantined, de-duplicated, deferred) over all dates."""
        counts = ("read", "loaded", "quarantined", "deduplicated", "deferred")
        sums = ", ".join(f"coalesce(sum(rows_{name}), 0)::int" for name in counts)
        (row,) = self.rows(f"select {sums} from ops.load_audit where feed = %s", feed)
        return row

    def quarantine(self, feed: str) -> list[tuple[Any, ...]]:
        """(source row, reason, detail), in order."""
        return self.rows(
            "select source_row, reason, detail from quarantine.rows where feed = %s order by 1",
            feed,
        )

    def content(self) -> dict[str, object]:
        """Everything that two equal loads have in common: fingerprints, audit, status, vault."""
        tables = [name for (name,) in self.rows(
            "select relname from pg_class c join pg_namespace n on n.oid = c.relnamespace "
            "where nspname = 'raw' and relkind = 'p' order by 1")]  # fmt: skip
        found: dict[str, object] = {}
        with connect(self.settings) as connection:
            for table in tables:
                spec = FingerprintSpec(f"raw.{table}", "whole", exclude=("run_id", "loaded_at"))
                found[table] = compute(connection, spec)
        found["audit"] = self.rows(
            "select arrived_date, feed, source_file, rows_read, rows_loaded, rows_quarantined, "
            "rows_deduplicated, rows_deferred, control_column, control_declared, control_found, "
            "unverified_total from ops.load_audit order by 1, 2, 3"
        )
        found["status"] = self.rows("select * from ops.feed_status order by 1, 2")
        found["quarantine"] = self.rows(
            "select feed, arrived_date, source_file, source_row, reason, detail, party_token "
            "from quarantine.rows order by 1, 2, 3, 4"
        )
        found["vault"] = self.rows(
            "select token, party_id, column_name, value_hmac "
            "from vault.personal_values order by 1, 2"
        )
        return found

    def empty(self, folder: Path) -> None:
        """Remove a landing folder, so that the next one of that date is new."""
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def raw_template(server: Settings) -> str:
    """Name of a database with all schemas and the empty tables of raw."""
    settings = server.model_copy(update={"database": RAW_TEMPLATE})
    ensure_database(settings)
    with connect(settings) as connection:
        create_schemas(connection)
        create_raw_tables(connection)
    return RAW_TEMPLATE


@pytest.fixture
def bank(clone: Callable[..., Settings], raw_template: str) -> Bank:
    forget_verified()
    return Bank(clone(raw_template))
