"""Tables that somebody hands over as a file: csv, csv.gz or parquet, read and written.

Errors name columns, lines and counts, never a value: such a file may be about customers.
"""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from warehouse.errors import InputError

FORMATS = (".csv", ".csv.gz", ".parquet")


def read_columns(path: Path, columns: Sequence[str]) -> pa.Table:
    """Read some columns of a file; text stays text in csv, types are kept in parquet.

    Raises:
        InputError: the file cannot be read, has no row, or lacks a column or has it twice.
    """
    try:
        table = _read(path)
    except (pa.ArrowException, OSError, EOFError, UnicodeError) as error:
        raise InputError(
            expected=f"a table in one of the formats {', '.join(FORMATS)}, text in UTF-8",
            found=f"a file that cannot be read as such ({type(error).__name__})",
            where=str(path),
            remedy="check its name, its encoding, and that every line has as many fields",
        ) from None  # the reader's own message may quote a line of the file
    missing = [name for name in columns if table.column_names.count(name) != 1]
    if missing:
        raise InputError(
            expected=f"the columns {', '.join(columns)}, each once",
            found=f"without or twice {', '.join(missing)}; it has {', '.join(table.column_names)}",
            where=str(path),
            remedy="rename the columns, or name the ones to use",
        )
    if table.num_rows == 0:
        raise InputError(
            expected="at least one row", found="none", where=str(path), remedy="check the export"
        )
    return table.select(list(columns)).combine_chunks()


def read_numbers(path: Path, table: pa.Table, name: str) -> npt.NDArray[np.float64]:
    """A column as finite numbers; true and false count as 1 and 0.

    Raises:
        InputError: some values are missing or are no numbers.
    """
    column = table[name]
    try:
        if pa.types.is_boolean(column.type):
            column = column.cast(pa.int8())
        numbers = column.cast(pa.float64()).to_numpy()
    except pa.ArrowException:
        numbers = np.array([_number(text) for text in column.to_pylist()])
    is_wrong = ~np.isfinite(numbers)
    if is_wrong.any():
        empty = column.null_count
        others = int(is_wrong.sum()) - empty
        raise InputError(
            expected=f"a number in every row of column {name}",
            found=f"{empty:,} missing and {others:,} that are no finite number",
            where=first_place(path, is_wrong),
            remedy="decide what a missing value means (0, or leave the row out) before measuring",
        )
    return np.asarray(numbers, dtype=np.float64)


def read_texts(path: Path, table: pa.Table, name: str) -> list[str]:
    """A column as text.

    Raises:
        InputError: some values are missing.
    """
    texts = table[name].cast(pa.string()).to_pylist()
    is_wrong = np.array([text is None for text in texts])
    if is_wrong.any():
        raise InputError(
            expected=f"a value in every row of column {name}",
            found=f"{int(is_wrong.sum()):,} missing",
            where=first_place(path, is_wrong),
            remedy="complete the column, or leave these rows out knowingly",
        )
    return [str(text) for text in texts]


def first_place(path: Path, is_wrong: npt.NDArray[np.bool_]) -> str:
    """The file and the first row of a mask, as a line (csv, after its header) or a row."""
    row = int(np.argmax(is_wrong))
    first = f"row {row + 1}" if path.suffix == ".parquet" else f"line {row + 2}"
    return f"{path}, {first}" + (" and others" if is_wrong.sum() > 1 else "")


def write_table(table: pa.Table, path: Path) -> None:
    """Write a table in the format of the file's name; the same table gives the same bytes.

    Raises:
        InputError: the name has no known format, or the folder does not exist.
    """
    require_writable(path)
    if path.suffix == ".parquet":
        pq.write_table(table, path)
        return
    text = pa.BufferOutputStream()
    pacsv.write_csv(table, text, pacsv.WriteOptions(quoting_style="needed"))
    content = text.getvalue().to_pybytes()
    path.write_bytes(gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)


def require_writable(path: Path, formats: Sequence[str] = FORMATS) -> None:
    """Refuse a file that cannot be written, before anything is computed.

    Raises:
        InputError: as said.
    """
    if not path.name.endswith(tuple(formats)) or not path.parent.is_dir() or path.is_dir():
        raise InputError(
            expected=f"a file name ending in {', '.join(formats)} in an existing folder",
            found=path.name,
            where=str(path.parent),
            remedy="name such a file, and make its folder first",
        )


def _read(path: Path) -> pa.Table:
    if path.suffix == ".parquet":
        return pq.read_table(path)
    names = pacsv.open_csv(path).schema.names
    return pacsv.read_csv(
        path,
        parse_options=pacsv.ParseOptions(newlines_in_values=True),
        convert_options=pacsv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            strings_can_be_null=True,
            null_values=[""],
        ),
    )


def _number(text: object) -> float:
    try:
        return float(str(text))
    except ValueError:
        return float("nan")
