"""Prices of the resources: the Lagrangian dual, minimised by subgradient steps.

At given prices the problem falls apart into one small choice per customer, and use less limit is a
subgradient of the dual (Fisher, "The Lagrangian relaxation method for solving integer programming
problems", Management Science 27(1), 1981). Each price moves by a step of its own along the sign of
its subgradient; a step grows while the sign stays and is halved when it turns (resilient
propagation: Riedmiller & Braun, IEEE International Conference on Neural Networks, 1993), so that a
manager's 5 seats and a channel's 100,000 contacts are found equally fast.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from campaigns.allocation.choosing import choose
from campaigns.allocation.problem import Floats, Problem

_GROW, _SHRINK = 1.3, 0.5
_FIRST_STEP = 0.3
"""Share of the mean value per unit of a resource."""
_MOST_ROUNDS = 100
_ENOUGH = 1e-7
"""Share of the objective that one more round of steps could still move."""
_BELOW = 1e-6
"""Prices end this share below the fit, so that options that tie at a price are all taken at first
and the cut-off, not the filling, says which of them stay: the filling would serve one arm only."""


@dataclass(frozen=True)
class Fit:
    """Fitted prices, length r, >= 0, and in how many rounds they were found."""

    prices: Floats
    rounds: int


def fit_prices(problem: Problem) -> Fit:
    """Find prices at which the listed options that customers take use up what has a price.

    Only listed options use a limit; control options compete at the same prices. Under caps the
    prices fit what the caps allow to take.
    """
    prices = np.zeros(len(problem.limit))
    step = _first_steps(problem)
    last = np.zeros_like(prices)
    best, least = prices, np.inf
    rounds = 0
    while rounds < _MOST_ROUNDS:
        rounds += 1
        taken = choose(problem, problem.reduced(prices), problem.caps)
        excess = problem.used(problem.listed(taken)) - problem.limit
        direction = np.where((prices > 0) | (excess > 0), np.sign(excess), 0.0)
        turn = direction * last
        step *= np.where(turn < 0, _SHRINK, np.where(turn > 0, _GROW, 1.0))
        movable = float(np.abs(excess * direction) @ step)
        if movable < least:
            best, least = prices, movable
        if movable <= _ENOUGH * problem.value[taken].sum():
            break
        last = direction
        prices = np.maximum(0.0, prices + step * direction)
    return Fit(best * (1 - _BELOW), rounds)


def _first_steps(problem: Problem) -> Floats:
    """A share of the mean value per unit over the candidates that use each resource."""
    value = np.maximum(problem.candidate_value, 0.0)
    per_unit = np.repeat(value, np.diff(problem.use.indptr)) / problem.use.data
    users = np.bincount(problem.use.indices, weights=per_unit > 0, minlength=len(problem.limit))
    total = np.bincount(problem.use.indices, weights=per_unit, minlength=len(problem.limit))
    return np.asarray(_FIRST_STEP * total / np.maximum(users, 1.0))
