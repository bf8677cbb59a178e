"""Airflow's side of a step: a few lines round a plain function that does not know Airflow."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from airflow.sdk import Asset, Param, XComArg, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException
from pydantic import BaseModel

from dags.pipeline_support import steps
from dags.pipeline_support.params import NightlyParams
from warehouse.errors import BankloopError
from warehouse.settings import get_settings

RETRY_DELAY = timedelta(seconds=20)


def step(
    function: Callable[..., str], *, retries: int = 0, outlets: Sequence[Asset] = ()
) -> XComArg:
    """Make one task of a step; its id is the function's name, its result one line of counts."""

    @task(
        task_id=function.__name__,
        doc_md=function.__doc__,
        retries=retries,
        retry_delay=RETRY_DELAY,
        outlets=list(outlets),
    )
    def run_step() -> str:
        params, night = current_night()
        try:
            return function(get_settings(), night, params)
        except BankloopError as error:
            raise AirflowFailException(str(error)) from error

    return run_step()


def current_night() -> tuple[NightlyParams, date]:
    """The validated parameters of this run and its business date."""
    context = get_current_context()
    params = NightlyParams.from_context(dict(context["params"]))
    return params, params.night(context.get("logical_date"))


def record_failure(context: Mapping[str, Any]) -> None:
    """Failure callback of a DAG run: the night is marked failed and the log says where to look."""
    params = NightlyParams.from_context(dict(context.get("params") or {}))
    night = params.night(getattr(context.get("dag_run"), "logical_date", None))
    steps.fail_night(get_settings(), night, str(context.get("reason") or "a task failed"))


def form_of(model: type[BaseModel]) -> dict[str, Param]:
    """Airflow's form made from a parameter model: one field a parameter, with its default."""
    properties = model.model_json_schema()["properties"]
    return {name: _param(schema) for name, schema in properties.items()}


def _param(schema: dict[str, Any]) -> Param:
    """A field that may be null is one text field with the format of its other type."""
    about = {"title": schema["title"], "description": schema["description"]}
    if "anyOf" not in schema:
        return Param(schema.get("default", {}), type=schema["type"], **about)
    form = next(choice["format"] for choice in schema["anyOf"] if "format" in choice)
    return Param(None, type=["null", "string"], format=form, **about)
