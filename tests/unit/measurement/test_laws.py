"""The laws of attribution, for every model that paths can answer, on random journeys."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from measurement.attribution import NO_TOUCH, ChannelCredit
from measurement.models import NAMES, model_credits
from measurement.paths import PathCount, as_paths

MODELS = [*((name, 1) for name in NAMES), ("markov", 2), ("markov", 3)]


@st.composite
def journeys(draw: st.DrawFn) -> list[PathCount]:
    """Paths of up to six touches; only those that convert have a value, gains or losses."""
    rows = draw(
        st.lists(
            st.tuples(
                st.lists(st.sampled_from("abcd"), max_size=6).map(tuple),
                st.integers(0, 9),
                st.integers(-(10**9), 10**9),
                st.integers(0, 9),
            ),
            min_size=1,
            max_size=8,
        )
    )
    return [PathCount(path, won, value if won else 0, lost) for path, won, value, lost in rows]


def credits(paths: list[PathCount], model: str, order: int) -> dict[str, ChannelCredit]:
    return {c.channel: c for c in model_credits(as_paths(paths), model, order)}


every_model = pytest.mark.parametrize(("model", "order"), MODELS)


@every_model
@settings(max_examples=60, deadline=None)
@given(paths=journeys())
def test_credit_adds_up_to_the_conversions_and_value_to_their_value(
    model: str, order: int, paths: list[PathCount]
) -> None:
    found = credits(paths, model, order)
    assert sum(c.credit_units for c in found.values()) == 10**9 * sum(p.conversions for p in paths)
    assert sum(c.value_amount for c in found.values()) == sum(p.value for p in paths)


@every_model
@settings(max_examples=40, deadline=None)
@given(paths=journeys())
def test_conversions_without_a_touch_stay_apart(
    model: str, order: int, paths: list[PathCount]
) -> None:
    found = credits(paths, model, order)
    untouched = sum(p.conversions for p in paths if not p.channels)
    assert (NO_TOUCH in found) == (untouched > 0)
    if untouched:
        assert found[NO_TOUCH].credit_units == 10**9 * untouched


@every_model
@settings(max_examples=40, deadline=None)
@given(paths=journeys(), data=st.data())
def test_neither_the_order_of_the_rows_nor_a_repetition_matters(
    model: str, order: int, paths: list[PathCount], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(paths))
    assert credits(shuffled, model, order) == credits(paths, model, order)
    assert credits(paths, model, order) == credits(paths, model, order)


@every_model
@settings(max_examples=40, deadline=None)
@given(paths=journeys(), place=st.sampled_from(["A", "bb", "z"]))
def test_a_channel_that_nobody_touched_changes_nothing(
    model: str, order: int, paths: list[PathCount], place: str
) -> None:
    with_it = credits([*paths, PathCount((place,), 0, 0, 0)], model, order)
    assert (with_it[place].credit_units, with_it[place].value_amount) == (0, 0)
    del with_it[place]
    assert with_it == credits(paths, model, order)


@every_model
@settings(max_examples=60, deadline=None)
@given(paths=journeys(), names=st.permutations("abcd"))
def test_other_names_give_the_same_credit_to_the_same_channels(
    model: str, order: int, paths: list[PathCount], names: list[str]
) -> None:
    renamed = dict(zip("abcd", names, strict=True))
    other = [
        PathCount(tuple(renamed[c] for c in p.channels), p.conversions, p.value, p.nulls)
        for p in paths
    ]
    found, again = credits(paths, model, order), credits(other, model, order)
    # Rules split each conversion by position: exactly the same. Shapley and Markov split a total
    # over channels, where equal remainders go by name: one unit. Markov's shares are rounded
    # to 1e-12 of all credit.
    conversions, value = sum(p.conversions for p in paths), sum(abs(p.value) for p in paths)
    units, amount = {
        "markov": (1 + conversions * 10**9 * 8 // 10**12, 1 + value * 8 // 10**12),
        "shapley": (1, 1),
    }.get(model, (0, 0))
    for channel, credit in found.items():
        twin = again[renamed.get(channel, channel)]
        assert abs(credit.credit_units - twin.credit_units) <= units
        if model != "markov" or all(p.value >= 0 for p in paths):
            assert abs(credit.value_amount - twin.value_amount) <= amount


@pytest.mark.parametrize("model", ["time_decay", "last_non_direct"])
def test_models_that_need_times_say_so(model: str) -> None:
    with pytest.raises(ValueError, match="aggregated paths do not"):
        model_credits(as_paths([]), model)


def test_an_unknown_model_is_told_which_there_are() -> None:
    with pytest.raises(ValueError, match="first, last, linear, position, markov, shapley"):
        model_credits(as_paths([]), "firts")
