"""A small random history with everything that makes a day's answer change later."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from tests.integration.dbt_project.core_bank import CoreBank, at

FIRST = date(2024, 1, 25)
LAST_HISTORIC = date(2024, 1, 31)
LAST = date(2024, 2, 4)
DAYS = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]


@dataclass(frozen=True)
class Account:
    """An account of the history, and who opened it when."""

    account_id: str
    party_id: str
    opened: date


def party(number: int, day: date, **changes: Any) -> dict[str, Any]:
    """A row of the customers feed."""
    return {
        "party_id": f"P{number:04d}", "party_type": "customer", "document_no_token": f"doc{number}",
        "opened_date": day, "is_staff": False, "is_deceased": False, **changes,
    }  # fmt: skip


def account(item: Account, **changes: Any) -> dict[str, Any]:
    """A row of the accounts feed."""
    return {
        "account_id": item.account_id, "product_id": "DEMAND", "currency_code": "CNY",
        "opened_date": item.opened, "status": "open", **changes,
    }  # fmt: skip


def ownership(account_id: str, party_id: str, day: date, **changes: Any) -> dict[str, Any]:
    """A row of the account_parties feed."""
    return {
        "account_id": account_id,
        "party_id": party_id,
        "role": "owner",
        "valid_from": day,
        **changes,
    }


def posting(number: int, account_id: str, day: date, **changes: Any) -> dict[str, Any]:
    """A row of the transactions feed."""
    return {
        "transaction_id": f"T{number:06d}", "account_id": account_id,
        "booked_at": at(day, 5, number % 60), "amount": -100 - number, "currency_code": "CNY",
        "transaction_type": "card_purchase", "channel": "app", "is_customer_initiated": True,
        **changes,
    }  # fmt: skip


def balance(account_id: str, day: date, amount: int, **changes: Any) -> dict[str, Any]:
    """A row of the daily_balances feed."""
    return {
        "account_id": account_id, "balance_date": day, "ledger_balance": amount,
        "currency_code": "CNY", "is_estimated": False, **changes,
    }  # fmt: skip


def event(number: int, party_id: str | None, day: date, **changes: Any) -> dict[str, Any]:
    """A row of the app_events feed."""
    return {
        "event_id": f"E{number:06d}", "party_id": party_id, "session_id": f"S{number // 3}",
        "event_at": at(day, 6, number % 60), "event_name": "page_view", **changes,
    }  # fmt: skip


def product(product_id: str, category: str, **changes: Any) -> dict[str, Any]:
    """A row of the products feed."""
    return {
        "product_id": product_id, "label_en": product_id, "label_zh": product_id,
        "category": category, "is_investment_linked": False, "annual_margin_bps": 120,
        "currency_code": "CNY", "is_on_sale": True, **changes,
    }  # fmt: skip


def deliver_history(bank: CoreBank, customers: int, seed: int = 7) -> None:
    """Deliver an ordinary life of some customers, and then the extraordinary rows."""
    random = Random(seed)
    bank.deliver("products", FIRST, product("DEMAND", "demand"), product("WEALTH", "wealth"))
    accounts = list(_accounts(random, customers))
    for item in accounts:
        arrived = max(item.opened, FIRST)
        bank.deliver("customers", arrived, party(int(item.party_id[1:]), item.opened))
        bank.deliver("accounts", arrived, account(item))
        bank.deliver(
            "account_parties", arrived, ownership(item.account_id, item.party_id, item.opened)
        )
    numbers = iter(range(1, 1_000_000))
    for day in DAYS:
        _ordinary_day(bank, random, day, [a for a in accounts if a.opened <= day], numbers)
    _extraordinary(bank, accounts)


def _accounts(random: Random, customers: int) -> Iterator[Account]:
    for number in range(1, customers + 1):
        opened = random.choice(DAYS) if number % 4 == 0 else FIRST - timedelta(days=100 + number)
        yield Account(f"A{number:04d}", f"P{number:04d}", opened)


def _ordinary_day(
    bank: CoreBank, random: Random, day: date, accounts: list[Account], numbers: Iterator[int]
) -> None:
    """Each row arrives that night; one in ten arrives up to three nights late."""
    for item in accounts:
        arrived = day + timedelta(days=random.randint(1, 3) if random.random() < 0.1 else 0)
        if random.random() < 0.6:
            bank.deliver("transactions", arrived, posting(next(numbers), item.account_id, day))
        if random.random() < 0.6 or day == item.opened:
            bank.deliver(
                "daily_balances", arrived, balance(item.account_id, day, random.randint(0, 10**6))
            )
        if random.random() < 0.4:
            bank.deliver("app_events", arrived, event(next(numbers), item.party_id, day))
        if random.random() < 0.2:
            number = next(numbers)
            bank.deliver("contacts", arrived, _contact(number, item.party_id, day))
            bank.deliver("responses", arrived + timedelta(days=1), _response(number, day))
        turn = day.toordinal() + int(item.party_id[1:])
        if turn % 9 == 0:
            bank.deliver("branch_visits", arrived, _visit(turn, item.party_id, day))
        if turn % 13 == 0:
            bank.deliver("campaign_assignments", arrived, _assignment(item.party_id, day))


def _contact(number: int, party_id: str, day: date) -> dict[str, Any]:
    return {
        "contact_id": f"K{number}", "party_id": party_id, "channel": "sms", "campaign_id": "c1",
        "contacted_at": at(day, 7), "delivery_status": "delivered", "cost_amount": 5,
        "currency_code": "CNY",
    }  # fmt: skip


def _visit(number: int, party_id: str, day: date) -> dict[str, Any]:
    return {
        "visit_id": f"V{number}{party_id}", "party_id": party_id, "branch_id": "B1",
        "visited_at": at(day, 3), "purpose": "cash",
    }  # fmt: skip


def _assignment(party_id: str, day: date, **changes: Any) -> dict[str, Any]:
    return {
        "assignment_id": f"{party_id}{day}", "campaign_id": "c0", "campaign_type": "wealth",
        "party_id": party_id, "product_id": "WEALTH", "channel": "sms", "arm": "listed",
        "assignment_probability": 0.5, "assigned_date": day, **changes,
    }  # fmt: skip


def _response(number: int, day: date) -> dict[str, Any]:
    return {
        "response_id": f"R{number}", "contact_id": f"K{number}", "responded_at": at(day, 9),
        "response": "clicked",
    }  # fmt: skip


def _extraordinary(bank: CoreBank, accounts: list[Account]) -> None:
    """Corrections, reversals, changes of owner, parties seen late: on the nights after the pass."""
    old = [item for item in accounts if item.opened < FIRST]
    d1, d2, d3, d4 = DAYS[-4:]
    _identities(bank, old)
    _errands(bank, old)
    number, item = 900_001, old[0]
    bank.deliver("transactions", FIRST, posting(number, item.account_id, FIRST))
    bank.deliver("transactions", d1, posting(number, item.account_id, d1, amount=-7))
    bank.deliver("transactions", d2, posting(number, item.account_id, FIRST, amount=-8))
    bank.deliver("transactions", FIRST, posting(number + 1, item.account_id, FIRST))
    takes_back = {"amount": 900, "reverses_transaction_id": f"T{number + 1:06d}"}
    bank.deliver("transactions", d1, posting(number + 2, item.account_id, d1, **takes_back))
    bank.deliver("transactions", d3, posting(number + 2, item.account_id, d1, amount=900))
    late_target = {"amount": 1, "reverses_transaction_id": f"T{number + 4:06d}"}
    bank.deliver("transactions", d1, posting(number + 3, item.account_id, d1, **late_target))
    bank.deliver("transactions", d2, posting(number + 4, item.account_id, FIRST))

    for shift, other in enumerate(old[1:3]):
        bank.deliver("daily_balances", d1, balance(other.account_id, FIRST, 77 + shift))
        bank.deliver("daily_balances", d4, balance(other.account_id, DAYS[2], 78 + shift))

    moved, taker = old[3], old[4]
    bank.deliver("account_parties", d2, ownership(moved.account_id, taker.party_id, DAYS[3]))
    bank.deliver("account_parties", d3, ownership(old[5].account_id, "P9001", DAYS[1]))
    bank.deliver("customers", d4, party(9001, DAYS[1]))
    bank.deliver("app_events", d1, event(990_001, "P9001", DAYS[1]), event(990_002, None, d1))
    bank.deliver("customers", d1, party(9002, d1, document_no_token="doc1", party_type="prospect"))
    bank.deliver("customers", FIRST, party(9003, FIRST, document_no_token=None))
    bank.deliver("customers", d2, party(9003, FIRST, document_no_token="doc2"))

    bank.deliver("accounts", d2, account(old[6], closed_date=DAYS[4], status="closed"))
    bank.deliver("accounts", d2, account(old[14], closed_date=DAYS[4], status="closed"))
    reopened = account(old[14], updated_at=at(d4))
    bank.deliver("accounts", d4, reopened)
    bank.deliver("accounts", d3, account(old[7], product_id="WEALTH"))
    bank.deliver("products", d4, product("WEALTH", "fund"))
    deferred = Account("A9900", old[8].party_id, d3)
    bank.deliver("accounts", FIRST, account(deferred))
    bank.deliver("account_parties", FIRST, ownership("A9900", deferred.party_id, d3))
    bank.deliver("transactions", d3, posting(number + 9, "A9900", d3, booked_at=at(d3, 17)))


def _errands(bank: CoreBank, old: list[Account]) -> None:
    """Contacts, visits and assignments that are corrected, late, or of parties known later."""
    d1, d2, d3, d4 = DAYS[-4:]
    party_id = old[0].party_id
    bank.deliver("contacts", FIRST, _contact(900_001, party_id, FIRST))
    bank.deliver("contacts", d2, _contact(900_001, party_id, DAYS[3]))
    bank.deliver("branch_visits", d1, _visit(900_001, party_id, d1))
    bank.deliver("branch_visits", d3, _visit(900_001, party_id, DAYS[2]))
    bank.deliver("branch_visits", d1, _visit(900_002, "P9001", DAYS[1]))
    bank.deliver("branch_visits", d1, _visit(900_003, "P9010", DAYS[2]))
    bank.deliver("contacts", d1, _contact(900_002, "P9011", d1))
    bank.deliver("campaign_assignments", FIRST, _assignment(party_id, FIRST))
    bank.deliver("campaign_assignments", d4, _assignment(party_id, FIRST, arm="control"))
    bank.deliver("campaign_assignments", d1, _assignment("P9010", DAYS[2]))


def _identities(bank: CoreBank, old: list[Account]) -> None:
    """Documents that change, meet, and are corrected; who comes without one and shows it later."""
    d1, d2, d3, _ = DAYS[-4:]
    first, second, third, fourth, fifth = (int(item.party_id[1:]) for item in old[9:14])
    for night, number, document in [
        (DAYS[2], first, f"doc{second}"), (DAYS[5], first, f"doc{first}"),
        (DAYS[3], third, "new-number"), (d1, first, f"doc{second}"),
        (d2, fourth, f"doc{fifth}"), (d3, fourth, f"doc{fourth}"),
    ]:  # fmt: skip
        changed = party(number, FIRST, document_no_token=document, mobile_token=f"m{number}")
        bank.deliver("customers", night, changed)
    guest = {"document_no_token": None, "party_type": "walk_in", "mobile_token": f"m{first}"}
    bank.deliver("customers", DAYS[1], party(9010, DAYS[1], **guest))
    bank.deliver("customers", d2, party(9010, DAYS[1], document_no_token="new-number"))
    bank.deliver(
        "customers", FIRST, party(9011, FIRST, document_no_token=None, party_type="prospect")
    )
    bank.deliver("app_events", d1, event(990_010, "P9010", DAYS[2]), event(990_011, "P9011", d1))
    opened = Account("A9901", "P9011", d2)
    bank.deliver("accounts", d2, account(opened))
    bank.deliver("account_parties", d2, ownership("A9901", "P9011", d2))
    showed = {"document_no_token": "doc9011", "party_type": "customer"}
    bank.deliver("customers", d2, party(9011, FIRST, **showed))
