"""A source's own files, read in bounded pieces: CSV (also GB18030, also gzip) and parquet."""

from __future__ import annotations

import glob
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa

from ingestion.connectors.mapping_schema import FeedSource
from ingestion.connectors.source_columns import SourceColumn, text_column, typed_column
from ingestion.manifest import ManifestFile
from ingestion.readers import Chunk, column_names, read_chunks
from warehouse.errors import ContractError, LandingError

_UNHASHED = "0" * 64


@dataclass(frozen=True)
class SourceRows:
    """Consecutive rows of a source: its columns by name, and lines that are no rows."""

    columns: dict[str, SourceColumn]
    count: int
    broken_lines: tuple[bytes, ...] = ()


def find_files(source: FeedSource, folder: Path, last: date) -> list[Path]:
    """Files of a source, in order: `{date}` in the name is the landing's last date.

    Raises:
        LandingError: there is none.
    """
    assert source.file is not None, "only sources that are files have files"
    name = source.file.format(date=last)
    found = sorted(Path(path) for path in glob.glob(name, root_dir=folder))
    if not found:
        raise LandingError(
            expected=f"a file {name}",
            found="none",
            where=folder.name,
            remedy="set BANKLOOP_DATA to the folder with the source's files, or correct the "
            "mapping's `file`",
        )
    return [folder / path for path in found]


def read_file(feed: str, source: FeedSource, path: Path) -> Iterator[SourceRows]:
    """The rows of one file in order, with the columns that the mapping reads.

    Raises:
        ContractError: a column is missing.
        LandingError: the file cannot be read in its format.
    """
    entry = _entry(feed, source, path)
    names = source.reads()
    present = column_names(path, entry)
    missing = [name for name in names if name not in present]
    if missing:
        raise missing_columns(feed, path.name, missing, present)
    for chunk in read_chunks(path, entry, names):
        yield _only(_source_rows(chunk, source), source)


def missing_columns(feed: str, where: str, missing: list[str], present: list[str]) -> ContractError:
    """The error for columns that a mapping names and the source lacks."""
    return ContractError(
        expected=f"the columns {', '.join(missing)}",
        found=f"only {', '.join(present) or 'none'}",
        where=f"{feed}: {where}",
        remedy="correct the names in the mapping file, or have the source deliver the columns",
    )


def _entry(feed: str, source: FeedSource, path: Path) -> ManifestFile:
    return ManifestFile(
        feed=feed,
        file=path.name,
        format=source.format,
        encoding=source.encoding,
        delimiter=source.delimiter,
        rows=1,
        sha256=_UNHASHED,
    )


def _source_rows(chunk: Chunk, source: FeedSource) -> SourceRows:
    is_text = source.format != "parquet"
    columns = {
        name: text_column(column, source.encoding, is_latin=chunk.is_latin)
        if is_text
        else typed_column(column)
        for name, column in zip(chunk.rows.schema.names, chunk.rows.columns, strict=True)
    }
    return SourceRows(columns, chunk.rows.num_rows, tuple(line.text for line in chunk.malformed))


def _only(rows: SourceRows, source: FeedSource) -> SourceRows:
    """Rows that the mapping's `only` names; lines that are no rows are kept."""
    if not source.only or not rows.count:
        return rows
    keep = np.ones(rows.count, np.bool_)
    for name, wanted in source.only.items():
        texts = rows.columns[name].values.cast(pa.string()).to_pylist()
        keep &= np.array([(text or "").strip() in wanted for text in texts], np.bool_)
    mask = pa.array(keep)
    columns = {name: column.filtered(mask) for name, column in rows.columns.items()}
    return SourceRows(columns, int(keep.sum()), rows.broken_lines)
