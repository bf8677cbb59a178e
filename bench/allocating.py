"""What a measured process does to allocate a market: every finished step is one event."""

from __future__ import annotations

import time

from scipy.optimize import linprog  # type: ignore[import-untyped]

from bench.allocation_problem import Market, relaxation, tables
from bench.events import Event, emit
from campaigns.allocation import Solution, problem_of, solve


def measure(market: Market) -> Solution:
    """Draw a market and choose among its options; events `arrays`, `solved` and `greedy`.

    The text of `solved` is the gap, that of `greedy` the gain over a greedy by value, both as
    shares.
    """
    drawn = tables(market)
    started = time.perf_counter()
    problem = problem_of(*drawn)
    made = time.perf_counter()
    _tell("arrays", made - started, problem.size)
    solution = solve(problem)
    _tell("solved", time.perf_counter() - made, len(solution.chosen), solution.gap)
    _tell("greedy", 0.0, 0, solution.objective / solution.greedy - 1)
    return solution


def measure_beside_highs(market: Market) -> None:
    """The same, then its linear program by HiGHS; `HiGHS` says by which share the bound is over."""
    solution = measure(market)
    started = time.perf_counter()
    found = linprog(**relaxation(solution.problem), method="highs-ipm")
    if found.status:
        raise SystemExit(found.message)
    over = solution.bound / -found.fun - 1
    _tell("HiGHS", time.perf_counter() - started, 0, over)


def _tell(step: str, seconds: float, count: int, share: float = 0.0) -> None:
    emit(Event("market", step, seconds, count, f"{share:.12f}"))
