"""What Airflow itself adds to a night."""

from __future__ import annotations

from bench import nights
from bench.child import work
from bench.place import served_place
from bench.results import Row, Say
from bench.sizes import Sizes


def airflow_overhead(sizes: Sizes, say: Say) -> list[Row]:
    """The same night again without and then through Airflow, each from the start of a process.

    The night is run once before: both that are compared repeat it, on warm files.
    """
    with served_place(sizes.night) as settings:
        rows = nights.history(settings, sizes.night, say)
        work(settings, say, "nights", "1")
        plain = work(settings, say, "first_night_only")
        prepared = work(settings, say, "prepare_airflow")
        through = work(settings, say, "airflow_night")
    return [
        *rows,
        Row("Airflow's own database, once", prepared.seconds, "s"),
        Row("night without Airflow", plain.seconds, "s", peak_mb=plain.together_mb),
        Row("night through Airflow", through.seconds, "s", peak_mb=through.together_mb),
        Row("Airflow's overhead", through.seconds - plain.seconds, "s"),
    ]
