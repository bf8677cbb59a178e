"""Nights lived again in a second database: contents of pipeline_support/backfill.py."""

from __future__ import annotations

from airflow.sdk import chain, dag

from dags.pipeline_support import backfill as steps
from dags.pipeline_support.backfill_tasks import backfill_step
from dags.pipeline_support.defaults import dag_defaults
from dags.pipeline_support.params import BackfillParams
from dags.pipeline_support.tasks import form_of


@dag(
    **dag_defaults("backfill", tags=("history",), is_nightly=False),
    params=form_of(BackfillParams),
)
def backfill() -> None:
    """The bank itself is written to by the last task alone, and only on request."""
    chain(
        backfill_step(steps.copy_bank),
        backfill_step(steps.rewind_copy),
        backfill_step(steps.replay_nights),
        backfill_step(steps.report_differences),
        backfill_step(steps.publish_backfill),
    )


backfill()
