from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from measurement.attribution import NO_TOUCH, markov_credits
from measurement.errors import MeasurementError
from measurement.markov import (
    conversion_probability,
    expected_value,
    fit_chain,
    removal_effects,
    value_removal_effects,
)
from measurement.paths import PathCount

# Bryl, "Attribution model with Markov chains", analyzecore.com 2016.
TOY = [
    PathCount(("C1", "C2", "C3"), conversions=1, value=900, nulls=0),
    PathCount(("C1",), conversions=0, value=0, nulls=1),
    PathCount(("C2", "C3"), conversions=0, value=0, nulls=1),
]

paths = st.lists(
    st.builds(
        PathCount,
        channels=st.lists(st.sampled_from("abcd"), max_size=5).map(tuple),
        conversions=st.integers(0, 9),
        value=st.just(0),
        nulls=st.integers(0, 9),
    ),
    max_size=8,
)


def test_the_toy_chain_is_solved_exactly() -> None:
    chain = fit_chain(TOY)
    assert conversion_probability(chain) == pytest.approx(1 / 3, abs=1e-15)
    assert removal_effects(chain) == pytest.approx({"C1": 0.5, "C2": 1.0, "C3": 1.0}, abs=1e-15)


def test_the_toy_credit_is_a_fifth_and_two_fifths() -> None:
    credits = {c.channel: c.credit_units for c in markov_credits(TOY)}
    assert credits == {"C1": 200_000_000, "C2": 400_000_000, "C3": 400_000_000}
    assert {c.channel: c.value_amount for c in markov_credits(TOY)} == {
        "C1": 180,
        "C2": 360,
        "C3": 360,
    }


def test_a_path_shorter_than_the_order_is_one_state() -> None:
    chain = fit_chain(TOY, order=2)
    assert set(chain.states) == {("(start)",), ("C1",), ("C1", "C2"), ("C2", "C3")}
    assert conversion_probability(chain) == pytest.approx(1 / 3 * 1 / 2 + 1 / 3 * 1 / 2)
    assert conversion_probability(chain, without="C2") == 0.0


def test_a_loop_is_walked_through() -> None:
    looping = [PathCount(("a", "a", "a"), 1, 0, 0), PathCount(("a",), 0, 0, 1)]
    assert conversion_probability(fit_chain(looping)) == pytest.approx(1 / 2)


def test_reward_of_a_state_is_the_mean_value_of_conversions_ending_there() -> None:
    mixed = [
        PathCount(("a", "b"), conversions=2, value=600, nulls=0),
        PathCount(("b", "c"), conversions=1, value=900, nulls=1),
    ]
    chain = fit_chain(mixed)
    # START goes to a and b evenly; b converts 2/4 at a mean of 300, goes to c 2/4;
    # c converts 1/2 at 900: from b 0.5 * 300 + 0.5 * 0.5 * 900 = 375, the same from a.
    assert expected_value(chain) == pytest.approx(375)
    assert expected_value(chain, without="c") == pytest.approx(150)
    assert value_removal_effects(chain) == pytest.approx({"a": 0.5, "b": 1.0, "c": 0.6})


def test_no_conversion_means_no_effect_and_no_credit() -> None:
    credits = markov_credits([PathCount(("a", "b"), 0, 0, 7)])
    assert [(c.channel, c.credit_units, c.removal_effect) for c in credits] == [
        ("a", 0, 0.0),
        ("b", 0, 0.0),
    ]


def test_conversions_without_a_touch_have_their_own_row() -> None:
    credits = markov_credits([*TOY, PathCount((), conversions=4, value=50, nulls=0)])
    assert credits[-1].channel == NO_TOUCH
    assert (credits[-1].credit_units, credits[-1].value_amount) == (4_000_000_000, 50)
    assert credits[:-1] == markov_credits(TOY)


def test_value_of_conversions_that_lose_money_is_still_split_exactly() -> None:
    mixed = [PathCount(("a",), 1, 500, 0), PathCount(("b",), 1, -800, 0)]
    assert sum(c.value_amount for c in markov_credits(mixed)) == -300


@settings(max_examples=60, deadline=None)
@given(paths, st.integers(1, 3))
def test_credits_add_up_to_the_conversions(paths: list[PathCount], order: int) -> None:
    units = sum(c.credit_units for c in markov_credits(paths, order))
    assert units == 10**9 * sum(path.conversions for path in paths)


@settings(max_examples=60, deadline=None)
@given(paths, st.integers(1, 3))
def test_a_channel_nobody_touched_changes_nothing(paths: list[PathCount], order: int) -> None:
    never_walked = PathCount(("z",), conversions=0, value=0, nulls=0)
    with_it = [c for c in markov_credits([*paths, never_walked], order) if c.channel != "z"]
    assert with_it == markov_credits(paths, order)


@settings(max_examples=30, deadline=None)
@given(paths)
def test_order_of_the_rows_does_not_matter(paths: list[PathCount]) -> None:
    assert markov_credits(paths) == markov_credits(list(reversed(paths)))


def test_removal_agrees_with_walking_every_path_of_an_acyclic_chain() -> None:
    layered = [
        PathCount(pair, conversions=1 + i, value=0, nulls=3 - i % 3)
        for i, pair in enumerate(product("ab", "cd"))
    ]
    chain = fit_chain(layered)
    index = {state: i for i, state in enumerate(chain.states)}
    step = chain.transitions.toarray()
    for removed in "abcd":
        walked = sum(
            step[0, index[(one,)]]
            * step[index[(one,)], index[(two,)]]
            * chain.to_conversion[index[(two,)]]
            for one, two in product("ab", "cd")
            if removed not in (one, two)
        )
        assert conversion_probability(chain, removed) == pytest.approx(walked)


def test_order_zero_is_refused() -> None:
    with pytest.raises(MeasurementError, match="order >= 1"):
        fit_chain(TOY, order=0)
