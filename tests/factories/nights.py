"""Landing a simulated day and running its night in this process, with a record of what came."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pyarrow as pa

from dags.pipeline_support import night as pipeline
from dags.pipeline_support.params import NightlyParams
from ingestion.verification import forget_verified
from simulator import BadInput, simulate_day
from warehouse.connection import connect
from warehouse.errors import BankloopError
from warehouse.settings import Settings

QUICK = NightlyParams(data_tests=False)


@dataclass(frozen=True)
class Attempt:
    """One start of one night, and what readers and loaders see after it."""

    night: date
    label: str
    error: BankloopError | None
    step: str
    lists: str
    open_rows: frozenset[str]
    loaded_feeds: frozenset[str]
    lines: tuple[str, ...] = field(repr=False)

    @property
    def found(self) -> str:
        """What the refusal found; empty where the night was published."""
        return "" if self.error is None else self.error.found


def rows(settings: Settings, query: str, *parameters: object) -> list[tuple[Any, ...]]:
    """All rows of a query."""
    with connect(settings) as connection:
        return connection.execute(query, parameters).fetchall()


def value(settings: Settings, query: str, *parameters: object) -> Any:
    """The one value of a query."""
    ((found,),) = rows(settings, query, *parameters)
    return found


def land(settings: Settings, night: date, lists: pa.Table, *knobs: str) -> None:
    """Write the landing of a date, with the faults that `knobs` name."""
    simulate_day(settings, night, lists, BadInput(**dict.fromkeys(knobs, True)))


def play(
    settings: Settings,
    night: date,
    label: str = "",
    params: NightlyParams = QUICK,
    *,
    upto: str | None = None,
    watch: Callable[[str], None] = lambda step: None,
) -> Attempt:
    """Run a night, or what there is of it until it is refused.

    `watch` is called with the name of every step when it is done.
    """
    forget_verified()
    lines: list[str] = []
    error = None
    try:
        for line in pipeline.run_night(settings, night, params, upto=upto):
            lines.append(line)
            watch(line.split()[0])
    except BankloopError as refusal:
        error = refusal
    order = [step.__name__ for step in pipeline.NIGHT]
    return Attempt(
        night, label, error, order[len(lines)] if error else order[len(lines) - 1],
        *_what_readers_see(settings, night), tuple(lines),
    )  # fmt: skip


def _what_readers_see(
    settings: Settings, night: date
) -> tuple[str, frozenset[str], frozenset[str]]:
    lists = value(settings, "select lists from ops.publication_state")
    readable = rows(settings, "select list_row_id from publication.open_rows")
    feeds = rows(settings, "select feed from ops.load_audit where arrived_date = %s", night)
    return (
        str(lists),
        frozenset(row for (row,) in readable),
        frozenset(feed for (feed,) in feeds),
    )
