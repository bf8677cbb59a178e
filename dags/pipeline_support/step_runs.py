"""One step of a run, measured: its line of progress and its row in `ops.step_runs`."""

from __future__ import annotations

import logging
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import psycopg

from dags.pipeline_support.params import NightlyParams
from warehouse import ledger
from warehouse.connection import connect
from warehouse.errors import BankloopError, LeaseError, WarehouseError
from warehouse.settings import Settings

Step = Callable[[Settings, date, NightlyParams], str]
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class StepRun:
    """What a finished step took and said; `peak_memory_mb` is that of its process so far."""

    step: str
    is_done: bool
    seconds: float
    peak_memory_mb: int
    result: str

    def __str__(self) -> str:
        """One line for people: name, seconds, result (of a failure its first line)."""
        result = self.result if self.is_done else "FAILED"
        return f"{self.step:<20} {self.seconds:6.1f} s  {result}"


class StepFailedError(Exception):
    """A step refused its input or was interrupted: what it took, and the readable error."""

    def __init__(self, run: StepRun, error: BankloopError) -> None:
        self.run = run
        self.error = error
        super().__init__(f"{run.step}: {error.found}")


def run_step(
    settings: Settings, night: date, step: Step, params: NightlyParams, *, run_id: str | None
) -> StepRun:
    """Run one step, measure it, and record it under its run.

    Args:
        settings: which bank.
        night: business date.
        step: the plain function.
        params: parameters of the run.
        run_id: the run that this step belongs to; None for the step that starts it.

    Raises:
        StepFailedError: the step raised an error that people are meant to read, or the database
            refused a statement (told without the values of rows).
    """
    started = time.monotonic()
    name = step.__name__
    try:
        if run_id is not None:
            _refuse_other_run(settings, night, run_id)
        line = step(settings, night, params)
    except (BankloopError, psycopg.Error) as error:
        readable = error if isinstance(error, BankloopError) else _readable(name, error)
        failed = _measured(name, started, is_done=False, result=str(readable))
        if run_id is not None:
            _record(settings, run_id, failed)
        raise StepFailedError(failed, readable) from error
    done = _measured(name, started, is_done=True, result=line)
    _record(settings, run_id or ledger.current_run(settings, night).run_id, done)
    return done


def close_failed(settings: Settings, night: date, run_id: str | None, reason: str) -> None:
    """Mark a run failed if it is still the running one; a run that was taken over stays as it is.

    A run that never started (`run_id` None) is nobody's: another one may be running.
    """
    if run_id is None:
        return
    try:
        run = ledger.current_run(settings, night)
        if run.run_id == run_id:
            ledger.finish_run(settings, run, "failed", reason)
    except BankloopError as error:
        logger.warning("run %s is not running any more: %s", run_id, error.found)


def work_seconds(settings: Settings, night: date) -> float:
    """Seconds that the steps of the latest run of a night took, without what lies between them."""
    with connect(settings) as connection:
        row = connection.execute(
            "select coalesce(sum(seconds), 0) from ops.step_runs where run_id = "
            "(select run_id from ops.runs where business_date = %s order by fence desc limit 1)",
            [night],
        ).fetchone()
    return float(row[0]) if row else 0.0


def _refuse_other_run(settings: Settings, night: date, run_id: str) -> None:
    found = ledger.current_run(settings, night).run_id
    if found != run_id:
        raise LeaseError(
            expected=f"run {run_id} to be the running one",
            found=f"{found} took over",
            where="ops.runs",
            remedy="let the newer run finish; there is nothing to mend",
        )


def _readable(step: str, error: psycopg.Error) -> WarehouseError:
    """The refusal without its DETAIL and values: those may be personal data."""
    place = (error.diag.schema_name, error.diag.table_name, error.diag.constraint_name)
    named = ".".join(part for part in place if part)
    return WarehouseError(
        expected="the database to accept the statement",
        found=f"{type(error).__name__} ({error.sqlstate or 'no code'}) {named}".strip(),
        where=f"step {step}",
        remedy="the server's log under var/postgres has the statement; then run the night again",
    )


def _measured(step: str, started: float, *, is_done: bool, result: str) -> StepRun:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return StepRun(step, is_done, time.monotonic() - started, peak, result)


def _record(settings: Settings, run_id: str, run: StepRun) -> None:
    """Write the row; a measurement that cannot be written does not fail the step."""
    try:
        with connect(settings) as connection:
            connection.execute(
                "insert into ops.step_runs "
                "(run_id, step, is_done, seconds, peak_memory_mb, result) "
                "values (%s, %s, %s, %s, %s, %s) on conflict (run_id, step) do update set "
                "is_done = excluded.is_done, seconds = excluded.seconds, "
                "peak_memory_mb = excluded.peak_memory_mb, result = excluded.result, "
                "finished_at = excluded.finished_at",
                [run_id, run.step, run.is_done, run.seconds, run.peak_memory_mb, run.result],
            )
    except (BankloopError, psycopg.Error) as error:
        logger.warning("step %s of %s was not recorded: %s", run.step, run_id, type(error).__name__)
