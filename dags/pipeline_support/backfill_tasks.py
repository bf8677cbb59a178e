"""Airflow's side of a backfill's step: parameters in, one line out, no retries."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from airflow.sdk import XComArg, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException

from dags.pipeline_support.backfill import BackfillStep
from dags.pipeline_support.params import BackfillParams
from warehouse.errors import BankloopError
from warehouse.settings import get_settings

logger = logging.getLogger(__name__)


def backfill_step(function: BackfillStep) -> XComArg:
    """Make one task of a step; its id is the function's name, its result one line of counts."""

    @task(task_id=function.__name__, doc_md=function.__doc__, on_failure_callback=say_failure)
    def run_step() -> str:
        params = BackfillParams(**dict(get_current_context()["params"]))
        try:
            line = function(get_settings(), params)
        except BankloopError as error:
            logger.info("%s", error)
            raise AirflowFailException(f"{function.__name__}: {error.found}") from None
        logger.info("%s", line)
        return line

    return run_step()


def say_failure(context: Mapping[str, Any]) -> None:
    """Failure callback: the bank is as it was; the second database stays for the next attempt."""
    logger.error("backfill stopped at %s; nothing was published", context["ti"].task_id)
