"""The benchmarks by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench.airflow_overhead import airflow_overhead
from bench.allocation import allocation
from bench.attribution_orders import attribution_orders
from bench.cold_nightly import cold_nightly
from bench.ingestion_load import ingestion_load
from bench.lifetime_value import lifetime_value
from bench.long_histories import history_length, night_million
from bench.nights import night_20k, night_100k
from bench.results import Row, Say
from bench.simulator_speed import simulator_day, simulator_history
from bench.sizes import Sizes

Function = Callable[[Sizes, Say], list[Row]]


@dataclass(frozen=True)
class Benchmark:
    """One benchmark; `by_default` says whether it runs when none is named."""

    function: Function
    target: str
    by_default: bool = True

    @property
    def about(self) -> str:
        """The first line of what the function says of itself."""
        return (self.function.__doc__ or "").splitlines()[0]


BENCHMARKS: dict[str, Benchmark] = {
    "ingestion_load": Benchmark(ingestion_load, "at least 60 % of raw COPY"),
    "simulator_history": Benchmark(simulator_history, "at least 400,000 rows/s"),
    "simulator_day": Benchmark(simulator_day, "at most 10 s"),
    "lifetime_value": Benchmark(
        lifetime_value, "at least 10 × as fast as lifetimes, scoring at most 2 s"
    ),
    "allocation": Benchmark(
        allocation,
        "at most 60 s and 8 GiB, gap at most 0.1 %, with managers 0.5 %; the bound is the LP's",
    ),
    "night_20k": Benchmark(night_20k, "at most 90 s"),
    "attribution_orders": Benchmark(
        attribution_orders, "at least 5 × as fast without null paths", by_default=False
    ),
    "airflow_overhead": Benchmark(airflow_overhead, "none"),
    "night_100k": Benchmark(night_100k, "at most 300 s and 6 GiB", by_default=False),
    "history_length": Benchmark(
        history_length,
        "long at most 1.3 × short, full refresh at least 10 × a night",
        by_default=False,
    ),
    "night_million": Benchmark(night_million, "at most 360 s and 8 GiB", by_default=False),
    "cold_nightly": Benchmark(cold_nightly, "at most 8 minutes", by_default=False),
}
