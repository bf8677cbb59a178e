"""Small landing folders: valid rows made from the contracts, and a builder that writes them."""

import csv
import gzip
import hashlib
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.contracts import ARRIVED, Column, Contract, load_contracts
from ingestion.landing import folder_name

Row = dict[str, Any]


def valid_row(feed: str, number: int, day: date, **overrides: object) -> Row:
    """Row `number` of a feed, dated `day`, that keeps its contract; same input, same row."""
    contract = load_contracts()[feed]
    row = {column.name: _value(column, number, day) for column in contract.columns}
    return row | overrides


def valid_rows(feed: str, count: int, day: date, **overrides: object) -> list[Row]:
    """Rows 1 to `count` of a feed."""
    return [valid_row(feed, number, day, **overrides) for number in range(1, count + 1)]


def _value(column: Column, number: int, day: date) -> Any:
    if column.name.endswith("party_id"):
        return f"P{number:07d}"
    if column.allowed:
        return column.allowed[0]
    if column.format == "currency":
        return "CNY"
    moment = datetime.combine(day, time(4), UTC) + timedelta(seconds=number)
    values = {
        "string": f"{column.name}-{number}",
        "date": day,
        "timestamp": moment,
        "bigint": 100 * number,
        "integer": number,
        "numeric": Decimal(1) / 2,
        "boolean": False,
    }
    return values[column.type]


@dataclass
class LandingBuilder:
    """Collects files, then writes them with a manifest that matches them.

    Feeds without a file are declared absent, unless `silent_about` names them.
    """

    root: Path
    first: date
    last: date | None = None
    source: str = "simulator"
    currency_code: str = "CNY"
    time_zone: str = "Asia/Shanghai"
    silent_about: tuple[str, ...] = ()
    entries: list[Row] = field(default_factory=list)
    contents: dict[str, bytes] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        return self.root / folder_name(self.first, self.last or self.first)

    def add(
        self,
        feed: str,
        rows: Iterable[Mapping[str, Any]],
        *,
        file_format: str = "parquet",
        encoding: str = "UTF-8",
        file: str | None = None,
        source_file: str | None = None,
        **entry: object,
    ) -> "LandingBuilder":
        """Add a file of rows; keyword arguments replace what its manifest entry says."""
        contract, listed = load_contracts()[feed], [dict(row) for row in rows]
        name = file or f"{feed}.{file_format}"
        names = [column.name for column in contract.columns]
        if self.last is not None:
            names.append(ARRIVED)
        content = _content(contract, names, listed, file_format, encoding)
        stated: Row = {"feed": feed, "file": name, "format": file_format, "encoding": encoding}
        stated |= {"source_file": source_file} if source_file else {}
        stated |= {"rows": len(listed), "control_totals": _totals(contract, listed)}
        return self.add_bytes(name, content, stated | entry)

    def add_bytes(self, name: str, content: bytes, entry: Row) -> "LandingBuilder":
        """Add a file as it is; `entry` is its manifest entry, sha256 filled in if missing."""
        self.contents[name] = content
        self.entries.append({"sha256": hashlib.sha256(content).hexdigest()} | entry)
        return self

    def manifest(self) -> Row:
        delivered = {entry["feed"] for entry in self.entries}
        silent = delivered | set(self.silent_about)
        span: Row = {"business_date": self.first.isoformat()}
        if self.last is not None:
            span = {"first_date": self.first.isoformat(), "last_date": self.last.isoformat()}
        bank = {"currency_code": self.currency_code, "time_zone": self.time_zone}
        absent = {feed: "not in this test" for feed in load_contracts() if feed not in silent}
        return {
            "version": 1,
            "source": self.source,
            **span,
            "profiling_basis": None,
            "bank": bank,
            "absent_feeds": absent,
            "files": self.entries,
        }

    def write(self, **overrides: object) -> Path:
        """Write the folder; keyword arguments replace keys of the manifest."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for name, content in self.contents.items():
            (self.folder / name).write_bytes(content)
        manifest = self.manifest() | overrides
        (self.folder / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False))
        return self.folder


def _totals(contract: Contract, rows: list[Row]) -> dict[str, int]:
    return {
        name: sum(row[name] for row in rows if isinstance(row[name], int))
        for name in contract.control_totals
    }


def _content(
    contract: Contract, names: list[str], rows: list[Row], file_format: str, encoding: str
) -> bytes:
    if file_format == "parquet":
        types = {column.name: column.arrow_type for column in contract.columns}
        schema = pa.schema([(name, types.get(name, pa.date32())) for name in names])
        sink = io.BytesIO()
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), sink)
        return sink.getvalue()
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([_field(row[name]) for name in names] for row in rows)
    content = text.getvalue().encode(encoding)
    return gzip.compress(content, mtime=0) if file_format == "csv.gz" else content


def _field(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else str(value)
