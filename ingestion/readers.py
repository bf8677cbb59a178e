"""Delivered files as a stream of bounded batches, before any typing.

Fields of text files stay bytes: one undecodable field costs its row, not the file.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from ingestion.manifest import ManifestFile
from warehouse.errors import LandingError

_log = logging.getLogger(__name__)

BLOCK_BYTES = 8 * 2**20
BATCH_ROWS = 65_536


@dataclass(frozen=True)
class MalformedLine:
    """A line of a text file with too few or too many fields."""

    row: int
    text: bytes


@dataclass(frozen=True)
class Chunk:
    """Consecutive rows as read; `row_numbers` counts the rows of the file from 1."""

    rows: pa.RecordBatch
    row_numbers: npt.NDArray[np.int64]
    malformed: tuple[MalformedLine, ...] = ()
    is_latin: bool = False
    """Whether bytes came through as Latin-1 characters: encode as Latin-1 to have them back."""

    @property
    def last_row(self) -> int:
        """The highest row number in it, 0 where it has no rows."""
        numbers = [line.row for line in self.malformed]
        return max(
            [*numbers, int(self.row_numbers[-1])] if self.row_numbers.size else [0, *numbers]
        )

    def after(self, row: int) -> Chunk:
        """The part of it behind a row number."""
        start = int(np.searchsorted(self.row_numbers, row, side="right"))
        lines = tuple(line for line in self.malformed if line.row > row)
        return Chunk(self.rows.slice(start), self.row_numbers[start:], lines, self.is_latin)


def read_chunks(path: Path, entry: ManifestFile, columns: tuple[str, ...]) -> Iterator[Chunk]:
    """Yield the file's rows in order, with the columns asked for and no others.

    Raises:
        LandingError: the file cannot be read in its format, or lacks a column.
    """
    if entry.format == "parquet":
        yield from _parquet_chunks(path, entry, columns)
    elif path.stat().st_size or entry.rows:
        yield from _text_chunks(path, entry, columns)


def column_names(path: Path, entry: ManifestFile) -> list[str]:
    """Names of the file's columns, in order.

    Raises:
        LandingError: the file cannot be read in its format.
    """
    with _readable(entry):
        if entry.format == "parquet":
            with pq.ParquetFile(path, memory_map=False) as file:
                return list(file.schema_arrow.names)
        with _open_bytes(path, entry) as stream:
            return [_decoded(name, entry) for name in _header(stream, entry)]


def _parquet_chunks(path: Path, entry: ManifestFile, columns: tuple[str, ...]) -> Iterator[Chunk]:
    first = 1
    with _readable(entry), pq.ParquetFile(path, memory_map=False) as file:
        _require_columns(entry, file.schema_arrow.names, columns)
        for batch in file.iter_batches(batch_size=BATCH_ROWS, columns=list(columns)):
            numbers = np.arange(first, first + batch.num_rows, dtype=np.int64)
            yield Chunk(batch.select(list(columns)), numbers)
            first += batch.num_rows


def _text_chunks(path: Path, entry: ManifestFile, columns: tuple[str, ...]) -> Iterator[Chunk]:
    """Read the fields as they are; where that fails, start again with bytes as characters.

    The reader cannot report a malformed line that is not UTF-8. Read as Latin-1 every byte is a
    character, so such a line can be kept too; GB18030 files are read like that from the start.
    """
    done = 0
    with _readable(entry):
        if entry.encoding == "UTF-8":
            try:
                for chunk in _scan(path, entry, columns, as_latin=False):
                    yield chunk
                    done = chunk.last_row
                return
            except (pa.ArrowInvalid, UnicodeError):
                _log.info("%s: read again as bytes from row %d", entry.file, done)
        for chunk in _scan(path, entry, columns, as_latin=True):
            if chunk.last_row > done:
                yield chunk.after(done)


def _scan(
    path: Path, entry: ManifestFile, columns: tuple[str, ...], *, as_latin: bool
) -> Iterator[Chunk]:
    lines: list[MalformedLine] = []
    reported = good = 0
    with _open_bytes(path, entry) as stream:
        _require_columns(entry, [_decoded(n, entry) for n in _header(stream, entry)], columns)
        names = tuple(_as_latin(name, entry) for name in columns) if as_latin else columns
        reader = _open_text(stream, entry, names, lines, as_latin)
        for found in reader:
            batch = found.rename_columns(list(columns))
            known = tuple(lines)
            numbers = _row_numbers(good, batch.num_rows, known)
            yield Chunk(batch, numbers, known[reported:], as_latin)
            reported, good = len(known), good + batch.num_rows
        if lines[reported:]:
            yield Chunk(_no_rows(columns), np.empty(0, np.int64), tuple(lines[reported:]), as_latin)


def _no_rows(columns: tuple[str, ...]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist([], pa.schema([(name, pa.binary()) for name in columns]))


def _as_latin(text: str, entry: ManifestFile) -> str:
    """How a name looks when its bytes are read as Latin-1 characters."""
    return text.encode(entry.encoding).decode("latin-1")


def _decoded(name: str, entry: ManifestFile) -> str:
    return name.encode("latin-1").decode(entry.encoding, "replace")


def _header(stream: BinaryIO, entry: ManifestFile) -> list[str]:
    """Names in the first line, bytes as Latin-1 characters; a byte order mark is left behind."""
    start = len(codecs.BOM_UTF8) if stream.read(3) == codecs.BOM_UTF8 else 0
    stream.seek(start)
    line = stream.readline().decode("latin-1").rstrip("\r\n")
    stream.seek(start)
    return next(csv.reader([line], delimiter=entry.delimiter), [])


@contextmanager
def _open_bytes(path: Path, entry: ManifestFile) -> Iterator[BinaryIO]:
    with path.open("rb") as plain:
        if entry.format != "csv.gz":
            yield plain
            return
        with gzip.open(plain) as unpacked:
            yield cast(BinaryIO, unpacked)


def _open_text(
    stream: BinaryIO,
    entry: ManifestFile,
    columns: tuple[str, ...],
    lines: list[MalformedLine],
    as_latin: bool,
) -> pacsv.CSVStreamingReader:
    def keep(row: pacsv.InvalidRow) -> Literal["skip"]:
        assert row.number is not None, "numbers are known when one thread reads"
        text = row.text.encode("latin-1" if as_latin else "utf-8")
        lines.append(MalformedLine(row=row.number - 1, text=text))
        return "skip"

    return pacsv.open_csv(
        stream,
        read_options=pacsv.ReadOptions(
            use_threads=False, block_size=BLOCK_BYTES, encoding="latin-1" if as_latin else "utf8"
        ),
        parse_options=pacsv.ParseOptions(
            delimiter=entry.delimiter, newlines_in_values=True, invalid_row_handler=keep
        ),
        convert_options=pacsv.ConvertOptions(
            include_columns=list(columns),
            column_types={name: pa.binary() for name in columns},
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            null_values=[""],
        ),
    )


def _is_gzip(entry: ManifestFile) -> bool:
    return entry.format == "csv.gz"


def _row_numbers(
    before: int, count: int, malformed: tuple[MalformedLine, ...]
) -> npt.NDArray[np.int64]:
    """Positions in the file of well-formed rows number `before` + 1 and on."""
    ordinals = np.arange(before + 1, before + count + 1, dtype=np.int64)
    if not malformed:
        return ordinals
    rows = np.array(sorted(line.row for line in malformed), np.int64)
    well_formed_before = rows - 1 - np.arange(rows.size)
    return ordinals + np.searchsorted(well_formed_before, ordinals, side="left")


def _require_columns(entry: ManifestFile, found: list[str], wanted: tuple[str, ...]) -> None:
    missing = [name for name in wanted if name not in found]
    twice = sorted({name for name in found if found.count(name) > 1})
    if missing or twice:
        raise LandingError(
            expected=f"the columns {', '.join(wanted)}",
            found=f"no column {', '.join(missing)}" if missing else f"twice {', '.join(twice)}",
            where=f"{entry.feed}: {entry.file}",
            remedy="deliver the file again with the columns of its contract (docs/feeds.md)",
        )


@contextmanager
def _readable(entry: ManifestFile) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError, EOFError, UnicodeError) as error:
        raise LandingError(
            expected=f"a file readable as {entry.format}, {entry.encoding}",
            found=f"unreadable ({type(error).__name__})",
            where=f"{entry.feed}: {entry.file}",
            remedy="check the format and encoding in the manifest and deliver the file again",
        ) from None  # the reader's own message may quote a line of the file
