"""Train the clusters slot on one night's features, register it, and move the champion."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import psycopg

from models_ml.card import CardText, render_card
from models_ml.registry import (
    ModelPointer,
    Registration,
    load_bundle,
    pointer_of,
    promote,
    register,
)
from models_ml.slots import BASELINE_NAME, BASELINE_VERSION, CLUSTERS
from warehouse.connection import connect
from warehouse.errors import ModelError
from warehouse.settings import Settings

if TYPE_CHECKING:
    from models_ml.clusters.personas import Persona

WINDOW_DAYS = 90
MAXIMUM_MIGRATION = 0.3
CARD = CardText(
    method="log rates, log shares and log money; robust scaling; Gaussian mixture with ten KMeans "
    "starts; group count and covariance by BIC, accepted when stable under resampling; persona ids "
    "by Hungarian matching of centres with the version before.",
    limits=(
        "Describes behaviour of the last 90 days; it predicts nothing.",
        "A persona is no ground for refusing a service or for credit decisions.",
        "Stability below 0.8 means that the groups are a convenient cut of a continuum.",
    ),
)
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrainingReport:
    """What came of a training: the version, whether it is champion, and why not."""

    model_name: str
    model_version: str
    is_champion: bool
    note: str
    figures: dict[str, object]

    def __str__(self) -> str:
        figures = ", ".join(
            f"{name} {self.figures[name]:.2f}"
            for name in ("stability", "silhouette")
            if isinstance(self.figures.get(name), float)
        )
        place = "champion" if self.is_champion else "challenger"
        ending = f" ({figures})" if figures else ""
        return f"{self.model_name} {self.model_version} is {place}: {self.note}{ending}"


def train_clusters(settings: Settings, as_of_date: date) -> TrainingReport:
    """Fit personas on the scorable customers of `as_of_date` and make the model champion.

    A model that would move more than 30 % of the customers to another persona than the champion
    gives them becomes challenger instead. With fewer than 200 scorable customers nothing is
    trained, and the report says that the rule baseline goes on. Personas, pointer and MLflow's
    alias change together.
    """
    with connect(settings) as connection:
        return _train(settings, connection, as_of_date)


def _train(settings: Settings, connection: psycopg.Connection, as_of_date: date) -> TrainingReport:
    from models_ml.clusters.fit import FitOptions
    from models_ml.clusters.training import MINIMUM_ROWS, options_as_text, train_bundle
    from models_ml.features import read_features

    features = read_features(settings, CLUSTERS, as_of_date)
    if len(features) < MINIMUM_ROWS:
        return _not_trained(len(features))
    previous = _previous_bundle(settings, pointer_of(connection, CLUSTERS.name))
    options = FitOptions(seed=settings.seed)
    trained = train_bundle(features, previous, _used_ids(connection), options)
    card = render_card(CLUSTERS, as_of_date, WINDOW_DAYS, len(features), CARD, trained.figures)
    texts = {} if trained.migration is None else {"migration.csv": trained.migration.to_csv()}
    pointer = register(
        settings,
        CLUSTERS,
        Registration(
            bundle=trained.bundle,
            as_of_date=as_of_date,
            card=card,
            parameters=options_as_text(options),
            metrics={k: float(v) for k, v in trained.figures.items() if isinstance(v, int | float)},
            texts=texts,
        ),
    )
    _write_personas(connection, pointer, trained.personas)
    migrated = float(trained.figures.get("migration_share", 0.0))
    is_champion = migrated <= MAXIMUM_MIGRATION
    promote(settings, connection, pointer, "champion" if is_champion else "challenger")
    note = f"{len(trained.personas)} personas of {len(features):,} customers"
    if previous is not None:
        note += f", {migrated:.1%} changed persona"
    return TrainingReport(
        pointer.model_name, pointer.model_version, is_champion, note, trained.figures
    )


def _not_trained(customers: int) -> TrainingReport:
    note = f"not enough data, {customers} scorable customers; rules go on labelling"
    return TrainingReport(BASELINE_NAME, BASELINE_VERSION, True, note, {})


def _previous_bundle(settings: Settings, pointer: ModelPointer | None) -> dict[str, object] | None:
    if pointer is None:
        return None
    try:
        return load_bundle(settings, pointer)
    except ModelError as error:
        logger.warning("the champion's personas cannot be continued\n%s", error)
        return None


def _used_ids(connection: psycopg.Connection) -> tuple[str, ...]:
    rows = connection.execute(
        "select distinct persona_id from predictions.personas where persona_id like 'persona\\_%' "
        "order by persona_id"
    )
    return tuple(row[0] for row in rows)


def _write_personas(
    connection: psycopg.Connection, pointer: ModelPointer, personas: list[Persona]
) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into predictions.personas values (%s, %s, %s, %s, %s, %s, %s)",
            [
                (
                    pointer.model_name,
                    pointer.model_version,
                    persona.persona_id,
                    persona.label_en,
                    persona.label_zh,
                    persona.top_features,
                    round(persona.share, 6),
                )
                for persona in personas
            ],
        )
