"""A landing folder written piece by piece: parquet files of text columns, then the manifest."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingestion.arrow_text import Values
from ingestion.contracts import ARRIVED, Contract, load_contracts
from ingestion.landing import folder_name
from ingestion.manifest import MANIFEST, Bank, Manifest, ManifestFile
from ingestion.parsing import Span
from ingestion.values import convert, decode
from warehouse.errors import LandingError

_ROWS, _TOTAL = "bankloop.rows", "bankloop.total"


@dataclass(frozen=True)
class Part:
    """One finished file of a feed."""

    path: Path
    feed: str
    source_file: str


class PartWriter:
    """Writes one file of a feed; it appears under its name when it is complete."""

    def __init__(self, path: Path, contract: Contract, span: Span) -> None:
        self._path = path
        self._contract = contract
        self._rows = self._total = 0
        self._writer = pq.ParquetWriter(self._beside, landing_schema(contract, span))

    def write(self, rows: pa.RecordBatch) -> None:
        """Append rows in the schema of `landing_schema`."""
        self._writer.write_batch(rows)
        self._rows += rows.num_rows
        name = self._contract.control_column
        if name is not None:
            text, _ = decode(rows.column(name), "UTF-8", is_latin=False)
            self._total += pc.sum(convert(text, self._contract.column(name))).as_py() or 0

    def close(self, notes: Mapping[str, str] | None = None) -> None:
        """Finish the file, with notes kept inside it, and give it its name."""
        kept = {_ROWS: str(self._rows), _TOTAL: str(self._total)}
        self._writer.add_key_value_metadata({**kept, **(notes or {})})
        self._writer.close()
        with self._beside.open("rb") as file:
            os.fsync(file.fileno())
        os.replace(self._beside, self._path)

    @property
    def _beside(self) -> Path:
        return self._path.with_suffix(".partial")


def landing_schema(contract: Contract, span: Span) -> pa.Schema:
    """Every column of the feed as bytes of text, and in a historic landing when a row arrived."""
    fields: list[Any] = [(column.name, pa.binary()) for column in contract.columns]
    return pa.schema([*fields, (ARRIVED, pa.date32())] if span.is_historic else fields)


def clipped(arrived: Values, span: Span) -> Values:
    """Arrival dates inside the landing: what is older arrives first, what is younger last."""
    first, last = pa.scalar(span.first, pa.date32()), pa.scalar(span.last, pa.date32())
    return pc.max_element_wise(pc.min_element_wise(arrived, last, skip_nulls=True), first)


def notes_of(path: Path) -> dict[str, str]:
    """What was noted inside a finished file."""
    found: dict[bytes, bytes] = pq.read_metadata(path).metadata or {}
    return {key.decode(): value.decode("utf-8", "replace") for key, value in found.items()}


def finish_folder(
    partial: Path,
    landing_dir: Path,
    span: Span,
    source: str,
    bank: Bank,
    files: Iterable[ManifestFile],
    absent_feeds: Mapping[str, str],
    profiling_basis: str | None,
) -> Path:
    """Write the manifest and put the folder into the inbox by one rename; returns its place."""
    dates = {"business_date": span.last}
    if span.is_historic:
        dates = {"first_date": span.first, "last_date": span.last}
    manifest = Manifest(
        version=1,
        source=source,
        profiling_basis=profiling_basis,
        bank=bank,
        absent_feeds=dict(absent_feeds),
        files=tuple(files),
        **dates,  # type: ignore[arg-type]
    )
    document = manifest.model_dump(mode="json", exclude={"archived"}, exclude_none=True)
    (partial / MANIFEST).write_text(json.dumps(document, indent=1, ensure_ascii=False))
    target = landing_dir / folder_name(span.first, span.last)
    shutil.rmtree(target, ignore_errors=True)
    os.replace(partial, target)
    return target


def refuse_done(landing_dir: Path, archive_dir: Path, span: Span) -> None:
    """A day that is in the archive was loaded: it is not delivered again.

    Raises:
        LandingError: its landing was archived.
    """
    name = folder_name(span.first, span.last)
    if (archive_dir / name).exists():
        raise LandingError(
            expected=f"a landing of {name} that was not loaded yet",
            found="it is in the archive",
            where=str(landing_dir.name),
            remedy="a night that is run again reads the archive; land the next date instead",
        )


def manifest_entry(part: Part) -> ManifestFile:
    """What the manifest states of a finished file."""
    contract, notes = load_contracts()[part.feed], notes_of(part.path)
    with part.path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return ManifestFile(
        feed=part.feed,
        file=part.path.name,
        source_file=part.source_file,
        format="parquet",
        rows=int(notes[_ROWS]),
        sha256=digest,
        control_totals={name: int(notes[_TOTAL]) for name in contract.control_totals},
    )
