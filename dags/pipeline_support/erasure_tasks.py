"""Airflow's side of an erasure: two tasks round plain functions that do not know Airflow."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from airflow.sdk import get_current_context, task
from airflow.sdk.exceptions import AirflowFailException

from dags.pipeline_support import erasing, proving
from dags.pipeline_support.params import ErasureParams
from warehouse.errors import BankloopError
from warehouse.settings import get_settings

_log = logging.getLogger("bankloop.progress")


def record_failure(context: Mapping[str, Any]) -> None:
    """Failure callback: one line in the log; a refusal is in `ops.erasures` already."""
    _log.error("%s failed: nobody is half erased; mend it and run again", context["ti"].task_id)


@task(on_failure_callback=record_failure)
def erase_parties() -> str:
    """Destroy the keys of all parties of the customers named, and what was derived of them."""
    params = _params()
    try:
        return str(
            erasing.erase(get_settings(), erasing.read_parties(params.parties), params.reason)
        )
    except BankloopError as error:
        raise AirflowFailException(str(error)) from None


@task(on_failure_callback=record_failure)
def prove_erasure() -> str:
    """Look through every schema, the archive, quarantine, exports and logs."""
    try:
        proof = proving.require_proof(get_settings(), erasing.read_parties(_params().parties))
    except BankloopError as error:
        raise AirflowFailException(str(error)) from None
    return str(proof)


def _params() -> ErasureParams:
    return ErasureParams(**dict(get_current_context()["params"]))
