"""Windows by brute force: every posting, event and day of a window is read again, each night."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.integration.dbt_project.insight_bank import Bank

ALL = (7, 30, 90, 180, 365)
_OWN = "t.is_customer_initiated"
_AUTOMATIC = "not t.is_customer_initiated"
_COUNTS = {
    "customer_initiated_count": (_OWN, "count(*)", ALL),
    "active_days": (_OWN, "count(distinct t.booked_date)", ALL),
    "automatic_count": (_AUTOMATIC, "count(*)", ALL),
    "distinct_channels": (f"{_OWN} and t.channel <> 'unknown'", "count(distinct t.channel)", ALL),
    "distinct_merchant_categories": (_OWN, "count(distinct t.merchant_category)", ALL),
    **{f"{channel}_count": (f"{_OWN} and t.channel = '{channel}'", "count(*)", (90,))
       for channel in ("app", "branch", "atm", "pos", "online")},
}  # fmt: skip
_SUM = "coalesce(sum(abs(t.amount))"
_AMOUNTS = {
    "customer_initiated_in": (f"{_OWN} and t.amount > 0", ALL),
    "customer_initiated_out": (f"{_OWN} and t.amount < 0", ALL),
    "automatic_in": (f"{_AUTOMATIC} and t.amount > 0", ALL),
    "automatic_out": (f"{_AUTOMATIC} and t.amount < 0", ALL),
    **{name: (f"t.transaction_type = '{kind}'", (30, 90, 365)) for name, kind in (
        ("card_spend", "card_purchase"), ("transfer_in", "transfer_in"),
        ("transfer_out", "transfer_out"), ("salary", "salary"), ("pension", "pension"),
        ("cash_deposit", "deposit"), ("cash_withdrawal", "withdrawal"),
    )},
}  # fmt: skip


def _posting_columns() -> dict[str, str]:
    """SQL by name of a column of the windows."""
    inside = "t.booked_date > %(night)s::date - {}"
    counts = {
        f"{name}_{days}d": f"{what} filter (where {condition} and {inside.format(days)})"
        for name, (condition, what, windows) in _COUNTS.items()
        for days in windows
    }
    amounts = {
        f"{name}_amount_{days}d": f"{_SUM} filter (where {condition} and {inside.format(days)}), 0)"
        for name, (condition, windows) in _AMOUNTS.items()
        for days in windows
    }
    first = f"min(t.booked_date) filter (where {_OWN} and t.booked_date > %(night)s::date - 180)"
    return {**counts, **amounts, "first_active_date_180d": first}


_SESSIONS = ("count(distinct session_id)", "marts.fct_app_events", "event_date")
_OTHERS = {
    "app_session_count_30d": (*_SESSIONS, 30),
    "app_session_count_90d": (*_SESSIONS, 90),
    "branch_visit_count_90d": ("count(*)", "marts.fct_branch_visits", "visit_date", 90),
    "aum_peak_amount_365d": (
        "max(month_average_amount)", "marts.fct_customer_aum", "as_of_date", 365
    ),
}  # fmt: skip


def expected(bank: Bank, night: date) -> list[tuple[Any, ...]]:
    """One row per customer, columns in the order of `columns()`."""
    postings = _posting_columns()
    others = ", ".join(
        f"(select {what} from {table} as o where o.customer_id = c.customer_id"
        f" and o.{day} > %(night)s::date - {days} and o.{day} <= %(night)s::date)"
        for what, table, day, days in _OTHERS.values()
    )
    query = (
        f"select c.customer_id, {', '.join(postings.values())}, {others}"
        " from marts.dim_customers as c left join marts.fct_transactions as t"
        " on t.customer_id = c.customer_id and t.booked_date <= %(night)s::date"
        " and not t.is_reversed and t.reverses_transaction_id is null"
        " where least(c.first_seen_date, c.first_opened_date) <= %(night)s::date"
        " group by c.customer_id order by 1"
    )
    return bank.query(query, {"night": night})


def columns() -> list[str]:
    """Names of what is compared."""
    return ["customer_id", *_posting_columns(), *_OTHERS]


def check(bank: Bank, night: date, at_most: int) -> None:
    """The windows of a night equal those made from every fact, for every customer and column."""
    found = bank.query(
        f"select {', '.join(columns())} from features.ftr_customers__windows"
        " where as_of_date = %(night)s::date order by 1",
        {"night": night},
    )
    wanted = expected(bank, night)
    assert at_most // 2 < len(found) <= at_most
    for one, other in zip(found, wanted, strict=True):
        wrong = [
            (name, value, right)
            for name, value, right in zip(columns(), one, other, strict=True)
            if value != right
        ]
        assert wrong == [], f"{one[0]} on {night}"
