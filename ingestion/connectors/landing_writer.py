"""What every connector needs: tables in contract shape to a landing folder with its manifest."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingestion.contracts import ARRIVED, load_contracts
from ingestion.landing import folder_name
from ingestion.manifest import MANIFEST, Bank, Manifest, ManifestFile

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class SourceRows:
    """Rows of one feed that come from one file of the source, with `arrived_date`."""

    feed: str
    source_file: str
    rows: Rows


def write_historic_landing(
    landing_dir: Path,
    first: date,
    last: date,
    source: str,
    bank: Bank,
    tables: Sequence[SourceRows],
    absent_feeds: Mapping[str, str],
    profiling_basis: str | None = None,
) -> Path:
    """Write `landing/<first>_<last>/`, replacing an earlier one; it appears by one rename.

    Rows need the columns of their contract; missing nullable ones become null.

    Returns:
        The folder.
    """
    folder = landing_dir / folder_name(first, last)
    partial = landing_dir / f".partial-{folder.name}"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    files = [_write(partial, number, table) for number, table in enumerate(tables)]
    manifest = Manifest(
        version=1,
        source=source,
        first_date=first,
        last_date=last,
        profiling_basis=profiling_basis,
        bank=bank,
        absent_feeds=dict(absent_feeds),
        files=tuple(files),
    )
    document = manifest.model_dump(mode="json", exclude={"business_date", "archived"})
    (partial / MANIFEST).write_text(json.dumps(document, indent=1, ensure_ascii=False))
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(partial, folder)
    return folder


def _write(folder: Path, number: int, table: SourceRows) -> ManifestFile:
    contract = load_contracts()[table.feed]
    fields: list[tuple[str, Any]] = [(c.name, c.arrow_type) for c in contract.columns]
    rows = pa.Table.from_pylist(list(table.rows), pa.schema([*fields, (ARRIVED, pa.date32())]))
    path = folder / f"{table.feed}-{number:02d}.parquet"
    pq.write_table(rows, path)
    totals = {name: pc.sum(rows.column(name)).as_py() or 0 for name in contract.control_totals}
    return ManifestFile(
        feed=table.feed,
        file=path.name,
        source_file=table.source_file,
        format="parquet",
        rows=rows.num_rows,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        control_totals=totals,
    )
