"""The allocation solved: prices, choice, repair, filling, bound and reasons."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from campaigns.allocation.choosing import choose
from campaigns.allocation.clearing import KEPT, clear
from campaigns.allocation.greedy import Taking, greedy_by_value
from campaigns.allocation.losing import Outcome, Reasons
from campaigns.allocation.prices import fit_prices
from campaigns.allocation.problem import Floats, Ints, Problem

__all__ = ["Outcome", "Solution", "solve"]


@dataclass(frozen=True)
class Solution:
    """What was chosen, at which prices, and how far it may be from the best.

    Attributes:
        problem: what was solved.
        chosen: positions of the chosen options, control included, ascending.
        reduced: length n, value less prices; minus infinity for what cannot be chosen.
        prices: length r, value of one more unit of each resource, >= 0.
        rounds: rounds in which the prices were found.
        filled: how many listed options were added to what the prices gave.
        outcome: length n, values of `Outcome`.
        cause: length n; the position of the resource (NO_CAPACITY) or option (LOST_TO), else -1.
        bound: no choice is worth more, by the program described in docs/allocation.md.
        greedy: what taking options by falling value would be worth.
    """

    problem: Problem
    chosen: Ints
    reduced: Floats
    prices: Floats
    rounds: int
    filled: int
    outcome: NDArray[np.int8]
    cause: Ints
    bound: float
    greedy: float

    @property
    def objective(self) -> float:
        """The value of everything chosen, control included."""
        return float(self.problem.value[self.chosen].sum())

    @property
    def gap(self) -> float:
        """The share of the bound that the objective may be short of the best."""
        return max(0.0, 1 - self.objective / self.bound) if self.bound > 0 else 0.0

    @property
    def listed(self) -> Ints:
        """Positions of the chosen options that are not control."""
        return self.problem.listed(self.chosen)

    @property
    def used(self) -> Floats:
        """Length r: what the listed options use."""
        return self.problem.used(self.listed)


def solve(problem: Problem) -> Solution:
    """Choose options of nearly the greatest total value within limits, caps and one a decision.

    Prices are fitted; every customer takes what is best at them; one cut-off a resource, the same
    for both arms, makes that feasible; capacity left over goes to further listed options by
    falling reduced value. The same problem gives the same solution, bit for bit.
    """
    fit = fit_prices(problem)
    reduced = problem.reduced(fit.prices)
    taken = choose(problem, reduced, problem.caps)
    cut_at = clear(problem, reduced, taken)
    kept = taken[cut_at == KEPT]
    filled = _fill(problem, reduced, kept)
    chosen = np.sort(np.concatenate([kept, filled]))
    reasons = Reasons(problem, reduced, fit.prices, taken, cut_at, chosen)
    return Solution(
        problem=problem,
        chosen=chosen,
        reduced=reduced,
        prices=fit.prices,
        rounds=fit.rounds,
        filled=len(filled),
        outcome=reasons.outcome,
        cause=reasons.cause,
        bound=bound_at(problem, fit.prices, problem.used(problem.control(taken))),
        greedy=float(problem.value[greedy_by_value(problem)].sum()),
    )


def bound_at(problem: Problem, prices: Floats, control_use: Floats) -> float:
    """The Lagrangian bound of the program in which control uses resources too.

    Its limits are raised by `control_use`, what control takes at these prices. Per-customer caps
    are relaxed to "at most k, one a decision", which is solved exactly. Valid at any prices >= 0
    (weak duality: Geoffrion, "Lagrangean relaxation for integer programming", Mathematical
    Programming Study 2, 1974).
    """
    reduced = problem.reduced(prices)
    relaxed = choose(problem, reduced, None)
    return float(prices @ (problem.limit + control_use) + reduced[relaxed].sum())


def _fill(problem: Problem, reduced: Floats, kept: Ints) -> Ints:
    taking = Taking(problem, kept)
    listed = np.flatnonzero((problem.candidate_value >= 0) & ~problem.is_control)
    free = taking.possible(listed)
    return taking.take(free[np.lexsort((problem.draw[free], -reduced[free]))])
