from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from measurement.errors import MeasurementError
from measurement.paths import PathCount, channels_of
from measurement.shapley import (
    conversion_rate,
    sampled_shapley_values,
    shapley_set_credits,
    shapley_set_values,
    shapley_values,
)

TOY = {
    frozenset({"OS"}): 7.0,
    frozenset({"FB"}): 6.0,
    frozenset({"D"}): 4.0,
    frozenset({"OS", "FB"}): 15.0,
    frozenset({"OS", "D"}): 7.0,
    frozenset({"FB", "D"}): 9.0,
    frozenset({"OS", "FB", "D"}): 19.0,
}

paths = st.lists(
    st.builds(
        PathCount,
        channels=st.lists(st.sampled_from("abcd"), max_size=5).map(tuple),
        conversions=st.integers(0, 9),
        value=st.integers(-50, 50),
        nulls=st.integers(0, 2),
    ),
    min_size=1,
    max_size=8,
)


def test_the_toy_values_are_reproduced() -> None:
    values = shapley_values(TOY)
    assert {c: round(v, 4) for c, v in values.items()} == {"OS": 7.6667, "FB": 8.1667, "D": 3.1667}
    assert sum(values.values()) == pytest.approx(19)


@settings(max_examples=60, deadline=None)
@given(paths)
def test_the_closed_form_equals_the_definition(paths: list[PathCount]) -> None:
    channels = channels_of(paths)
    if not channels:
        return
    value = {
        frozenset(s): float(
            sum(p.conversions for p in paths if p.channels and {*p.channels} <= {*s})
        )
        for size in range(1, len(channels) + 1)
        for s in combinations(channels, size)
    }
    exact = shapley_values(value)
    units = shapley_set_credits(paths)
    assert sum(units.values()) == 10**9 * sum(p.conversions for p in paths if p.channels)
    for channel in channels:
        assert units[channel] / 10**9 == pytest.approx(exact[channel], abs=2e-9)


def test_a_conversion_is_split_over_distinct_channels() -> None:
    credits = shapley_set_credits([PathCount(("a", "b", "a", "c"), 1, 0, 0)])
    assert credits == {"a": 333_333_334, "b": 333_333_333, "c": 333_333_333}
    assert Fraction(sum(credits.values()), 10**9) == 1


def test_a_missing_coalition_is_refused() -> None:
    with pytest.raises(MeasurementError, match="6 values for 3 players"):
        shapley_values({s: v for s, v in TOY.items() if s != frozenset({"FB", "D"})})


@settings(max_examples=60, deadline=None)
@given(paths)
def test_value_is_split_over_sets_like_the_definition(paths: list[PathCount]) -> None:
    exact = dict.fromkeys(channels_of(paths), Fraction(0))
    for path in paths:
        for channel in set(path.channels):
            exact[channel] += Fraction(path.value, len(set(path.channels)))
    found = shapley_set_values(paths)
    assert sum(found.values()) == sum(p.value for p in paths if p.channels)
    assert all(abs(found[channel] - share) < 1 for channel, share in exact.items())


def test_sampling_agrees_with_the_toy_within_its_standard_error() -> None:
    worth = {frozenset(): 0.0, **TOY}
    found = sampled_shapley_values(worth.__getitem__, ["OS", "FB", "D"], 4000, seed=3)
    for channel, exact in shapley_values(TOY).items():
        assert found[channel].standard_error > 0
        # five standard errors: a false alarm in two million
        assert abs(found[channel].value - exact) < 5 * found[channel].standard_error
    assert sum(s.value for s in found.values()) == pytest.approx(19)


def test_the_standard_error_is_that_of_the_marginal_contributions() -> None:
    """D adds 4, -8 + 8 ...: its marginals over the six orders are known, and so is their spread."""
    worth = {frozenset(): 0.0, **TOY}
    found = sampled_shapley_values(worth.__getitem__, ["OS", "FB", "D"], 20_000)["D"]
    # D first (2 orders): 4; after OS: 0; after FB: 3; last (2 orders): 4
    marginals = [4, 4, 0, 3, 4, 4]
    mean = sum(marginals) / 6
    spread = (sum((m - mean) ** 2 for m in marginals) / 6) ** 0.5
    assert mean == pytest.approx(3.1667, abs=1e-4)
    assert found.standard_error == pytest.approx(spread / 20_000**0.5, rel=0.03)


@settings(max_examples=20, deadline=None)
@given(paths, st.integers(0, 2**32))
def test_sampled_rates_agree_with_all_coalitions(paths: list[PathCount], seed: int) -> None:
    channels = channels_of(paths)
    if not channels:
        return
    rate = conversion_rate(paths)
    exact = shapley_values(
        {
            frozenset(s): rate(frozenset(s))
            for size in range(1, len(channels) + 1)
            for s in combinations(channels, size)
        }
    )
    found = sampled_shapley_values(rate, list(reversed(channels)), 400, seed)
    again = sampled_shapley_values(rate, channels, 400, seed)
    assert found == again
    for channel in channels:
        # six standard errors, and what 400 draws that never saw a rare order can hide
        allowed = 6 * found[channel].standard_error + 0.02
        assert abs(found[channel].value - exact[channel]) < allowed


def test_the_rate_of_a_coalition_counts_journeys_within_it() -> None:
    rate = conversion_rate(
        [PathCount(("a",), 1, 0, 3), PathCount(("a", "b", "a"), 2, 0, 0), PathCount((), 9, 0, 0)]
    )
    assert rate(frozenset("a")) == 1 / 4
    assert rate(frozenset("ab")) == 3 / 6
    assert rate(frozenset("b")) == 0.0


def test_one_permutation_has_no_standard_error() -> None:
    with pytest.raises(MeasurementError, match="at least 2 permutations"):
        sampled_shapley_values(lambda s: float(len(s)), ["a"], 1)
