"""Random customers for the lifecycle: regimes of activity and balance, openings and closings."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tests.golden.lifecycle_reference import Account, Life

CATEGORIES = {"DEMAND": "demand", "DEPOSIT": "deposit", "FUND": "fund", "CARD": "credit_card"}
LEVELS = (0, 40_000, 90_000, 99_999, 100_000, 130_000, 900_000, 5_000_000)


@dataclass
class Person:
    """One customer with everything that the warehouse is told about them."""

    customer_id: str
    accounts: dict[str, Account]
    currencies: dict[str, str]
    balances: dict[str, dict[date, int]] = field(default_factory=dict)
    transactions: dict[date, int] = field(default_factory=dict)
    scores: dict[date, Decimal] = field(default_factory=dict)

    def life(self, first: date, last: date, rates: dict[date, Decimal | None]) -> Life:
        """What the reference needs; AUM from the balances, day by day."""
        opened = min(account.opened for account in self.accounts.values())
        span = _days(max(first, opened), last)
        aum = {day: self._aum(day, rates) for day in span}
        return Life(list(self.accounts.values()), self.transactions, aum, self.scores)

    def _aum(self, day: date, rates: dict[date, Decimal | None]) -> int | None:
        total = 0
        for account_id, account in self.accounts.items():
            if CATEGORIES[account.product] == "credit_card" or not account.is_open(day):
                continue
            known = [d for d in self.balances.get(account_id, {}) if d <= day]
            amount = max(self.balances[account_id][max(known)], 0) if known else 0
            if self.currencies[account_id] != "CNY" and amount:
                rate = rates[day]
                if rate is None:
                    return None
                amount = int((amount * rate).quantize(Decimal(1), rounding=ROUND_HALF_UP))
            total += amount
        return total


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def make_person(number: int, seed: int, first: date, last: date, score_from: date) -> Person:
    """A customer whose life depends on (seed, number) only."""
    dice = random.Random(seed * 100_003 + number)
    opened = first + timedelta(days=dice.choice([-700, -300, -150, -95, -10, 0, 5, 60, 200, 350]))
    opened += timedelta(days=dice.randrange(20))
    person = Person(f"C{number:04}", {}, {})
    _open_accounts(person, dice, opened, last)
    for account_id, account in person.accounts.items():
        person.balances[account_id] = _balances(dice, max(first, account.opened), last)
    _live(person, dice, max(first, opened), last)
    if dice.random() < 0.3:
        person.scores = _scores(dice, score_from, last)
    return person


def _open_accounts(person: Person, dice: random.Random, opened: date, last: date) -> None:
    for index in range(dice.choice([1, 1, 2, 3, 4])):
        product = "DEMAND" if index == 0 else dice.choice(list(CATEGORIES))
        start = opened if index == 0 else opened + timedelta(days=dice.randrange(700))
        end = start + timedelta(days=dice.randrange(1, 600)) if dice.random() < 0.35 else None
        if start > last:
            continue
        account_id = f"A{person.customer_id}-{index}"
        person.accounts[account_id] = Account(product, start, end)
        person.currencies[account_id] = "USD" if dice.random() < 0.1 else "CNY"


def _balances(dice: random.Random, first: date, last: date) -> dict[date, int]:
    balances, day = {}, first
    while day <= last:
        level = dice.choice(LEVELS)
        balances[day] = level + dice.choice([-1, 0, 0, 1, 777]) - (200 if level == 0 else 0)
        day += timedelta(days=dice.choice([3, 20, 45, 120, 400]))
    return balances


def _live(person: Person, dice: random.Random, first: date, last: date) -> None:
    day = first
    while day <= last:
        rate = dice.choice([0.0, 0.0, 0.01, 0.05, 0.4])
        for _ in range(dice.choice([9, 40, 120, 200, 400])):
            if day <= last and dice.random() < rate:
                person.transactions[day] = dice.choice([1, 1, 2, 5])
            day += timedelta(days=1)


def _scores(dice: random.Random, first: date, last: date) -> dict[date, Decimal]:
    scores, high = {}, False
    for day in _days(first, last):
        high = high if dice.random() < 0.9 else not high
        scores[day] = Decimal("0.600001") if high else Decimal("0.6")
    return scores


def rows_of(person: Person, first_loaded: date) -> dict[str, list[dict[str, Any]]]:
    """The person as rows of the upstream tables."""
    opened = min(account.opened for account in person.accounts.values())
    customer = {
        "customer_id": person.customer_id,
        "party_type": "customer",
        "birth_date": date(1980, 5, 17),
        "first_opened_date": opened,
        "first_seen_date": max(opened, first_loaded),
        "is_authorised_only": False,
        "is_deceased": False,
    }
    rows: dict[str, list[dict[str, Any]]] = {"marts.dim_customers": [customer]}
    for account_id, account in person.accounts.items():
        rows.setdefault("marts.dim_accounts", []).append(
            {
                "account_id": account_id,
                "customer_id": person.customer_id,
                "product_id": account.product,
                "category": CATEGORIES[account.product],
                "currency_code": person.currencies[account_id],
                "opened_date": account.opened,
                "closed_date": account.closed,
            }
        )
        rows.setdefault("intermediate.int_account_owners__history", []).append(
            {
                "account_id": account_id,
                "customer_id": person.customer_id,
                "valid_from": date(1900, 1, 1),
                "valid_to": date(9999, 12, 31),
            }
        )
    rows["marts.fct_account_balances"] = _balance_rows(person)
    rows["marts.fct_transactions"] = _transaction_rows(person)
    rows["predictions.churn"] = [
        {
            "customer_id": person.customer_id,
            "as_of_date": day,
            "is_champion": True,
            "score": score,
            "decile": 10,
        }
        for day, score in person.scores.items()
    ]
    return rows


def _balance_rows(person: Person) -> list[dict[str, Any]]:
    rows = []
    for account_id, balances in person.balances.items():
        days = sorted(balances)
        for day, following in zip(days, [*days[1:], None], strict=True):
            rows.append(
                {
                    "account_id": account_id,
                    "customer_id": person.customer_id,
                    "balance_date": day,
                    "valid_to_date": following and following - timedelta(days=1),
                    "ledger_balance": balances[day],
                    "currency_code": person.currencies[account_id],
                }
            )
    return rows


def _transaction_rows(person: Person) -> list[dict[str, Any]]:
    return [
        posting_row(person, f"T{person.customer_id}-{day:%Y%m%d}-{number}", day)
        for day, count in person.transactions.items()
        for number in range(count)
    ] + [
        posting_row(person, f"S{person.customer_id}-{day:%Y%m}", day, is_automatic=True)
        for day in sorted(person.transactions)
        if day.day == 5
    ]


KINDS = ("transfer_out", "transfer_in", "card_purchase", "deposit", "withdrawal")
AUTOMATIC_KINDS = ("salary", "interest", "fee", "pension")
CHANNELS = ("app", "online", "branch", "atm", "pos", "remote_bank", "unknown", None)
MERCHANTS = ("grocery", "dining", "travel", "fuel", "childcare")


def posting_row(person: Person, name: str, day: date, is_automatic: bool = False) -> dict[str, Any]:
    """A posting whose kind, channel and amount depend on its name only."""
    dice = random.Random(name)
    kind = dice.choice(AUTOMATIC_KINDS if is_automatic else KINDS)
    comes_in = kind in ("transfer_in", "deposit", "salary", "interest", "pension")
    return {
        "transaction_id": name,
        "account_id": next(iter(person.accounts)),
        "customer_id": person.customer_id,
        "booked_date": day,
        "amount": dice.randrange(1, 100_000) * (1 if comes_in else -1),
        "currency_code": "CNY",
        "transaction_type": kind,
        "merchant_category": dice.choice(MERCHANTS) if kind == "card_purchase" else None,
        "channel": "batch" if is_automatic else dice.choice(CHANNELS),
        "is_customer_initiated": not is_automatic,
        "is_reversed": False,
    }
