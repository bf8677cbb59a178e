"""Postings of the Berka ledger as transactions and daily balances."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import groupby
from typing import Any

from ingestion.connectors.berka_balances import closing_balance
from ingestion.connectors.berka_files import (
    CURRENCY,
    Record,
    counterparty,
    day,
    minor_units,
    noon,
    symbol,
)

_SIGNS = {"PRIJEM": 1, "VYDAJ": -1, "VYBER": -1}
"""`VYBER` as a type is not in the guide: it marks withdrawals in cash."""

_BY_SYMBOL = {
    "UROK": "interest",
    "SANKC. UROK": "penalty",
    "SLUZBY": "fee",
    "SIPO": "household",
    "DUCHOD": "pension",
    "POJISTNE": "insurance_premium",
    "UVER": "loan_repayment",
}
_BY_OPERATION = {
    "VKLAD": "deposit",
    "VYBER": "withdrawal",
    "VYBER KARTOU": "withdrawal",
    "PREVOD Z UCTU": "transfer_in",
    "PREVOD NA UCET": "transfer_out",
}
_CHANNELS = {"VKLAD": "branch", "VYBER": "branch", "VYBER KARTOU": "atm"}
_AUTOMATIC = {"SLUZBY", "UROK", "SANKC. UROK", "SIPO"}

OrderKey = tuple[str, str, str, int]


def order_key(account: str, bank: str, other: str, amount: int) -> OrderKey:
    """What a standing order and the transfers that it causes have in common."""
    return account, bank, other, abs(amount)


def amount_of(posting: Record) -> int:
    """Signed amount in haléř."""
    return _SIGNS[posting["type"]] * minor_units(posting["amount"])


def transactions(postings: list[Record], orders: set[OrderKey]) -> Iterator[dict[str, Any]]:
    """Rows of the feed `transactions`, in file order."""
    for posting in postings:
        amount = amount_of(posting)
        key = order_key(posting["account_id"], posting["bank"], posting["account"], amount)
        is_transfer_out = posting["operation"] == "PREVOD NA UCET"
        is_ordered = is_transfer_out and key in orders
        booked = noon(day(posting["date"]))
        yield {
            "transaction_id": f"T{posting['trans_id']}",
            "account_id": f"A{posting['account_id']}",
            "booked_at": booked,
            "amount": amount,
            "currency_code": CURRENCY,
            "transaction_type": _type(posting, is_ordered),
            "counterparty_token": counterparty(posting["bank"], posting["account"]),
            "channel": "batch" if is_ordered else _channel(posting),
            "is_customer_initiated": _is_customer_initiated(posting, is_ordered),
            "updated_at": booked,
            "arrived_date": day(posting["date"]),
        }


def daily_balances(postings: list[Record]) -> Iterator[dict[str, Any]]:
    """Rows of the feed `daily_balances`: one for each account and day on which it changed."""
    ordered = sorted(postings, key=lambda p: (int(p["account_id"]), p["date"]))
    for account, rows in groupby(ordered, key=lambda p: p["account_id"]):
        previous: int | None = None
        for booked, today in groupby(rows, key=lambda p: p["date"]):
            chain = [(amount_of(p), minor_units(p["balance"])) for p in today]
            balance, is_estimated = closing_balance(previous or 0, chain)
            if balance != previous or is_estimated:
                yield _balance_row(account, day(booked), balance, is_estimated)
            previous = balance


def _balance_row(account: str, on: date, balance: int, is_estimated: bool) -> dict[str, Any]:
    return {
        "account_id": f"A{account}",
        "balance_date": on,
        "ledger_balance": balance,
        "currency_code": CURRENCY,
        "is_estimated": is_estimated,
        "updated_at": noon(on),
        "arrived_date": on,
    }


def _type(posting: Record, is_ordered: bool) -> str:
    by_symbol = _BY_SYMBOL.get(symbol(posting["k_symbol"]) or "")
    if by_symbol:
        return by_symbol
    return "standing_order" if is_ordered else _BY_OPERATION[posting["operation"]]


def _channel(posting: Record) -> str:
    if symbol(posting["k_symbol"]) in _AUTOMATIC:
        return "batch"
    return _CHANNELS.get(posting["operation"], "unknown")


def _is_customer_initiated(posting: Record, is_ordered: bool) -> bool:
    operation = posting["operation"]
    if operation in ("VYBER", "VYBER KARTOU"):
        return symbol(posting["k_symbol"]) not in _AUTOMATIC
    return operation == "VKLAD" or (operation == "PREVOD NA UCET" and not is_ordered)
