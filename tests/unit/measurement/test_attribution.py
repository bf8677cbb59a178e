from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest

from measurement.attribution import CREDIT_SCHEMA, attribute_paths, transition_matrix
from measurement.errors import MeasurementError

JANUARY, FEBRUARY = date(2024, 1, 1), date(2024, 2, 1)


def paths_table(rows: list[tuple[date, str, str, int, int, int]]) -> pa.Table:
    names = ["period_month", "goal_type", "path", "conversion_count", "value_amount", "null_count"]
    table = pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows])
    return table.append_column("window_days", pa.array([30] * len(rows), pa.int32()))


TOY = paths_table(
    [
        (JANUARY, "product_opening", "C1 > C2 > C3", 1, 1000, 0),
        (JANUARY, "product_opening", "C1", 0, 0, 1),
        (JANUARY, "product_opening", "C2 > C3", 0, 0, 1),
        (JANUARY, "activation", "", 2, 70, 0),
        (FEBRUARY, "product_opening", "C9", 3, 90, 4),
    ]
)


def test_each_period_and_goal_is_a_chain_of_its_own() -> None:
    credits = attribute_paths(TOY)
    assert credits.schema == CREDIT_SCHEMA
    found = [
        (r["period_month"], r["goal_type"], r["channel"], r["credit"], r["value_amount"])
        for r in credits.to_pylist()
    ]
    opening = "product_opening"
    assert found == [
        (JANUARY, "activation", "(no touch)", Decimal("2.000000000"), 70),
        (JANUARY, opening, "C1", Decimal("0.200000000"), 200),
        (JANUARY, opening, "C2", Decimal("0.400000000"), 400),
        (JANUARY, opening, "C3", Decimal("0.400000000"), 400),
        (FEBRUARY, opening, "C9", Decimal("3.000000000"), 90),
    ]


def test_removal_effects_stand_beside_the_credit() -> None:
    by_channel = {r["channel"]: r for r in attribute_paths(TOY).to_pylist()}
    assert by_channel["C1"]["removal_effect"] == Decimal("0.500000000")
    assert by_channel["C3"]["removal_effect"] == Decimal("1.000000000")
    assert by_channel["(no touch)"]["removal_effect"] is None


def test_orders_are_models_of_their_own() -> None:
    models = attribute_paths(TOY, orders=(1, 2)).column("model").to_pylist()
    assert set(models) == {"markov_1", "markov_2"}


def test_an_empty_table_gives_an_empty_table() -> None:
    assert attribute_paths(TOY.slice(0, 0)).schema == CREDIT_SCHEMA
    assert transition_matrix(TOY.slice(0, 0)).num_rows == 0


def test_probabilities_that_leave_a_state_add_up_to_one() -> None:
    steps = transition_matrix(TOY).to_pylist()
    leaving: dict[tuple[object, ...], Decimal] = {}
    for step in steps:
        key = (step["period_month"], step["goal_type"], step["from_state"])
        leaving[key] = leaving.get(key, Decimal(0)) + step["probability"]
    assert leaving
    assert all(abs(total - 1) <= Decimal("0.000000002") for total in leaving.values())


def test_missing_columns_are_named() -> None:
    with pytest.raises(MeasurementError, match="no null_count"):
        attribute_paths(TOY.drop_columns(["null_count"]))


def test_a_negative_count_is_refused() -> None:
    with pytest.raises(MeasurementError, match="1 paths with a negative count"):
        attribute_paths(paths_table([(JANUARY, "activation", "a", 1, 0, -1)]))
