"""The command line of the benchmarks."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.catalogue import BENCHMARKS, Benchmark
from bench.sizes import FULL, QUICK, Sizes


@dataclass(frozen=True)
class Arguments:
    """What to run, at which sizes; `show_list` only names what there is."""

    names: tuple[str, ...]
    sizes: Sizes
    show_list: bool


def parse(argv: Sequence[str], known: Mapping[str, Benchmark] = BENCHMARKS) -> Arguments:
    """Read the command line; an unknown name or option ends with exit code 2 and a message."""
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Steps, seconds and peak memory, beside their targets (docs/benchmarks.md).",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="default: all but the long ones")
    parser.add_argument("--list", action="store_true", help="name the benchmarks and end")
    parser.add_argument("--quick", action="store_true", help="small sizes; targets are not judged")
    parser.add_argument(
        "--days", type=int, metavar="N", help="at most N days of history; targets are not judged"
    )
    given = parser.parse_intermixed_args(argv)
    if given.days is not None and given.days < 1:
        parser.error(f"--days: expected at least 1; found {given.days}")
    unknown = [name for name in given.names if name not in known]
    if unknown:
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join(known)}")
    names = dict.fromkeys(given.names) or [n for n, found in known.items() if found.by_default]
    sizes = QUICK if given.quick else FULL
    return Arguments(
        tuple(names), sizes.with_history(given.days) if given.days else sizes, given.list
    )
