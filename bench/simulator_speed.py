"""How fast the practice bank writes its history, and one day of a large bank."""

from __future__ import annotations

from bench.child import work
from bench.place import bank_place
from bench.results import Limit, Row, Say
from bench.sizes import Sizes


def simulator_history(sizes: Sizes, say: Say) -> list[Row]:
    """All feeds of the history of the default bank, in rows a second."""
    with bank_place(sizes.history) as settings:
        done = work(settings, say, "simulate_history")
    event = done.steps[0].event
    rate = event.count / event.seconds
    size = f"{sizes.history.customers:,} customers × {sizes.history.history_days} days"
    return [
        Row(f"history of {size}", event.seconds, "s", peak_mb=done.python_mb),
        Row("rows a second", rate, "rows/s", Limit(400_000, at_least=True)),
    ]


def simulator_day(sizes: Sizes, say: Say) -> list[Row]:
    """One day of all feeds of a large bank, from the snapshot of the day before."""
    with bank_place(sizes.day) as settings:
        work(settings, say, "simulate_history")
        done = work(settings, say, "simulate_day")
    step = f"one day of {sizes.day.customers:,} customers"
    return [Row(step, done.steps[0].event.seconds, "s", Limit(10), done.python_mb)]
