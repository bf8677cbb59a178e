"""The historic pass: many days in one go, no scores, no lists; then clusters are trained."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import models_ml
from dags.pipeline_support import step_runs, steps
from dags.pipeline_support.params import NightlyParams
from dags.pipeline_support.step_runs import Step, StepFailedError
from warehouse import ledger
from warehouse.settings import Settings

PASS: tuple[Step, ...] = (
    steps.verify_landing,
    steps.load_feeds,
    steps.check_raw,
    steps.build_staging,
    steps.build_intermediate,
    steps.build_marts,
    steps.check_marts,
    steps.build_features,
    steps.build_tags,
    steps.archive_landing,
    steps.finish_night,
)


def run(settings: Settings, folder: Path, params: NightlyParams | None = None) -> Iterator[str]:
    """Load the landing `folder` named `<first>_<last>`; yields one line a step.

    Raises:
        BankloopError: a step refused its input; the run is marked failed first.
    """
    first, last = (date.fromisoformat(part) for part in folder.name.split("_"))
    yield _start(settings, first, last)
    run_id = ledger.current_run(settings, last).run_id
    for step in PASS:
        try:
            done = step_runs.run_step(
                settings, last, step, params or NightlyParams(), run_id=run_id
            )
        except StepFailedError as failure:
            step_runs.close_failed(settings, last, run_id, str(failure))
            raise failure.error from failure
        yield str(done)
    started = time.monotonic()
    trained = models_ml.train_clusters(settings, last)
    yield f"{'train_clusters':<20} {time.monotonic() - started:6.1f} s  {trained}"


def _start(settings: Settings, first: date, last: date) -> str:
    historic = ledger.start_run(settings, "historic", last, first)
    with ledger.working(settings, historic, "start_historic") as connection:
        steps.prepare_tables(connection)
    return f"historic pass {first} to {last} started as {historic.run_id}"
