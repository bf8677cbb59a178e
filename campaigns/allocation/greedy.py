"""Options taken one after the other in a given order, as long as everything they need is there."""

from __future__ import annotations

from array import array

import numpy as np

from campaigns.allocation.problem import Bools, Floats, Ints, Problem

_CHUNK = 200_000


class Taking:
    """What is left to customers, decisions, caps and resources while options are taken.

    State lies in arrays that numpy looks at in bulk, to skip what cannot be taken, and the loop
    over the rest changes one by one.
    """

    def __init__(self, problem: Problem, chosen: Ints) -> None:
        self._problem = problem
        self._room = array("q", problem.per_customer.tobytes())
        self._decided = bytearray(problem.decisions)
        left = problem.limit_with_rounding - problem.used(problem.listed(chosen))
        self._left = array("d", left.tobytes())
        self._scope = problem.caps.scope if problem.caps else np.empty((problem.size, 0), np.int64)
        allowance = problem.caps.allowance if problem.caps else np.empty(0, np.int64)
        self._allowance = array("q", allowance.tobytes())
        np.subtract.at(_counts(self._room), problem.customer[chosen], 1)
        np.frombuffer(self._decided, dtype=np.uint8)[problem.decision[chosen]] = 1
        np.subtract.at(_counts(self._allowance), self._scope[chosen].ravel(), 1)

    @property
    def left(self) -> Floats:
        """What is left of each resource, rounding included."""
        return np.frombuffer(self._left)

    def has_allowance(self, options: Ints) -> Bools:
        """Whether the caps of each option have something left."""
        seen = _counts(self._allowance)
        return np.asarray((seen[self._scope[options]] > 0).all(axis=1), dtype=np.bool_)

    def possible(self, options: Ints) -> Ints:
        """Those of the options that could be taken now, each if it were the next."""
        problem = self._problem
        is_open = _counts(self._room)[problem.customer[options]] > 0
        is_open &= np.frombuffer(self._decided, dtype=np.uint8)[problem.decision[options]] == 0
        options = options[is_open]
        options = options[self.has_allowance(options)]
        rows = problem.use[options]
        lacking = np.flatnonzero(rows.data > self.left[rows.indices])
        fits = np.ones(len(options), dtype=np.bool_)
        fits[np.searchsorted(rows.indptr, lacking, side="right") - 1] = False
        return options[fits]

    def take(self, order: Ints) -> Ints:
        """Take each option of the order that is possible when its turn comes; returns those."""
        chunks = [order[at : at + _CHUNK] for at in range(0, len(order), _CHUNK)]
        taken = [self._take_chunk(self.possible(chunk)) for chunk in chunks]
        return np.concatenate([np.empty(0, dtype=np.int64), *taken])

    def _take_chunk(self, options: Ints) -> Ints:
        problem, room, decided = self._problem, self._room, self._decided
        rows = problem.use[options]
        bounds, resources, amounts = rows.indptr.tolist(), rows.indices.tolist(), rows.data.tolist()
        customers, decisions = (
            problem.customer[options].tolist(),
            problem.decision[options].tolist(),
        )
        scopes, is_control = self._scope[options].tolist(), problem.is_control[options].tolist()
        taken = []
        for i in range(len(options)):
            if not room[customers[i]] or decided[decisions[i]]:
                continue
            needs = range(bounds[i], bounds[i + 1])
            if any(amounts[j] > self._left[resources[j]] for j in needs):
                continue
            if any(self._allowance[scope] <= 0 for scope in scopes[i]):
                continue
            taken.append(i)
            room[customers[i]] -= 1
            decided[decisions[i]] = 1
            for scope in scopes[i]:
                self._allowance[scope] -= 1
            if not is_control[i]:
                for j in needs:
                    self._left[resources[j]] -= amounts[j]
        return options[np.array(taken, dtype=np.int64)]


def greedy_by_value(problem: Problem) -> Ints:
    """What taking options by falling value gives, without prices: the yardstick.

    A control option takes its customer's place where it would fit at that moment, and uses nothing.
    """
    candidates = np.flatnonzero(problem.candidate_value >= 0)
    order = np.lexsort((problem.draw[candidates], -problem.value[candidates]))
    return Taking(problem, np.empty(0, dtype=np.int64)).take(candidates[order])


def _counts(state: array[int]) -> Ints:
    """The same memory as an array of numpy."""
    return np.frombuffer(state, dtype=np.int64)
