"""The table and its last line."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from bench.results import Limit, Result, Row
from bench.table import HEADINGS, drawn, plain, verdict

FAST = Row("load", 12.34, "s", Limit(90), 512.4)
SLOW = Row("rows a second", 399_999, "rows/s", Limit(400_000, at_least=True))
SHOWN = Row("verify", 0.5, "s")
RESULTS = [Result("night", [FAST, SHOWN]), Result("simulator", [SLOW])]


@pytest.mark.parametrize(
    ("limit", "figure", "holds"),
    [
        (Limit(10), 10, True),
        (Limit(10), 10.01, False),
        (Limit(60, at_least=True), 60, True),
        (Limit(60, at_least=True), 59.9, False),
    ],
)
def test_the_bound_itself_keeps_to_the_target(limit: Limit, figure: float, holds: bool) -> None:
    assert limit.holds(figure) is holds


def test_a_row_without_target_is_neither_met_nor_missed() -> None:
    assert SHOWN.met is None
    assert replace(SLOW, judged=False).met is None


def test_plain_lines_are_aligned_under_their_headings() -> None:
    heading, first, second, third = plain(RESULTS).splitlines()
    assert heading.split() == " ".join(HEADINGS).split()
    assert first.split() == ["night", "load", "12.3", "s", "512", "≤", "90", "s", "yes"]
    assert second.split() == ["night", "verify", "0.5", "s"]
    assert third.endswith("399,999  rows/s            ≥ 400,000 rows/s  no")
    assert first.index("12.3") + len("12.3") == third.index("399,999") + len("399,999")
    assert heading.index("target") == first.index("≤") == third.index("≥")


def test_the_drawn_table_holds_the_same_cells() -> None:
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(drawn(RESULTS))
    text = console.export_text()
    assert all(heading in text for heading in HEADINGS)
    assert "≥ 400,000 rows/s" in text
    assert text.count("simulator") == 1


def test_the_last_line_names_what_was_missed() -> None:
    assert verdict(RESULTS) == (
        "1 of 2 targets met; MISSED: simulator: rows a second 399,999 rows/s"
    )


def test_the_last_line_names_what_could_not_run() -> None:
    broken = [Result("night", failure="no disk"), Result("simulator", [FAST])]
    assert verdict(broken) == "1 of 1 targets met; COULD NOT RUN: night"
    assert "could not run" in plain(broken).splitlines()[1]


def test_small_sizes_miss_nothing() -> None:
    small = [Result("simulator", [replace(SLOW, judged=False)])]
    assert verdict(small) == "small sizes: targets are shown, not judged"
    assert plain(small).splitlines()[1].endswith("≥ 400,000 rows/s")
