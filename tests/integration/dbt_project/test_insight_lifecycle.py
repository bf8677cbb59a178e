"""Stages against the plain reference, day by day, on random lives; AUM likewise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from tests.golden.lifecycle_reference import Customer, Rules
from tests.integration.dbt_project import random_lives
from tests.integration.dbt_project.insight_bank import Bank
from warehouse.connection import drop_database, ensure_database
from warehouse.settings import Settings

FIRST = date(2022, 1, 1)
LAST = FIRST + timedelta(days=519)
SCORE_FROM = FIRST + timedelta(days=200)
NEW_RULES_FROM = FIRST + timedelta(days=430)
RATE_GAP = (FIRST + timedelta(days=300), FIRST + timedelta(days=320))
PEOPLE = 100


def rules_on(day: date) -> Rules:
    """Thresholds change once, in the middle of many streaks."""
    rules = Rules(floor=100_000)
    if day >= NEW_RULES_FROM:
        rules = replace(rules, floor=90_000, fall=Decimal("0.2"), rise=Decimal("0.1"))
    return rules


def usd_rates() -> dict[date, Decimal | None]:
    """A rate a day; missing in the gap, where the last one is carried for 7 days."""
    start, end = RATE_GAP
    rates: dict[date, Decimal | None] = {}
    for number in range((LAST - FIRST).days + 1):
        day = FIRST + timedelta(days=number)
        own = Decimal("7.100000005") + Decimal(number) / 1000
        if start <= day <= end:
            carried = Decimal("7.100000005") + Decimal((start - FIRST).days - 1) / 1000
            rates[day] = carried if (day - start).days < 7 else None
        else:
            rates[day] = own
    return rates


def make_bank(server: Settings, name: str) -> Bank:
    """An empty bank with the changed thresholds and the exchange rates in force."""
    settings = server.model_copy(update={"database": name})
    ensure_database(settings)
    bank = Bank(settings, FIRST, score_trigger_from=SCORE_FROM)
    bank.prepare()
    for code, value in (("fall_share", "0.2"), ("rise_share", "0.1")):
        bank.execute(
            "insert into staging.lifecycle_thresholds (valid_from, threshold_code, threshold_value)"
            " values (%s, %s, %s)",
            [NEW_RULES_FROM, code, value],
        )
    bank.execute("insert into staging.lifecycle_floors values ('CNY', %s, 90000)", [NEW_RULES_FROM])
    rates = usd_rates()
    bank.add(
        "intermediate.int_exchange_rates__in_force",
        *(
            {"currency_code": "USD", "valid_from": day, "valid_to": day, "rate": rate}
            for day, rate in rates.items()
            if rate is not None
        ),
        {
            "currency_code": "CNY",
            "valid_from": date(1900, 1, 1),
            "valid_to": date(9999, 12, 31),
            "rate": 1,
        },
    )
    return bank


def add_people(bank: Bank, people: list[random_lives.Person]) -> None:
    """Load the people into the upstream tables."""
    for person in people:
        for table, rows in random_lives.rows_of(person, FIRST).items():
            bank.add(table, *rows)


@pytest.fixture(scope="module")
def people() -> list[random_lives.Person]:
    made = [
        random_lives.make_person(number, 7, FIRST, LAST, SCORE_FROM) for number in range(PEOPLE)
    ]
    return [person for person in made if person.accounts]


@pytest.fixture(scope="module")
def historic(server: Settings, people: list[random_lives.Person]) -> Iterator[Bank]:
    bank = make_bank(server, "insight_historic")
    add_people(bank, people)
    bank.build(LAST, FIRST)
    yield bank
    drop_database(server, "insight_historic")


@pytest.fixture(scope="module")
def expected(people: list[random_lives.Person]) -> dict[tuple[str, date], tuple[str, str, date]]:
    answers = {}
    for person in people:
        life = person.life(FIRST, LAST, usd_rates())
        for day, state in Customer(life, FIRST, rules_on).run(LAST).items():
            answers[person.customer_id, day] = (state.stage, state.trigger, state.since)
    return answers


def test_stages_equal_the_reference_on_every_day(historic: Bank, expected) -> None:
    rows = historic.rows(
        "select customer_id, as_of_date, stage, entry_trigger, stage_since"
        " from tags.lifecycle_states"
    )
    found = {(row[0], row[1]): row[2:] for row in rows}
    different = {
        key: (expected.get(key), found.get(key))
        for key in sorted(expected.keys() | found.keys())
        if expected.get(key) != found.get(key)
    }
    assert not different, f"{len(different)} days differ, first {list(different.items())[:3]}"


def test_the_random_lives_visit_every_stage_by_every_trigger(expected) -> None:
    """Guards the comparison above: it would prove little on lives in which nothing happens."""
    assert {answer[0] for answer in expected.values()} == {
        "closed", "won_back", "dormant", "churned", "onboarding", "at_risk", "growing", "mature",
    }  # fmt: skip
    assert {answer[1] for answer in expected.values()} >= {
        "initial_load", "account_closed", "won_back_activity", "won_back_aum", "inactivity_365",
        "inactivity_180", "aum_collapse", "account_opened", "activity_fall", "aum_fall",
        "churn_score", "days_on_book", "aum_rise", "product_more", "rest",
    }  # fmt: skip


def test_aum_equals_the_sum_over_balances_on_every_day(
    historic: Bank, people: list[random_lives.Person]
) -> None:
    found = {
        (customer, day): amount
        for customer, day, amount in historic.rows(
            "select customer_id, as_of_date, aum_amount from marts.fct_customer_aum"
        )
    }
    wanted = {}
    for person in people:
        for day, amount in person.life(FIRST, LAST, usd_rates()).aum.items():
            wanted[person.customer_id, day] = amount
    assert found == wanted
    assert None in wanted.values()


def test_daily_balance_adds_up_and_equals_a_count_of_the_states(historic: Bank) -> None:
    assert not historic.rows(
        "select * from tags.lifecycle_daily_balance"
        " where start_count + in_count - out_count <> end_count"
    )
    assert not historic.rows(
        "select as_of_date, stage, end_count from tags.lifecycle_daily_balance where end_count > 0"
        " except select as_of_date, stage, count(*) from tags.lifecycle_states group by 1, 2"
    )


def test_history_has_one_stage_per_day(historic: Bank) -> None:
    assert not historic.rows(
        "select states.customer_id, states.as_of_date, states.stage"
        " from tags.lifecycle_states states"
        " except select h.customer_id, s.as_of_date, h.stage from tags.lifecycle_history h"
        " join tags.lifecycle_states s on s.customer_id = h.customer_id"
        " and s.as_of_date between h.valid_from and coalesce(h.valid_to, 'infinity')"
    )
