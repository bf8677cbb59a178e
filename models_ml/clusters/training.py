"""From feature rows to a bundle with named personas and figures. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import adjusted_rand_score  # type: ignore[import-untyped]
from sklearn.pipeline import Pipeline  # type: ignore[import-untyped]
from sklearn.preprocessing import RobustScaler  # type: ignore[import-untyped]

from models_ml.clusters.behaviour import CODES, behaviour_vector, informative_codes
from models_ml.clusters.fit import FitOptions, Fitted, figures, fit_mixture
from models_ml.clusters.model import Bundle, score_personas
from models_ml.clusters.personas import Matrix, Persona, match_ids, name_personas
from warehouse.errors import ModelError

MINIMUM_ROWS = 200


@dataclass(frozen=True)
class Trained:
    """A new model with its personas, and how it compares with the one before (None: first)."""

    bundle: Bundle
    personas: list[Persona]
    figures: dict[str, Any]
    migration: pd.DataFrame | None


def train_bundle(
    features: pd.DataFrame,
    previous: Bundle | None = None,
    used_ids: tuple[str, ...] = (),
    options: FitOptions | None = None,
) -> Trained:
    """Fit the mixture and name its personas.

    Args:
        features: scorable customers only, ordered by customer_id: `customer_id` and the behaviour
            columns.
        previous: bundle in force, whose persona ids are continued; one of an older vector is not
            comparable and counts as none.
        used_ids: every persona id ever given.

    Raises:
        ModelError: fewer than 200 customers.
    """
    if len(features) < MINIMUM_ROWS:
        raise ModelError(
            expected=f"at least {MINIMUM_ROWS} scorable customers to find personas",
            found=f"{len(features)}",
            where="features.ftr_customers",
            remedy="nothing to do: the rule baseline labels this bank's customers",
        )
    if previous is not None and not set(previous["codes"]) <= set(CODES):
        previous = None
    codes = informative_codes(features)
    vector = behaviour_vector(features, codes)
    scaler = RobustScaler().fit(vector)
    scaled = scaler.transform(vector)
    fitted = fit_mixture(scaled, options or FitOptions())
    pipeline = Pipeline([("scaler", scaler), ("mixture", fitted.mixture)])
    bundle = _bundle(pipeline, scaled, codes, _ids(pipeline, codes, previous, used_ids))
    return _trained(bundle, fitted, features, scaled, previous)


def _bundle(pipeline: Pipeline, scaled: Matrix, codes: tuple[str, ...], ids: list[str]) -> Bundle:
    centre, width = scaled.mean(axis=0), np.maximum(scaled.std(axis=0), 1e-9)
    return {
        "slot": "clusters",
        "pipeline": pipeline,
        "codes": list(codes),
        "persona_ids": ids,
        "deviations": (pipeline[-1].means_ - centre) / width,
        "spread": [centre, width],
    }


def _ids(
    pipeline: Pipeline, codes: tuple[str, ...], previous: Bundle | None, used: tuple[str, ...]
) -> list[str]:
    """Ids of the new centroids, matched with the previous ones in the new model's units."""
    new = pipeline[-1].means_
    if previous is None or list(previous["codes"]) != list(codes):
        return match_ids(new, new[:0], [], used)
    natural = previous["pipeline"][0].inverse_transform(previous["pipeline"][-1].means_)
    old = pipeline[0].transform(natural)
    return match_ids(new, old, previous["persona_ids"], used)


def _trained(
    bundle: Bundle,
    fitted: Fitted,
    features: pd.DataFrame,
    scaled: Matrix,
    previous: Bundle | None,
) -> Trained:
    labels = score_personas(features, bundle)["persona_id"].to_numpy()
    shares = [float(np.mean(labels == found)) for found in bundle["persona_ids"]]
    personas = name_personas(bundle["persona_ids"], bundle["deviations"], shares, bundle["codes"])
    found = figures(fitted) | {"customers": len(features)}
    migration = None
    if previous is not None:
        before = score_personas(features, previous)["persona_id"].to_numpy()
        migration = pd.crosstab(pd.Series(before, name="before"), pd.Series(labels, name="after"))
        found |= {
            "migration_share": float(np.mean(before != labels)),
            "migration_ari": float(adjusted_rand_score(before, labels)),
        }
    return Trained(bundle, personas, found, migration)


def options_as_text(options: FitOptions) -> dict[str, str]:
    """Options as the tracking server keeps them."""
    return {name: str(value) for name, value in asdict(options).items()}
