"""The repair to feasibility: one cut-off a resource, the same for both arms."""

from __future__ import annotations

import numpy as np

from campaigns.allocation.problem import Bools, Floats, Ints, Problem, Sparse

KEPT = -1


def clear(problem: Problem, reduced: Floats, taken: Ints) -> Ints:
    """Drop what exceeds the limits: of an overused resource, the options that gain least by it.

    The options that use the resource are ordered by reduced value per unit of it (as if its price
    rose), ties by draw. From the first listed one that does not fit, everything goes, listed and
    control alike. The smallest limits are cleared first, so that the large ones see what is left.

    Returns:
        For each of `taken` the position of the resource at which it was cut, or KEPT.
    """
    rows = problem.use[taken].tocsc()
    uses_limit = ~problem.is_control[taken]
    cut_at = np.full(len(taken), KEPT, dtype=np.int64)
    overused = np.flatnonzero(problem.used(problem.listed(taken)) > problem.limit_with_rounding)
    for resource in overused[np.argsort(problem.limit[overused], kind="stable")]:
        users, amounts = _column(rows, int(resource), cut_at == KEPT)
        options = taken[users]
        order = np.lexsort((problem.draw[options], -reduced[options] / amounts))
        load = np.cumsum((amounts * uses_limit[users])[order])
        too_much = load > problem.limit_with_rounding[resource]
        cut_at[users[order][too_much]] = resource
    return cut_at


def _column(rows: Sparse, resource: int, alive: Bools) -> tuple[Ints, Floats]:
    entries = slice(rows.indptr[resource], rows.indptr[resource + 1])
    users, amounts = rows.indices[entries], rows.data[entries]
    return users[alive[users]], amounts[alive[users]]
