"""Which order of chain foretells journeys best, judged on journeys that it was not fitted on.

Paths go to one of five folds by a hash of their text, so that the split depends neither on the
order of the rows nor on a random seed, and equal journeys are never on both sides. A step from a
state with N journeys to one of m possible successors has probability (n + 1/m) / (N + 1): one
journey's worth of doubt for each state, spread evenly (Perks, Journal of the Institute of
Actuaries 73, 1947), so every order gives every journey a probability and all add up to 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from measurement.errors import MeasurementError
from measurement.markov import Floats
from measurement.paths import Ints, Paths
from measurement.walks import Walk, walk

FOLDS = 5
ORDERS = (1, 2, 3, 4)


@dataclass(frozen=True)
class HeldOut:
    """How well an order foretold held-out journeys; `states` of the chain fitted on all."""

    order: int
    states: int
    log_likelihood: float
    per_journey: float


def compare_orders(paths: Paths, orders: Sequence[int] = ORDERS) -> list[HeldOut]:
    """Held-out log-likelihood of every order, summed over the folds (natural logarithm).

    Raises:
        MeasurementError: the paths with a touch all fall into one fold, so nothing can be held out.
    """
    seen = paths.select((paths.lengths > 0) & (paths.conversions + paths.nulls > 0))
    folds = _folds(seen)
    if np.unique(folds).size < 2:
        raise MeasurementError(
            expected="several distinct paths, so that some can be held out",
            found=f"{folds.size} paths with a touch",
            remedy="name the order yourself; with so few paths, 1",
        )
    journeys = int((seen.conversions + seen.nulls).sum())
    return [_held_out(seen, order, folds, journeys) for order in orders]


def best_order(compared: Sequence[HeldOut]) -> int:
    """The order with the highest held-out log-likelihood; the lowest order where several are."""
    return max(compared, key=lambda found: (found.log_likelihood, -found.order)).order


def _held_out(paths: Paths, order: int, folds: Ints, journeys: int) -> HeldOut:
    steps = walk(paths, order)
    successors = _successors(steps, len(paths.channels), bool(paths.nulls.any()))
    _, step = np.unique(steps.source * (len(steps.touches) + 2) + steps.target, return_inverse=True)
    total = 0.0
    for fold in range(FOLDS):
        is_held = folds[steps.row] == fold
        fitted = np.where(is_held, 0, steps.journeys)
        taken = np.bincount(step, weights=fitted)[step[is_held]]
        left = np.bincount(steps.source, weights=fitted)[steps.source[is_held]]
        doubt = 1 / successors[steps.source[is_held]]
        total += float(steps.journeys[is_held] @ np.log((taken + doubt) / (left + 1)))
    return HeldOut(order, len(steps.touches), total, total / journeys)


def _successors(steps: Walk, channels: int, has_nulls: bool) -> Floats:
    """In how many ways a journey can go on from each state."""
    ends = 2 if has_nulls else 1
    is_full = (steps.touches >= 0).all(axis=1)
    ways = np.where(is_full, float(channels + ends), float(ends))
    ways[0] = sum(float(channels) ** length for length in range(1, steps.order + 1))
    return ways


def _folds(paths: Paths) -> Ints:
    hashes = [blake2b(text.encode(), digest_size=8).digest() for text in paths.texts("\n")]
    return np.array([int.from_bytes(digest) % FOLDS for digest in hashes], dtype=np.int64)
