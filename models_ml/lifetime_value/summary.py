"""Frequency, recency, age and mean value of each customer, from a purchase log, by one SQL query.

The query counts in whole numbers only and keeps to what PostgreSQL and SQLite share, so the slot
can run it in the warehouse and a file of purchases needs no server.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

import numpy as np
import pandas as pd

Unit = Literal["day", "week"]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
DAYS: dict[Unit, int] = {"day": 1, "week": 7}
WEEKDAYS = get_args(Weekday)


@dataclass(frozen=True)
class Grain:
    """What counts as one purchase: all that a customer buys in a day, or in a calendar week."""

    unit: Unit = "day"
    week_start: Weekday = "monday"

    @property
    def days(self) -> int:
        """Length of a period."""
        return DAYS[self.unit]

    @property
    def shift(self) -> int:
        """What to add to a day number so that whole periods begin at multiples of their length."""
        return -WEEKDAYS.index(self.week_start) % self.days

    def period(self, day: date) -> int:
        """The number of the period that a day is in."""
        return (day_number(day) + self.shift) // self.days


_SUMMARY = """
with purchase_periods as (
    -- acts of one customer in one period are one purchase
    select
        customer_id,
        (purchase_day + {shift}) / {days} as period,
        sum(amount) as amount
    from {purchases}
    where purchase_day <= {last_day}
    group by customer_id, (purchase_day + {shift}) / {days}
),

counted as (
    select
        customer_id,
        period,
        amount,
        min(period) over (partition by customer_id) as first_period
    from purchase_periods
)

select
    customer_id,
    count(*) - 1 as frequency,
    max(period) - first_period as recency_periods,
    {last_period} - first_period as age_periods,
    cast(sum(case when period > first_period then amount else 0 end) as bigint) as repeat_amount
from counted
group by customer_id, first_period
"""
_LATER = """
select customer_id, count(distinct (purchase_day + {shift}) / {days}) as purchases
from {purchases}
where (purchase_day + {shift}) / {days} > {last_period}
group by customer_id
"""


def day_number(day: date) -> int:
    """Days since Monday 0001-01-01, so that a week is a whole division by 7.

    In PostgreSQL: `day - date '0001-01-01'`.
    """
    return day.toordinal() - 1


def summary_query(purchases: str, grain: Grain, last_day: date) -> str:
    """The query of one row a customer who bought by `last_day`.

    Args:
        purchases: relation or bracketed query with customer_id, purchase_day (integer,
            `day_number`) and amount (integer ≥ 0).
        grain: what counts as one purchase.
        last_day: the end of observation; later purchases are not looked at. Its period counts as
            observed, so with weeks it is best the last day of one.

    Returns:
        SQL with the columns customer_id, frequency, recency_periods, age_periods (in periods of the
        grain) and repeat_amount (sum of the amounts after the first period); without an order.
    """
    return _filled(_SUMMARY, purchases, grain, last_day)


def later_query(purchases: str, grain: Grain, last_day: date) -> str:
    """The query of the purchases of each customer in the periods after that of `last_day`."""
    return _filled(_LATER, purchases, grain, last_day)


def _filled(query: str, purchases: str, grain: Grain, last_day: date) -> str:
    return query.format(
        purchases=purchases,
        shift=grain.shift,
        days=grain.days,
        last_day=day_number(last_day),
        last_period=grain.period(last_day),
    )


def summarise(rows: pd.DataFrame, grain: Grain, unit: Unit) -> pd.DataFrame:
    """Turn the query's rows into what the models take, in order of customer_id.

    Returns:
        customer_id, frequency, recency, age (both in `unit`s) and mean_value: mean amount of the
        repeat purchases, 0 without any.
    """
    rows = rows.sort_values("customer_id", ignore_index=True)
    frequency = rows["frequency"].to_numpy(dtype=np.int64)
    # one division of whole numbers: 14 days ÷ 7 is 2 in every grain
    days = {name: rows[f"{name}_periods"].to_numpy() * grain.days for name in ("recency", "age")}
    total = rows["repeat_amount"].to_numpy(dtype=np.float64)
    return pd.DataFrame(
        {
            "customer_id": rows["customer_id"],
            "frequency": frequency,
            "recency": days["recency"] / DAYS[unit],
            "age": days["age"] / DAYS[unit],
            "mean_value": total / np.maximum(frequency, 1),
        }
    )


@contextmanager
def in_memory(purchases: Iterable[tuple[str, int, int]]) -> Iterator[Callable[[str], pd.DataFrame]]:
    """Ask the queries of this module about purchases (customer, day, amount) without a server.

    Yields a function from a query over the relation `purchases` to its rows.
    """
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(
            "create table purchases (customer_id text, purchase_day integer, amount integer)"
        )
        connection.executemany("insert into purchases values (?, ?, ?)", purchases)
        yield lambda query: pd.read_sql_query(query, connection)
