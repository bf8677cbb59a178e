"""What DAGs emit and wait on. Nothing waits on a clock offset."""

from __future__ import annotations

from airflow.sdk import Asset

# emitted by nightly.publish_night; consumed by the channels' loaders
PUBLISHED_LISTS = Asset(
    uri="bankloop://publication/list_rows", name="published_lists", group="bankloop"
)
# emitted by nightly.publish_night; consumed by dashboards and model_training
PUBLISHED_BI = Asset(uri="bankloop://bi", name="published_bi", group="bankloop")
