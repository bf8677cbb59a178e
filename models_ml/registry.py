"""Which model fills a slot: registered in MLflow, pointed at by a row that the night reads.

The row (`predictions.model_registry`) names version, file and sha256, so a night needs no MLflow
(its import and first query cost about 4 s) and a promotion or rollback is one row. MLflow's alias
follows inside the same transaction: if it cannot be moved, neither is the row.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import psycopg

from models_ml.slots import BASELINE_NAME, BASELINE_VERSION, Slot, slot_named
from models_ml.tracking import ANONYMOUS, experiment_id, open_mlflow
from warehouse.connection import connect
from warehouse.errors import ModelError
from warehouse.settings import Settings

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.models.model import ModelInfo

Alias = Literal["champion", "challenger"]
MODEL_FILE = "model.skops"
_REMEDY = "train again (`bankloop train clusters`), or restore the file; the rule baseline scores"


@dataclass(frozen=True)
class ModelPointer:
    """One registered model version; `file` is relative to `settings.var_dir`."""

    slot: str
    model_name: str
    model_version: str
    file: str
    sha256: str
    as_of_date: date


@dataclass(frozen=True)
class Registration:
    """What is kept of one training run: the bundle, its card and its figures."""

    bundle: dict[str, Any]
    as_of_date: date
    card: str
    parameters: dict[str, str]
    metrics: dict[str, float]
    texts: dict[str, str]


def register(settings: Settings, slot: Slot, registration: Registration) -> ModelPointer:
    """Log a training run and register its model as a new version of `<source>_<slot>`.

    The bundle is stored by skops, which loads no code; MLflow refuses types that are not trusted.
    A copy of the files goes to `settings.model_dir`, where the nights read it, so that they do not
    depend on the tracking server. No alias moves: see `promote`.
    """
    mlflow, client = open_mlflow(settings)
    name = f"{settings.source}_{slot.name}"
    experiment = experiment_id(settings, client, slot.name)
    with mlflow.start_run(experiment_id=experiment, tags=ANONYMOUS) as run:
        mlflow.log_params({**registration.parameters, "as_of_date": str(registration.as_of_date)})
        mlflow.log_metrics(registration.metrics)
        mlflow.log_text(registration.card, "model_card.md")
        for file, text in registration.texts.items():
            mlflow.log_text(text, file)
        info = _log_model(registration.bundle)
    _ensure_registered_model(client, name)
    version = client.create_model_version(
        name,
        source=info.model_uri,
        run_id=run.info.run_id,
        model_id=info.model_id,
        description=registration.card,
    )
    folder = settings.model_dir / slot.name / str(version.version)
    kept = Path(mlflow.artifacts.download_artifacts(info.model_uri, dst_path=str(folder)))
    return ModelPointer(
        slot=slot.name,
        model_name=name,
        model_version=str(version.version),
        file=str((kept / MODEL_FILE).relative_to(settings.var_dir)),
        sha256=_sha256((kept / MODEL_FILE).read_bytes()),
        as_of_date=registration.as_of_date,
    )


def promote(
    settings: Settings,
    connection: psycopg.Connection,
    pointer: ModelPointer,
    alias: Alias = "champion",
) -> None:
    """Point an alias at a version, in the caller's transaction and in MLflow, or in neither."""
    _, client = open_mlflow(settings)
    with connection.transaction():
        connection.execute(
            "insert into predictions.model_registry "
            "(slot, alias, model_name, model_version, file, sha256, as_of_date) "
            "values (%s, %s, %s, %s, %s, %s, %s) on conflict (slot, alias) do update set "
            "model_name = excluded.model_name, model_version = excluded.model_version, "
            "file = excluded.file, sha256 = excluded.sha256, as_of_date = excluded.as_of_date, "
            "moved_at = clock_timestamp()",
            [
                pointer.slot,
                alias,
                pointer.model_name,
                pointer.model_version,
                pointer.file,
                pointer.sha256,
                pointer.as_of_date,
            ],
        )
        client.set_registered_model_alias(pointer.model_name, alias, pointer.model_version)


def pointer_of(
    connection: psycopg.Connection, slot: str, alias: Alias = "champion"
) -> ModelPointer | None:
    """The version that an alias points at; None where no model was promoted."""
    row = connection.execute(
        "select slot, model_name, model_version, file, sha256, as_of_date "
        "from predictions.model_registry where slot = %s and alias = %s",
        [slot, alias],
    ).fetchone()
    return None if row is None else ModelPointer(*row)


def load_bundle(settings: Settings, pointer: ModelPointer) -> dict[str, Any]:
    """Read a model file after comparing its sha256; no code in it is run.

    Raises:
        ModelError: the file is missing, is not the one that was registered, or does not load.
    """
    content = _verified_content(settings, pointer)
    import skops.io  # type: ignore[import-untyped]

    try:
        bundle = skops.io.loads(content, trusted=[])
    except Exception as error:
        raise _unusable(pointer, f"a file that does not load ({type(error).__name__})") from error
    if not isinstance(bundle, dict) or bundle.get("slot") != pointer.slot:
        raise _unusable(pointer, "a model of another slot")
    return bundle


def champion_digest(
    settings: Settings, slot: str, connection: psycopg.Connection | None = None
) -> str:
    """Sha256 of what will score a slot tonight: the champion's file, or the rule baseline.

    It enters the night's identity. A file that is missing or altered counts as the baseline,
    because the baseline is what scores.
    """
    if connection is None:
        with connect(settings) as own:
            return champion_digest(settings, slot, own)
    pointer = pointer_of(connection, slot_named(slot).name)
    if pointer is not None:
        try:
            _verified_content(settings, pointer)
        except ModelError:
            pointer = None
    return pointer.sha256 if pointer else _sha256(f"{BASELINE_NAME} {BASELINE_VERSION}".encode())


def _verified_content(settings: Settings, pointer: ModelPointer) -> bytes:
    try:
        content = (settings.var_dir / pointer.file).read_bytes()
    except OSError as error:
        raise _unusable(pointer, f"no readable file ({type(error).__name__})") from error
    if _sha256(content) != pointer.sha256:
        raise _unusable(pointer, "a file with another sha256")
    return content


def _log_model(bundle: dict[str, Any]) -> ModelInfo:
    import mlflow.sklearn

    info: ModelInfo = mlflow.sklearn.log_model(
        bundle, name="model", serialization_format="skops", pip_requirements=["scikit-learn"]
    )
    return info


def _ensure_registered_model(client: MlflowClient, name: str) -> None:
    if not client.search_registered_models(f"name = '{name}'"):
        client.create_registered_model(name)


def _unusable(pointer: ModelPointer, found: str) -> ModelError:
    return ModelError(
        expected=f"the file of {pointer.model_name} version {pointer.model_version}",
        found=found,
        where=pointer.file,
        remedy=_REMEDY,
    )


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
