"""The example of docs/identity.md with facts, and a family on one phone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from tests.golden.identity_reference import spelt
from tests.integration.dbt_project.core_bank import CoreBank, at
from tests.integration.dbt_project.core_history import (
    Account,
    account,
    balance,
    event,
    ownership,
    party,
    posting,
    product,
)
from warehouse.connection import clone_database, drop_database
from warehouse.settings import Settings

DATABASE = "test_identity_facts"
FIRST = date(2024, 2, 27)
NIGHTS = [FIRST + timedelta(days=n) for n in range(7)]
OPENED = {1: date(2023, 1, 2), 2: date(2023, 2, 1)}
A, B, WALK_IN = spelt("doc-a"), spelt("doc-b"), spelt("party:P0003")
FAMILY, LODGER = [11, 12, 13, 14], 15
OF_SECOND_PARTY = [B, B, B, B, A, B, B]
OF_WALK_IN = [A, WALK_IN, WALK_IN, WALK_IN, A, WALK_IN, WALK_IN]
MODELS = (
    "--select", "path:models/staging", "+fct_transactions", "+fct_app_events", "+fct_conversions",
    "+fct_customer_aum", "dim_party_customers", "+dim_customer_aliases", "+dim_customers",
)  # fmt: skip


@pytest.fixture(scope="module")
def bank(server: Settings, empty_template: str) -> Iterator[CoreBank]:
    """Six days in one pass, and the seventh as a night."""
    clone_database(server, empty_template, DATABASE)
    made = CoreBank(server.model_copy(update={"database": DATABASE}), FIRST)
    made.prepare()
    made.seed()
    deliver_people(made)
    deliver_facts(made)
    made.run(NIGHTS[-2], FIRST, *MODELS)
    made.run(NIGHTS[-1], None, *MODELS)
    yield made
    drop_database(server, DATABASE)


def test_a_merge_leaves_the_days_before_it_as_they_are(
    server: Settings, empty_template: str
) -> None:
    """Also of the customers' accounts: only the late posting of the same night goes back a day."""
    clone_database(server, empty_template, "test_identity_merge")
    bank = CoreBank(server.model_copy(update={"database": "test_identity_merge"}), FIRST)
    bank.prepare()
    bank.seed()
    deliver_people(bank)
    deliver_facts(bank)
    bank.run(NIGHTS[3], FIRST, *MODELS)
    bank.run(NIGHTS[4], None, *MODELS)
    moved = bank.rows("select account_id, from_date from intermediate.int_account_owners__touched")
    assert moved == [("A2", NIGHTS[4])]
    late = bank.rows("select customer_id, from_date from intermediate.int_recompute__late")
    assert late == [(B, NIGHTS[3])]
    drop_database(server, "test_identity_merge")


def deliver_people(bank: CoreBank) -> None:
    for night, number, document, mobile in [
        (1, 1, "doc-a", "m1"), (1, 2, "doc-b", "m2"), (2, 2, "doc-b", "m1"), (3, 1, "doc-c", "m1"),
        (4, 4, "doc-c", "m4"), (5, 2, "doc-a", "m1"), (6, 2, "doc-b", "m1"),
        *((1, number, f"doc-{number}", "home") for number in FAMILY),
    ]:  # fmt: skip
        row = party(
            number, OPENED.get(number, FIRST), document_no_token=document, mobile_token=mobile
        )
        bank.deliver("customers", NIGHTS[night - 1], row)
    for number, mobile in [(3, "m1"), (LODGER, "home")]:
        guest = {"party_type": "walk_in", "opened_date": None, "mobile_token": mobile}
        bank.deliver("customers", FIRST, party(number, FIRST, document_no_token=None, **guest))
    known = party(3, NIGHTS[6], document_no_token="doc-d", mobile_token="m1")
    bank.deliver("customers", NIGHTS[6], known)


def deliver_facts(bank: CoreBank) -> None:
    """Payments of P1 and P2, visits of P3 each day, and late ones dated before and in the merge."""
    bank.deliver("products", FIRST, product("DEMAND", "demand"))
    for number, opened in (*OPENED.items(), (3, NIGHTS[6])):
        item = Account(f"A{number}", f"P{number:04d}", opened)
        arrived = max(opened, FIRST)
        bank.deliver("accounts", arrived, account(item))
        bank.deliver("account_parties", arrived, ownership(f"A{number}", item.party_id, opened))
        bank.deliver("daily_balances", arrived, balance(f"A{number}", arrived, 1000 * number))
    for place, night in enumerate(NIGHTS):
        bank.execute(
            "insert into ops.feed_status (arrived_date, feed, status)"
            " values (%s, 'daily_balances', 'delivered')", [night],
        )  # fmt: skip
        paid = [posting(10 * place + number, f"A{number}", night) for number in OPENED]
        bank.deliver("transactions", night, *paid)
        bank.deliver("app_events", night, event(place, "P0003", night))
    bank.deliver("transactions", NIGHTS[4], posting(900, "A2", NIGHTS[3]))
    bank.deliver("transactions", NIGHTS[6], posting(901, "A2", NIGHTS[4]))
    bank.deliver("leads", NIGHTS[4], {
        "lead_id": "L1", "party_id": "P0003", "from_role": "lobby", "to_role": "rm",
        "handed_at": at(NIGHTS[4]), "outcome": "open",
    })  # fmt: skip
    bank.deliver("contacts", NIGHTS[5], {
        "contact_id": "K1", "party_id": "P0003", "channel": "sms", "campaign_id": "spring",
        "contacted_at": at(NIGHTS[5]), "delivery_status": "delivered", "cost_amount": 5,
        "currency_code": "CNY",
    })  # fmt: skip


def by_day(bank: CoreBank, table: str, day: str, condition: str) -> list[list[Any]]:
    """Customers of a table's rows, one list a day."""
    found = bank.rows(
        f"select {day}, array_agg(distinct customer_id) from marts.{table} where {condition}"
        " group by 1 order by 1"
    )
    assert [row[0] for row in found] == NIGHTS
    return [row[1] for row in found]


def test_a_family_on_one_phone_is_as_many_customers_as_it_has_members(bank: CoreBank) -> None:
    found = bank.rows(
        "select party_id, customer_id, link_reason, has_shared_contact"
        " from marts.dim_party_customers where party_id between 'P0011' and 'P0015' order by 1"
    )
    assert found == [
        *((f"P00{number}", spelt(f"doc-{number}"), "document", False) for number in FAMILY),
        (f"P00{LODGER}", spelt(f"party:P00{LODGER}"), "none", True),
    ]


def test_a_changed_document_number_keeps_the_key_and_becomes_its_second_name(
    bank: CoreBank,
) -> None:
    found = bank.rows(
        "select party_id, customer_id, valid_from, valid_to from marts.dim_party_customers"
        " where party_id in ('P0001', 'P0004') order by 1"
    )
    assert found == [
        (party_id, A, date(1900, 1, 1), date(9999, 12, 31)) for party_id in ("P0001", "P0004")
    ]


def test_a_merge_and_a_split_leave_every_fact_with_the_customer_of_its_day(
    bank: CoreBank,
) -> None:
    paid = by_day(bank, "fct_transactions", "booked_date", "account_id = 'A2'")
    assert paid == [[key] for key in OF_SECOND_PARTY]
    used = by_day(bank, "fct_app_events", "event_date", "party_id = 'P0003'")
    assert used == [[key] for key in OF_WALK_IN]


def test_a_merge_and_a_split_lose_no_row_and_no_amount(bank: CoreBank) -> None:
    for feed, mart, amount in [
        ("transactions", "fct_transactions", "sum(amount)"), ("app_events", "fct_app_events", "0"),
    ]:  # fmt: skip
        summed = f"select count(*), {amount} from"
        kept = bank.rows(f"{summed} marts.{mart} where customer_id is not null")
        assert kept == bank.rows(f"{summed} raw.{feed}")
    held = bank.rows(
        "select as_of_date, sum(aum_amount), array_agg(customer_id order by aum_amount)"
        " from marts.fct_customer_aum where aum_amount > 0 group by 1 order by 1"
    )
    assert held == [
        *((day, 3000, [A] if key == A else [A, B])
          for day, key in zip(NIGHTS[:6], OF_SECOND_PARTY, strict=False)),
        (NIGHTS[6], 6000, [A, B, WALK_IN]),
    ]  # fmt: skip


def test_aliases_say_whom_to_look_at_while_a_key_is_gone(bank: CoreBank) -> None:
    found = bank.rows(
        "select alias_customer_id, customer_id, valid_from, valid_to, reason"
        " from marts.dim_customer_aliases"
    )
    assert sorted(found) == sorted([
        (B, A, NIGHTS[4], NIGHTS[4], "document"), (WALK_IN, A, NIGHTS[4], NIGHTS[4], "mobile"),
    ])  # fmt: skip


def test_a_walk_in_that_opens_an_account_becomes_the_same_customer(bank: CoreBank) -> None:
    described = bank.rows(
        "select party_type, is_documented, first_opened_date from marts.dim_customers"
        " where customer_id = %s", [WALK_IN],
    )  # fmt: skip
    assert described == [("customer", True, NIGHTS[6])]
    converted = bank.rows(
        "select customer_id, account_id, converted_date, source_party_type, source_campaign_id,"
        " source_lead_id from marts.fct_conversions where goal_type = 'became_customer'"
    )
    assert converted == [(WALK_IN, "A3", NIGHTS[6], "walk_in", "spring", "L1")]
