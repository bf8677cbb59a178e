"""Hand-made feature rows in a real warehouse: two habits, and people to leave out."""

from collections.abc import Callable
from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from models_ml.tables import create_prediction_tables
from warehouse.bulk import copy_arrow
from warehouse.connection import connect
from warehouse.settings import Settings

NIGHT = date(2024, 4, 30)
_DDL = """
create table if not exists features.ftr_customers (
    customer_id text, as_of_date date, is_scorable boolean, days_on_book integer,
    customer_initiated_count_30d integer, customer_initiated_count_90d integer,
    customer_initiated_count_180d integer, days_since_last_activity integer,
    mean_gap_days_180d numeric, app_count_90d integer, branch_count_90d integer,
    atm_count_90d integer, pos_count_90d integer, online_count_90d integer,
    card_spend_amount_90d bigint, transfer_in_amount_90d bigint, transfer_out_amount_90d bigint,
    distinct_merchant_categories_90d integer, app_session_count_90d integer,
    branch_visit_count_90d integer, aum_month_average_amount bigint, demand_share numeric
)
"""


def feature_rows(count: int, night: date = NIGHT, seed: int = 7) -> pa.Table:
    """Customers: even ones live in the app, odd ones at the counter; each tenth not scorable."""
    random = np.random.default_rng(seed)
    number = np.arange(count)
    digital = number % 2 == 0
    app = random.poisson(np.where(digital, 30, 1))
    branch = random.poisson(np.where(digital, 0.2, 6))
    pos = random.poisson(np.where(digital, 12, 2))
    total = app + branch + pos
    spend = (random.lognormal(9, 0.6, count) * pos).astype(np.int64)
    return pa.table(
        {
            "customer_id": [f"C{n:015x}" for n in number],
            "as_of_date": [night] * count,
            "is_scorable": number % 10 != 9,
            "days_on_book": np.where(number % 4 == 3, 100, 400),
            "customer_initiated_count_30d": np.where(number % 5 == 4, 0, total // 3 + 1),
            "customer_initiated_count_90d": total,
            "customer_initiated_count_180d": total * 2,
            "days_since_last_activity": np.where(number % 5 == 4, 40, number % 29),
            "mean_gap_days_180d": 180 / (total * 2 + 1.0),
            "app_count_90d": app,
            "branch_count_90d": branch,
            "atm_count_90d": np.zeros(count, np.int64),
            "pos_count_90d": pos,
            "online_count_90d": np.zeros(count, np.int64),
            "card_spend_amount_90d": spend,
            "transfer_in_amount_90d": random.lognormal(12, 1, count).astype(np.int64),
            "transfer_out_amount_90d": random.lognormal(12, 1, count).astype(np.int64),
            "distinct_merchant_categories_90d": np.minimum(pos, 8),
            "app_session_count_90d": random.poisson(np.where(digital, 40, 1)),
            "branch_visit_count_90d": random.poisson(np.where(digital, 0.2, 4)),
            "aum_month_average_amount": random.lognormal(14, 1, count).astype(np.int64),
            "demand_share": random.beta(2, 2, count),
        }
    )


@pytest.fixture
def bank(warehouse: Settings) -> Settings:
    """A warehouse with empty prediction tables and an empty feature table."""
    with connect(warehouse) as connection:
        create_prediction_tables(connection)
        connection.execute(_DDL)
    return warehouse


@pytest.fixture
def fill(bank: Settings) -> Callable[..., Settings]:
    """`fill(count, night=…)` adds feature rows and returns the settings."""

    def add(count: int, night: date = NIGHT) -> Settings:
        with connect(bank) as connection:
            copy_arrow(connection, "features.ftr_customers", feature_rows(count, night))
        return bank

    return add
