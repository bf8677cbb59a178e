"""The purchase summary on PostgreSQL is the one without a server, row for row."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from models_ml.lifetime_value.summary import Grain, in_memory, later_query, summary_query
from warehouse.connection import connect
from warehouse.settings import Settings

FIRST, LAST = date(2023, 11, 1), date(2024, 2, 14)
PURCHASES = (
    "(select customer_id, business_date - date '0001-01-01' as purchase_day, amount from acts)"
)


@pytest.fixture
def acts(warehouse: Settings) -> tuple[Settings, list[tuple[str, date, int]]]:
    """20,000 acts of 900 customers, some of them after the last day, with amounts up to 1e14."""
    random = np.random.default_rng(9)
    rows = [
        (f"C{customer:015x}", FIRST + timedelta(int(day)), int(amount))
        for customer, day, amount in zip(
            random.integers(0, 900, 20_000) ** 2 % 1_009,
            random.integers(0, 150, 20_000),
            random.integers(0, 10**14, 20_000),
            strict=True,
        )
    ]
    with connect(warehouse) as connection, connection.cursor() as cursor:
        cursor.execute("create table acts (customer_id text, business_date date, amount bigint)")
        with cursor.copy("copy acts from stdin") as copy:
            for row in rows:
                copy.write_row(row)
    return warehouse, rows


@pytest.mark.parametrize(
    "grain", [Grain("day"), Grain("week"), Grain("week", "sunday")], ids=lambda g: str(g)
)
def test_both_engines_agree(
    acts: tuple[Settings, list[tuple[str, date, int]]], grain: Grain
) -> None:
    settings, rows = acts
    with in_memory((c, day.toordinal() - 1, amount) for c, day, amount in rows) as ask:
        for query in (summary_query, later_query):
            expected = ask(query("purchases", grain, LAST))
            with connect(settings) as connection:
                cursor = connection.execute(query(f"{PURCHASES} as p", grain, LAST))
                found = pd.DataFrame(
                    cursor.fetchall(), columns=[c.name for c in cursor.description]
                )
            found, expected = (
                frame.sort_values("customer_id", ignore_index=True) for frame in (found, expected)
            )
            assert len(found) > 500
            pd.testing.assert_frame_equal(found, expected)
