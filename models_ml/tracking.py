"""MLflow, opened late: its import takes seconds, so only training and promotion pay for it.

Tracking and registry live in the database `mlflow` of the same server; files under `var/mlflow`.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from warehouse.connection import ensure_database, sqlalchemy_url
from warehouse.settings import Settings

if TYPE_CHECKING:
    from mlflow import MlflowClient

_SILENCE = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING": "false",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "GIT_PYTHON_REFRESH": "quiet",
}
ANONYMOUS = {"mlflow.user": "bankloop", "mlflow.source.name": "bankloop"}


def open_mlflow(settings: Settings) -> tuple[ModuleType, MlflowClient]:
    """Import MLflow without telemetry, point it at this server, return (mlflow, client)."""
    os.environ.update(_SILENCE)
    if settings.mlflow_url is None:
        ensure_database(settings, settings.mlflow_database)
    import mlflow

    logging.getLogger("mlflow").setLevel(logging.ERROR)
    uri = settings.mlflow_url or sqlalchemy_url(
        settings, settings.mlflow_database, driver="psycopg2"
    )
    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    return mlflow, mlflow.MlflowClient()


def experiment_id(settings: Settings, client: MlflowClient, slot: str) -> str:
    """The experiment of a source's slot, created where it is missing."""
    name = f"{settings.source}/{slot}"
    found = client.get_experiment_by_name(name)
    if found is not None:
        return str(found.experiment_id)
    location = artifact_dir(settings).resolve().as_uri()
    return str(client.create_experiment(name, artifact_location=location))


def artifact_dir(settings: Settings) -> Path:
    """Where model files of a source are kept."""
    return settings.var_dir / "mlflow" / settings.source
