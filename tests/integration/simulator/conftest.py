"""Small simulated banks, made once per session."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from simulator import Bank, simulate_day, simulate_history
from simulator.schemas import FEEDS

FIRST = date(2024, 2, 1)
CUSTOMERS = 300
DAYS = 12


@dataclass(frozen=True)
class Simulated:
    """A bank and its landing folders."""

    bank: Bank
    history: Path

    def feed(self, name: str) -> pa.Table:
        return pq.read_table(self.history / f"{name}.parquet")


def bank_under(
    folder: Path, customers: int = CUSTOMERS, days: int = DAYS, seed: int = 11, first: date = FIRST
) -> Bank:
    return Bank.under(folder, seed=seed, customers=customers, first_date=first, history_days=days)


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    bank = bank_under(tmp_path_factory.mktemp("history"))
    return Simulated(bank, simulate_history(bank))


@pytest.fixture(scope="session")
def day_by_day(tmp_path_factory: pytest.TempPathFactory) -> Bank:
    """The same bank, each of its days simulated alone."""
    bank = bank_under(tmp_path_factory.mktemp("days"))
    for ahead in range(DAYS):
        simulate_day(bank, FIRST + timedelta(days=ahead))
    return bank


def rows_of(table: pa.Table) -> list[tuple[object, ...]]:
    """Rows in an order that does not depend on the file."""
    columns = [table[name].to_pylist() for name in sorted(table.column_names)]
    return sorted(zip(*columns, strict=True), key=repr)


__all__ = ["FEEDS"]
