"""What runs inside a measured process: python -m bench.work KIND [arguments].

Every finished step is one event on standard output.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from pathlib import Path

from bench.events import Event, emit
from warehouse.settings import Settings, get_settings


def simulate_history(settings: Settings) -> None:
    """Write the historic landing."""
    from simulator import simulate_history as simulate

    started = time.perf_counter()
    folder = simulate(settings)
    rows = _rows(folder)
    seconds = time.perf_counter() - started
    emit(Event("history", "simulate", seconds, rows, f"{rows:,} rows"))


def simulate_day(settings: Settings) -> None:
    """Write the day after the history, without lists."""
    from simulator import simulate_day as simulate

    day = first_night(settings)
    started = time.perf_counter()
    folder = simulate(settings, day)
    seconds = time.perf_counter() - started
    rows = _rows(folder)
    emit(Event(day.isoformat(), "simulate", seconds, rows, f"{rows:,} rows"))


def load_history(settings: Settings) -> None:
    """The historic pass over the landing that `simulate_history` wrote."""
    from dags.pipeline_support import night, practice

    practice.prepare_warehouse(settings)
    last = first_night(settings) - timedelta(days=1)
    folder = settings.landing_dir / f"{settings.first_date}_{last}"
    _steps("history", night.run_historic(settings, folder))


def nights(settings: Settings, count: str) -> None:
    """Simulate and run the nights after the history, all in this process, without Airflow."""
    from dags.pipeline_support import night, practice

    practice.prepare_warehouse(settings)
    for ahead in range(int(count)):
        day = first_night(settings) + timedelta(days=ahead)
        started = time.perf_counter()
        practice.land_simulated_day(settings, day)
        emit(Event(f"day {ahead + 1}", "simulate", time.perf_counter() - started))
        _steps(f"night {ahead + 1}", night.run_night(settings, day))


def first_night_only(settings: Settings) -> None:
    """Run the first night, whose day was simulated by another process, without Airflow."""
    from dags.pipeline_support import night

    _steps("night 1", night.run_night(settings, first_night(settings)))


def rebuild(settings: Settings) -> None:
    """Make marts, features and tags of the last night again, from nothing."""
    from dags.pipeline_support import rebuilding

    started = time.perf_counter()
    line = rebuilding.rebuild(settings)
    emit(Event("rebuild", "rebuild", time.perf_counter() - started, 0, line))


def prepare_airflow(settings: Settings) -> None:
    """Make Airflow's own database."""
    from dags.pipeline_support import airflow_home

    started = time.perf_counter()
    airflow_home.prepare(settings)
    emit(Event("Airflow", "prepare", time.perf_counter() - started))


def airflow_night(settings: Settings) -> None:
    """Run the first night through Airflow."""
    from dags.pipeline_support import practice

    started = time.perf_counter()
    practice.run_one_night(
        settings,
        first_night(settings),
        missing_feeds={},
        without_airflow=False,
        say=_pass_on,
    )
    emit(Event("night 1", "through Airflow", time.perf_counter() - started))


def load_postings(settings: Settings, rows: str) -> None:
    """Load `transactions`, alternating with raw COPY."""
    from bench import loading
    from dags.pipeline_support import practice

    practice.prepare_warehouse(settings)
    loading.measure(settings, int(rows))


def allocate(settings: Settings, customers: str, managers: str) -> None:
    """Draw a market and choose among its options."""
    from bench import allocating
    from bench.allocation_problem import Market

    allocating.measure(Market(int(customers), int(managers)))


def allocate_beside_highs(settings: Settings, customers: str, managers: str) -> None:
    """The same, and its linear program solved by HiGHS (interior point)."""
    from bench import allocating
    from bench.allocation_problem import Market

    allocating.measure_beside_highs(Market(int(customers), int(managers)))


def first_night(settings: Settings) -> date:
    """The business date after the history."""
    return settings.first_date + timedelta(days=settings.history_days)


def _pass_on(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _steps(part: str, lines: Iterable[str]) -> None:
    before = time.perf_counter()
    for line in lines:
        name, _, text = line.partition(" ")
        emit(Event(part, name, time.perf_counter() - before, 0, text.partition(" s  ")[2]))
        before = time.perf_counter()


def _rows(folder: Path) -> int:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return sum(entry["rows"] for entry in manifest["files"])


KINDS: dict[str, Callable[..., None]] = {
    work.__name__: work
    for work in (
        simulate_history,
        simulate_day,
        load_history,
        nights,
        first_night_only,
        rebuild,
        prepare_airflow,
        airflow_night,
        load_postings,
        allocate,
        allocate_beside_highs,
    )
}

if __name__ == "__main__":
    KINDS[sys.argv[1]](get_settings(), *sys.argv[2:])
