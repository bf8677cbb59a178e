"""Conversions of settled openings: what comes late restates them, the others are left alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

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

DATABASE = "test_conversion_nights"
FIRST = date(2024, 1, 20)
OPENED = FIRST + timedelta(days=4)
LAST, NIGHT = FIRST + timedelta(days=24), FIRST + timedelta(days=25)
MODELS = ("--select", "path:models/staging", "+fct_conversions")
OWNER, POSTED, BALANCED, APPROVED, SOLD, MOVED, CALLED, HANDED, CORRECTED, UNTOUCHED = range(1, 11)
PROSPECTS = (CALLED, HANDED, CORRECTED)

Content = dict[str, list[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def bank(server: Settings, empty_template: str) -> Iterator[CoreBank]:
    """Ten openings of three weeks ago in one pass, and what comes late with the next night."""
    clone_database(server, empty_template, DATABASE)
    made = CoreBank(server.model_copy(update={"database": DATABASE}), FIRST)
    made.prepare()
    made.seed()
    for name in ("DEMAND", "SOLD"):
        made.deliver("products", FIRST, product(name, "demand"))
    for number in range(1, 11):
        item = Account(f"A{number}", f"P{number:04d}", OPENED)
        before = {"party_type": "prospect", "opened_date": None} if number in PROSPECTS else {}
        made.deliver("customers", FIRST, party(number, FIRST, **before))
        sold = {"product_id": "SOLD"} if number == SOLD else {}
        made.deliver("accounts", OPENED, account(item, **sold))
        made.deliver("account_parties", OPENED, ownership(item.account_id, item.party_id, OPENED))
        made.deliver("daily_balances", OPENED, balance(item.account_id, OPENED, 100_000 * number))
    made.deliver("leads", OPENED, lead(CORRECTED))
    made.run(LAST, FIRST, *MODELS)
    yield made
    drop_database(server, DATABASE)


def lead(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "lead_id": "L1", "party_id": f"P{number:04d}", "from_role": "lobby", "to_role": "rm",
        "handed_at": at(OPENED - timedelta(days=1)), "outcome": "open", **changes,
    }  # fmt: skip


def deliver_late(bank: CoreBank) -> None:
    bank.deliver("transactions", NIGHT, posting(1, f"A{POSTED}", OPENED))
    bank.deliver("daily_balances", NIGHT, balance(f"A{BALANCED}", OPENED + timedelta(3), 7_000_000))
    approved = {"event_name": "product_approve", "product_id": "DEMAND"}
    bank.deliver("app_events", NIGHT, event(1, f"P{APPROVED:04d}", OPENED, **approved))
    dearer = product("SOLD", "demand", annual_margin_bps=240)
    bank.deliver("products", NIGHT, dearer)
    bank.deliver("account_parties", NIGHT, ownership(f"A{MOVED}", f"P{OWNER:04d}", NIGHT))
    bank.deliver("contacts", NIGHT, {
        "contact_id": "K1", "party_id": f"P{CALLED:04d}", "channel": "sms", "campaign_id": "late",
        "contacted_at": at(OPENED - timedelta(days=2)), "delivery_status": "delivered",
        "cost_amount": 5, "currency_code": "CNY",
    })  # fmt: skip
    bank.deliver("leads", NIGHT, lead(HANDED, lead_id="L1", updated_at=at(NIGHT)))


def conversions(bank: CoreBank) -> Content:
    """Everything said about the conversions of each account."""
    found: Content = {}
    for row in bank.rows(
        "select account_id, goal_type, customer_id, converted_at, value_amount, opening_balance,"
        " source_campaign_id, source_lead_id from marts.fct_conversions order by 1, 2"
    ):
        found.setdefault(row[0], []).append(row[1:])
    return found


def written(bank: CoreBank) -> dict[str, str]:
    """Who wrote each account's rows: a rewritten row is another one."""
    return dict(
        bank.rows("select account_id, min(xmin::text) from marts.fct_conversions group by 1")
    )


def test_late_facts_restate_settled_openings_and_leave_the_others(bank: CoreBank) -> None:
    before, first = conversions(bank), written(bank)
    deliver_late(bank)
    bank.run(NIGHT, None, *MODELS)
    after = conversions(bank)
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {
        f"A{n}" for n in (POSTED, BALANCED, APPROVED, SOLD, CALLED, HANDED, CORRECTED)
    }

    again = {name for name, row in written(bank).items() if row != first[name]}
    # a new owner's own openings are looked at again too, though nothing of them changes
    assert again == changed | {f"A{MOVED}", f"A{OWNER}"}
    bank.run(NIGHT, None, *MODELS, "--full-refresh")
    assert conversions(bank) == after
