"""The bank's own figures for tomorrow and today: seats, quotas and exchange rates."""

from __future__ import annotations

from functools import cache

import numpy as np
import pyarrow as pa

from simulator import catalogue, randomness, schemas
from simulator.accounts import FOREIGN_CURRENCIES
from simulator.bank import Bank
from simulator.catalogue import BRANCHES, CHANNELS, HUMAN, MANAGERS_PER_BRANCH
from simulator.delivery import Delivery
from simulator.people import People
from simulator.randomness import Floats
from simulator.seasons import Day

RATES = (7.12, 7.85, 0.912)
RATE_DEVIATION = 0.003
DIGITAL_SEAT_SHARE = 0.05
CALL_SEAT_SHARE = 0.010
BRANCH_SEAT_SHARE = 0.004
MANAGER_SEAT_SHARE = 0.006
QUOTA_PRODUCTS = ("WEALTH-R2-90D", "WEALTH-R3-180D", "INS-LINKED", "DEPOSIT-3Y")
QUOTA_SHARE = 0.01
_HORIZON = 512


def exchange_rates(bank: Bank, day: Day, delivery: Delivery) -> None:
    """Deliver the day's rates on weekdays and on the first day: a random walk from a base rate."""
    if day.date.weekday() >= 5 and day.number != bank.first_day:
        return
    rates = [_walk(bank, number, day.number) * base for number, base in enumerate(RATES)]
    delivery.add("exchange_rates", schemas.build("exchange_rates", {
        "currency_code": pa.array(FOREIGN_CURRENCIES),
        "rate_date": np.full(len(rates), day.number),
        "rate": pa.array([f"{rate:.6f}" for rate in rates]).cast(pa.decimal128(18, 9)),
        "updated_at": np.full(len(rates), day.cut),
    }))  # fmt: skip


def _walk(bank: Bank, number: int, day: int) -> float:
    span = ((day - bank.first_day) // _HORIZON + 1) * _HORIZON
    return float(_path(bank.seed, bank.first_day, number, span)[day - bank.first_day])


@cache
def _path(seed: int, first_day: int, number: int, span: int) -> Floats:
    keys = randomness.keys(seed, "rate", number, first_day + np.arange(span))
    return np.exp(np.cumsum(RATE_DEVIATION * randomness.normal(keys)))


def capacities(bank: Bank, people: People, day: Day, delivery: Delivery) -> None:
    """Deliver tomorrow's seats: per branch, per manager, and for the whole bank (-)."""
    rows: list[tuple[str, str, str, int]] = []
    seats = people.count * (1.0 if day.is_workday else 0.8)
    for number, channel in enumerate(CHANNELS):
        if channel == "branch":
            each = max(int(seats * BRANCH_SEAT_SHARE / BRANCHES), 1)
            rows += [(channel, f"B{b + 1:03d}", "-", each) for b in range(BRANCHES)]
        elif channel == "rm_call":
            each = max(int(seats * MANAGER_SEAT_SHARE / BRANCHES / MANAGERS_PER_BRANCH), 1)
            rows += [
                (channel, f"B{m // MANAGERS_PER_BRANCH + 1:03d}", f"RM{m + 1:04d}", each)
                for m in range(BRANCHES * MANAGERS_PER_BRANCH)
            ]
        else:
            share = CALL_SEAT_SHARE if HUMAN[number] else DIGITAL_SEAT_SHARE
            rows.append((channel, "-", "-", max(int(seats * share), 1)))
    channels, branches, managers, counts = zip(*rows, strict=True)
    delivery.add("channel_capacities", schemas.build("channel_capacities", {
        "capacity_date": np.full(len(rows), day.number + 1),
        "channel": pa.array(channels),
        "branch_id": pa.array(branches),
        "relationship_manager_id": pa.array(managers),
        "seats": pa.array(counts, pa.int32()),
        "updated_at": np.full(len(rows), day.cut),
    }))  # fmt: skip


def quotas(people: People, day: Day, delivery: Delivery) -> None:
    """Deliver tomorrow's quotas of scarce products, one of them by region."""
    rows = [(product, "-", max(int(people.count * QUOTA_SHARE), 1)) for product in QUOTA_PRODUCTS]
    regional = max(int(people.count * QUOTA_SHARE / len(catalogue.REGIONS)), 1)
    rows += [("GOLD-ACC", region, regional) for region in catalogue.REGIONS]
    product, region, quota = zip(*rows, strict=True)
    delivery.add("product_quotas", schemas.build("product_quotas", {
        "quota_date": np.full(len(rows), day.number + 1),
        "product_id": pa.array(product),
        "region": pa.array(region),
        "quota": pa.array(quota, pa.int32()),
        "updated_at": np.full(len(rows), day.cut),
    }))  # fmt: skip
