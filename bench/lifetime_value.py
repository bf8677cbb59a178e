"""Fitting and scoring `lifetime_value`, next to the package `lifetimes`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from bench.child import Done, run
from bench.place import clean_environment
from bench.results import Limit, Row, Say
from bench.sizes import Sizes
from warehouse.settings import PROJECT_DIR

_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def lifetime_value(sizes: Sizes, say: Say) -> list[Row]:
    """BG/NBD fitted next to the package lifetimes, and customers scored, on one thread."""
    fitted = _measure(say, "fit", sizes.fitted_customers)
    scored = _measure(say, "score", sizes.scored_customers)
    ours, theirs = (fitted.seconds_of(part) for part in ("bankloop", "lifetimes"))
    behind = next(step.event.count for step in fitted.steps if step.event.part == "compared")
    customers = f"{sizes.fitted_customers:,} customers"
    return [
        Row(f"fit of {customers}", ours * 1_000, "ms"),
        Row(f"fit of {customers} by lifetimes", theirs * 1_000, "ms"),
        Row("times as fast", theirs / ours, "×", Limit(10, at_least=True)),
        Row("log-likelihood behind that of lifetimes", behind, "millionths", Limit(1)),
        Row(
            f"scoring of {sizes.scored_customers:,} customers",
            scored.seconds_of("bankloop"),
            "s",
            Limit(2),
            scored.python_mb,
        ),
    ]


def _measure(say: Say, kind: str, customers: int) -> Done:
    command = [sys.executable, "-m", "bench.lifetime_value_work", kind, str(customers)]
    with tempfile.TemporaryDirectory() as folder:
        environment = clean_environment() | _ONE_THREAD
        return run(command, PROJECT_DIR, environment, Path(folder), say)
