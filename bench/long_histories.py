"""What a night costs after a long history, and for very many customers."""

from __future__ import annotations

from bench.child import Done, work
from bench.nights import history
from bench.place import served_place
from bench.results import Limit, Row, Say
from bench.sizes import Bank, Sizes
from warehouse.connection import connect
from warehouse.settings import Settings

_GIB = 1024
_KEPT_UP_TO_DATE = ("build_marts", "build_features", "build_tags")
_BUILT_BY_DBT = (
    "build_staging",
    "build_intermediate",
    *_KEPT_UP_TO_DATE,
    "build_activation",
    "build_attribution",
    "build_measurement",
    "build_bi",
)


def history_length(sizes: Sizes, say: Say) -> list[Row]:
    """The second night after a short and after a long history, and a rebuild after the long one."""
    rows: list[Row] = []
    seconds = []
    for bank in (sizes.short_history, sizes.long_history):
        days = f"after {bank.history_days} days"
        with served_place(bank) as settings:
            rows += history(settings, bank, say)
            done = work(settings, say, "nights", "2")
            seconds.append(done.seconds_of("night 2"))
            rows.append(Row(f"night {days}", seconds[-1], "s", peak_mb=done.together_mb))
            rows.append(
                Row(f"bytes a customer and day {days}", _bytes_per_day(settings, bank), "B")
            )
            if bank is sizes.long_history:
                rows += _rebuild(settings, done, say)
    rows.append(Row("long against short", seconds[1] / seconds[0], "×", Limit(1.3)))
    return rows


def night_million(sizes: Sizes, say: Say) -> list[Row]:
    """dbt's part of a night of a very large bank, with its memory."""
    with served_place(sizes.very_large_night) as settings:
        rows = history(settings, sizes.very_large_night, say)
        done = work(settings, say, "nights", "1")
    steps = [step for step in done.steps if step.event.step in _BUILT_BY_DBT]
    rows += [Row(s.event.step, s.event.seconds, "s", peak_mb=s.peak_mb) for s in steps]
    memory = max(step.peak_mb for step in steps)
    rows.append(Row("dbt together", sum(s.event.seconds for s in steps), "s", Limit(360)))
    return [*rows, Row("memory while dbt works", memory, "MiB", Limit(8 * _GIB))]


def _rebuild(settings: Settings, night: Done, say: Say) -> list[Row]:
    kept = sum(
        step.event.seconds
        for step in night.steps
        if step.event.part == "night 2" and step.event.step in _KEPT_UP_TO_DATE
    )
    rebuilt = work(settings, say, "rebuild").seconds_of("rebuild")
    return [
        Row("marts, features and tags kept up to date", kept, "s"),
        Row("the same models from nothing", rebuilt, "s"),
        Row("full refresh against a night", rebuilt / kept, "×", Limit(10, at_least=True)),
    ]


def _bytes_per_day(settings: Settings, bank: Bank) -> float:
    with connect(settings) as connection:
        row = connection.execute("select pg_database_size(current_database())").fetchone()
    assert row is not None
    return float(row[0]) / (bank.customers * (bank.history_days + 2))
