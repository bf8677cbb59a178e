"""What each customer takes at given prices."""

from __future__ import annotations

import numpy as np

from campaigns.allocation.problem import Bools, Caps, Floats, Ints, Problem


def choose(problem: Problem, reduced: Floats, caps: Caps | None) -> Ints:
    """Every customer's options of greatest reduced value: none negative, at most k, one a decision.

    Without caps this greedy is exact, since "at most k, one a decision" is a matroid; under caps
    it takes, one after the other, the best option that the caps still allow. Ties fall to the
    option with the smaller draw.

    Returns:
        Positions of the chosen options, ascending.
    """
    left = np.flatnonzero(reduced >= 0)
    rounds = [np.empty(0, dtype=np.int64)]
    state = _State(problem, caps)
    for number in range(int(problem.per_customer.max(initial=0))):
        if number:
            left = left[state.is_open(left)]
        if not left.size:
            break
        rounds.append(left[best_of_each(problem.customer[left], reduced[left])])
        state.take(rounds[-1])
    return np.sort(np.concatenate(rounds))


def best_of_each(customer: Ints, score: Floats) -> Ints:
    """The first position of the greatest score of each customer; customers are in order."""
    starts = np.flatnonzero(np.diff(customer, prepend=-1))
    greatest = np.maximum.reduceat(score, starts)
    hits = np.flatnonzero(score == np.repeat(greatest, np.diff(starts, append=len(score))))
    is_first = np.diff(customer[hits], prepend=-1) != 0
    return np.asarray(hits[is_first], dtype=np.int64)


class _State:
    """What is left to each customer after some rounds; made when a second round needs it."""

    def __init__(self, problem: Problem, caps: Caps | None) -> None:
        self._problem = problem
        self._caps = caps
        self._is_last = int(problem.per_customer.max(initial=0)) <= 1
        self._room = problem.per_customer.copy()
        self._decided = np.zeros(0 if self._is_last else problem.decisions, dtype=np.bool_)
        self._allowance = caps.allowance.copy() if caps else np.empty(0, dtype=np.int64)

    def take(self, options: Ints) -> None:
        if self._is_last:
            return
        self._room[self._problem.customer[options]] -= 1
        self._decided[self._problem.decision[options]] = True
        if self._caps is not None:
            np.subtract.at(self._allowance, self._caps.scope[options].ravel(), 1)

    def is_open(self, options: Ints) -> Bools:
        is_open = self._room[self._problem.customer[options]] > 0
        is_open &= ~self._decided[self._problem.decision[options]]
        if self._caps is not None:
            is_open &= self._caps.has_room(self._allowance, options)
        return np.asarray(is_open, dtype=np.bool_)
