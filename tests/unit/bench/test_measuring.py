"""Measured processes: their events, their memory, and how their failure is told."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from bench.child import Done, WorkFailedError, run
from bench.events import Event, parse
from bench.place import clean_environment

MEBIBYTE = 2**20


def run_python(code: str, folder: Path, heard: list[str]) -> Done:
    environment = clean_environment() | {"PYTHONPATH": os.getcwd()}
    command = [sys.executable, "-c", code]
    return run(command, folder, environment, folder, heard.append, on_text=heard.append)


def test_events_are_told_from_other_lines(tmp_path: Path) -> None:
    code = (
        "from bench.events import Event, emit\n"
        "print('something else')\n"
        "emit(Event('night 1', 'load', 1.5, 10, 'ten rows'))\n"
        "emit(Event('night 2', 'load', 2.0))\n"
        "emit(Event('night 2', 'check', 0.5))\n"
    )
    heard: list[str] = []
    done = run_python(code, tmp_path, heard)
    assert done.steps[0].event == Event("night 1", "load", 1.5, 10, "ten rows")
    assert done.parts() == ["night 1", "night 2"]
    assert done.seconds_of("night 2") == 2.5
    assert heard[0] == "something else"
    assert len(heard) == 4


def test_memory_is_that_of_the_process(tmp_path: Path) -> None:
    done = run_python(f"import time; held = b'x' * {700 * MEBIBYTE}; time.sleep(1)", tmp_path, [])
    assert done.python_mb > 700  # the kernel counts the parent's pages at the fork too
    assert 700 < done.peak.work_mb < 800
    assert done.peak.server_mb == 0


def test_a_failed_process_says_what_it_said_last(tmp_path: Path) -> None:
    with pytest.raises(WorkFailedError, match=r"exit code 3\n(.|\n)*no such bank"):
        run_python("print('no such bank'); raise SystemExit(3)", tmp_path, [])


def test_other_lines_are_no_events() -> None:
    assert parse("loading 12 rows") is None


def test_settings_of_the_caller_do_not_reach_what_is_measured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BANKLOOP_CUSTOMERS", "7")
    monkeypatch.setenv("MAKEFLAGS", "-j8")
    monkeypatch.setenv("LANGUAGE", "en")
    found = clean_environment()
    assert "BANKLOOP_CUSTOMERS" not in found
    assert "MAKEFLAGS" not in found
    assert found["LANGUAGE"] == "en"
