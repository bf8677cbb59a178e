"""Spoiling one landing on purpose: each knob makes exactly the fault that it names.

Faults of content rewrite a feed's file and keep the manifest true to it; faults of transport leave
the files and falsify the manifest.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from simulator import catalogue, schemas
from simulator.bank import Bank
from simulator.landing import sha256, write_manifest
from simulator.seasons import DAY_MICROSECONDS

FAULTY_ROWS = 3
"""At most so many rows are touched by a fault of single rows."""
UNKNOWN_CURRENCY = "XQZ"
_TIMESTAMP = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True)
class BadInput:
    """Faults of one day's landing, all off by default; several may be asked for together."""

    duplicate_rows: bool = False
    """Some transactions come twice, value for value."""
    conflicting_key: bool = False
    """A transaction comes twice with one version and two amounts."""
    late_rows: bool = False
    """Some card purchases were booked three days ago."""
    corrected_rows: bool = False
    """Some balances of today come in two versions, the later one being right."""
    malformed_value: bool = False
    """Some transactions are of a type that the contract does not know."""
    wrong_type: bool = False
    """One transaction's amount is no number (transactions come as CSV)."""
    missing_column: bool = False
    """The branch visits lack the column branch_id."""
    missing_feed: bool = False
    """Nothing is said about surveys."""
    missing_manifest: bool = False
    """There is no manifest."""
    malformed_manifest: bool = False
    """The manifest breaks off in the middle."""
    wrong_hash: bool = False
    """The manifest's hash of leads is not that of the file."""
    wrong_row_count: bool = False
    """The manifest counts one app event too many."""
    wrong_control_total: bool = False
    """The manifest's total of transactions is off by one."""
    resent_rows: bool = False
    """The product catalogue of the first day comes again unchanged."""
    gb18030: bool = False
    """Customers come as CSV in GB18030, and the manifest says so."""
    bad_encoding: bool = False
    """Branch visits come in UTF-16 but are declared UTF-8: the file cannot be decoded."""
    compressed_csv: bool = False
    """Transactions come as csv.gz."""
    unknown_feed: bool = False
    """A file of a feed that no contract describes."""
    unknown_currency: bool = False
    """Some balances are in a currency that does not exist."""
    dated_after_night: bool = False
    """Some card purchases are booked tomorrow."""
    empty_file: bool = False
    """Surveys come as a file of no bytes, declared as 0 rows."""
    undecodable_field: bool = False
    """One counterparty is not valid in its encoding (transactions come as CSV)."""

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

    def rewrite_text(
        self, feed: str, table: pa.Table, encoding: str, content: bytes, extension: str = "csv"
    ) -> None:
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
    """Apply the faults to a finished landing folder: rows, then text files, then the manifest."""
    landing = _Landing(bank, folder, day, json.loads((folder / "manifest.json").read_text()))
    asked = knobs.asked
    for name, fault in _ROW_FAULTS.items():
        if name in asked:
            fault(landing)
    _write_text_files(landing, asked)
    for name, fault in _MANIFEST_FAULTS.items():
        if name in asked:
            fault(landing)
    write_manifest(folder, landing.manifest)
    for name, fault in _MANIFEST_FILE_FAULTS.items():
        if name in asked:
            fault(landing)


def _chosen(table: pa.Table) -> np.ndarray:
    """Mark a few rows spread over a table: at least one, at most half a percent."""
    count = max(min(FAULTY_ROWS, table.num_rows // 200), 1)
    marks = np.zeros(table.num_rows, bool)
    marks[np.linspace(0, table.num_rows - 1, count).astype(int)] = True
    return marks


def _some(table: pa.Table) -> pa.Table:
    return table.filter(pa.array(_chosen(table)))


def _split(table: pa.Table) -> tuple[pa.Table, pa.Table]:
    chosen = _chosen(table)
    return table.filter(pa.array(chosen)), table.filter(pa.array(~chosen))


def _set(table: pa.Table, column: str, values: schemas.Values | list[str]) -> pa.Table:
    place = table.schema.get_field_index(column)
    given: Any = values
    array = pa.array(given).cast(table.schema.field(column).type)
    return table.set_column(place, column, array)


def _shift(table: pa.Table, column: str, days: int) -> pa.Table:
    moved = pc.add(table[column].cast(pa.int64()), days * DAY_MICROSECONDS)
    place = table.schema.get_field_index(column)
    return table.set_column(place, column, moved.cast(pa.timestamp("us")).cast(_TIMESTAMP))


def _duplicate_rows(landing: _Landing) -> None:
    table = landing.read("transactions")
    landing.rewrite("transactions", pa.concat_tables([table, _some(table)]))


def _conflicting_key(landing: _Landing) -> None:
    table = landing.read("transactions")
    twin = _some(table).slice(0, 1)
    twin = _set(twin, "amount", pc.add(twin["amount"], 100))
    landing.rewrite("transactions", pa.concat_tables([table, twin]))


def _late_rows(landing: _Landing) -> None:
    _move_bookings(landing, -3)


def _dated_after_night(landing: _Landing) -> None:
    _move_bookings(landing, 1)


def _move_bookings(landing: _Landing, days: int) -> None:
    """Date some card purchases on another day."""
    table = landing.read("transactions")
    is_card = pc.equal(table["transaction_type"], pa.scalar("card_purchase"))
    moved, rest = _split(table.filter(is_card))
    moved = _shift(moved, "booked_at", days)
    landing.rewrite(
        "transactions", pa.concat_tables([table.filter(pc.invert(is_card)), rest, moved])
    )


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
    first = landing.bank.day(landing.bank.first_date)
    table = catalogue.products_feed(first, landing.bank.currency_code)
    landing.rewrite("products", pa.concat_tables([landing.read("products"), table]))


def _empty_file(landing: _Landing) -> None:
    landing.rewrite_text("surveys", landing.read("surveys").slice(0, 0), "UTF-8", b"")


def _csv(table: pa.Table) -> str:
    sink = pa.BufferOutputStream()
    texts: dict[str, Any] = {name: _as_text(table[name]) for name in table.column_names}
    plain = pa.table(texts)
    pacsv.write_csv(plain, sink, pacsv.WriteOptions(quoting_style="needed"))
    return sink.getvalue().to_pybytes().decode()


def _as_text(column: pa.ChunkedArray[Any]) -> pa.ChunkedArray[Any]:
    """Return a column as the text of a file: ISO dates and times, empty for null."""
    if pa.types.is_timestamp(column.type):
        moments: Any = column.cast(_TIMESTAMP)
        return cast("pa.ChunkedArray[Any]", pc.strftime(moments, format="%Y-%m-%dT%H:%M:%SZ"))
    return column.cast(pa.string())


def _write_text_files(landing: _Landing, asked: tuple[str, ...]) -> None:
    if "gb18030" in asked:
        table = landing.read("customers")
        landing.rewrite_text("customers", table, "GB18030", _csv(table).encode("gb18030"))
    if "bad_encoding" in asked:
        table = landing.read("branch_visits")
        landing.rewrite_text("branch_visits", table, "UTF-8", _csv(table).encode("utf-16"))
    if {"wrong_type", "undecodable_field", "compressed_csv"} & set(asked):
        _write_transactions(landing, asked)


def _write_transactions(landing: _Landing, asked: tuple[str, ...]) -> None:
    table = landing.read("transactions")
    lines = _csv(table).encode().split(b"\n")
    if "wrong_type" in asked:
        lines[1] = _replace_cell(lines[1], table, "amount", b"a lot")
    if "undecodable_field" in asked:
        lines[2] = _replace_cell(lines[2], table, "counterparty_token", b"\xff\xfe")
    content, extension = b"\n".join(lines), "csv"
    if "compressed_csv" in asked:
        content, extension = gzip.compress(content, mtime=0), "csv.gz"
    landing.rewrite_text("transactions", table, "UTF-8", content, extension)


def _replace_cell(line: bytes, table: pa.Table, column: str, value: bytes) -> bytes:
    """Replace one cell of a line; no cell of a posting contains the delimiter."""
    cells = line.split(b",")
    cells[table.schema.get_field_index(column)] = value
    return b",".join(cells)


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


_Fault = Callable[[_Landing], None]
_ROW_FAULTS: dict[str, _Fault] = {
    "late_rows": _late_rows,
    "dated_after_night": _dated_after_night,
    "malformed_value": _malformed_value,
    "duplicate_rows": _duplicate_rows,
    "conflicting_key": _conflicting_key,
    "corrected_rows": _corrected_rows,
    "unknown_currency": _unknown_currency,
    "missing_column": _missing_column,
    "resent_rows": _resent_rows,
    "empty_file": _empty_file,
}
_MANIFEST_FAULTS: dict[str, _Fault] = {
    "missing_feed": _missing_feed,
    "unknown_feed": _unknown_feed,
    "wrong_hash": _wrong_hash,
    "wrong_row_count": _wrong_row_count,
    "wrong_control_total": _wrong_control_total,
}
_MANIFEST_FILE_FAULTS: dict[str, _Fault] = {
    "malformed_manifest": _malformed_manifest,
    "missing_manifest": _missing_manifest,
}
