"""The Berka data set (PKDD'99 Czech bank) as one historic landing in contract shape."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from ingestion.connectors.berka_files import (
    CURRENCY,
    TIME_ZONE,
    Record,
    day,
    minor_units,
    noon,
    read_tables,
)
from ingestion.connectors.berka_ledger import OrderKey, daily_balances, order_key, transactions
from ingestion.connectors.berka_registers import Registers
from ingestion.connectors.landing_writer import SourceRows, write_historic_landing
from ingestion.contracts import load_contracts
from ingestion.manifest import Bank

PRODUCTS = Path(__file__).parent / "berka_products.yml"
LAST_DATE = date(1994, 3, 31)
PROFILING_BASIS = (
    "pseudonymous research release (PKDD'99 Discovery Challenge): permits scores, clusters and "
    "tags for research; it is no marketing consent"
)


def write_landing(data_dir: Path, landing_dir: Path, last_date: date = LAST_DATE) -> Path:
    """Write the historic landing from the ledger's first day to `last_date`; returns its folder.

    Rows of registers that are dated later arrive on `last_date` and are deferred; later postings
    do not exist yet. Rows derived from a file besides its own feed are counted under
    `<file>:<feed>`, so that each file's own count is exact. Consents, suppressions, risk
    assessments and credit standing are absent, and said to be absent.

    Raises:
        LandingError: a file of the data set is missing.
    """
    tables = read_tables(data_dir)
    tables["trans"] = [row for row in tables["trans"] if day(row["date"]) <= last_date]
    first = min(day(row["date"]) for row in (*tables["trans"], *tables["account"]))
    written = list(_all_rows(tables, first, last_date))
    delivered = {table.feed for table in written}
    absent = {
        feed: "the Berka data set has no such table"
        for feed in load_contracts()
        if feed not in delivered
    }
    bank = Bank(currency_code=CURRENCY, time_zone=TIME_ZONE)
    return write_historic_landing(
        landing_dir, first, last_date, "berka", bank, written, absent, PROFILING_BASIS
    )


def _all_rows(tables: dict[str, list[Record]], first: date, last: date) -> Iterator[SourceRows]:
    registers = Registers(tables, last)
    ledger = tables["trans"]
    yield SourceRows("products", "configuration", _products(first))
    yield SourceRows("accounts", "account.asc", list(registers.accounts()))
    yield SourceRows("accounts", "loan.asc", list(registers.loans()))
    yield SourceRows("accounts", "card.asc", list(registers.cards()))
    yield SourceRows("customers", "client.asc", list(registers.customers()))
    yield SourceRows("account_parties", "disp.asc", list(registers.account_parties()))
    yield SourceRows("account_parties", "loan.asc:account_parties", list(registers.loan_parties()))
    yield SourceRows("account_parties", "card.asc:account_parties", list(registers.card_parties()))
    yield SourceRows("standing_orders", "order.asc", list(registers.standing_orders()))
    yield SourceRows("transactions", "trans.asc", list(transactions(ledger, _orders(tables))))
    yield SourceRows("daily_balances", "trans.asc:daily_balances", list(daily_balances(ledger)))


def _orders(tables: dict[str, list[Record]]) -> set[OrderKey]:
    return {
        order_key(row["account_id"], row["bank_to"], row["account_to"], minor_units(row["amount"]))
        for row in tables["order"]
    }


def _products(first: date) -> list[dict[str, Any]]:
    """The bank's catalogue from configuration: the data set has none."""
    document = yaml.safe_load(PRODUCTS.read_text(encoding="utf-8"))
    common = {
        "currency_code": CURRENCY,
        "is_investment_linked": False,
        "is_on_sale": True,
        "updated_at": noon(first),
        "arrived_date": first,
    }
    return [common | product | _rate(product) for product in document["products"]]


def _rate(product: dict[str, Any]) -> dict[str, Any]:
    rate = product.get("interest_rate")
    return {"interest_rate": None if rate is None else Decimal(str(rate))}
