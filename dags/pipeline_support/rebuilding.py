"""The tables as now known, made from scratch: what nights keep up to date, out of raw alone."""

from __future__ import annotations

from dags.pipeline_support import dbt
from warehouse.settings import Settings

AS_NOW_KNOWN = ("path:models/marts", "path:models/features", "path:models/tags")
"""Layers that nights restate; what is kept as it was published has `as_published` in its meta."""
AS_PUBLISHED = "config.meta.as_published:true"


def rebuild(
    settings: Settings, *layers: str, without: tuple[str, ...] = (), run_id: str = ""
) -> str:
    """Make every table that is as now known again, for the night of `ops.current_night`.

    Args:
        settings: which bank.
        layers: dbt selectors; default: marts, features and tags.
        without: models that are left as they are.
        run_id: names the sessions.

    Raises:
        TransformationError: a model failed; names it and its SQL file.
    """
    arguments = ["run", "--full-refresh", "--select", *(layers or AS_NOW_KNOWN)]
    return str(
        dbt.call(
            settings,
            [*arguments, "--exclude", AS_PUBLISHED, *without],
            layer="rebuild",
            run_id=run_id,
        )
    )
