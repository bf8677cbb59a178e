"""A file of purchases, one a line, as anybody may have it: read, checked, and nothing guessed."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from pathlib import Path
from typing import TextIO

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from models_ml.lifetime_value.summary import day_number
from warehouse.errors import BankloopError

AMOUNT_UNITS = 10_000  # amounts are kept as whole numbers of 1/10,000, so that sums are exact
_LARGEST_TOTAL = 9e14  # what such numbers can hold
NAMES = ("customer", "date", "amount")
_NO_DAY = -1
_CORRECT_IT = "correct the file; nothing was written"
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2}|\d{8})([T ].*)?")


class PurchaseLogError(BankloopError):
    """A file of purchases cannot be used."""


@dataclass(frozen=True)
class Columns:
    """Names of the three columns, or their numbers from 1 in a file without a header."""

    customer: str
    date: str
    amount: str

    @property
    def names(self) -> tuple[str, str, str]:
        """Customer, date, amount."""
        return self.customer, self.date, self.amount

    @property
    def are_numbers(self) -> bool:
        """Whether they count columns of a file without a header."""
        return all(name.isdecimal() and int(name) > 0 for name in self.names)


@dataclass(frozen=True)
class PurchaseLog:
    """Checked purchases; one entry a line of the file.

    Attributes:
        customers: customer ids as written.
        days: `day_number` of each purchase.
        amounts: whole numbers of 1/10,000, ≥ 0.
    """

    customers: list[str]
    days: NDArray[np.int64]
    amounts: NDArray[np.int64]

    @property
    def first_day(self) -> date:
        """The day of the earliest purchase."""
        return date.fromordinal(int(self.days.min()) + 1)

    @property
    def last_day(self) -> date:
        """The day of the latest purchase."""
        return date.fromordinal(int(self.days.max()) + 1)

    def rows(self) -> Iterator[tuple[str, int, int]]:
        """Customer, day, amount of each purchase."""
        return zip(self.customers, self.days.tolist(), self.amounts.tolist(), strict=True)


def read_purchases(path: Path, columns: Columns, end: date | None = None) -> PurchaseLog:
    """Read CSV (comma, semicolon, tab), columns set apart by blanks, or parquet (`*.parquet`).

    Dates are YYYY-MM-DD or YYYYMMDD; a time of day behind them is not looked at. Amounts are
    decimal numbers ≥ 0 with a point, kept to 4 decimals. No purchase may be after `end`.

    Raises:
        PurchaseLogError: with the line of the first value that is not so, and how many are not.
    """
    is_parquet = path.suffix == ".parquet"
    lines = _read_parquet(path, columns) if is_parquet else _read_text(path, columns)
    faults = _Faults(path, "row" if is_parquet else "line", lines["line"].to_numpy())
    faults.refuse(lines["customer"] == "", "a customer id", "an empty field", columns.customer)
    days = _days(lines["date"])
    faults.refuse(days == _NO_DAY, "a date YYYY-MM-DD or YYYYMMDD", "none", columns.date)
    if end is not None:
        late = days > day_number(end)
        remedy = "correct the file or --end; to leave out what came later, use --calibration-end"
        faults.refuse(late, f"no purchase after {end}", "a later one", columns.date, remedy)
    amounts = pd.to_numeric(lines["amount"], errors="coerce").to_numpy(np.float64)
    faults.refuse(~np.isfinite(amounts), "a number like 12.34", "none", columns.amount)
    faults.refuse(amounts < 0, "an amount of at least 0", "a negative one", columns.amount)
    if not len(lines) or amounts.sum() * AMOUNT_UNITS > _LARGEST_TOTAL:
        limit = f"at least one purchase, and at most {_LARGEST_TOTAL / AMOUNT_UNITS:,.0f} in all"
        raise _error(limit, f"{len(lines):,} purchases of {amounts.sum():,.0f}", str(path))
    units = np.rint(amounts * AMOUNT_UNITS).astype(np.int64)
    return PurchaseLog(lines["customer"].tolist(), days, units)


@dataclass(frozen=True)
class _Faults:
    """Says where in the file wrong values are, never what they are."""

    path: Path
    unit: str
    lines: NDArray[np.int64]

    def refuse(
        self,
        wrong: Iterable[bool],
        expected: str,
        found: str,
        column: str,
        remedy: str = _CORRECT_IT,
    ) -> None:
        places = np.flatnonzero(np.asarray(wrong))
        if not len(places):
            return
        more = f"; {len(places):,} such {self.unit}s in all" if len(places) > 1 else ""
        where = f"{self.path}, {self.unit} {self.lines[places[0]]:,}, column {column}{more}"
        raise _error(expected, found, where, remedy)


def _read_text(path: Path, columns: Columns) -> pd.DataFrame:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _collect(path, columns, _rows(file))
    except (UnicodeDecodeError, csv.Error) as error:
        kind = type(error).__name__
        raise _error("a text file in UTF-8, or parquet named *.parquet", kind, str(path)) from None


def _rows(file: TextIO) -> Iterator[tuple[int, list[str]]]:
    """Line number and fields of every line that is not empty."""
    first = file.readline()
    file.seek(0)
    mark = next((mark for mark in "\t;," if mark in first), None)
    if mark is None:
        split = ((number, line.split()) for number, line in enumerate(file, 1))
        yield from (row for row in split if row[1])
        return
    reader = csv.reader(file, delimiter=mark, strict=True)
    for fields in reader:
        if fields:
            yield reader.line_num, fields


def _collect(path: Path, columns: Columns, rows: Iterator[tuple[int, list[str]]]) -> pd.DataFrame:
    first = next(rows, None)
    if first is None:
        raise _error("purchases, one a line", "an empty file", str(path))
    places = _places(path, columns, first[1])
    found: list[tuple[str, str, str]] = []
    numbers: list[int] = []
    for number, fields in chain([first], rows) if columns.are_numbers else rows:
        if len(fields) != len(first[1]):
            where = f"{path}, line {number:,}"
            raise _error(f"{len(first[1])} columns as in the first line", f"{len(fields)}", where)
        found.append((fields[places[0]], fields[places[1]], fields[places[2]]))
        numbers.append(number)
    return pd.DataFrame(found, columns=list(NAMES), dtype=object).assign(line=numbers)


def _places(path: Path, columns: Columns, first: Sequence[str]) -> list[int]:
    """Where the three columns are in a row."""
    if columns.are_numbers:
        places = [int(name) - 1 for name in columns.names]
        if max(places) >= len(first):
            found = f"{len(first)} columns"
            raise _error(f"at least {max(places) + 1} columns", found, f"{path}, line 1")
        return places
    header = [name.strip() for name in first]
    _require_columns(path, columns, header)
    return [header.index(name) for name in columns.names]


def _require_columns(path: Path, columns: Columns, header: list[str]) -> None:
    if missing := [name for name in columns.names if name not in header]:
        raise _error(
            f"a header with the columns {', '.join(columns.names)}",
            f"{len(header)} columns, none called {' or '.join(missing)}",
            f"{path}, line 1",
            "name yours with --id, --date and --amount; in a file without a header give their "
            "numbers, from 1",
        )


def _read_parquet(path: Path, columns: Columns) -> pd.DataFrame:
    try:
        with pq.ParquetFile(path) as file:
            _require_columns(path, columns, file.schema_arrow.names)
            table = file.read(columns=list(columns.names))
        texts = [table[name].cast(pa.string()).to_pandas() for name in columns.names]
    except pa.ArrowException as error:
        raise _error(
            "a parquet file of texts, dates and numbers", type(error).__name__, str(path)
        ) from None
    lines = pd.DataFrame(dict(zip(NAMES, texts, strict=True)), dtype=object).fillna("")
    return lines.assign(line=np.arange(1, len(lines) + 1))


def _days(texts: pd.Series) -> NDArray[np.int64]:
    codes, distinct = pd.factorize(texts)
    days = np.array([_day(text) for text in distinct], dtype=np.int64)
    return days[codes]


def _day(text: str) -> int:
    found = _DAY.fullmatch(text.strip())
    try:
        return day_number(date.fromisoformat(found[1])) if found else _NO_DAY
    except ValueError:
        return _NO_DAY


def _error(expected: str, found: str, where: str, remedy: str = _CORRECT_IT) -> PurchaseLogError:
    return PurchaseLogError(expected, found, where, remedy)
