"""The allocation problem as arrays: options in a canonical order, their use, the limits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Sparse: TypeAlias = Any  # of scipy, which has no types

TOLERANCE = 1e-9
"""Share of a limit by which a sum of fractional amounts may exceed it: rounding, not use."""


@dataclass(frozen=True)
class Caps:
    """What is left of each customer's contact caps.

    Attributes:
        scope: n x s; the caps that an option counts in, as positions in `remaining`, -1 for none.
        remaining: contacts left of each cap, one entry per customer and cap, >= 0.
    """

    scope: Ints
    remaining: Ints

    @cached_property
    def allowance(self) -> Ints:
        """`remaining` with an inexhaustible last entry, which is what the scope -1 finds."""
        return np.append(self.remaining, np.iinfo(np.int64).max // 2)

    def has_room(self, allowance: Ints, options: Ints) -> Bools:
        """Whether every cap of each option has something left."""
        return np.asarray((allowance[self.scope[options]] > 0).all(axis=1), dtype=np.bool_)


@dataclass(frozen=True)
class Problem:
    """Options, ordered by customer and within a customer by `draw`, and the limits they share.

    `tables.problem_of` makes one; whoever makes one otherwise keeps that order, on which the
    independence of the result from the order of rows rests.

    Attributes:
        customer: length n, ascending codes 0 .. m-1.
        decision: length n, codes 0 .. d-1; at most one option of a decision is chosen. A decision
            belongs to one customer.
        value: length n, finite.
        use: n x r sparse rows (CSR), positive amounts of each resource that an option would use.
        limit: length r, >= 0.
        resources: r names, ascending.
        per_customer: length m, the most options of a customer that may be chosen.
        is_control: length n; a control option competes like any other and uses nothing.
        draw: length n, unsigned hashes that break ties.
        row: length n, the caller's row of each option.
        caps: remaining contact caps; None for none.
    """

    customer: Ints
    decision: Ints
    value: Floats
    use: Sparse
    limit: Floats
    resources: tuple[str, ...]
    per_customer: Ints
    is_control: Bools
    draw: NDArray[np.uint64]
    row: Ints
    caps: Caps | None = None

    @property
    def size(self) -> int:
        """How many options there are."""
        return len(self.value)

    @cached_property
    def decisions(self) -> int:
        """How many decisions there are."""
        return int(self.decision.max(initial=-1)) + 1

    @cached_property
    def limit_with_rounding(self) -> Floats:
        """The limits, with room for the rounding of a sum of fractions."""
        return self.limit * (1 + TOLERANCE)

    @cached_property
    def never_fits(self) -> Bools:
        """Options that alone need more of a resource than there is."""
        entries = np.flatnonzero(self.use.data > self.limit_with_rounding[self.use.indices])
        found = np.zeros(self.size, dtype=np.bool_)
        found[np.searchsorted(self.use.indptr, entries, side="right") - 1] = True
        return found

    @cached_property
    def is_capped(self) -> Bools:
        """Options of customers who may get nothing more, in all or within a cap."""
        capped = self.per_customer[self.customer] == 0
        if self.caps is not None:
            capped |= ~self.caps.has_room(self.caps.allowance, np.arange(self.size))
        return np.asarray(capped, dtype=np.bool_)

    @cached_property
    def candidate_value(self) -> Floats:
        """The value of what can be chosen at all; minus infinity for everything else."""
        possible = (self.value >= 0) & ~self.never_fits & ~self.is_capped
        return np.where(possible, self.value, -np.inf)

    def reduced(self, prices: Floats) -> Floats:
        """Value less the price of what is used; minus infinity for what cannot be chosen."""
        return np.asarray(self.candidate_value - self.use @ prices)

    def used(self, options: Ints) -> Floats:
        """What these options use of each resource, control options included."""
        rows = self.use[options]
        use = np.bincount(rows.indices, weights=rows.data, minlength=len(self.limit))
        return np.asarray(use, dtype=np.float64)

    def listed(self, options: Ints) -> Ints:
        """Those of the options that are not control."""
        return options[~self.is_control[options]]

    def control(self, options: Ints) -> Ints:
        """Those of the options that are control."""
        return options[self.is_control[options]]
