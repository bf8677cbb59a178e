"""A few thousand customers, held against the linear program as HiGHS solves it."""

from __future__ import annotations

import pytest
from scipy.optimize import linprog  # type: ignore[import-untyped]

from bench.allocation_problem import Market, relaxation, tables
from campaigns.allocation import problem_of, solve


@pytest.mark.parametrize(
    "market", [Market(2_000), Market(2_000, managers=10), Market(1_000, managers=40)], ids=str
)
def test_the_bound_is_that_of_the_linear_program(market: Market) -> None:
    problem = problem_of(*tables(market))
    solution = solve(problem)
    program = relaxation(problem)
    best = -linprog(**program, method="highs-ipm").fun
    assert solution.objective <= best * (1 + 1e-9)
    assert best <= solution.bound * (1 + 1e-9)
    assert solution.bound - best <= (solution.gap + 1e-9) * solution.bound
    assert solution.bound == pytest.approx(best, rel=1e-3)
