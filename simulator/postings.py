"""A day's postings, collected by kind and then written as transactions and balances."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from simulator import accounts, catalogue, randomness, schemas
from simulator.bank import Bank
from simulator.delivery import Delivery
from simulator.people import People
from simulator.randomness import Bools, Ints, Keys
from simulator.seasons import Day
from simulator.state import OPEN, State

TYPES = (
    "deposit", "withdrawal", "transfer_in", "transfer_out", "card_purchase", "salary", "interest",
    "fee", "penalty", "pension", "insurance_premium", "household", "standing_order",
    "loan_disbursement", "loan_repayment", "subscription", "redemption", "refund",
)  # fmt: skip
TYPE_CODE = {name: code for code, name in enumerate(TYPES)}
POSTING_CHANNELS = ("branch", "atm", "pos", "app", "online", "remote_bank", "batch", "unknown")
CHANNEL_CODE = {name: code for code, name in enumerate(POSTING_CHANNELS)}
LEISURE = ("dining", "travel", "entertainment", "electronics", "beauty")
ESSENTIAL = ("grocery", "pharmacy", "fuel", "utilities", "education", "childcare")
MERCHANTS = (*LEISURE, *ESSENTIAL)
NO_CODE = -1
COUNTERPARTIES = 6
_COLUMN_TYPES: dict[str, Any] = {
    **dict.fromkeys(("agent", "product", "amount", "type", "channel", "merchant", "at"), np.int64),
    **dict.fromkeys(("key", "counterparty", "reverses"), np.uint64),
    "initiated": np.bool_,
}


@dataclass
class Postings:
    """Collects postings; amounts are signed minor units of the account's currency."""

    people: People
    day: Day
    parts: list[dict[str, Any]] = field(default_factory=list)

    def add(
        self,
        stream: str,
        agent: Ints,
        product: Ints | int,
        amount: Ints,
        type_name: str | Ints,
        *,
        channel: str | Ints = "batch",
        at: Ints | None = None,
        index: Ints | int = 0,
        merchant: Ints | int = NO_CODE,
        counterparty: Keys | int = 0,
        reverses: Keys | int = 0,
        initiated: bool = False,
    ) -> None:
        """Add one posting per agent; `index` tells postings of one agent and stream apart."""
        rows = len(agent)
        if not rows:
            return
        products = np.broadcast_to(np.asarray(product, np.int64), rows)
        stream_keys = randomness.keys(
            self.people.seed, f"posting:{stream}", self.day.number,
            agent * len(catalogue.PRODUCTS) + products, np.broadcast_to(np.asarray(index), rows),
        )  # fmt: skip
        if at is None:
            at = self.day.midnight + (randomness.uniform(stream_keys, 5) * 18e9).astype(np.int64)
        codes = {
            "type": TYPE_CODE[type_name] if isinstance(type_name, str) else type_name,
            "channel": CHANNEL_CODE[channel] if isinstance(channel, str) else channel,
        }
        values = {
            "agent": agent, "product": products, "amount": amount, "at": at, "merchant": merchant,
            "counterparty": counterparty, "reverses": reverses, "initiated": initiated, **codes,
            "key": stream_keys,
        }  # fmt: skip
        part = {name: np.broadcast_to(np.asarray(v), rows) for name, v in values.items()}
        moved = part["amount"] != 0
        self.parts.append({name: v[moved] for name, v in part.items()} if not moved.all() else part)

    def collect(self, columns: tuple[str, ...] | None = None) -> dict[str, Any]:
        """Return all postings of the day as columns, or only some of the columns."""
        return {
            name: np.concatenate(
                [np.zeros(0, _COLUMN_TYPES[name]), *(part[name] for part in self.parts)],
                dtype=_COLUMN_TYPES[name],
                casting="unsafe",
            )
            for name in columns or _COLUMN_TYPES
        }


def counterparty_keys(people: People, agents: Ints, uniforms: randomness.Floats) -> Keys:
    """Return one of the agent's few counterparties."""
    number = (uniforms**2 * COUNTERPARTIES).astype(np.int64)
    return randomness.keys(people.seed, "counterparty", 0, agents, number)


def book(
    bank: Bank,
    people: People,
    state: State,
    day: Day,
    postings: Postings,
    delivery: Delivery,
    touched: Bools,
) -> None:
    """Write the day's transactions, move the balances and deliver those that changed."""
    rows = postings.collect()
    before = state.balance.copy()
    cell = rows["agent"] * len(catalogue.PRODUCTS) + rows["product"]
    flat = state.balance.reshape(-1)
    np.add.at(flat, cell, rows["amount"])
    _deliver_transactions(bank, state, rows, delivery)
    changed = (state.balance != before) | touched
    if day.number == bank.first_day:
        changed |= state.slot == OPEN
    _deliver_balances(bank, people, state, day, changed, delivery)


def _deliver_transactions(
    bank: Bank, state: State, rows: dict[str, Any], delivery: Delivery
) -> None:
    agents, products = rows["agent"], rows["product"]
    table = schemas.build("transactions", {
        "transaction_id": randomness.hex_ids("T", rows["key"]),
        "account_id": accounts.account_ids(agents, products, state.generation[agents, products]),
        "booked_at": rows["at"],
        "amount": rows["amount"],
        "currency_code": accounts.currencies(bank, agents, products),
        "transaction_type": schemas.pick(pa.array(TYPES), rows["type"]),
        "merchant_category": schemas.pick(pa.array(MERCHANTS), rows["merchant"], NO_CODE),
        "counterparty_token": _ids_or_null("K", rows["counterparty"]),
        "channel": schemas.pick(pa.array(POSTING_CHANNELS), rows["channel"]),
        "is_customer_initiated": rows["initiated"],
        "reverses_transaction_id": _ids_or_null("T", rows["reverses"]),
        "updated_at": rows["at"],
    })  # fmt: skip
    delivery.add("transactions", table, rows["key"])


def _ids_or_null(prefix: str, row_keys: Keys) -> pa.Array[Any]:
    present = np.flatnonzero(row_keys)
    position = np.full(len(row_keys), NO_CODE)
    position[present] = np.arange(len(present))
    return schemas.pick(randomness.hex_ids(prefix, row_keys[present]), position, NO_CODE)


def _deliver_balances(
    bank: Bank, people: People, state: State, day: Day, changed: Bools, delivery: Delivery
) -> None:
    weekly = accounts.is_valuation_day(day.number, False)
    daily = accounts.is_valuation_day(day.number, True)
    struck = np.array(
        [(p.market == "weekly" and weekly) or (p.market == "daily" and daily)
         for p in catalogue.PRODUCTS]
    )  # fmt: skip
    is_market = np.array([bool(p.market) for p in catalogue.PRODUCTS])
    due = changed | ((state.slot == OPEN) & (state.balance != 0) & struck)
    agents, products = randomness.cells(due)
    value = np.where(
        is_market[products], accounts.market_values(bank, state, day.number, agents, products), 0
    )
    table = schemas.build("daily_balances", {
        "account_id": accounts.account_ids(agents, products, state.generation[agents, products]),
        "balance_date": np.full(len(agents), day.number),
        "ledger_balance": state.balance[agents, products],
        "market_value": pa.array(value, mask=~is_market[products]),
        "currency_code": accounts.currencies(bank, agents, products),
        "is_estimated": np.zeros(len(agents), bool),
        "updated_at": np.full(len(agents), day.cut),
    })  # fmt: skip
    row_keys = randomness.keys(people.seed, "balance-row", day.number, agents, products)
    delivery.add("daily_balances", table, row_keys)
