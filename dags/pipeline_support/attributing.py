"""`bankloop attribute`: credit of channels from a file of aggregated paths, without a warehouse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from dags.pipeline_support.data_files import (
    FORMATS,
    first_place,
    read_columns,
    read_numbers,
    require_writable,
    write_table,
)
from measurement.apportionment import as_credit
from measurement.attribution import (
    NO_TOUCH,
    ChannelCredit,
    chain_credits,
    chain_steps,
)
from measurement.errors import MeasurementError
from measurement.markov import CONVERSION, NULL, START, fit_chain
from measurement.models import MARKOV, model_credits, require_model
from measurement.order_selection import best_order, compare_orders
from measurement.paths import Ints, Paths, read_paths
from warehouse.errors import InputError

PATH, CONVERSIONS, VALUE, NULLS = (
    "path",
    "total_conversions",
    "total_conversion_value",
    "total_null",
)
AUTO = "auto"
LARGEST_ORDER = 10
VALUE_SCALE = 6
_RESERVED = {NO_TOUCH, START[0], CONVERSION[0], NULL[0]}
_OTHER_SEPARATORS = (" > ", ">", "|", ";", ",")
_CREDIT = pa.decimal128(28, 9)
_VALUE = pa.decimal128(28, VALUE_SCALE)


@dataclass(frozen=True)
class Attribution:
    """Tables by the name of their file, `credits` always among them."""

    tables: dict[str, pa.Table]

    def __str__(self) -> str:
        blocks = [self.tables["credits"]]
        if "orders" in self.tables:
            blocks.append(self.tables["orders"])
        return "\n\n".join(_plain(table) for table in blocks)


def attribute_file(
    path: Path,
    models: Sequence[str],
    order: str = "1",
    *,
    with_null_paths: bool = False,
    separator: str = " > ",
) -> Attribution:
    """Credits of every model asked for; for Markov also its removal effects and transitions.

    Args:
        path: columns path, total_conversions, total_conversion_value and, with null paths,
            total_null; csv, csv.gz or parquet.
        models: names of `measurement.models`.
        order: of the Markov chain, 1 to 10, or `auto`: the best of 1 to 4 on held-out journeys.
        with_null_paths: whether the chain also knows the journeys that did not convert.
        separator: between the touches of a path; empty where every path is one touch.

    Raises:
        InputError: the file or an option cannot be used; says where and what to do.
    """
    try:
        for model in models:
            require_model(model)
        _require_order(order)
        paths = read_path_file(path, separator, with_null_paths=with_null_paths)
        return _attribute(paths, list(dict.fromkeys(models)), order)
    except MeasurementError as error:
        raise InputError(error.expected, error.found, str(path), error.remedy) from None


def require_target(target: Path) -> None:
    """Refuse a place to write to, before anything is computed: neither a table nor a folder.

    Raises:
        InputError: as said.
    """
    if target.suffix and not target.is_dir():
        require_writable(target)
    elif target.is_file():
        raise InputError(
            expected=f"a folder, or a file name ending in {', '.join(FORMATS)}",
            found="a file without such an ending",
            where=str(target),
            remedy="name another place",
        )


def write(result: Attribution, target: Path) -> list[Path]:
    """Write the credits to a file, or every table to a folder; returns what was written."""
    require_target(target)
    if target.suffix and not target.is_dir():
        write_table(result.tables["credits"], target)
        return [target]
    target.mkdir(parents=True, exist_ok=True)
    files = [target / f"{name}.csv" for name in result.tables]
    for table, file in zip(result.tables.values(), files, strict=True):
        write_table(table, file)
    return files


def read_path_file(path: Path, separator: str = " > ", *, with_null_paths: bool = False) -> Paths:
    """Read aggregated paths; equal paths are added up, and the order of the rows is forgotten.

    Values are kept in millionths of their unit. Without null paths, `total_null` is not read.

    Raises:
        InputError: the file is not as described.
        MeasurementError: its numbers are too large.
    """
    names = [PATH, CONVERSIONS, VALUE, *([NULLS] if with_null_paths else [])]
    table = read_columns(path, names)
    texts = [(text or "").strip() for text in table[PATH].cast(pa.string()).to_pylist()]
    conversions = _journeys(path, table, CONVERSIONS)
    values = _values(path, table, conversions)
    nulls = _journeys(path, table, NULLS) if with_null_paths else np.zeros_like(conversions)
    if not conversions.any():
        raise InputError(
            expected="at least one conversion",
            found=f"0 in {len(conversions):,} paths",
            where=f"{path}, column {CONVERSIONS}",
            remedy="credit is a share of conversions: without any there is nothing to share",
        )
    _check_touches(path, texts, separator)
    merged = _added_up(texts, conversions, values, nulls)
    return read_paths(merged, separator)


def _added_up(texts: Sequence[str], conversions: Ints, values: Ints, nulls: Ints) -> pa.Table:
    """One row per distinct path, in code point order."""
    distinct, row = np.unique(np.array(texts, dtype=object), return_inverse=True)
    sums = np.zeros((3, distinct.size), np.int64)
    for total, counted in zip(sums, (conversions, values, nulls), strict=True):
        np.add.at(total, row, counted)
    names = ("conversion_count", "value_amount", "null_count")
    return pa.table(
        {
            PATH: pa.array(distinct, pa.string()),
            **dict(zip(names, map(pa.array, sums), strict=True)),
        }
    )


def _attribute(paths: Paths, models: list[str], order: str) -> Attribution:
    tables: dict[str, pa.Table] = {}
    chosen = 1
    if MARKOV in models:
        if order == AUTO:
            compared = compare_orders(paths)
            chosen = best_order(compared)
            tables["orders"] = pa.Table.from_pylist(
                [vars(found) | {"is_chosen": found.order == chosen} for found in compared]
            )
        else:
            chosen = int(order)
    columns: dict[str, list[ChannelCredit]] = {}
    for model in models:
        if model != MARKOV:
            columns[model] = model_credits(paths, model)
            continue
        chain = fit_chain(paths, chosen)
        columns[f"{MARKOV}_{chosen}"] = found = chain_credits(chain, paths)
        tables["removal_effects"] = _removal_effects(found)
        tables["transitions"] = pa.Table.from_pylist(list(chain_steps(chain)))
    return Attribution({"credits": _credit_table(columns), **tables})


def _credit_table(columns: dict[str, list[ChannelCredit]]) -> pa.Table:
    first = next(iter(columns.values()))
    table: dict[str, Any] = {"channel": [credit.channel for credit in first]}
    for model, found in columns.items():
        units = [as_credit(credit.credit_units) for credit in found]
        amounts = [Decimal(credit.value_amount).scaleb(-VALUE_SCALE) for credit in found]
        table[f"{model}_conversions"] = pa.array(units, _CREDIT)
        table[f"{model}_value"] = pa.array(amounts, _VALUE)
    return pa.table(table)


def _removal_effects(found: Sequence[ChannelCredit]) -> pa.Table:
    touched = [credit for credit in found if credit.channel != NO_TOUCH]
    return pa.table(
        {
            "channel": [credit.channel for credit in touched],
            "removal_effect": [credit.removal_effect for credit in touched],
            "value_removal_effect": [credit.value_removal_effect for credit in touched],
        }
    )


def _journeys(path: Path, table: pa.Table, name: str) -> Ints:
    numbers = read_numbers(path, table, name)
    is_wrong = (numbers < 0) | (numbers != np.rint(numbers)) | (numbers > 2**53)
    if is_wrong.any():
        negative = int((numbers < 0).sum())
        raise InputError(
            expected=f"whole numbers >= 0 in column {name}",
            found=f"{negative:,} negative and {int(is_wrong.sum()) - negative:,} not whole",
            where=first_place(path, is_wrong),
            remedy="count whole journeys, never differences of two reports or weights",
        )
    return numbers.astype(np.int64)


def _values(path: Path, table: pa.Table, conversions: Ints) -> Ints:
    units = np.rint(read_numbers(path, table, VALUE) * 10**VALUE_SCALE)
    for is_wrong, expected, remedy in (
        (
            np.abs(units) > 9e18,
            "a value below 9e12",
            "give values in a larger unit, such as thousands",
        ),
        (
            (units != 0) & (conversions == 0),
            "no value where nothing converted",
            "give the value to the paths that converted",
        ),
    ):
        if is_wrong.any():
            raise InputError(
                expected=f"{expected} in column {VALUE}",
                found=f"{int(is_wrong.sum()):,} rows otherwise",
                where=first_place(path, is_wrong),
                remedy=remedy,
            )
    whole: Ints = units.astype(np.int64)
    return whole


def _check_touches(path: Path, texts: Sequence[str], separator: str) -> None:
    """Refuse paths whose touches cannot be told apart."""
    if separator and not any(separator in text for text in texts):
        _check_other_separators(path, texts, separator)
    mark = separator.strip()
    for expected, is_wrong in (
        ("a channel between any two separators", lambda touch: not touch),
        ("a channel name without the separator", lambda touch: bool(mark) and mark in touch),
        (f"no channel named {' or '.join(sorted(_RESERVED))}", _RESERVED.__contains__),
    ):
        known: dict[str, bool] = {}
        wrong = np.zeros(len(texts), dtype=np.bool_)
        for row, text in enumerate(texts):
            for touch in (text.split(separator) if separator else [text]) if text else ():
                if touch not in known:
                    known[touch] = is_wrong(touch.strip())
                wrong[row] |= known[touch]
        if wrong.any():
            raise InputError(
                expected=f"{expected} in column {PATH}",
                found=f"{int(wrong.sum()):,} paths otherwise",
                where=first_place(path, wrong),
                remedy="write every path with one separator, blanks included (--separator), and "
                "leave it empty where nobody was touched",
            )


def _check_other_separators(path: Path, texts: Sequence[str], separator: str) -> None:
    for other in _OTHER_SEPARATORS:
        count = sum(other in text for text in texts)
        if count:
            raise InputError(
                expected=f"paths with the separator '{separator}'",
                found=f"none, but {count:,} of {len(texts):,} with '{other}'",
                where=f"{path}, column {PATH}",
                remedy=f"--separator '{other}'; or --separator '' if every path is one channel",
            )


def _require_order(order: str) -> None:
    if order != AUTO and not (order.isdecimal() and 1 <= int(order) <= LARGEST_ORDER):
        raise MeasurementError(
            expected=f"an order from 1 to {LARGEST_ORDER}, or {AUTO}",
            found=order or "nothing",
            remedy="order 1 remembers the last channel, order 2 the last two",
        )


def _plain(table: pa.Table) -> str:
    """A table as aligned lines, numbers to three decimals."""
    rows = [[_cell(value) for value in row.values()] for row in table.to_pylist()]
    lines = [table.column_names, *rows]
    widths = [max(len(line[at]) for line in lines) for at in range(table.num_columns)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if at else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    )


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    return f"{value:,.3f}" if isinstance(value, float | Decimal) else str(value)
