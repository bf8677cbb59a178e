"""One business date, from landing to lists. The table of contents; each step's code is in pipeline_support/steps.py."""

from __future__ import annotations

from airflow.sdk import chain, dag

from dags.pipeline_support import steps
from dags.pipeline_support.assets import PUBLISHED_BI, PUBLISHED_LISTS
from dags.pipeline_support.defaults import dag_defaults
from dags.pipeline_support.params import NightlyParams
from dags.pipeline_support.tasks import RETRY_ONCE, form_of, step


@dag(**dag_defaults("nightly", tags=("pipeline",)), params=form_of(NightlyParams))
def nightly() -> None:
    """Withdrawals first; gates stand between the layers; one publication at the end."""
    chain(
        # open
        step(steps.start_night),
        step(steps.withdraw_rows),
        # land
        step(steps.verify_landing),
        step(steps.load_feeds, **RETRY_ONCE),
        step(steps.check_raw),
        # shape
        step(steps.build_staging, **RETRY_ONCE),
        step(steps.build_intermediate, **RETRY_ONCE),
        step(steps.build_marts, **RETRY_ONCE),
        step(steps.check_marts),
        # learn
        step(steps.build_features, **RETRY_ONCE),
        step(steps.score_slots, **RETRY_ONCE),
        step(steps.check_predictions),
        step(steps.build_tags, **RETRY_ONCE),
        # decide
        step(steps.build_activation, **RETRY_ONCE),
        step(steps.decide_options, **RETRY_ONCE),
        step(steps.check_activation),
        # review
        step(steps.build_attribution, **RETRY_ONCE),
        step(steps.attribute_chains, **RETRY_ONCE),
        step(steps.build_measurement, **RETRY_ONCE),
        step(steps.build_bi, **RETRY_ONCE),
        # publish
        step(steps.publish_night, outlets=[PUBLISHED_LISTS, PUBLISHED_BI], **RETRY_ONCE),
        step(steps.export_lists, **RETRY_ONCE),
        step(steps.archive_landing, **RETRY_ONCE),
        step(steps.finish_night, **RETRY_ONCE),
    )


nightly()
