"""Airflow's side of a step: a few lines round a plain function that does not know Airflow."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from airflow.sdk import Asset, Param, XComArg, get_current_context, task
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from pydantic import BaseModel

from dags.pipeline_support import step_runs, steps
from dags.pipeline_support.params import NightlyParams
from dags.pipeline_support.step_runs import Step, StepFailedError
from warehouse import ledger
from warehouse.errors import WarehouseError
from warehouse.settings import get_settings

RETRY_DELAY = timedelta(seconds=20)
FIRST_STEP = steps.start_night.__name__
RUN_ID = "run_id"
progress = logging.getLogger(steps.PROGRESS)


def step(function: Step, *, retries: int = 0, outlets: Sequence[Asset] = ()) -> XComArg:
    """Make one task of a step; its id is the function's name, its result one line of counts."""

    @task(
        task_id=function.__name__,
        doc_md=function.__doc__,
        retries=retries,
        retry_delay=RETRY_DELAY,
        outlets=list(outlets),
        on_failure_callback=record_failure,
    )
    def run_step() -> str:
        return _run(function)

    return run_step()


def _run(function: Step) -> str:
    """Run a step for this DAG run; bad input fails at once, a lost session may be retried."""
    settings, context = get_settings(), get_current_context()
    params, night = _night_of(context)
    run_id = _run_id(context)
    try:
        done = step_runs.run_step(settings, night, function, params, run_id=run_id)
    except StepFailedError as failure:
        progress.error("%s", failure.run, extra={"failure": failure})
        progress.info("%s", failure.error)
        refused = AirflowException if isinstance(failure.error, WarehouseError) else None
        raise (refused or AirflowFailException)(str(failure)) from None
    progress.info("%s", done, extra={"finished": done})
    if run_id is None:
        context["ti"].xcom_push(RUN_ID, ledger.current_run(settings, night).run_id)
    return done.result


def record_failure(context: Mapping[str, Any]) -> None:
    """Failure callback of every task: its run is marked failed with the step and what was found.

    A killed task leaves no exception; then the reason says which step it was.
    """
    _, night = _night_of(context)
    step_id = context["ti"].task_id
    reason = str(context.get("exception") or f"{step_id}: its process ended without a word")
    step_runs.close_failed(get_settings(), night, _run_id(context), reason)


def _night_of(context: Mapping[str, Any]) -> tuple[NightlyParams, date]:
    """The validated parameters of this run and its business date."""
    params = NightlyParams.from_context(dict(context["params"]))
    return params, params.night(context.get("logical_date"))


def _run_id(context: Mapping[str, Any]) -> str | None:
    """The run that this DAG run started; None in the step that starts it."""
    if context["ti"].task_id == FIRST_STEP:
        return None
    found: str = context["ti"].xcom_pull(task_ids=FIRST_STEP, key=RUN_ID)
    return found


def form_of(model: type[BaseModel]) -> dict[str, Param]:
    """Airflow's form made from a parameter model: one field a parameter, with its default."""
    properties = model.model_json_schema()["properties"]
    return {name: _param(schema) for name, schema in properties.items()}


def _param(schema: dict[str, Any]) -> Param:
    """A field that may be null is one text field with the format of its other type.

    A field without default must be filled in, unless it is a mapping, which may be empty.
    """
    about = {"title": schema["title"], "description": schema["description"]}
    if "anyOf" not in schema:
        about |= {name: schema[name] for name in ("type", "format", "default") if name in schema}
        return Param(**({"default": {}} | about if schema["type"] == "object" else about))
    form = next(choice["format"] for choice in schema["anyOf"] if "format" in choice)
    return Param(None, type=["null", "string"], format=form, **about)
