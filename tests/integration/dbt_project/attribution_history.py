"""A small bank's facts over several nights, drawn from a seed, with everything that can go wrong.

Facts are kept as the bank knows them now; each night changes them and then they are written out.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.integration.dbt_project.attribution_bank import AttributionBank
from tests.integration.dbt_project.attribution_oracle import Conversion, Touch

CHANNELS = ("sms", "rm_call", "email", "wecom")
BANK_OFFSET = timedelta(hours=8)  # Asia/Shanghai has no summer time


@dataclass
class History:
    """Contacts, visits and conversions by key; `random` is the only source of chance.

    The parties of `unknown` customers have not been seen in the customer feed yet.
    """

    first: date
    customers: int
    random: random.Random
    contacts: dict[str, dict[str, Any]] = field(default_factory=dict)
    visits: dict[str, dict[str, Any]] = field(default_factory=dict)
    conversions: dict[str, dict[str, Any]] = field(default_factory=dict)
    late: dict[str, date] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)
    _number: int = 0

    def live(self, day: date) -> None:
        """One ordinary day: some are contacted, some come to a branch, some open a product."""
        for customer in range(self.customers):
            if self.random.random() < 0.10:
                self.contact(customer, day, arrived=day)
            if self.random.random() < 0.04:
                self.visit(customer, day)
            if self.random.random() < 0.04:
                self.convert(customer, day)

    def contact(self, customer: int, day: date, arrived: date) -> str:
        """A delivered contact of `day` that arrives on `arrived`."""
        at = self._some_time(day)
        key = self._key("c")
        self.contacts[key] = {
            "contact_id": key, "party_id": f"P{customer}", "customer_id": f"C{customer}",
            "channel": self.random.choice(CHANNELS), "campaign_id": "deposit-1",
            "contacted_at": at, "contacted_date": day, "delivery_status": "delivered",
            "arrived_date": arrived,
        }  # fmt: skip
        return key

    def move_contact(self, key: str, day: date, arrived: date) -> None:
        """A corrected version of a contact: it happened on another day."""
        self.contacts[key] |= {
            "contacted_at": self._some_time(day), "contacted_date": day, "arrived_date": arrived,
        }  # fmt: skip

    def visit(self, customer: int, day: date, *, late: bool = False) -> None:
        """A walk-in at a branch."""
        key = self._key("v")
        self.visits[key] = {
            "visit_id": key, "party_id": f"P{customer}", "customer_id": f"C{customer}",
            "visited_at": self._some_time(day), "visit_date": day,
        }  # fmt: skip
        if late:
            self.late[f"C{customer}"] = day

    def convert(self, customer: int, day: date) -> str:
        """A product opened on `day`; every third has no better time than the end of the day."""
        key = self._key("k")
        end_of_day = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
        at = end_of_day - BANK_OFFSET if self._number % 3 == 0 else self._some_time(day)
        self.conversions[key] = {
            "conversion_id": key, "customer_id": f"C{customer}", "goal_type": "product_opening",
            "product_id": "DEPOSIT-1Y", "converted_at": at, "converted_date": day,
            "value_amount": self.random.randint(-500, 90_000), "currency_code": "CNY",
        }  # fmt: skip
        return key

    def write(self, bank: AttributionBank) -> None:
        """Replace the bank's marts by the facts as now known."""
        tables = {
            "marts.fct_contacts": self.contacts,
            "marts.fct_branch_visits": self.visits,
            "marts.fct_conversions": self.conversions,
        }
        for table, facts in tables.items():
            bank.execute(f"truncate {table}")
            bank.add(table, *filter(None, map(self._as_known, facts.values())))
        bank.execute("truncate intermediate.int_recompute__causes")
        rows = [
            {"customer_id": customer, "cause": "branch_visit", "from_date": day}
            for customer, day in self.late.items()
        ]
        bank.add("intermediate.int_recompute__causes", *rows)
        self.late = {}

    def touches(self, customer: int) -> list[Touch]:
        """What the oracle must know about a customer's touches."""
        mine = f"C{customer}"
        contacts = [
            Touch(f"contact:{key}", row["contacted_at"], row["channel"])
            for key, row in self.contacts.items()
            if row["customer_id"] == mine and row["delivery_status"] == "delivered"
        ]
        visits = [
            Touch(f"branch_visit:{key}", row["visited_at"], "branch", is_direct=True)
            for key, row in self.visits.items()
            if row["customer_id"] == mine
        ]
        return contacts + visits

    def conversions_of(self, customer: int) -> list[Conversion]:
        """What the oracle must know about a customer's conversions."""
        return [
            Conversion(key, row["converted_at"], row["value_amount"])
            for key, row in self.conversions.items()
            if row["customer_id"] == f"C{customer}"
        ]

    def _as_known(self, row: dict[str, Any]) -> dict[str, Any] | None:
        if row["customer_id"] not in self.unknown:
            return row
        return {**row, "customer_id": None} if "party_id" in row else None

    def _some_time(self, day: date) -> datetime:
        """A moment within the bank's day; often on a full hour, so that times coincide."""
        self._number += 1
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC) - BANK_OFFSET
        hours = self.random.choice([0, 9, 9, 9, 15])
        return midnight + timedelta(hours=hours, seconds=self._number * (self._number % 2))

    def _key(self, prefix: str) -> str:
        self._number += 1
        return f"{prefix}{self._number:05d}"


def bank_date(at: datetime) -> date:
    """The bank's calendar date of a moment."""
    return (at + BANK_OFFSET).date()
