"""Loading `transactions` compared with a raw COPY of the same rows, side by side.

The yardstick is psycopg streaming an equivalent CSV file, made beforehand, into an identical
partitioned table: same columns, same index, own transaction. Loading includes reading the
delivered file, checking every value, duplicates, quarantine, audit and commit; `verify` (which
reads the file once more, and hashes it) is shown apart and together with the load.

Run: python -m bench.ingestion_load [rows]
"""

from __future__ import annotations

import hashlib
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from ingestion.contracts import load_contracts
from ingestion.landing import Landing
from ingestion.load import load_feeds
from ingestion.raw_tables import create_raw_tables, raw_columns
from ingestion.verification import forget_verified, verify
from warehouse import embedded, ledger
from warehouse.connection import connect, drop_database, ensure_database
from warehouse.schema import create_schemas
from warehouse.settings import Settings, get_settings

DAY = date(2024, 4, 30)
FEED = "transactions"
ROUNDS = 3
_TYPES = ("card_purchase", "transfer_out", "transfer_in", "withdrawal", "fee")
_CHANNELS = ("pos", "app", "atm", "online", "batch")


def transactions(rows: int) -> pa.Table:
    """Plausible postings of one day."""
    random = np.random.default_rng(7)
    start = datetime(2024, 4, 29, 16, tzinfo=UTC)
    seconds = np.sort(random.integers(0, 86_400, rows))
    booked = [start + timedelta(seconds=int(second)) for second in seconds]
    kinds = random.integers(0, len(_TYPES), rows)
    columns = {
        "transaction_id": [f"T{number:012d}" for number in range(rows)],
        "account_id": [f"A{number:09d}" for number in random.integers(0, 300_000, rows)],
        "booked_at": booked,
        "amount": random.integers(-500_000, 500_000, rows),
        "currency_code": ["CNY"] * rows,
        "transaction_type": [_TYPES[kind] for kind in kinds],
        "merchant_category": [f"{number:04d}" for number in random.integers(5000, 5999, rows)],
        "counterparty_token": [f"{number:016x}" for number in random.integers(0, 2**62, rows)],
        "channel": [_CHANNELS[kind] for kind in kinds],
        "is_customer_initiated": kinds < 4,
        "reverses_transaction_id": [None] * rows,
        "updated_at": booked,
    }
    contract = load_contracts()[FEED]
    schema: list[tuple[str, object]] = [(c.name, c.arrow_type) for c in contract.columns]
    return pa.table(columns, schema=pa.schema(schema))  # type: ignore[arg-type]


def write_landing(folder: Path, table: pa.Table, file_format: str) -> None:
    """A night's landing that holds this one feed."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{FEED}.{file_format}"
    if file_format == "parquet":
        pq.write_table(table, path)
    else:
        pacsv.write_csv(table, path)
    entry = {
        "feed": FEED,
        "file": path.name,
        "format": file_format,
        "rows": table.num_rows,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "control_totals": {"amount": pc.sum(table.column("amount")).as_py()},
    }
    manifest = {
        "version": 1,
        "source": "simulator",
        "business_date": DAY.isoformat(),
        "bank": {"currency_code": "CNY", "time_zone": "Asia/Shanghai"},
        "files": [entry],
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))


def write_equivalent_csv(path: Path, table: pa.Table) -> list[str]:
    """The rows as they end up in raw, for the raw COPY; returns the column names."""
    count = table.num_rows
    for name, value in (("arrived_date", DAY), ("enters_date", DAY)):
        table = table.append_column(name, pa.array([value] * count, pa.date32()))
    for name, text in (("source_file", f"{FEED}.parquet"), ("run_id", "20240430-night-1")):
        table = table.append_column(name, pa.array([text] * count))
    options = pacsv.WriteOptions(include_header=False, quoting_style="needed")
    pacsv.write_csv(table, path, options)
    return list(table.schema.names)


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


def measure(settings: Settings, rows: int, say: Callable[[str], None]) -> None:
    """Medians of three rounds, alternating so that a busy machine is unfair to neither."""
    table = transactions(rows)
    run = ledger.start_run(settings, "night", DAY)
    with tempfile.TemporaryDirectory() as name:
        csv_path = Path(name) / "equivalent.csv"
        names = write_equivalent_csv(csv_path, table)
        for file_format in ("parquet", "csv"):
            folder = Path(name) / file_format / DAY.isoformat()
            write_landing(folder, table, file_format)
            say(
                f"{rows:,} rows from {file_format}: "
                + _compare(settings, run, folder, csv_path, names)
            )


def _compare(
    settings: Settings, run: ledger.Run, folder: Path, csv_path: Path, names: list[str]
) -> str:
    seconds: dict[str, list[float]] = {"copy": [], "verify": [], "load": []}
    for _ in range(ROUNDS):
        with connect(settings) as connection:
            prepare_baseline(connection)
            seconds["copy"].append(_timed(partial(raw_copy, connection, csv_path, names)))
        forget_verified()
        seconds["verify"].append(_timed(partial(verify, settings, folder, DAY, {FEED})))
        landing = verify(settings, folder, DAY, {FEED})
        with connect(settings) as connection:
            connection.execute(f"delete from ops.load_audit; truncate raw.{FEED}")
        seconds["load"].append(_timed(partial(_load, settings, run, landing)))
    copy, check, load_seconds = (statistics.median(times) for times in seconds.values())
    return (
        f"raw COPY {copy:.2f} s, verify {check:.2f} s, load {load_seconds:.2f} s; "
        f"load at {copy / load_seconds:.0%}, verify + load at {copy / (check + load_seconds):.0%} "
        "of raw COPY"
    )


def _load(settings: Settings, run: ledger.Run, landing: Landing) -> None:
    with ledger.working(settings, run, "load") as connection:
        load_feeds(settings, run, connection, landing)


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main() -> None:
    """Measure on the embedded server, in a database of its own."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    settings = get_settings().model_copy(update={"database": "bench_ingestion"})
    embedded.ensure_started(settings)
    drop_database(settings, settings.database_name)
    ensure_database(settings)
    with connect(settings) as connection:
        create_schemas(connection)
        create_raw_tables(connection)
    try:
        measure(settings, rows, _say)
    finally:
        drop_database(settings, settings.database_name)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()
