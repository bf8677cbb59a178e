"""The purchase summary told again in plain Python, for random logs of every grain."""

from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models_ml.lifetime_value.summary import (
    WEEKDAYS,
    Grain,
    day_number,
    in_memory,
    later_query,
    summarise,
    summary_query,
)

FIRST = date(2023, 12, 20)
Purchases = list[tuple[str, int, int]]

grains = st.builds(Grain, st.sampled_from(["day", "week"]), st.sampled_from(WEEKDAYS))
logs = st.lists(
    st.tuples(
        st.sampled_from(["ann", "bob", "Zoë", "'; --", ""]),
        st.integers(0, 60).map(lambda days: day_number(FIRST + timedelta(days))),
        st.integers(0, 10**12),
    ),
    max_size=40,
)
last_days = st.integers(0, 60).map(lambda days: FIRST + timedelta(days))


def start_of_period(day: date, grain: Grain) -> date:
    if grain.unit == "day":
        return day
    return day - timedelta((day.weekday() - WEEKDAYS.index(grain.week_start)) % 7)


def told_plainly(purchases: Purchases, grain: Grain, last_day: date) -> dict[str, tuple[int, ...]]:
    """Frequency, days from first to last, days to the end, amount of repeats, later ones."""
    seen: dict[str, dict[date, int]] = {}
    later: dict[str, set[date]] = {}
    end = start_of_period(last_day, grain)
    for customer, number, amount in purchases:
        day = date.fromordinal(number + 1)
        period = start_of_period(day, grain)
        if day <= last_day:
            mine = seen.setdefault(customer, {})
            mine[period] = mine.get(period, 0) + amount
        if period > end:
            later.setdefault(customer, set()).add(period)
    return {
        customer: (
            len(mine) - 1,
            (max(mine) - min(mine)).days,
            (end - min(mine)).days,
            sum(mine.values()) - mine[min(mine)],
            len(later.get(customer, ())),
        )
        for customer, mine in seen.items()
    }


def as_told(rows: pd.DataFrame, later: pd.DataFrame, grain: Grain) -> dict[str, tuple[int, ...]]:
    """The query's rows in the same form."""
    counts = dict(zip(later["customer_id"], later["purchases"], strict=True))
    return {
        row.customer_id: (
            row.frequency,
            row.recency_periods * grain.days,
            row.age_periods * grain.days,
            row.repeat_amount,
            counts.get(row.customer_id, 0),
        )
        for row in rows.itertuples()
    }


@given(logs, grains, last_days)
def test_the_summary_is_what_plain_counting_says(
    purchases: Purchases, grain: Grain, last_day: date
) -> None:
    with in_memory(purchases) as ask:
        rows = ask(summary_query("purchases", grain, last_day))
        later = ask(later_query("purchases", grain, last_day))
    assert as_told(rows, later, grain) == told_plainly(purchases, grain, last_day)


def test_units_of_time_and_mean_value() -> None:
    rows = pd.DataFrame(
        [("b", 2, 14, 20, 900), ("a", 0, 0, 7, 0)],
        columns=["customer_id", "frequency", "recency_periods", "age_periods", "repeat_amount"],
    )
    weeks = summarise(rows, Grain("day"), "week")
    assert weeks.to_dict("list") == {
        "customer_id": ["a", "b"],
        "frequency": [0, 2],
        "recency": [0.0, 2.0],
        "age": [1.0, 20 / 7],
        "mean_value": [0.0, 450.0],
    }
    days = summarise(rows, Grain("week"), "day")
    assert days["age"].tolist() == [49.0, 140.0]


@pytest.mark.parametrize("day", [date(1, 1, 1), date(1997, 1, 6), date(2024, 1, 1)])
def test_a_week_begins_on_monday_unless_told_otherwise(day: date) -> None:
    assert day.weekday() == 0
    grain = Grain("week")
    assert grain.period(day) == grain.period(day + timedelta(6)) == day_number(day) // 7
    assert grain.period(day + timedelta(7)) == grain.period(day) + 1
