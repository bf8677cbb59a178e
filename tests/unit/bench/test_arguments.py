"""The command line: what runs, at which sizes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bench.arguments import parse
from bench.catalogue import BENCHMARKS
from bench.place import require_room
from bench.sizes import FULL, QUICK
from warehouse.errors import SettingsError


def test_without_names_all_but_the_long_ones_run() -> None:
    asked = parse([])
    assert set(BENCHMARKS) - set(asked.names) == {
        "attribution_orders", "night_100k", "history_length", "night_million", "cold_nightly",
    }  # fmt: skip
    assert asked.sizes is FULL
    assert not asked.show_list


def test_named_ones_run_once_and_in_the_order_given() -> None:
    asked = parse(["night_100k", "--quick", "simulator_day", "night_100k"])
    assert asked.names == ("night_100k", "simulator_day")
    assert asked.sizes is QUICK


def test_a_shorter_history_is_asked_for_and_not_judged() -> None:
    sizes = parse(["night_million", "--days", "12"]).sizes
    assert sizes.very_large_night == replace(FULL.very_large_night, history_days=12)
    assert sizes.day == FULL.day
    assert not sizes.judged


def test_a_list_may_be_asked_for() -> None:
    assert parse(["--list"]).show_list


def test_an_unknown_name_says_which_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(["night_20000"])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert "no benchmark night_20000" in said
    assert "night_20k" in said


def test_every_benchmark_says_what_it_measures() -> None:
    assert all(found.about.endswith(".") for found in BENCHMARKS.values())


def test_small_sizes_are_never_judged() -> None:
    assert FULL.judged
    assert not QUICK.judged


def test_a_bank_that_would_fill_the_disk_is_refused(tmp_path: Path) -> None:
    require_room(QUICK.night, tmp_path, 10 * 10**9)
    with pytest.raises(SettingsError, match=r"1,000,000 customers and 30 days\n.*72 GB"):
        require_room(FULL.very_large_night, tmp_path, 72 * 10**9)
