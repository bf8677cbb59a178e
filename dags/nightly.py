"""One business date, from landing to lists: a table of contents over pipeline_support/steps.py."""

from __future__ import annotations

from airflow.sdk import chain, dag

from dags.pipeline_support import steps
from dags.pipeline_support.assets import PUBLISHED_BI, PUBLISHED_LISTS
from dags.pipeline_support.defaults import dag_defaults
from dags.pipeline_support.params import NightlyParams
from dags.pipeline_support.tasks import form_of, step


@dag(**dag_defaults("nightly", tags=("pipeline",)), params=form_of(NightlyParams))
def nightly() -> None:
    """Withdrawals first; gates stand between the layers; one publication at the end."""
    chain(
        # open
        step(steps.start_night),
        step(steps.withdraw_rows),
        # land
        step(steps.verify_landing),
        step(steps.load_feeds, retries=1),
        step(steps.check_raw),
        # shape
        step(steps.build_staging, retries=1),
        step(steps.build_intermediate, retries=1),
        step(steps.build_marts, retries=1),
        step(steps.check_marts),
        # learn
        step(steps.build_features, retries=1),
        step(steps.score_slots, retries=1),
        step(steps.check_predictions),
        step(steps.build_tags, retries=1),
        # decide
        step(steps.build_activation, retries=1),
        step(steps.decide_options, retries=1),
        step(steps.check_activation),
        # review
        step(steps.build_attribution, retries=1),
        step(steps.attribute_chains, retries=1),
        step(steps.build_measurement, retries=1),
        step(steps.build_bi, retries=1),
        # publish
        step(steps.publish_night, outlets=[PUBLISHED_LISTS, PUBLISHED_BI], retries=1),
        step(steps.export_lists, retries=1),
        step(steps.archive_landing, retries=1),
        step(steps.forget_expired, retries=1),
        step(steps.finish_night, retries=1),
    )


nightly()
