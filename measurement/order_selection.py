"""Which order of chain foretells journeys best, judged on journeys that it was not fitted on.

The journeys of a path are dealt to five folds in turn, beginning at a fold that a hash of the path
names: the split depends neither on the order of the rows nor on a random seed. A step from a
state with N journeys to one of m possible successors has probability (n + 1/m) / (N + 1): one
journey's worth of doubt for each state, spread evenly (Perks, Journal of the Institute of
Actuaries 73, 1947), so every order gives every journey a probability and all add up to 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
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
        MeasurementError: fewer journeys with a touch than folds, so too few can be held out.
    """
    seen = paths.select((paths.lengths > 0) & (paths.conversions + paths.nulls > 0))
    journeys = int((seen.conversions + seen.nulls).sum())
    if journeys < FOLDS:
        raise MeasurementError(
            expected=f"at least {FOLDS} journeys with a touch, so that some can be held out",
            found=f"{journeys}",
            remedy="name the order yourself; with so few journeys, 1",
        )
    folds = _dealt(seen)
    return [_held_out(seen, folds, order, journeys) for order in orders]


def best_order(compared: Sequence[HeldOut]) -> int:
    """The order with the highest held-out log-likelihood; the lowest order where several are."""
    return max(compared, key=lambda found: (found.log_likelihood, -found.order)).order


def _held_out(paths: Paths, folds: Sequence[Paths], order: int, journeys: int) -> HeldOut:
    steps = walk(paths, order)
    doubt = 1 / _successors(steps, len(paths.channels), bool(paths.nulls.any()))[steps.source]
    _, step = np.unique(steps.source * (len(steps.touches) + 2) + steps.target, return_inverse=True)
    total = 0.0
    for fold in folds:
        held = walk(fold, order).journeys
        fitted = steps.journeys - held
        taken = np.bincount(step, weights=fitted)[step]
        left = np.bincount(steps.source, weights=fitted)[steps.source]
        total += float(held @ np.log((taken + doubt) / (left + 1)))
    return HeldOut(order, len(steps.touches), total, total / journeys)


def _successors(steps: Walk, channels: int, has_nulls: bool) -> Floats:
    """In how many ways a journey can go on from each state."""
    ends = 2 if has_nulls else 1
    is_full = (steps.touches >= 0).all(axis=1)
    ways = np.where(is_full, float(channels + ends), float(ends))
    ways[0] = sum(float(channels) ** length for length in range(1, steps.order + 1))
    return ways


def _dealt(paths: Paths) -> list[Paths]:
    """The same paths five times, each with the journeys of one fold."""
    hashes = [blake2b(text.encode(), digest_size=8).digest() for text in paths.texts("\n")]
    first = np.array([int.from_bytes(digest) % FOLDS for digest in hashes], dtype=np.int64)
    return [
        replace(
            paths,
            conversions=_share(paths.conversions, fold - first),
            nulls=_share(paths.nulls, fold - first - paths.conversions),
        )
        for fold in range(FOLDS)
    ]


def _share(journeys: Ints, turn: Ints) -> Ints:
    """What a fold receives when journeys are dealt one by one; turn 0 is served first."""
    whole, left_over = np.divmod(journeys, FOLDS)
    share: Ints = whole + (turn % FOLDS < left_over)
    return share
