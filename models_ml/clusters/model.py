"""A trained clusters model as plain data, and how it labels customers. Pure.

The bundle is a dictionary of numbers, texts and scikit-learn objects, so that it can be stored in a
format that loads no code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from models_ml.clusters.behaviour import behaviour_vector
from models_ml.slots import NO_ITEM

if TYPE_CHECKING:
    from sklearn.mixture import GaussianMixture  # type: ignore[import-untyped]

Bundle = dict[str, Any]
REASONS_KEPT = 3


def score_personas(features: pd.DataFrame, bundle: Bundle) -> pd.DataFrame:
    """Assign each customer its most probable persona.

    Args:
        features: one row a customer: `customer_id` and the behaviour columns.
        bundle: see `train_bundle`.

    Returns:
        customer_id, item_id (`-`), score (posterior probability, 0–1), persona_id, distance
        (Mahalanobis distance to the persona's centre), reasons (at most 3 codes: the traits that
        the customer shares most with the persona), in the order of `features`.
    """
    with threadpool_limits(limits=1):
        scaled = scale(features, bundle)
        mixture = bundle["pipeline"][-1]
        posterior = mixture.predict_proba(scaled)
    group = posterior.argmax(axis=1)
    return pd.DataFrame(
        {
            "customer_id": features["customer_id"].to_numpy(),
            "item_id": NO_ITEM,
            "score": posterior.max(axis=1),
            "persona_id": np.asarray(bundle["persona_ids"], dtype=object)[group],
            "distance": _distance(scaled, mixture, group),
            "reasons": _reasons(scaled, group, bundle),
        }
    )


def scale(features: pd.DataFrame, bundle: Bundle) -> NDArray[np.float64]:
    """Behaviour vectors in the units of the model's own training set."""
    scaled = bundle["pipeline"][:-1].transform(behaviour_vector(features, bundle["codes"]))
    return np.asarray(scaled, dtype=np.float64)


def _distance(
    scaled: NDArray[np.float64], mixture: GaussianMixture, group: NDArray[np.intp]
) -> NDArray[np.float64]:
    offset = scaled - mixture.means_[group]
    if mixture.covariance_type == "diag":
        squared = (offset**2 * mixture.precisions_[group]).sum(axis=1)
    elif mixture.covariance_type == "tied":
        squared = np.einsum("ij,jk,ik->i", offset, mixture.precisions_, offset)
    else:
        squared = np.einsum("ij,ijk,ik->i", offset, mixture.precisions_[group], offset)
    distance: NDArray[np.float64] = np.sqrt(np.maximum(squared, 0.0))
    return distance


def _reasons(scaled: NDArray[np.float64], group: NDArray[np.intp], bundle: Bundle) -> list[str]:
    """Traits in the order of (customer's deviation × persona's deviation), where positive."""
    centre, width = bundle["spread"]
    own = (scaled - centre) / width
    agreement = np.round(own * np.asarray(bundle["deviations"])[group], 9)
    order = np.argsort(-agreement, axis=1, kind="stable")[:, :REASONS_KEPT]
    codes = bundle["codes"]
    return [
        " ".join(
            reason_code(codes[dim], high=bool(own[row, dim] > 0))
            for dim in order[row]
            if agreement[row, dim] > 0
        )
        for row in range(len(scaled))
    ]


def reason_code(code: str, *, high: bool) -> str:
    """Name of being high or low on a dimension, as in `predictions.reason_codes`."""
    return f"{code}_{'HIGH' if high else 'LOW'}"
