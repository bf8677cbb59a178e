"""Writing a landing folder: one file per feed and a manifest that vouches for them."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from simulator import schemas
from simulator.bank import Bank

ROWS_PER_GROUP = 400_000


@dataclass
class FeedFile:
    """A feed's file while it is being written."""

    path: Path
    schema: pa.Schema
    total_column: str | None
    rows: int = 0
    total: int = 0
    waiting: list[pa.Table] = field(default_factory=list)
    writer: pq.ParquetWriter | None = None

    def add(self, table: pa.Table) -> None:
        """Take rows; they are written once enough have come together."""
        self.rows += table.num_rows
        if self.total_column and table.num_rows:
            self.total += int(pc.sum(table[self.total_column]).as_py() or 0)
        if table.num_rows:
            self.waiting.append(table)
        if sum(t.num_rows for t in self.waiting) >= ROWS_PER_GROUP:
            self._flush()

    def close(self) -> None:
        """Write what is waiting and finish the file."""
        self._flush()
        if self.writer is not None:
            self.writer.close()

    def _flush(self) -> None:
        if self.writer is None:
            self.writer = pq.ParquetWriter(
                self.path,
                self.schema,
                compression="snappy",
                use_dictionary=self._repeating(),  # type: ignore[arg-type]
            )
        if self.waiting:
            self.writer.write_table(pa.concat_tables(self.waiting))
            self.waiting = []

    def _repeating(self) -> list[str]:
        """Return the columns worth a dictionary: texts that are no identifiers, and dates."""
        return [
            f.name for f in self.schema
            if not f.name.endswith("_id") and not pa.types.is_timestamp(f.type)
            and not pa.types.is_integer(f.type)
        ] + [n for n in ("product_id", "branch_id", "campaign_id", "relationship_manager_id")
             if n in self.schema.names]  # fmt: skip


class LandingWriter:
    """Builds one landing folder beside its place and moves it there when it is complete."""

    def __init__(self, bank: Bank, name: str, *, with_arrival: bool) -> None:
        self.bank = bank
        self.with_arrival = with_arrival
        self.target = bank.landing_dir / name
        self.building = bank.landing_dir / f".{name}.building"
        shutil.rmtree(self.building, ignore_errors=True)
        self.building.mkdir(parents=True)
        self.files = {feed: self._open(feed) for feed in schemas.FEEDS}

    def _open(self, feed: str) -> FeedFile:
        schema = schemas.schema(feed)
        if self.with_arrival:
            schema = schema.append(pa.field("arrived_date", pa.date32()))
        path = self.building / f"{feed}.parquet"
        return FeedFile(path, schema, schemas.CONTROL_TOTALS.get(feed))

    def add(self, day_number: int, feeds: dict[str, pa.Table]) -> int:
        """Take a day's rows and return how many there were."""
        for feed, table in feeds.items():
            if self.with_arrival:
                arrived = pa.array(np.full(table.num_rows, day_number, np.int32)).view(pa.date32())
                table = table.append_column("arrived_date", arrived)
            self.files[feed].add(table)
        return sum(table.num_rows for table in feeds.values())

    def finish(self, dates: dict[str, str]) -> Path:
        """Close all files, write the manifest last and move the folder to its place."""
        for file in self.files.values():
            file.close()
        manifest = manifest_for(self.bank, dates, self.files)
        write_manifest(self.building, manifest)
        if self.target.exists():
            shutil.rmtree(self.target)
        self.building.rename(self.target)
        return self.target


def manifest_for(bank: Bank, dates: dict[str, str], files: dict[str, FeedFile]) -> dict[str, Any]:
    """Return the manifest of finished files."""
    return {
        "version": 1,
        "source": bank.source,
        **dates,
        "profiling_basis": None,
        "bank": {"currency_code": bank.currency_code, "time_zone": bank.time_zone},
        "absent_feeds": {},
        "files": [_entry(feed, file) for feed, file in files.items()],
    }


def _entry(feed: str, file: FeedFile) -> dict[str, Any]:
    totals = {file.total_column: file.total} if file.total_column else {}
    return {
        "feed": feed,
        "file": file.path.name,
        "format": "parquet",
        "encoding": "UTF-8",
        "delimiter": ",",
        "rows": file.rows,
        "sha256": sha256(file.path),
        "control_totals": totals,
    }


def sha256(path: Path) -> str:
    """Return the hexadecimal SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    """Write the manifest of a folder, all or nothing."""
    text = json.dumps(manifest, ensure_ascii=False, indent=1)
    building = folder / ".manifest.json.building"
    building.write_text(text, encoding="utf-8")
    building.rename(folder / "manifest.json")


def day_name(day: date) -> str:
    """Return the folder name of one night's landing."""
    return day.isoformat()


def span_name(first: date, last: date) -> str:
    """Return the folder name of a historic landing."""
    return f"{first.isoformat()}_{last.isoformat()}"
