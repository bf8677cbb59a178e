"""Why an option was not chosen."""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from campaigns.allocation.clearing import KEPT
from campaigns.allocation.greedy import Taking
from campaigns.allocation.problem import Floats, Ints, Problem

NOBODY = -1


class Outcome(IntEnum):
    """What became of an option, and for a lost one why."""

    CHOSEN = 0
    NEGATIVE_VALUE = 1
    NO_CAPACITY = 2
    CAP_TONIGHT = 3
    LOST_TO = 4


class Reasons:
    """The outcome of every option; what is set later overrides what was set before.

    Attributes:
        outcome: length n, values of `Outcome`.
        cause: length n; of NO_CAPACITY the position of the resource, of LOST_TO that of the option
            which took the place, else -1.
    """

    def __init__(
        self,
        problem: Problem,
        reduced: Floats,
        prices: Floats,
        taken: Ints,
        cut_at: Ints,
        chosen: Ints,
    ) -> None:
        """Explain a solution; `taken` and `cut_at` are what customers took and what was cut."""
        self._problem, self._reduced = problem, reduced
        self.outcome = np.full(problem.size, Outcome.NO_CAPACITY, dtype=np.int8)
        self.cause = np.full(problem.size, NOBODY, dtype=np.int64)
        was_cut = np.zeros(problem.size, dtype=np.bool_)
        was_cut[taken[cut_at != KEPT]] = True
        beaten = np.flatnonzero((reduced >= 0) & problem.is_control & ~was_cut)
        self._lose(beaten, Taking(problem, taken), taken)
        after = Taking(problem, chosen)
        self._lose(np.arange(problem.size), after, chosen)
        self._set(np.flatnonzero(problem.is_capped), Outcome.CAP_TONIGHT)
        self._set(np.flatnonzero(problem.never_fits), Outcome.NO_CAPACITY)
        self._set(np.flatnonzero(problem.value < 0), Outcome.NEGATIVE_VALUE)
        self._set(chosen, Outcome.CHOSEN)
        self._name_resources(prices, after.left, taken, cut_at)

    def _set(self, options: Ints, outcome: Outcome) -> None:
        self.outcome[options] = outcome
        self.cause[options] = NOBODY

    def _lose(self, options: Ints, after: Taking, winners: Ints) -> None:
        """What decisions, caps and places leave to no option beside the winners.

        In a customer without a place left, an option lost to the least of the winners, unless it
        outranks that one and only a cap was in its way.
        """
        problem, reduced = self._problem, self._reduced
        is_capped = ~after.has_allowance(options)
        rival = self._rivals(winners)[problem.customer[options]]
        is_beaten = (rival != NOBODY) & ~(is_capped & (reduced[options] > reduced[rival]))
        of_decision = np.full(problem.decisions, NOBODY, dtype=np.int64)
        of_decision[problem.decision[winners]] = winners
        sibling = of_decision[problem.decision[options]]
        winner = np.where(sibling != NOBODY, sibling, np.where(is_beaten, rival, NOBODY))
        lost = winner != NOBODY
        self._set(options[is_capped], Outcome.CAP_TONIGHT)
        self.outcome[options[lost]] = Outcome.LOST_TO
        self.cause[options[lost]] = winner[lost]

    def _rivals(self, winners: Ints) -> Ints:
        """Per customer without a place left, the winner of least reduced value."""
        customer, most = self._problem.customer[winners], self._problem.per_customer
        falling = np.argsort(-self._reduced[winners], kind="stable")
        rival = np.full(len(most), NOBODY, dtype=np.int64)
        rival[customer[falling]] = winners[falling]  # of several, the last stays
        rival[np.bincount(customer, minlength=len(most)) < most] = NOBODY
        return rival

    def _name_resources(self, prices: Floats, left: Floats, taken: Ints, cut_at: Ints) -> None:
        """The resource at which an option was cut, else one used up, else the dearest it needs."""
        options = np.flatnonzero(self.outcome == Outcome.NO_CAPACITY)
        rows = self._problem.use[options]
        counts = np.diff(rows.indptr)
        cost = prices[rows.indices] * rows.data
        is_short = rows.data > left[rows.indices]
        order = np.lexsort((rows.indices, -cost, ~is_short, np.repeat(options, counts)))
        self.cause[options] = rows.indices[order][rows.indptr[:-1]]
        cut = (cut_at != KEPT) & (self.outcome[taken] == Outcome.NO_CAPACITY)
        self.cause[taken[cut]] = cut_at[cut]
