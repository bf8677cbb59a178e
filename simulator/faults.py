"""Spoiling one landing on purpose: each knob makes exactly the fault that it names.

Faults of content rewrite a feed's file and keep the manifest true to it; faults of transport leave
the files and falsify the manifest.
"""

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from simulator import schemas
from simulator.bank import Bank
from simulator.landing import sha256, write_manifest
from simulator.seasons import DAY_MICROSECONDS, day_number

FAULTY_ROWS = 3
"""Rows touched by a fault of single rows; few enough for the quarantine limit."""
UNKNOWN_CURRENCY = "XQZ"
_TIMESTAMP = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True)
class BadInput:
    """Faults of one day's landing, all off by default; several may be asked for together."""

    duplicate_rows: bool = False
    """Some transactions come twice, byte for byte."""
    conflicting_key: bool = False
    """A transaction comes twice with one version and different amounts."""
    late_rows: bool = False
    """Some transactions were booked three days ago."""
    corrected_rows: bool = False
    """Some balances of today come in two versions, the later one being right."""
    malformed_value: bool = False
    """A gender that is not in the list of allowed values."""
    missing_column: bool = False
    """The branch visits lack the column branch_id."""
    missing_feed: bool = False
    """Nothing is said about surveys."""
    missing_manifest: bool = False
    malformed_manifest: bool = False
    wrong_hash: bool = False
    wrong_row_count: bool = False
    wrong_control_total: bool = False
    resent_rows: bool = False
    """The product catalogue of the first day comes again unchanged."""
    gb18030: bool = False
    """Customers come as CSV in GB18030."""
    bad_encoding: bool = False
    """Service cases come as GB18030 but are declared UTF-8."""
    compressed_csv: bool = False
    """Transactions come as csv.gz."""
    unknown_feed: bool = False
    unknown_currency: bool = False
    """Some balances are in a currency that does not exist."""
    dated_after_night: bool = False
    """Some transactions are booked tomorrow."""
    empty_file: bool = False
    """Surveys come as a file without rows."""
    undecodable_field: bool = False
    """One surname in a CSV of customers is not valid in its encoding."""

    @property
    def asked(self) -> tuple[str, ...]:
        """Return the names of the faults asked for."""
        return tuple(f.name for f in fields(self) if getattr(self, f.name))


@dataclass
class _Landing:
    """A landing folder being spoiled."""

    bank: Bank
    folder: Path
    day: date
    manifest: dict[str, Any]

    def entry(self, feed: str) -> dict[str, Any]:
        return next(e for e in self.manifest["files"] if e["feed"] == feed)

    def read(self, feed: str) -> pa.Table:
        return pq.read_table(self.folder / self.entry(feed)["file"])

    def rewrite(self, feed: str, table: pa.Table) -> None:
        """Replace a feed's rows and make the manifest true again."""
        entry = self.entry(feed)
        path = self.folder / entry["file"]
        pq.write_table(table, path)
        self._vouch(entry, table, path)

    def rewrite_text(self, feed: str, table: pa.Table, encoding: str, content: bytes,
                     extension: str = "csv") -> None:
        """Replace a feed's file by a text file."""
        entry = self.entry(feed)
        (self.folder / entry["file"]).unlink()
        path = self.folder / f"{feed}.{extension}"
        path.write_bytes(content)
        entry.update(file=path.name, format=extension, encoding=encoding)
        self._vouch(entry, table, path)

    def _vouch(self, entry: dict[str, Any], table: pa.Table, path: Path) -> None:
        column = schemas.CONTROL_TOTALS.get(entry["feed"])
        if column:
            entry["control_totals"] = {column: int(pc.sum(table[column]).as_py() or 0)}
        entry.update(rows=table.num_rows, sha256=sha256(path))


def spoil(bank: Bank, folder: Path, day: date, knobs: BadInput) -> None:
    """Apply the faults to a finished landing folder; those of the manifest come last."""
    landing = _Landing(bank, folder, day, json.loads((folder / "manifest.json").read_text()))
    asked = knobs.asked
    if "compressed_csv" in asked and {"duplicate_rows", "conflicting_key"} & set(asked):
        asked = tuple(sorted(asked, key=lambda name: name == "compressed_csv"))
    for name in sorted(asked, key=_rank):
        _FAULTS[name](landing)
    if not {"missing_manifest", "malformed_manifest"} & set(asked):
        write_manifest(folder, landing.manifest)


def _rank(name: str) -> tuple[int, str]:
    """Order the faults: rows first, then text files, then the manifest."""
    text = ("gb18030", "undecodable_field", "compressed_csv", "bad_encoding")
    manifest = ("missing_feed", "wrong_hash", "wrong_row_count", "wrong_control_total",
                "unknown_feed", "malformed_manifest", "missing_manifest")  # fmt: skip
    return (2 if name in manifest else 1 if name in text else 0), name


def _some(table: pa.Table, rows: int = FAULTY_ROWS) -> pa.Table:
    """Return a few rows of a table, spread over it."""
    places = np.unique(np.linspace(0, table.num_rows - 1, min(rows, table.num_rows)).astype(int))
    return table.take(pa.array(places))


def _split(table: pa.Table) -> tuple[pa.Table, pa.Table]:
    chosen = np.zeros(table.num_rows, bool)
    chosen[np.linspace(0, table.num_rows - 1, min(FAULTY_ROWS, table.num_rows)).astype(int)] = True
    return table.filter(pa.array(chosen)), table.filter(pa.array(~chosen))


def _set(table: pa.Table, column: str, values: Any) -> pa.Table:
    place = table.schema.get_field_index(column)
    array = pa.array(values).cast(table.schema.field(column).type)
    return table.set_column(place, column, array)


def _shift(table: pa.Table, column: str, days: int) -> pa.Table:
    moved = pc.add(table[column].cast(pa.int64()), days * DAY_MICROSECONDS)
    place = table.schema.get_field_index(column)
    return table.set_column(place, column, moved.cast(pa.timestamp("us")).cast(_TIMESTAMP))


def _renamed(table: pa.Table, column: str, mark: str) -> pa.Table:
    return _set(table, column, pc.binary_join_element_wise(table[column], mark, "-"))


def _duplicate_rows(landing: _Landing) -> None:
    table = landing.read("transactions")
    landing.rewrite("transactions", pa.concat_tables([table, _some(table)]))


def _conflicting_key(landing: _Landing) -> None:
    table = landing.read("transactions")
    twin = _some(table, 1)
    twin = _set(twin, "amount", pc.add(twin["amount"], 100))
    landing.rewrite("transactions", pa.concat_tables([table, twin]))


def _late_rows(landing: _Landing) -> None:
    _move_bookings(landing, -3, "late")


def _dated_after_night(landing: _Landing) -> None:
    _move_bookings(landing, 1, "early")


def _move_bookings(landing: _Landing, days: int, mark: str) -> None:
    """Add copies of some postings under new numbers, booked on another day."""
    table = landing.read("transactions")
    moved = _renamed(_shift(_some(table), "booked_at", days), "transaction_id", mark)
    landing.rewrite("transactions", pa.concat_tables([table, moved]))


def _corrected_rows(landing: _Landing) -> None:
    table = landing.read("daily_balances")
    right, rest = _split(table)
    wrong = _set(right, "ledger_balance", pc.add(right["ledger_balance"], 4_200))
    stamp = pc.subtract(right["updated_at"].cast(pa.int64()), 3600 * 1_000_000)
    place = wrong.schema.get_field_index("updated_at")
    wrong = wrong.set_column(place, "updated_at", stamp.cast(pa.timestamp("us")).cast(_TIMESTAMP))
    landing.rewrite("daily_balances", pa.concat_tables([rest, wrong, right]))


def _malformed_value(landing: _Landing) -> None:
    table = landing.read("transactions")
    chosen, rest = _split(table)
    chosen = _set(chosen, "transaction_type", ["teleport"] * chosen.num_rows)
    landing.rewrite("transactions", pa.concat_tables([rest, chosen]))


def _missing_column(landing: _Landing) -> None:
    landing.rewrite("branch_visits", landing.read("branch_visits").drop_columns("branch_id"))


def _unknown_currency(landing: _Landing) -> None:
    table = landing.read("daily_balances")
    chosen, rest = _split(table)
    chosen = _set(chosen, "currency_code", [UNKNOWN_CURRENCY] * chosen.num_rows)
    landing.rewrite("daily_balances", pa.concat_tables([rest, chosen]))


def _resent_rows(landing: _Landing) -> None:
    from simulator import catalogue

    first = landing.bank.day(landing.bank.first_date)
    table = catalogue.products_feed(first, landing.bank.currency_code)
    landing.rewrite("products", pa.concat_tables([landing.read("products"), table]))


def _empty_file(landing: _Landing) -> None:
    landing.rewrite("surveys", landing.read("surveys").slice(0, 0))


def _csv(table: pa.Table) -> str:
    sink = pa.BufferOutputStream()
    plain = pa.table({name: _as_text(table[name]) for name in table.column_names})
    pacsv.write_csv(plain, sink, pacsv.WriteOptions(quoting_style="needed"))
    return sink.getvalue().to_pybytes().decode()


def _as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column as the text of a file: ISO dates and times, empty for null."""
    if pa.types.is_timestamp(column.type):
        return pc.strftime(column.cast(_TIMESTAMP), format="%Y-%m-%dT%H:%M:%SZ")
    return column.cast(pa.string())


def _gb18030(landing: _Landing) -> None:
    table = landing.read("customers")
    landing.rewrite_text("customers", table, "GB18030", _csv(table).encode("gb18030"))


def _bad_encoding(landing: _Landing) -> None:
    table = landing.read("branch_visits")
    content = _csv(table).encode("utf-16")
    landing.rewrite_text("branch_visits", table, "UTF-8", content)


def _compressed_csv(landing: _Landing) -> None:
    table = landing.read("transactions")
    content = gzip.compress(_csv(table).encode(), mtime=0)
    landing.rewrite_text("transactions", table, "UTF-8", content, "csv.gz")


def _undecodable_field(landing: _Landing) -> None:
    feed = landing.entry("customers")
    if feed["format"] == "parquet":
        table = landing.read("customers")
        content = _csv(table).encode()
        landing.rewrite_text("customers", table, "UTF-8", _break_name(content, table))
        return
    path = landing.folder / feed["file"]
    lines = path.read_bytes().split(b"\n")
    cells = lines[1].split(b",")
    cells[2] = b"\xff\xfe"
    lines[1] = b",".join(cells)
    path.write_bytes(b"\n".join(lines))
    feed["sha256"] = sha256(path)


def _break_name(content: bytes, table: pa.Table) -> bytes:
    """Replace the first row's name by bytes that no encoding of Chinese knows."""
    lines = content.split(b"\n")
    cells = lines[1].split(b",")
    cells[table.schema.get_field_index("name")] = b"\xff\xfe"
    lines[1] = b",".join(cells)
    return b"\n".join(lines)


def _missing_feed(landing: _Landing) -> None:
    entry = landing.entry("surveys")
    (landing.folder / entry["file"]).unlink()
    landing.manifest["files"].remove(entry)


def _unknown_feed(landing: _Landing) -> None:
    path = landing.folder / "horoscopes.parquet"
    pq.write_table(pa.table({"sign": ["ram"]}), path)
    landing.manifest["files"].append({
        "feed": "horoscopes", "file": path.name, "format": "parquet", "encoding": "UTF-8",
        "delimiter": ",", "rows": 1, "sha256": sha256(path), "control_totals": {},
    })  # fmt: skip


def _wrong_hash(landing: _Landing) -> None:
    entry = landing.entry("leads")
    entry["sha256"] = entry["sha256"][::-1]


def _wrong_row_count(landing: _Landing) -> None:
    landing.entry("app_events")["rows"] += 1


def _wrong_control_total(landing: _Landing) -> None:
    landing.entry("transactions")["control_totals"]["amount"] += 1


def _malformed_manifest(landing: _Landing) -> None:
    text = json.dumps(landing.manifest)
    (landing.folder / "manifest.json").write_text(text[: len(text) // 2])


def _missing_manifest(landing: _Landing) -> None:
    (landing.folder / "manifest.json").unlink()


_FAULTS: dict[str, Callable[[_Landing], None]] = {
    name: globals()[f"_{name}"] for name in (f.name for f in fields(BadInput))
}
