"""Changing a finished landing folder as a source would: its files, or what its manifest says."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingestion.contracts import ARRIVED

Manifest = dict[str, Any]


def restate(folder: Path, change: Callable[[Manifest], None]) -> None:
    """Rewrite the manifest of a folder."""
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest, ensure_ascii=False))


def falsify_hash(folder: Path, feed: str) -> None:
    """Let the manifest state a hash that is not that of the feed's file."""

    def change(manifest: Manifest) -> None:
        entry = _entry(manifest, feed)
        entry["sha256"] = entry["sha256"][::-1]

    restate(folder, change)


def declare_absent(folder: Path, feed: str, reason: str) -> None:
    """Take a feed out of the delivery, and let the manifest say so."""

    def change(manifest: Manifest) -> None:
        entry = _entry(manifest, feed)
        (folder / entry["file"]).unlink()
        manifest["files"].remove(entry)
        manifest["absent_feeds"][feed] = reason

    restate(folder, change)


def add_rows(folder: Path, feed: str, rows: list[dict[str, Any]]) -> None:
    """Append rows to a feed's parquet file; the manifest stays true to it."""

    def change(manifest: Manifest) -> None:
        entry = _entry(manifest, feed)
        path = folder / entry["file"]
        table = pq.read_table(path)
        table = pa.concat_tables([table, pa.Table.from_pylist(rows, schema=table.schema)])
        _write(path, table, entry)

    restate(folder, change)


def multiply(folder: Path, feed: str, columns: tuple[str, ...], factor: int) -> None:
    """Multiply whole numbers of a feed's parquet file; the manifest stays true to it."""

    def change(manifest: Manifest) -> None:
        entry = _entry(manifest, feed)
        path = folder / entry["file"]
        table = pq.read_table(path)
        for name in columns:
            place = table.schema.get_field_index(name)
            product = pc.multiply(table[name], pa.scalar(factor, table[name].type))
            table = table.set_column(place, table.schema.field(place), product)
        _write(path, table, entry)

    restate(folder, change)


def add_delivery(folder: Path, other: Path) -> None:
    """Append the rows of another delivery, of feeds that this one has too."""
    stated = json.loads((folder / "manifest.json").read_text())
    lost = json.loads((other / "manifest.json").read_text())
    delivered = {entry["feed"] for entry in stated["files"]}
    for entry in lost["files"]:
        if entry["feed"] in delivered:
            add_rows(folder, entry["feed"], pq.read_table(other / entry["file"]).to_pylist())


def split_by_day(historic: Path, target: Path) -> list[Path]:
    """The same rows as one landing folder a day, in the order of days."""
    manifest = json.loads((historic / "manifest.json").read_text())
    feeds = {e["feed"]: pq.read_table(historic / e["file"]) for e in manifest["files"]}
    days = sorted(set().union(*(table[ARRIVED].unique().to_pylist() for table in feeds.values())))
    return [_write_day(target / day.isoformat(), manifest, feeds, day) for day in days]


def _write_day(folder: Path, historic: Manifest, feeds: dict[str, pa.Table], day: Any) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    kept = {k: v for k, v in historic.items() if k not in ("first_date", "last_date", "files")}
    entries = []
    for stated in historic["files"]:
        entry = dict(stated)
        table = feeds[entry["feed"]]
        table = table.filter(pc.equal(table[ARRIVED], pa.scalar(day))).drop_columns(ARRIVED)
        _write(folder / entry["file"], table, entry)
        entries.append(entry)
    manifest = {**kept, "business_date": day.isoformat(), "files": entries}
    (folder / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False))
    return folder


def _write(path: Path, table: pa.Table, entry: Manifest) -> None:
    pq.write_table(table, path)
    totals = {c: int(pc.sum(table[c]).as_py() or 0) for c in entry["control_totals"]}
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    entry.update(rows=table.num_rows, sha256=sha256, control_totals=totals)


def _entry(manifest: Manifest, feed: str) -> Manifest:
    return next(entry for entry in manifest["files"] if entry["feed"] == feed)
