"""Accounts, clients, loans, cards and standing orders of the Berka data set as feeds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from ingestion.connectors.berka_files import (
    CURRENCY,
    Record,
    birth,
    counterparty,
    day,
    minor_units,
    noon,
    symbol,
)

Row = dict[str, Any]
_ROLES = {"OWNER": "owner", "DISPONENT": "authorised"}
_CARDS = {"classic": "CARD-CLASSIC", "gold": "CARD-GOLD", "junior": "CARD-JUNIOR"}
_PURPOSES = {
    "SIPO": "household",
    "UVER": "loan_repayment",
    "POJISTNE": "insurance",
    "LEASING": "leasing",
}


class Registers:
    """The registers joined by their keys; rows dated after `last` arrive on `last`."""

    def __init__(self, tables: dict[str, list[Record]], last: date) -> None:
        self._tables = tables
        self._last = last
        self._accounts = {row["account_id"]: row for row in tables["account"]}
        self._disp = {row["disp_id"]: row for row in tables["disp"]}
        self._owner = {
            row["account_id"]: row["client_id"] for row in tables["disp"] if row["type"] == "OWNER"
        }
        self._regions = {row["A1"]: row["A3"] for row in tables["district"]}

    def accounts(self) -> Iterator[Row]:
        """`account.asc`: current accounts."""
        for row in self._tables["account"]:
            opened = day(row["date"])
            branch = f"D{row['district_id']}"
            yield self._account(f"A{row['account_id']}", "DEMAND-CZK", branch, opened)

    def customers(self) -> Iterator[Row]:
        """`client.asc`: a client is a customer from the opening of the account it belongs to."""
        account_of = {row["client_id"]: row["account_id"] for row in self._tables["disp"]}
        for row in self._tables["client"]:
            account = self._accounts[account_of[row["client_id"]]]
            opened = day(account["date"])
            birth_date, gender = birth(row["birth_number"])
            yield {
                "party_id": f"P{row['client_id']}",
                "party_type": "customer",
                "gender": gender,
                "birth_date": birth_date,
                "region": self._regions[row["district_id"]],
                "branch_id": f"D{account['district_id']}",
                "opened_date": opened,
                "is_staff": False,
                "is_deceased": False,
                **self._stamp(opened),
            }

    def account_parties(self) -> Iterator[Row]:
        """`disp.asc`: owners and authorised parties of the current accounts."""
        for row in self._tables["disp"]:
            opened = day(self._accounts[row["account_id"]]["date"])
            account, party = f"A{row['account_id']}", f"P{row['client_id']}"
            yield self._relation(account, party, _ROLES[row["type"]], opened)

    def loans(self) -> Iterator[Row]:
        """`loan.asc`; its `status` is a later outcome and is not read."""
        for row in self._tables["loan"]:
            opened, months = day(row["date"]), int(row["duration"])
            yield {
                **self._account(f"L{row['loan_id']}", "LOAN-CONSUMER", self._branch(row), opened),
                "maturity_date": _months_later(opened, months),
                "contract_amount": minor_units(row["amount"]),
            }

    def loan_parties(self) -> Iterator[Row]:
        """A loan belongs to the owner of the account it is for."""
        for row in self._tables["loan"]:
            owner = f"P{self._owner[row['account_id']]}"
            yield self._relation(f"L{row['loan_id']}", owner, "owner", day(row["date"]))

    def cards(self) -> Iterator[Row]:
        """`card.asc`: card accounts."""
        for row in self._tables["card"]:
            branch = self._branch(self._disp[row["disp_id"]])
            product = _CARDS[row["type"]]
            yield self._account(f"C{row['card_id']}", product, branch, day(row["issued"]))

    def card_parties(self) -> Iterator[Row]:
        """A card belongs to the client it was issued to."""
        for row in self._tables["card"]:
            holder = f"P{self._disp[row['disp_id']]['client_id']}"
            yield self._relation(f"C{row['card_id']}", holder, "owner", day(row["issued"]))

    def standing_orders(self) -> Iterator[Row]:
        """`order.asc` has no dates: an order starts with its account."""
        for row in self._tables["order"]:
            starts = day(self._accounts[row["account_id"]]["date"])
            yield {
                "standing_order_id": f"O{row['order_id']}",
                "account_id": f"A{row['account_id']}",
                "amount": minor_units(row["amount"]),
                "currency_code": CURRENCY,
                "purpose": _PURPOSES.get(symbol(row["k_symbol"]) or ""),
                "counterparty_token": counterparty(row["bank_to"], row["account_to"]),
                "starts_date": starts,
                **self._stamp(starts),
            }

    def _branch(self, row: Record) -> str:
        return f"D{self._accounts[row['account_id']]['district_id']}"

    def _account(self, account_id: str, product: str, branch: str, opened: date) -> Row:
        return {
            "account_id": account_id,
            "product_id": product,
            "branch_id": branch,
            "currency_code": CURRENCY,
            "opened_date": opened,
            "status": "open",
            **self._stamp(opened),
        }

    def _relation(self, account: str, party: str, role: str, opened: date) -> Row:
        key = {"account_id": account, "party_id": party, "role": role, "valid_from": opened}
        return {**key, **self._stamp(opened)}

    def _stamp(self, effective: date) -> Row:
        return {"updated_at": noon(effective), "arrived_date": min(effective, self._last)}


def _months_later(start: date, months: int) -> date:
    years, month = divmod(start.month - 1 + months, 12)
    following = date(start.year + years + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    last_day = (following - date.resolution).day
    return date(start.year + years, month + 1, min(start.day, last_day))
