"""The order of a night, and the same functions run in one process without Airflow.

`NIGHT` is what dags/nightly.py draws (a test holds the two together); tests and
`--without-airflow` run it here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from dags.pipeline_support import historic, step_runs, steps
from dags.pipeline_support.params import NightlyParams
from dags.pipeline_support.step_runs import Step, StepFailedError
from warehouse import ledger
from warehouse.errors import BankloopError
from warehouse.settings import Settings

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
    steps.forget_expired,
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


def replay_night(settings: Settings, night: date, params: NightlyParams) -> Iterator[str]:
    """A night lived again in a copy: inbox, archive and channels are left as they are."""
    left_out = (steps.export_lists, steps.archive_landing)
    order = tuple(step for step in NIGHT if step not in left_out)
    yield from _run(settings, night, params, order, None)


def run_historic(settings: Settings, folder: Path) -> Iterator[str]:
    """Load many days in one pass, without scores and lists, then train the first clusters."""
    yield from historic.run(settings, folder)


@contextmanager
def progress(say: Callable[[str], None]) -> Iterator[Progress]:
    """Hand every finished step's line to `say` while Airflow runs the steps in this process."""
    handler = Progress(say)
    log = logging.getLogger(steps.PROGRESS)
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
    try:
        yield handler
    finally:
        log.removeHandler(handler)


class Progress(logging.Handler):
    """Says each step's line once, and keeps the error of the step that failed."""

    def __init__(self, say: Callable[[str], None]) -> None:
        super().__init__()
        self._say = say
        self.error: BankloopError | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Print one line of progress."""
        failure = getattr(record, "failure", None)
        if failure is not None:
            self.error = failure.error
        if failure is not None or hasattr(record, "finished"):
            self._say(f"  {record.getMessage()}")


def _run(
    settings: Settings,
    night: date,
    params: NightlyParams,
    order: tuple[Step, ...],
    upto: str | None,
) -> Iterator[str]:
    run_id: str | None = None
    for step in order:
        try:
            done = step_runs.run_step(settings, night, step, params, run_id=run_id)
        except StepFailedError as failure:
            step_runs.close_failed(settings, night, run_id, str(failure))
            raise failure.error from failure
        run_id = run_id or ledger.current_run(settings, night).run_id
        yield str(done)
        if step.__name__ == upto:
            return
