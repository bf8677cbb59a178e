from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from measurement.errors import MeasurementError
from measurement.paths import PathCount, channels_of
from measurement.shapley import shapley_set_credits, shapley_values

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
        value=st.just(0),
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
