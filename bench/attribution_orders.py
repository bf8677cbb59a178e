"""Markov credit of 10,000 aggregated paths, next to the package whose users know such files.

Both start from the same data frame in memory and use one thread; the package simulates with its
default settings, which stop at a convergence of 5 %, while bankloop solves exactly.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from importlib import import_module
from io import StringIO
from pathlib import Path
from statistics import median
from types import ModuleType

import numpy as np
import pandas as pd
import pyarrow as pa
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from bench.results import Limit, Row, Say
from bench.sizes import Sizes
from measurement.attribution import ChannelCredit, markov_credits
from measurement.paths import read_paths
from warehouse.errors import InputError
from warehouse.settings import PROJECT_DIR

_ORDERS = (1, 2, 3)
_TARGET = Limit(5, at_least=True)
_VALUE_UNITS = 10**6


def attribution_orders(sizes: Sizes, say: Say) -> list[Row]:
    """Markov credit by chains of order 1 to 3, next to ChannelAttribution on the same paths."""
    paths = _read_paths()
    rows: list[Row] = []
    with threadpool_limits(1):
        for nulls in (False, True):
            for order in _ORDERS:
                label = f"order {order}, {'with' if nulls else 'without'} null paths"
                say(f"  {label}")
                rows += _compare(paths, order, nulls, sizes.attribution_rounds, label)
    return rows


def _compare(paths: pd.DataFrame, order: int, nulls: bool, rounds: int, label: str) -> list[Row]:
    """Medians of rounds in which both alternate, so that a busy machine is unfair to neither."""
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(_seconds(lambda: _solved(paths, order, nulls)))
        theirs.append(_seconds(lambda: _simulated(paths, order, nulls)))
    return [
        Row(f"{label}: bankloop", 1000 * median(ours), "ms"),
        Row(f"{label}: ChannelAttribution", 1000 * median(theirs), "ms"),
        Row(f"{label}: as fast", median(theirs) / median(ours), "×", None if nulls else _TARGET),
    ]


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _solved(paths: pd.DataFrame, order: int, nulls: bool) -> list[ChannelCredit]:
    values = np.rint(paths["total_conversion_value"].to_numpy() * _VALUE_UNITS)
    table = pa.table(
        {
            "path": pa.array(paths["path"], pa.string()),
            "conversion_count": pa.array(paths["total_conversions"].to_numpy()),
            "value_amount": pa.array(values.astype(np.int64)),
            "null_count": pa.array(paths["total_null"].to_numpy()),
        }
    )
    read = read_paths(table)
    return markov_credits(read if nulls else read.without_nulls(), order)


def _package() -> ModuleType:
    try:
        return import_module("ChannelAttribution")
    except ModuleNotFoundError:
        raise InputError(
            expected="the package to measure against",
            found="ChannelAttribution is not installed: it is built with a C++ compiler",
            where="dependency group yardsticks of pyproject.toml",
            remedy="run .venv/bin/uv sync --frozen --group yardsticks",
        ) from None


def _simulated(paths: pd.DataFrame, order: int, nulls: bool) -> pd.DataFrame:
    package = _package()
    with redirect_stdout(StringIO()):
        credit: pd.DataFrame = package.markov_model(
            paths,
            "path",
            "total_conversions",
            var_value="total_conversion_value",
            var_null="total_null" if nulls else None,
            order=order,
            verbose=False,
            flg_pro=False,
        )
    return credit


def _read_paths() -> pd.DataFrame:
    data = Path(os.environ.get("BANKLOOP_DATA_DIR", PROJECT_DIR.parent / "shared" / "data"))
    file = data / "channel_paths" / "paths.csv.gz"
    if not file.exists():
        raise InputError(
            expected="the aggregated channel paths that come with ChannelAttribution (PathData)",
            found="no such file",
            where=str(file),
            remedy="name the folder that holds channel_paths/paths.csv.gz in BANKLOOP_DATA_DIR",
        )
    return pd.read_csv(file)
