"""Postings of one day, delivered as a landing and as the CSV file that a raw COPY takes."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from ingestion.contracts import load_contracts

DAY = date(2024, 4, 30)
FEED = "transactions"
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
