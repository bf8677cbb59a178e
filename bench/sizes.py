"""How large the banks of the benchmarks are: the sizes of the targets, and small ones."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any


@dataclass(frozen=True)
class Bank:
    """Customers, and days of history before the first night."""

    customers: int
    history_days: int


@dataclass(frozen=True)
class Sizes:
    """One size a benchmark; targets are judged at full size only."""

    judged: bool
    attribution_rounds: int
    postings: int
    history: Bank
    day: Bank
    night: Bank
    large_night: Bank
    short_history: Bank
    long_history: Bank
    very_large_night: Bank
    cold: Bank | None  # None: what `make nightly` does by default, with empty download caches
    cold_nights: int
    fitted_customers: int
    scored_customers: int
    market: int  # customers of an allocation
    checked_markets: tuple[int, ...]  # the same beside HiGHS

    def with_history(self, days: int) -> Sizes:
        """The same banks with at most `days` of history: another question, so nothing is judged."""
        shorter: dict[str, Any] = {
            field.name: replace(bank, history_days=min(bank.history_days, days))
            for field in fields(self)
            if isinstance(bank := getattr(self, field.name), Bank)
        }
        return replace(self, judged=False, **shorter)


FULL = Sizes(
    judged=True,
    attribution_rounds=15,
    postings=1_000_000,
    history=Bank(20_000, 120),
    day=Bank(100_000, 3),
    night=Bank(20_000, 120),
    large_night=Bank(100_000, 120),
    short_history=Bank(100_000, 30),
    long_history=Bank(100_000, 365),
    very_large_night=Bank(1_000_000, 30),
    cold=None,
    cold_nights=3,
    fitted_customers=250_000,
    scored_customers=1_000_000,
    market=1_000_000,
    checked_markets=(20_000, 100_000),
)
QUICK = Sizes(
    judged=False,
    attribution_rounds=3,
    postings=100_000,
    history=Bank(2_000, 20),
    day=Bank(2_000, 3),
    night=Bank(300, 10),
    large_night=Bank(100_000, 30),
    short_history=Bank(300, 5),
    long_history=Bank(300, 20),
    very_large_night=Bank(2_000, 5),
    cold=Bank(300, 10),
    cold_nights=1,
    fitted_customers=10_000,
    scored_customers=50_000,
    market=20_000,
    checked_markets=(2_000,),
)
