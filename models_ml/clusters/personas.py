"""Persona ids that outlive retrains, and names from what is special about a persona. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment  # type: ignore[import-untyped]

from models_ml.clusters.behaviour import dimension

Matrix = NDArray[np.float64]
TERMS_IN_A_NAME = 2


@dataclass(frozen=True)
class Persona:
    """A persona of one model version: its words, its share of customers and its top traits."""

    persona_id: str
    label_en: str
    label_zh: str
    top_features: str
    share: float


def match_ids(new: Matrix, old: Matrix, old_ids: Sequence[str], used: Sequence[str]) -> list[str]:
    """Give each new centroid the id of the old one it continues, or a new id.

    Args:
        new: centroids (groups, dimensions) of the new model.
        old: centroids of the previous model in the same units and dimensions; may have no rows.
        old_ids: their ids.
        used: every id ever given; none is used again for something else.

    Returns:
        One id per new centroid. Pairs are the Hungarian assignment of least total distance; a pair
        further apart than half the median distance between old neighbours is no continuation.
    """
    ids: list[str] = [""] * len(new)
    if len(old):
        distance = np.linalg.norm(new[:, None, :] - old[None, :, :], axis=2)
        limit = _neighbour_distance(old) / 2.0
        for row, column in zip(*linear_sum_assignment(distance), strict=True):
            if distance[row, column] <= limit:
                ids[row] = old_ids[column]
    fresh = _fresh_ids([*used, *old_ids])
    return [found or next(fresh) for found in ids]


def name_personas(
    ids: Sequence[str], deviations: Matrix, shares: Sequence[float], codes: Sequence[str]
) -> list[Persona]:
    """Name personas by their strongest deviations from all customers, in English and Chinese.

    `deviations` (groups, dimensions) are in standard deviations of all customers. Names are unique:
    a further trait is added until they are.
    """
    personas: list[Persona] = []
    for persona_id, row, share in zip(ids, deviations, shares, strict=True):
        order = np.argsort(-np.abs(np.round(row, 9)), kind="stable")
        terms = TERMS_IN_A_NAME
        taken = {persona.label_en for persona in personas}
        while terms < len(order) and _words(order[:terms], row, codes)[0] in taken:
            terms += 1
        english, chinese, top = _words(order[:terms], row, codes)
        personas.append(Persona(persona_id, english, chinese, top, float(share)))
    return personas


def _words(
    order: NDArray[np.intp], row: NDArray[np.float64], codes: Sequence[str]
) -> tuple[str, str, str]:
    traits = [(dimension(codes[i]), bool(row[i] > 0)) for i in order]
    english = ", ".join(d.high_en if high else d.low_en for d, high in traits)
    chinese = "、".join(d.high_zh if high else d.low_zh for d, high in traits)
    top = " ".join(f"{d.code}_{'HIGH' if high else 'LOW'}" for d, high in traits)
    return english, chinese, top


def _neighbour_distance(centroids: Matrix) -> float:
    """Median distance of a centroid to its nearest neighbour; infinite where there is one only."""
    if len(centroids) < 2:
        return float("inf")
    distance = np.linalg.norm(centroids[:, None, :] - centroids[None, :, :], axis=2)
    np.fill_diagonal(distance, np.inf)
    return float(np.median(distance.min(axis=1)))


def _fresh_ids(used: Sequence[str]) -> Iterator[str]:
    number = max((int(found.rsplit("_", 1)[1]) for found in used if "_" in found), default=0)
    while True:
        number += 1
        yield f"persona_{number:02d}"
