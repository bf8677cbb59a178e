"""Allocation of files: options and capacities read and checked, picks and report written."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv

from campaigns.allocation.columns import Origin
from campaigns.allocation.report import figures, outcomes, summary
from campaigns.allocation.solution import solve
from campaigns.allocation.tables import problem_of
from warehouse.errors import AllocationError
from warehouse.private_files import replace_private, write_private

_HEADING = 1


def allocate_files(options: Path, capacities: Path, out: Path, per_customer: int = 1) -> str:
    """Read, solve, write `chosen`, `not_chosen` (in the format of the options) and `report.json`.

    Each file appears whole; the report comes last and carries the sha256 of the other two.

    Returns:
        A summary for people.

    Raises:
        AllocationError: a file cannot be read or its content does not fit; nothing is written.
    """
    options_table, options_from = read_table(options)
    capacities_table, capacities_from = read_table(capacities)
    problem = problem_of(
        options_table,
        capacities_table,
        per_customer=per_customer,
        options_from=options_from,
        capacities_from=capacities_from,
    )
    solution = solve(problem)
    told = outcomes(solution, options_table)
    is_chosen = pc.equal(told.column("reason"), pa.scalar("chosen"))
    out.mkdir(parents=True, exist_ok=True)
    suffix = ".parquet" if _is_parquet(options) else ".csv"
    hashes = {
        name: _write_table(out / name, rows)
        for name, rows in (
            (f"chosen{suffix}", told.filter(is_chosen).drop_columns(["reason"])),
            (f"not_chosen{suffix}", told.filter(pc.invert(is_chosen))),
        )
    }
    found = {**figures(solution), "per_customer": per_customer, "sha256": hashes}
    text = json.dumps(found, indent=1, ensure_ascii=False) + "\n"
    write_private(out / "report.json", text)
    return f"{summary(found)}\n\nwritten: {out}/{{{','.join([*hashes, 'report.json'])}}}"


def read_table(path: Path) -> tuple[pa.Table, Origin]:
    """A CSV (with a heading; also .csv.gz) or parquet file, and how errors name places in it.

    Raises:
        AllocationError: it is neither, has no rows, or lines have the wrong number of cells.
    """
    table = _read_parquet(path) if _is_parquet(path) else _read_csv(path)
    twice = sorted({n for n in table.column_names if table.column_names.count(n) > 1})
    if twice:
        raise _refused(path, "columns with different names", f"twice: {', '.join(twice)}")
    if not table.num_rows:
        raise _refused(path, "at least one row", "none")
    line = Origin(path.name, "line", 1 + _HEADING)
    return table, Origin(path.name) if _is_parquet(path) else line


def _is_parquet(path: Path) -> bool:
    return path.suffix in (".parquet", ".pq")


def _read_parquet(path: Path) -> pa.Table:
    try:
        return pq.read_table(path)
    except pa.ArrowException:
        raise _refused(path, "a parquet file", "something else") from None


def _read_csv(path: Path) -> pa.Table:
    """Every column as text, empty cells as null: numbers are read where their place is known."""
    uneven: list[csv.InvalidRow] = []

    def note(row: csv.InvalidRow) -> Literal["skip"]:
        uneven.append(row)
        return "skip"

    try:
        heading = csv.open_csv(path, parse_options=csv.ParseOptions(invalid_row_handler=note))
        names = heading.schema.names
        uneven.clear()
        table = csv.read_csv(
            path,
            read_options=csv.ReadOptions(use_threads=False),
            parse_options=csv.ParseOptions(invalid_row_handler=note, ignore_empty_lines=False),
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                null_values=[""],
                strings_can_be_null=True,
            ),
        )
    except pa.ArrowException:
        raise _refused(path, "a CSV file in UTF-8 with a heading", "something else") from None
    if uneven:
        raise _refused(
            path,
            f"{uneven[0].expected_columns} cells in every line",
            f"{len(uneven):,} other lines, the first in line {uneven[0].number} with "
            f"{uneven[0].actual_columns}",
        )
    return table


def _refused(path: Path, expected: str, found: str) -> AllocationError:
    return AllocationError(
        expected, found, where=path.name, remedy="docs/allocation.md describes the files"
    )


def _write_table(path: Path, rows: pa.Table) -> str:
    """Write in the format of the name; returns the sha256."""
    if _is_parquet(path):
        replace_private(path, lambda beside: pq.write_table(rows, beside))
    else:
        replace_private(path, lambda beside: csv.write_csv(rows, beside))
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
