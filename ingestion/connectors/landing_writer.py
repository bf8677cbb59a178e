"""What every connector needs: tables in contract shape to a landing folder with its manifest."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingestion.connectors.landing_folder import finish_folder
from ingestion.contracts import ARRIVED, load_contracts
from ingestion.landing import folder_name
from ingestion.manifest import Bank, ManifestFile
from ingestion.parsing import Span

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
    partial = landing_dir / f".partial-{folder_name(first, last)}"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    files = [_write(partial, number, table) for number, table in enumerate(tables)]
    span = Span(first, last, is_historic=True)
    return finish_folder(
        partial, landing_dir, span, source, bank, files, absent_feeds, profiling_basis
    )


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
