"""Loading `transactions` and raw COPY of the same rows, alternating, inside a measured process."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import psycopg

from bench.events import Event, emit
from bench.postings import DAY, FEED, transactions, write_equivalent_csv, write_landing
from ingestion.contracts import load_contracts
from ingestion.landing import Landing
from ingestion.load import load_feeds
from ingestion.raw_tables import create_raw_tables, raw_columns
from ingestion.verification import forget_verified, verify
from warehouse import ledger
from warehouse.connection import connect
from warehouse.settings import Settings

FORMATS = ("parquet", "csv")
ROUNDS = 3


def measure(settings: Settings, rows: int) -> None:
    """Medians of three rounds, alternating so that a busy machine is unfair to neither."""
    with connect(settings) as connection:
        create_raw_tables(connection)
    table = transactions(rows)
    run = ledger.start_run(settings, "night", DAY)
    with tempfile.TemporaryDirectory(dir=settings.var_dir) as name:
        csv_path = Path(name) / "equivalent.csv"
        names = write_equivalent_csv(csv_path, table)
        for file_format in FORMATS:
            folder = Path(name) / file_format / DAY.isoformat()
            write_landing(folder, table, file_format)
            medians = _compare(settings, run, folder, partial(_copy, settings, csv_path, names))
            for step, seconds in medians.items():
                emit(Event(file_format, step, seconds, rows))


def _compare(
    settings: Settings, run: ledger.Run, folder: Path, copy: Callable[[], float]
) -> dict[str, float]:
    seconds: dict[str, list[float]] = {"copy": [], "verify": [], "load": []}
    for _ in range(ROUNDS):
        seconds["copy"].append(copy())
        forget_verified()
        seconds["verify"].append(_timed(partial(verify, settings, folder, DAY, {FEED})))
        landing = verify(settings, folder, DAY, {FEED})
        with connect(settings) as connection:
            connection.execute(f"delete from ops.load_audit; truncate raw.{FEED}")
        seconds["load"].append(_timed(partial(_load, settings, run, landing)))
    return {step: statistics.median(times) for step, times in seconds.items()}


def _copy(settings: Settings, path: Path, names: list[str]) -> float:
    with connect(settings) as connection:
        prepare_baseline(connection)
        return _timed(partial(raw_copy, connection, path, names))


def raw_copy(connection: psycopg.Connection, path: Path, names: list[str]) -> None:
    """The yardstick: the prepared file through psycopg, in blocks of 1 MiB."""
    columns = ", ".join(names)
    statement = f"copy baseline.{FEED} ({columns}) from stdin (format csv)"
    with connection.cursor() as cursor, cursor.copy(statement) as copy, path.open("rb") as file:
        while block := file.read(2**20):
            copy.write(block)
    connection.commit()


def prepare_baseline(connection: psycopg.Connection) -> None:
    """A table like `raw.transactions`, empty."""
    columns = ", ".join(f"{n} {kind}" for n, kind in raw_columns(load_contracts()[FEED]).items())
    connection.execute("drop schema if exists baseline cascade; create schema baseline")
    connection.execute(
        f"create table baseline.{FEED} ({columns}) partition by range (arrived_date)"
    )
    connection.execute(
        f"create table baseline.{FEED}__202404 partition of baseline.{FEED} "
        "for values from ('2024-04-01') to ('2024-05-01')"
    )
    connection.execute(
        f"create index on baseline.{FEED} using brin (arrived_date, enters_date) "
        "with (pages_per_range = 32, autosummarize)"
    )
    connection.commit()


def _load(settings: Settings, run: ledger.Run, landing: Landing) -> None:
    with ledger.working(settings, run, "load") as connection:
        load_feeds(settings, run, connection, landing)


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
