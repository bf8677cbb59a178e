"""Problems small enough to solve by hand, one from the literature, and ties."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

from campaigns.allocation import Outcome, Solution, problem_of, solve
from campaigns.allocation.report import outcomes
from campaigns.allocation.solution import bound_at
from tests.factories.allocation_cases import Case, Option, capacities


def solved(case: Case) -> tuple[Solution, set[str]]:
    solution = solve(case.problem())
    return solution, {case.options[row].name for row in solution.problem.row[solution.chosen]}


def seats(limit: float, **values: float) -> Case:
    """One option of one seat for each customer, named after it."""
    options = tuple(Option(name, name, value, {"seat": 1}) for name, value in values.items())
    return Case(options, {"seat": limit})


# Fisher, "An applications oriented guide to Lagrangian relaxation", Interfaces 15(2), 1985:
# maximise 16 x1 + 10 x2 + 4 x4
# subject to 8 x1 + 2 x2 + x3 + 4 x4 <= 10, x1 + x2 <= 1, x3 + x4 <= 1.
FISHER = Case(
    (
        Option("first", "x1", 16, {"b": 8}),
        Option("first", "x2", 10, {"b": 2}),
        Option("second", "x3", 0, {"b": 1}),
        Option("second", "x4", 4, {"b": 4}),
    ),
    {"b": 10},
)


@pytest.mark.parametrize(
    ("price", "bound"), [(0, 20), (6, 60), (3, 34), (2, 26), (1, 18), (1 / 2, 19), (3 / 4, 18.5)]
)
def test_the_dual_of_fishers_example_has_his_values(price: float, bound: float) -> None:
    assert bound_at(FISHER.problem(), np.array([price]), np.zeros(1)) == pytest.approx(bound)


def test_fishers_example_is_solved_with_his_best_bound() -> None:
    solution, chosen = solved(FISHER)
    assert solution.prices == pytest.approx([1], rel=1e-3)
    assert solution.bound == pytest.approx(18, rel=1e-3)
    assert "x1" in chosen
    assert solution.objective == 16


def test_a_price_lies_between_the_last_in_and_the_first_out() -> None:
    solution, chosen = solved(seats(2, a=10, b=8, c=5))
    assert chosen == {"a", "b"}
    assert 5 * (1 - 1e-5) <= solution.prices[0] <= 8
    assert solution.bound == pytest.approx(18)
    assert solution.gap == pytest.approx(0, abs=1e-5)


def test_what_is_plentiful_costs_nothing() -> None:
    solution, chosen = solved(seats(3, a=10, b=8, c=5))
    assert chosen == {"a", "b", "c"}
    assert solution.prices.tolist() == [0]
    assert (solution.objective, solution.bound, solution.gap) == (23, 23, 0)


def test_prices_see_what_a_greedy_by_value_does_not() -> None:
    # a has nearly as good an alternative, b has none: the seat belongs to b
    case = Case(
        (
            Option("a", "a_phone", 10, {"phone": 1}),
            Option("a", "a_mail", 9),
            Option("b", "b_phone", 8, {"phone": 1}),
        ),
        {"phone": 1},
    )
    solution, chosen = solved(case)
    assert chosen == {"a_mail", "b_phone"}
    assert (solution.objective, solution.greedy) == (17, 10)
    assert 1 <= solution.prices[0] <= 8
    assert solution.bound == pytest.approx(17)


def test_a_budget_buys_what_is_worth_most_per_unit() -> None:
    values = {"a": (60, 10), "b": (100, 20), "c": (120, 30)}  # 6, 5 and 4 per unit
    options = tuple(Option(n, n, v, {"budget": u}) for n, (v, u) in values.items())
    solution, chosen = solved(Case(options, {"budget": 30}))
    assert chosen == {"a", "b"}
    assert 4 * (1 - 1e-3) <= solution.prices[0] <= 5
    assert solution.bound == pytest.approx(160, rel=1e-5)


def test_k_counts_per_customer_and_a_decision_is_taken_once() -> None:
    options = (
        Option("a", "a1", 9, decision="x"),
        Option("a", "a2", 8, decision="x"),
        Option("a", "a3", 7, decision="y"),
        Option("a", "a4", 6, decision="z"),
        Option("b", "b1", 5, decision="x"),
        Option("b", "b2", 4, decision="y"),
        Option("c", "c1", 3, decision="x"),
    )
    case = Case(options, {}, {"a": 2, "b": 1, "c": 0})
    solution, chosen = solved(case)
    assert chosen == {"a1", "a3", "b1"}
    why = {
        case.options[row].name: Outcome(int(solution.outcome[i]))
        for i, row in enumerate(solution.problem.row)
    }
    assert {why[name] for name in ("a2", "a4", "b2")} == {Outcome.LOST_TO}
    assert why["c1"] == Outcome.CAP_TONIGHT


def test_caps_bind_the_choice_and_not_the_bound() -> None:
    options = (
        Option("a", "sms_1", 9, caps=("sms", None)),
        Option("a", "sms_2", 8, caps=("sms", None)),
        Option("a", "mail", 3, caps=("mail", None)),
    )
    solution, chosen = solved(Case(options, {}, {"a": 2}, {("a", "sms"): 1}))
    assert chosen == {"sms_1", "mail"}
    assert (solution.objective, solution.bound) == (12, 17)
    assert Counter(solution.outcome.tolist()) == {Outcome.CHOSEN: 2, Outcome.CAP_TONIGHT: 1}


def test_control_takes_its_customers_place_and_no_seat() -> None:
    options = (
        Option("listed", "seat", 10, {"seat": 1}),
        *(Option(f"ghost_{i}", "seat", 9, {"seat": 1}, is_control=True) for i in range(5)),
        Option("both", "control", 6, {"seat": 1}, is_control=True),
        Option("both", "listed", 5),
    )
    solution, _ = solved(Case(options, {"seat": 1}))
    assert solution.used.tolist() == [1]
    assert len(solution.problem.control(solution.chosen)) == 6
    assert len(solution.listed) == 1
    assert solution.bound == solution.objective == 10 + 5 * 9 + 6


def test_control_does_not_change_what_other_customers_get() -> None:
    listed = seats(2, a=10, b=8, c=5)
    ghosts = tuple(Option(f"g{i}", "ghost", 6 + i, {"seat": 1}, is_control=True) for i in range(4))
    with_ghosts = Case((*listed.options, *ghosts), listed.limits)
    _, alone = solved(listed)
    solution, _ = solved(with_ghosts)
    served = {with_ghosts.options[row].name for row in solution.problem.row[solution.listed]}
    assert served == alone == {"a", "b"}
    assert 5 * (1 - 1e-5) <= solution.prices[0] <= 8


def test_equal_values_are_divided_alike_in_both_arms() -> None:
    """Half of the listed get a seat; of as good control candidates about half would have."""
    options = tuple(
        Option(f"c{i}", "o", 10, {"seat": 1}, is_control=i % 3 == 0) for i in range(3000)
    )
    solution, _ = solved(Case(options, {"seat": 1000}))
    assert len(solution.listed) == 1000
    assert solution.filled == 0
    control = len(solution.problem.control(solution.chosen))
    assert abs(control - 500) < 80  # binomial(1000, 1/2), five standard deviations


def test_the_salt_decides_who_loses_a_tie() -> None:
    table = pa.table(
        {"customer_id": range(100), "option_id": [1] * 100, "value": [1] * 100, "seat": [1] * 100}
    )
    chosen = [
        tuple(solve(problem_of(table, capacities({"seat": 50}), salt=salt)).chosen)
        for salt in ("2024-01-01", "2024-01-01", "2024-01-02")
    ]
    assert chosen[0] == chosen[1] != chosen[2]


def test_nothing_to_allocate_is_allocated() -> None:
    solution, chosen = solved(Case((), {"seat": 3}))
    assert chosen == set()
    assert (solution.objective, solution.bound, solution.gap) == (0, 0, 0)


def test_left_over_capacity_is_filled_with_listed_options_only() -> None:
    # 10 and 9 a unit do not fit side by side; the 3 units left go at less than the price
    options = (
        Option("a", "a", 70, {"budget": 7}),
        Option("b", "b", 45, {"budget": 5}),
        Option("c", "c", 6, {"budget": 3}),
        Option("ghost", "ghost", 6, {"budget": 3}, is_control=True),
    )
    case = Case(options, {"budget": 10})
    solution, chosen = solved(case)
    assert chosen == {"a", "c"}
    assert solution.filled == 1
    rows = outcomes(solution, case.table()).to_pylist()
    assert {row["option_id"]: row["reason"] for row in rows if row["reason"] != "chosen"} == {
        "b": "no_capacity(budget)",
        "ghost": "no_capacity(budget)",
    }


def test_the_greedy_gives_control_no_seat_either() -> None:
    options = (
        Option("ghost", "ghost", 11, {"seat": 1}, is_control=True),
        Option("a", "a", 10, {"seat": 1}),
        Option("late_ghost", "late_ghost", 9, {"seat": 1}, is_control=True),
    )
    solution, _ = solved(Case(options, {"seat": 1}))
    assert solution.greedy == 11 + 10


def test_control_that_was_beaten_by_what_was_cut_lost_to_it() -> None:
    options = tuple(
        Option(customer, name, value, uses, is_control=name == "control")
        for customer in ("a", "b")
        for name, value, uses in (("seat", 10, {"seat": 1}), ("control", 1e-6, {}))
    )
    case = Case(options, {"seat": 1})
    solution, _ = solved(case)
    reasons = [row["reason"] for row in outcomes(solution, case.table()).to_pylist()]
    assert sorted(reasons) == ["chosen", "lost_to(seat)", "lost_to(seat)", "no_capacity(seat)"]
