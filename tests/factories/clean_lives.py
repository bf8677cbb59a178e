"""Lives as the simulator lived them: read from a landing without faults, not from the warehouse."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from simulator import simulate_day, simulate_history
from tests.golden.lifecycle_reference import Account, Life
from warehouse.settings import Settings

_WORTH = ("demand", "deposit", "wealth", "fund", "insurance", "precious_metal")
_RATE_LIVES = 7
Row = dict[str, Any]


@dataclass(frozen=True)
class Bank:
    """What the simulator wrote for the parties asked for, feed by feed, last versions only."""

    accounts: Mapping[str, Row]
    owners: Mapping[str, str]
    categories: Mapping[str, str]
    transactions: list[Row]
    balances: Mapping[str, dict[date, Row]]
    rates: Mapping[str, dict[date, Decimal]]
    home: str


@dataclass
class _Customer:
    accounts: list[Account] = field(default_factory=list)
    transactions: dict[date, int] = field(default_factory=lambda: defaultdict(int))
    aum: dict[date, int | None] = field(default_factory=dict)


def write_clean_log(
    settings: Settings, folder: Path, nights: Iterable[date], lists: Mapping[date, pa.Table]
) -> list[Path]:
    """Live the same history once more, without faults, beside the bank; returns the landings."""
    twin = settings.model_copy(update={"var_dir": folder})
    return [simulate_history(twin), *(simulate_day(twin, n, lists[n]) for n in nights)]


def read_bank(landings: list[Path], parties: Mapping[str, str], home: str) -> Bank:
    """Read what concerns `parties` (party_id to customer_id) from clean landings."""
    owned = _rows(landings, "account_parties", pc.field("role") == "owner")
    owners = {r["account_id"]: parties[r["party_id"]] for r in owned if r["party_id"] in parties}
    own = pc.field("account_id").isin(pa.array(list(owners), pa.string()))
    balances: dict[str, dict[date, Row]] = defaultdict(dict)
    for row in sorted(_rows(landings, "daily_balances", own), key=lambda r: r["updated_at"]):
        balances[row["account_id"]][row["balance_date"]] = row
    rates: dict[str, dict[date, Decimal]] = defaultdict(dict)
    for row in sorted(_rows(landings, "exchange_rates"), key=lambda r: r["updated_at"]):
        rates[row["currency_code"]][row["rate_date"]] = row["rate"]
    return Bank(
        accounts=_latest(_rows(landings, "accounts", own), "account_id"),
        owners=owners,
        categories={r["product_id"]: r["category"] for r in _rows(landings, "products")},
        transactions=list(_latest(_rows(landings, "transactions", own), "transaction_id").values()),
        balances=balances,
        rates=rates,
        home=home,
    )


def lives(
    bank: Bank, first_loaded: date, last: date, zone: ZoneInfo, scores: Mapping[str, dict[Any, Any]]
) -> dict[str, Life]:
    """One life per customer who ever opened an account by `last`."""
    customers: dict[str, _Customer] = defaultdict(_Customer)
    for account_id, account in bank.accounts.items():
        if account["opened_date"] <= last:
            customer = customers[bank.owners[account_id]]
            closed = account["closed_date"]
            customer.accounts.append(Account(account["product_id"], account["opened_date"], closed))
            _add_worth(bank, account_id, account, customer, first_loaded, last)
    for booked, customer_id in _own_transactions(bank, zone):
        if booked <= last and customer_id in customers:
            customers[customer_id].transactions[booked] += 1
    return {
        customer_id: Life(c.accounts, c.transactions, c.aum, scores.get(customer_id, {}))
        for customer_id, c in customers.items()
    }


def _own_transactions(bank: Bank, zone: ZoneInfo) -> Iterator[tuple[date, str]]:
    """What customers started themselves and was not taken back, with its business date."""
    taken_back = {r["reverses_transaction_id"] for r in bank.transactions}
    for row in bank.transactions:
        counts = row["is_customer_initiated"] and row["reverses_transaction_id"] is None
        if counts and row["transaction_id"] not in taken_back:
            booked: datetime = row["booked_at"]
            yield booked.astimezone(zone).date(), bank.owners[row["account_id"]]


def _add_worth(
    bank: Bank, account_id: str, account: Row, customer: _Customer, first: date, last: date
) -> None:
    """Add the account to the customer's AUM, day by day; a day without a row carries the last."""
    posted = bank.balances.get(account_id, {})
    counts = bank.categories[account["product_id"]] in _WORTH
    day = max(first, account["opened_date"])
    earlier = [posted_date for posted_date in posted if posted_date < day]
    worth = _worth(posted[max(earlier)]) if earlier else 0
    while day <= last:
        if day in posted:
            worth = _worth(posted[day])
        known = customer.aum.setdefault(day, 0)
        is_open = account["closed_date"] is None or day < account["closed_date"]
        if counts and is_open and worth and known is not None:
            amount = _at_home(bank, worth, account["currency_code"], day)
            customer.aum[day] = None if amount is None else known + amount
        day += timedelta(days=1)


def _worth(row: Row) -> int:
    market, ledger = row["market_value"], row["ledger_balance"]
    return int(market if market is not None else max(ledger, 0))


def _at_home(bank: Bank, amount: int, currency: str, day: date) -> int | None:
    if currency == bank.home:
        return amount
    for back in range(_RATE_LIVES + 1):
        rate = bank.rates[currency].get(day - timedelta(days=back))
        if rate is not None:
            return int((Decimal(amount) * rate).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    return None


def _latest(rows: list[Row], key: str) -> dict[str, Row]:
    return {row[key]: row for row in sorted(rows, key=lambda r: r["updated_at"])}


def _rows(landings: list[Path], feed: str, wanted: pc.Expression | None = None) -> list[Row]:
    found: list[Row] = []
    for landing in landings:
        for path in sorted(landing.glob(f"{feed}*.parquet")):
            found += pq.read_table(path, filters=wanted).to_pylist()
    return found
