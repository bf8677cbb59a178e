from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from measurement.apportionment import apportion, apportion_rows, as_credit, round_shares
from measurement.errors import MeasurementError

weights = st.lists(st.integers(0, 10**15), min_size=1, max_size=12).filter(any)


@given(st.integers(-(10**18), 10**18), weights)
def test_parts_add_up_and_stay_within_one_unit_of_their_quota(
    total: int, weights: list[int]
) -> None:
    parts = apportion(total, weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - Fraction(total * weight, sum(weights))) < 1


@given(st.integers(0, 10**12), weights, st.integers(0, 12))
def test_a_receiver_without_weight_changes_nothing(
    total: int, weights: list[int], place: int
) -> None:
    wider = [*weights[:place], 0, *weights[place:]]
    without = apportion(total, wider)
    del without[min(place, len(weights))]
    assert without == apportion(total, weights)


def test_ties_are_broken_by_order() -> None:
    assert apportion(10, [1, 1, 1]) == [4, 3, 3]
    assert apportion(-10, [1, 1, 1]) == [-4, -3, -3]


def test_nothing_to_split_needs_no_weight() -> None:
    assert apportion(0, [0, 0]) == [0, 0]
    assert apportion(0, []) == []


@pytest.mark.parametrize("weights", [[], [0, 0], [2, -1]])
def test_units_without_a_receiver_are_refused(weights: list[int]) -> None:
    with pytest.raises(MeasurementError, match="remedy"):
        apportion(1, weights)


def test_credits_have_nine_decimals() -> None:
    assert str(as_credit(333_333_333)) == "0.333333333"
    assert str(as_credit(19_785_000_000_001)) == "19785.000000001"


@given(
    st.lists(st.integers(-(9 * 10**18), 9 * 10**18), min_size=1, max_size=5),
    st.lists(st.integers(0, 10**5), min_size=1, max_size=12).filter(any),
)
def test_rows_are_split_like_single_totals(totals: list[int], weights: list[int]) -> None:
    rows = apportion_rows(np.array(totals, np.int64), weights)
    assert rows.tolist() == [apportion(total, weights) for total in totals]


@given(st.lists(st.integers(-(10**20), 10**20), min_size=1, max_size=9), st.integers(1, 10**6))
def test_shares_are_rounded_by_less_than_one_and_keep_their_sum(
    numerators: list[int], denominator: int
) -> None:
    numerators[0] -= sum(numerators) % denominator
    parts = round_shares(numerators, denominator)
    assert sum(parts) * denominator == sum(numerators)
    for part, numerator in zip(parts, numerators, strict=True):
        assert abs(part - Fraction(numerator, denominator)) < 1
