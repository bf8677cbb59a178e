"""What holds for every allocation, on small problems of every kind."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.allocation import Outcome, Solution, solve
from campaigns.allocation.choosing import choose
from campaigns.allocation.clearing import KEPT, clear
from campaigns.allocation.greedy import greedy_by_value
from campaigns.allocation.report import outcomes
from campaigns.allocation.solution import bound_at
from tests.factories.allocation_cases import Case, Option, broken_rules, cases, optimum

ROUNDING = 1e-9


def chosen_rows(case: Case, solution: Solution) -> list[Option]:
    return [case.options[row] for row in solution.problem.row[solution.chosen]]


@given(cases())
@settings(max_examples=60, deadline=None)
def test_every_choice_keeps_every_rule_and_its_bound(case: Case) -> None:
    solution = solve(case.problem())
    chosen = chosen_rows(case, solution)
    assert broken_rules(case, chosen) == []
    assert solution.objective == pytest.approx(sum(o.value for o in chosen))
    assert solution.objective <= solution.bound * (1 + ROUNDING) + ROUNDING
    assert (solution.prices >= 0).all()


@given(cases())
@settings(max_examples=60, deadline=None)
def test_the_plain_greedy_keeps_every_rule_too(case: Case) -> None:
    problem = case.problem()
    chosen = problem.row[greedy_by_value(problem)]
    assert broken_rules(case, [case.options[row] for row in chosen]) == []


@given(cases(with_control=False))
@settings(max_examples=80, deadline=None)
def test_the_best_choice_lies_between_objective_and_bound(case: Case) -> None:
    solution = solve(case.problem())
    best = optimum(case)
    assert solution.objective <= best + 1e-6
    assert optimum(case, with_caps=False) <= solution.bound + 1e-6 * max(1.0, best)


@given(cases())
@settings(max_examples=60, deadline=None)
def test_the_bound_is_of_the_program_in_which_control_uses_resources(case: Case) -> None:
    solution = solve(case.problem())
    problem = solution.problem
    taken = choose(problem, problem.reduced(solution.prices), problem.caps)
    raised = problem.limit + problem.used(problem.control(taken))
    # an option too large for a limit is no candidate, also where control raises the limit
    fitting = tuple(
        o for o in case.options if all(o.uses[r] <= case.limits[r] for r in case.limits)
    )
    whole = replace(
        case, options=fitting, limits=dict(zip(problem.resources, raised.tolist(), strict=True))
    )
    best = optimum(whole, with_caps=False)
    assert optimum(whole) >= solution.objective - 1e-6
    assert best <= solution.bound + 1e-6 * max(1.0, best)


@given(cases(), st.integers(0, 1000))
@settings(max_examples=60, deadline=None)
def test_the_order_of_rows_does_not_matter(case: Case, seed: int) -> None:
    other = case.shuffled(seed)
    one, two = solve(case.problem()), solve(other.problem())
    assert outcomes(one, case.table()).equals(outcomes(two, other.table()))
    assert (one.bound, one.greedy) == (two.bound, two.greedy)
    assert one.prices.tobytes() == two.prices.tobytes()


@given(cases(), st.integers(-6, 6))
@settings(max_examples=60, deadline=None)
def test_scaling_values_scales_prices(case: Case, power: int) -> None:
    factor = 2.0**power
    larger = replace(case, options=tuple(replace(o, value=o.value * factor) for o in case.options))
    one, two = solve(case.problem()), solve(larger.problem())
    assert (two.prices == one.prices * factor).all()
    assert two.bound == pytest.approx(one.bound * factor)
    assert (one.chosen == two.chosen).all()


@given(cases(), st.data())
@settings(max_examples=60, deadline=None)
def test_nothing_fits_into_no_capacity(case: Case, data: st.DataObject) -> None:
    empty = data.draw(st.sampled_from(sorted(case.limits)))
    shut = case.with_limits({empty: 0})
    solution = solve(shut.problem())
    assert all(not o.uses[empty] for o in chosen_rows(shut, solution))


@given(cases(with_control=False), st.data())
@settings(max_examples=60, deadline=None)
def test_a_larger_capacity_never_lowers_the_bound(case: Case, data: st.DataObject) -> None:
    grown = data.draw(st.sampled_from(sorted(case.limits)))
    more = case.with_limits({grown: case.limits[grown] + 1})
    solution = solve(case.problem())
    assert solve(more.problem()).bound >= optimum(case, with_caps=False) - 1e-6
    larger = more.problem()
    assert bound_at(larger, solution.prices, np.zeros(len(larger.limit))) >= solution.bound - 1e-9


@given(cases())
@settings(max_examples=80, deadline=None)
def test_control_pays_the_same_prices_and_is_not_refilled(case: Case) -> None:
    solution = solve(case.problem())
    control = solution.problem.control(solution.chosen)
    assert (solution.reduced[control] >= 0).all()


@given(cases())
@settings(max_examples=80, deadline=None)
def test_one_cut_off_divides_both_arms(case: Case) -> None:
    problem = case.problem()
    reduced = problem.reduced(np.zeros(len(problem.limit)))
    taken = choose(problem, reduced, problem.caps)
    cut_at = clear(problem, reduced, taken)
    amounts = problem.use[taken].toarray()
    for resource in set(cut_at.tolist()) - {KEPT}:
        kept = (cut_at == KEPT) & (amounts[:, resource] > 0)
        gone = cut_at == resource
        keys = [
            (-reduced[option] / amount, int(problem.draw[option])) if amount else None
            for option, amount in zip(taken, amounts[:, resource], strict=True)
        ]
        last_kept = max(
            (key for key, is_kept in zip(keys, kept, strict=True) if is_kept), default=None
        )
        first_gone = min(key for key, is_gone in zip(keys, gone, strict=True) if is_gone)
        assert last_kept is None or last_kept < first_gone
    kept_options = problem.listed(taken[cut_at == KEPT])
    assert (problem.used(kept_options) <= problem.limit_with_rounding).all()


@given(cases())
@settings(max_examples=80, deadline=None)
def test_no_listed_option_is_left_that_would_still_fit(case: Case) -> None:
    solution = solve(case.problem())
    chosen = chosen_rows(case, solution)
    left = [option for option in case.options if option not in chosen and not option.is_control]
    assert all(broken_rules(case, [*chosen, option]) for option in left)


@given(cases())
@settings(max_examples=60, deadline=None)
def test_every_option_that_was_not_chosen_has_a_true_reason(case: Case) -> None:
    solution = solve(case.problem())
    problem, chosen = solution.problem, set(solution.chosen.tolist())
    taken = set(choose(problem, solution.reduced, problem.caps).tolist())
    for i, (outcome, cause) in enumerate(zip(solution.outcome, solution.cause, strict=True)):
        option = case.options[problem.row[i]]
        assert (outcome == Outcome.CHOSEN) == (i in chosen)
        assert (outcome == Outcome.NEGATIVE_VALUE) == (option.value < 0)
        if outcome == Outcome.LOST_TO:
            assert problem.customer[cause] == problem.customer[i]
            assert cause in chosen or (option.is_control and cause in taken)
        if outcome == Outcome.NO_CAPACITY:
            assert option.uses[problem.resources[cause]] > 0
        if outcome == Outcome.CAP_TONIGHT:
            assert case.caps or case.most[option.customer] == 0
        if outcome in (Outcome.CHOSEN, Outcome.NEGATIVE_VALUE, Outcome.CAP_TONIGHT):
            assert cause == -1
