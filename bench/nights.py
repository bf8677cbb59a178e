"""How long a night takes, step by step, and how much memory it needs."""

from __future__ import annotations

from bench.child import Done, work
from bench.place import served_place
from bench.results import Limit, Row, Say
from bench.sizes import Bank, Sizes
from warehouse.settings import Settings

_GIB = 1024


def night_20k(sizes: Sizes, say: Say) -> list[Row]:
    """The default bank: history, then two nights in one process; the second one step by step."""
    with served_place(sizes.night) as settings:
        rows = history(settings, sizes.night, say)
        done = work(settings, say, "nights", "2")
    rows.append(Row("first night", done.seconds_of("night 1"), "s"))
    return rows + _night(done, "night 2", Limit(90), None)


def night_100k(sizes: Sizes, say: Say) -> list[Row]:
    """One night of a large bank in a process of its own, with its memory."""
    with served_place(sizes.large_night) as settings:
        rows = history(settings, sizes.large_night, say)
        day = work(settings, say, "simulate_day")
        rows.append(Row("simulate the day", day.steps[0].event.seconds, "s", None, day.python_mb))
        done = work(settings, say, "first_night_only")
    return rows + _night(done, "night 1", Limit(300), Limit(6 * _GIB))


def history(settings: Settings, bank: Bank, say: Say) -> list[Row]:
    """Simulate and load the history, each in a process of its own."""
    simulated = work(settings, say, "simulate_history")
    loaded = work(settings, say, "load_history")
    size = f"{bank.customers:,} customers × {bank.history_days} days"
    return [
        Row(f"simulate {size}", simulated.seconds, "s", peak_mb=simulated.python_mb),
        Row("historic pass", loaded.seconds, "s", peak_mb=loaded.together_mb),
    ]


def _night(done: Done, part: str, seconds: Limit, memory: Limit | None) -> list[Row]:
    rows = [
        Row(f"{part}: {step.event.step}", step.event.seconds, "s", peak_mb=step.peak_mb)
        for step in done.steps
        if step.event.part == part
    ]
    return [
        *rows,
        Row(f"{part}: total", done.seconds_of(part), "s", seconds, done.together_mb),
        Row("memory: Python process", done.python_mb, "MiB"),
        Row("memory: server", done.peak.server_mb, "MiB"),
        Row("memory: together", done.together_mb, "MiB", memory),
    ]
