"""`python -m bench [--list] [NAME …] [--quick]`: what `make bench` runs."""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import replace

from rich.console import Console

from bench import arguments, table
from bench.catalogue import BENCHMARKS
from bench.child import WorkFailedError
from bench.results import Result
from bench.sizes import Sizes
from warehouse.cluster import machine_memory_mb
from warehouse.errors import BankloopError


def main() -> int:
    """Run what was asked for; 1 when a benchmark could not run, 0 also when a target is missed."""
    asked = arguments.parse(sys.argv[1:])
    if asked.show_list:
        _write("\n".join(_about(name) for name in BENCHMARKS))
        return 0
    signal.signal(signal.SIGTERM, _leave)
    _say(f"{os.cpu_count()} cores, {machine_memory_mb():,} MiB")
    results = [_run(name, asked.sizes) for name in asked.names]
    if sys.stdout.isatty():
        Console().print(table.drawn(results))
    else:
        _write(table.plain(results))
    _write(table.verdict(results))
    return 1 if any(result.failure for result in results) else 0


def _run(name: str, sizes: Sizes) -> Result:
    _say(f"{name}: {BENCHMARKS[name].about}")
    started = time.perf_counter()
    try:
        rows = BENCHMARKS[name].function(sizes, _say)
    except (BankloopError, WorkFailedError) as error:
        _say(f"{name}: could not run\n{error}")
        return Result(name, failure=str(error))
    _say(f"{name}: {time.perf_counter() - started:.0f} s in all")
    return Result(name, [replace(row, judged=sizes.judged) for row in rows])


def _leave(number: int, frame: object) -> None:
    """End as after Ctrl-C: servers are stopped and folders removed on the way out."""
    sys.exit(128 + number)


def _about(name: str) -> str:
    found = BENCHMARKS[name]
    when = "" if found.by_default else " (only when named)"
    return f"{name:<18} {found.about} Target: {found.target}{when}."


def _write(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _say(line: str) -> None:
    """Progress goes to standard error, so that the table alone can be kept."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
