"""The behaviour vector: finite, monotone, blind to what is missing."""

import numpy as np
import pandas as pd
import pytest

from models_ml.clusters.behaviour import CODES, COLUMNS, behaviour_vector, informative_codes
from models_ml.slots import CLUSTERS


def people(count: int = 3) -> pd.DataFrame:
    return pd.DataFrame({column: [0.0] * count for column in COLUMNS})


def test_the_slot_reads_exactly_the_columns_of_the_vector() -> None:
    assert set(CLUSTERS.features) == set(COLUMNS)


def test_zero_and_missing_are_finite_and_equal_for_counts() -> None:
    rows = people(2)
    rows.loc[1, "app_session_count_90d"] = np.nan
    vector = behaviour_vector(rows)
    assert np.isfinite(vector).all()
    assert (vector[0] == vector[1]).all()


def test_a_missing_share_is_nothing_invested() -> None:
    rows = people(2)
    rows["demand_share"] = [1.0, np.nan]
    invest = behaviour_vector(rows, ["INVEST"])
    assert invest[0] == invest[1]
    assert invest[0, 0] == pytest.approx(np.log(0.05 / 1.05))


def test_sizes_of_negative_amounts_count() -> None:
    rows = people(2)
    rows["transfer_out_amount_90d"] = [-500_000.0, 500_000.0]
    vector = behaviour_vector(rows, ["OUTFLOW"])
    assert vector[:, 0] == pytest.approx([np.log(6.0)] * 2)


def test_share_is_the_log_odds_of_the_part() -> None:
    rows = people(1)
    rows["customer_initiated_count_90d"] = 10.0
    rows["app_count_90d"] = 7.0
    assert behaviour_vector(rows, ["APP"])[0, 0] == pytest.approx(np.log(7.5 / 3.5))


def test_dimensions_without_variation_are_left_out() -> None:
    rows = people(3)
    rows["customer_initiated_count_90d"] = [1.0, 2.0, 3.0]
    assert informative_codes(rows) == ("ACTIVITY",)
    assert len(CODES) == len(set(CODES))
