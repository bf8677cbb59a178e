"""A large population, and a bank that lived long enough for its states to settle."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from simulator import Bank
from simulator.beginning import initial_state
from simulator.day import live
from simulator.people import People, make_people
from simulator.state import CUSTOMER, State

FIRST = date(2024, 1, 1)
LIVED_DAYS = 45
WINDOW = 30


@dataclass(frozen=True)
class Lived:
    """A bank after LIVED_DAYS days, with what happened in the last 30 of them."""

    bank: Bank
    people: People
    state: State
    is_recent: np.ndarray
    """Who made a customer-initiated transaction in the last 30 days."""
    contacts: pa.Table
    units: pa.Table


@pytest.fixture(scope="session")
def people() -> People:
    return make_people(seed=20240101, customers=30_000, first_date=FIRST)


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    bank = Bank.under(tmp_path_factory.mktemp("lived"), seed=3, customers=12_000, first_date=FIRST,
                      history_days=LIVED_DAYS)  # fmt: skip
    crowd = make_people(bank.seed, bank.customers, bank.first_date)
    state = initial_state(bank, crowd)
    recent = np.zeros(crowd.count, bool)
    contacts, units = [], []
    for ahead in range(LIVED_DAYS):
        result = live(bank, crowd, state, bank.day(FIRST + timedelta(days=ahead)), None)
        contacts.append(result.feeds["contacts"])
        units.append(result.finished_units)
        if ahead >= LIVED_DAYS - WINDOW:
            recent[initiators(result.feeds["transactions"])] = True
    assert (state.kind == CUSTOMER).sum() > 12_000
    return Lived(bank, crowd, state, recent, pa.concat_tables(contacts), pa.concat_tables(units))


def initiators(transactions: pa.Table) -> np.ndarray:
    """The agents with a customer-initiated posting."""
    own = transactions.filter(transactions["is_customer_initiated"])
    return pc.utf8_slice_codeunits(own["account_id"], 1, 8).cast(pa.int64()).to_numpy()
