"""Historic pass equals day by day, late facts restate, a night twice is one, nothing leaks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from tests.integration.dbt_project import random_lives, window_oracle
from tests.integration.dbt_project.insight_bank import MODELS, TAG_MODELS, Bank
from warehouse.settings import Settings

FIRST = date(2022, 1, 1)
LAST = FIRST + timedelta(days=386)
NIGHTS = 4
SCORE_FROM = FIRST + timedelta(days=200)
PEOPLE = 40
RESTATED = (
    "marts.fct_customer_aum",
    "marts.fct_customer_activity",
    "marts.fct_customer_engagement",
    "marts.fct_product_holdings",
    "features.ftr_customers__daily",
    "features.ftr_customers__last_seen",
    "tags.lifecycle_states",
    "tags.lifecycle_transitions",
    "tags.lifecycle_history",
    "tags.lifecycle_daily_balance",
    "tags.lifecycle_current",
    "tags.lifecycle_observation",
)
PUBLISHED = (
    "features.ftr_customers",
    "features.ftr_customers__windows",
    "tags.customer_tags",
)


def make_bank(settings: Settings) -> Bank:
    bank = Bank(
        settings, FIRST, score_trigger_from=SCORE_FROM, models=(*MODELS, *TAG_MODELS),
        profiling_basis="a research release",
    )  # fmt: skip
    bank.prepare()
    bank.add(
        "intermediate.int_exchange_rates__in_force",
        {
            "currency_code": "USD",
            "valid_from": FIRST,
            "valid_to": LAST,
            "rate": 7,
        },
        {
            "currency_code": "CNY",
            "valid_from": date(1900, 1, 1),
            "valid_to": date(9999, 12, 31),
            "rate": 1,
        },
    )
    for number in range(PEOPLE):
        person = random_lives.make_person(number, 11, FIRST, LAST, SCORE_FROM)
        for table, rows in random_lives.rows_of(person, FIRST).items():
            bank.add(table, *rows)
    add_engagement(bank)
    return bank


def add_engagement(bank: Bank) -> None:
    """App sessions of two events each, and branch visits, on days that depend on the customer."""
    for table, name, column, every in (
        ("fct_app_events", "event_id", "event_date", 3),
        ("fct_branch_visits", "visit_id", "visit_date", 29),
    ):
        session = ", session_id" if name == "event_id" else ""
        bank.execute(
            f"insert into marts.{table} ({name}, customer_id, {column}{session})"
            " select customer_id || '-' || n || '-' || half, customer_id, %s::date + n"
            f"{', n::text' if session else ''}"
            " from marts.dim_customers cross join generate_series(0, %s) as n"
            " cross join generate_series(1, 2) as half"
            " where hashtext(customer_id || n) %% %s = 0",
            [FIRST, (LAST - FIRST).days, every],
        )


def arrive_late(bank: Bank) -> dict[str, date]:
    """Facts of the past change for three customers; returns whose days are touched from when."""
    customers = [row[0] for row in bank.rows(
        "select customer_id from marts.dim_customers where first_opened_date <= %s"
        " order by customer_id limit 3", [FIRST],
    )]  # fmt: skip
    posted, reversed_, balanced = customers
    day = LAST - timedelta(days=45)
    bank.execute(
        "insert into marts.fct_transactions (transaction_id, account_id, customer_id, booked_date,"
        " amount, currency_code, transaction_type, channel, is_customer_initiated, is_reversed)"
        " select 'late-' || n, 'A' || %s || '-0', %s, %s::date + n, 100, 'CNY', 'transfer_out',"
        " 'app', true, false from generate_series(0, 9) as n",
        [posted, posted, day],
    )
    bank.execute(
        "update marts.fct_transactions set is_reversed = true"
        " where customer_id = %s and booked_date >= %s",
        [reversed_, day],
    )
    bank.execute(
        "update marts.fct_account_balances set ledger_balance = ledger_balance * 50"
        " where customer_id = %s and balance_date >= %s",
        [balanced, day],
    )
    bank.execute(
        "delete from marts.fct_branch_visits where customer_id = %s and visit_date >= %s",
        [reversed_, day],
    )
    return dict.fromkeys(customers, day)


def contents(bank: Bank, tables: tuple[str, ...]) -> dict[str, list[tuple[Any, ...]]]:
    return {
        table: bank.rows(f"select rows_of::text from {table} as rows_of order by 1")
        for table in tables
    }


def test_historic_pass_equals_nights_with_late_facts_and_reruns(
    clone: Callable[..., Settings], empty_template: str
) -> None:
    by_night = make_bank(clone(empty_template))
    by_night.build(LAST - timedelta(days=NIGHTS), FIRST)
    window_oracle.check(by_night, LAST - timedelta(days=NIGHTS), PEOPLE)
    for remaining in range(NIGHTS - 1, -1, -1):
        late = arrive_late(by_night) if remaining == 2 else {}
        by_night.build(LAST - timedelta(days=remaining), late=late)
        window_oracle.check(by_night, LAST - timedelta(days=remaining), PEOPLE)
    once = contents(by_night, (*RESTATED, *PUBLISHED))
    by_night.build(LAST)
    assert contents(by_night, (*RESTATED, *PUBLISHED)) == once

    in_one_pass = make_bank(clone(empty_template))
    arrive_late(in_one_pass)
    in_one_pass.build(LAST, FIRST)
    historic = contents(in_one_pass, RESTATED)
    for table in RESTATED:
        assert historic[table] == once[table], table
    last = "select rows_of::text from {} as rows_of where as_of_date = %s order by 1"
    for table in PUBLISHED:
        assert in_one_pass.rows(last.format(table), [LAST]) == by_night.rows(
            last.format(table), [LAST]
        )
    nights = by_night.rows("select distinct as_of_date from tags.customer_tags")
    assert len(nights) == NIGHTS + 1
    partitions = by_night.rows(
        "select count(*) from pg_inherits where inhparent = 'tags.lifecycle_states'::regclass"
    )
    assert partitions[0][0] == 13


@pytest.mark.parametrize("table", ["marts.fct_transactions", "marts.fct_account_balances"])
def test_rows_dated_after_the_night_change_no_feature(
    clone: Callable[..., Settings], empty_template: str, table: str
) -> None:
    bank = make_bank(clone(empty_template))
    night = LAST - timedelta(days=300)
    bank.build(night, FIRST)
    before = contents(bank, (*RESTATED, *PUBLISHED))
    column = "booked_date" if table.endswith("transactions") else "balance_date"
    amount = "amount" if table.endswith("transactions") else "ledger_balance"
    changed = bank.rows(
        f"with changed as (update {table} set {amount} = {amount} + 5000000"
        f" where {column} > %s returning 1) select count(*) from changed",
        [night],
    )
    bank.build(night, FIRST)
    assert changed[0][0] > 100
    assert contents(bank, (*RESTATED, *PUBLISHED)) == before
