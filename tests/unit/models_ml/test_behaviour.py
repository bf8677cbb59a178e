"""The behaviour vector: finite, monotone, blind to what is missing."""

import numpy as np
import pandas as pd
import pytest

from models_ml.clusters.behaviour import CODES, COLUMNS, behaviour_vector, informative_codes
from models_ml.slots import CLUSTERS


def people(count: int = 3) -> pd.DataFrame:
    return pd.DataFrame({column: [0.0] * count for column in COLUMNS})


def test_the_slot_reads_the_columns_of_the_vector_and_of_the_rule() -> None:
    assert set(CLUSTERS.features) == {*COLUMNS, "app_count_90d"}


def test_zero_and_missing_are_finite_and_equal_for_counts() -> None:
    rows = people(2)
    rows.loc[1, "app_session_count_90d"] = np.nan
    vector = behaviour_vector(rows)
    assert np.isfinite(vector).all()
    assert (vector[0] == vector[1]).all()


def test_sizes_of_negative_amounts_count() -> None:
    rows = people(2)
    rows["aum_month_average_amount"] = [-500_000.0, 500_000.0]
    vector = behaviour_vector(rows, ["WEALTH"])
    assert vector[:, 0] == pytest.approx([np.log(6.0)] * 2)


def test_share_is_the_log_odds_of_the_part_with_two_counts_added() -> None:
    rows = people(1)
    rows["customer_initiated_count_90d"] = 10.0
    rows["pos_count_90d"] = 4.0
    rows["online_count_90d"] = 3.0
    assert behaviour_vector(rows, ["CARD"])[0, 0] == pytest.approx(np.log(9.0 / 5.0))


def test_few_purchases_stay_near_the_usual_one() -> None:
    rows = people(2)
    rows["pos_count_90d"] = [1.0, 100.0]
    rows["card_spend_amount_90d"] = [100_000.0, 10_000_000.0]
    few, many = behaviour_vector(rows, ["TICKET"])[:, 0]
    assert 0 < few < many < np.log(10.0)


def test_dimensions_without_variation_are_left_out() -> None:
    rows = people(3)
    rows["customer_initiated_count_90d"] = [1.0, 2.0, 3.0]
    assert informative_codes(rows) == ("ACTIVITY",)
    assert len(CODES) == len(set(CODES))
