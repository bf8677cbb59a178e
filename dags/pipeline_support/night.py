"""The order of a night, and the same functions run in one process without Airflow.

`NIGHT` is what dags/nightly.py draws (a test holds the two together); tests and
`--without-airflow` run it here.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from dags.pipeline_support import historic, steps
from dags.pipeline_support.params import NightlyParams
from warehouse.errors import BankloopError
from warehouse.settings import Settings

Step = Callable[[Settings, date, NightlyParams], str]

NIGHT: tuple[Step, ...] = (
    steps.start_night,
    steps.withdraw_rows,
    steps.verify_landing,
    steps.load_feeds,
    steps.check_raw,
    steps.build_staging,
    steps.build_intermediate,
    steps.build_marts,
    steps.check_marts,
    steps.build_features,
    steps.score_slots,
    steps.check_predictions,
    steps.build_tags,
    steps.build_activation,
    steps.decide_options,
    steps.check_activation,
    steps.build_attribution,
    steps.attribute_chains,
    steps.build_measurement,
    steps.build_bi,
    steps.publish_night,
    steps.export_lists,
    steps.archive_landing,
    steps.finish_night,
)


def run_night(
    settings: Settings, night: date, params: NightlyParams | None = None, *, upto: str | None = None
) -> Iterator[str]:
    """Run every step of a night in this process; yields one line a step.

    Args:
        settings: which bank.
        night: the business date.
        params: closed feeds; default none.
        upto: stop after the step of this name (tests kill a night in the middle this way).

    Raises:
        BankloopError: a step refused its input; the run is marked failed first.
    """
    yield from _run(settings, night, params or NightlyParams(), NIGHT, upto)


def run_historic(settings: Settings, folder: Path) -> Iterator[str]:
    """Load many days in one pass, without scores and lists, then train the first clusters."""
    yield from historic.run(settings, folder)


@contextmanager
def progress(say: Callable[[str], None]) -> Iterator[None]:
    """Hand every finished step's line to `say` while Airflow runs the steps in this process."""
    handler = _SayHandler(say)
    log = logging.getLogger(steps.PROGRESS)
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
    try:
        yield
    finally:
        log.removeHandler(handler)


class _SayHandler(logging.Handler):
    def __init__(self, say: Callable[[str], None]) -> None:
        super().__init__()
        self._say = say

    def emit(self, record: logging.LogRecord) -> None:
        """Print one line of progress."""
        self._say(f"  {record.getMessage()}")


def _run(
    settings: Settings,
    night: date,
    params: NightlyParams,
    order: tuple[Step, ...],
    upto: str | None,
) -> Iterator[str]:
    for step in order:
        started = time.monotonic()
        try:
            line = step(settings, night, params)
        except BankloopError as error:
            steps.fail_night(settings, night, f"{step.__name__}: {error.found}")
            raise
        yield f"{step.__name__:<20} {time.monotonic() - started:5.1f} s  {line}"
        if step.__name__ == upto:
            return
