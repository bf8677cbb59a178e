"""The stated true probabilities are true: what was predicted happens that often."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from simulator import Bank, catalogue, churn, truth
from simulator.beginning import initial_state
from simulator.day import live
from simulator.people import make_people
from tests.truth.simulator.conftest import initiators

FIRST = date(2024, 1, 1)
CUSTOMERS = 4_000
BURN_IN = 31


@pytest.fixture(scope="module")
def future(tmp_path_factory: pytest.TempPathFactory) -> dict[str, np.ndarray]:
    """True probabilities on a day, and what happened in the 90 days after it."""
    # a history of one day: no earlier campaigns disturb the days that are predicted
    bank = Bank.under(Path(tmp_path_factory.mktemp("future")), seed=8, customers=CUSTOMERS,
                      first_date=FIRST, history_days=1)  # fmt: skip
    people = make_people(bank.seed, bank.customers, bank.first_date)
    state = initial_state(bank, people)
    last_seen = np.full(people.count, -1)
    first_opening = np.full(state.slot.shape, 10_000)

    def advance(ahead: int) -> None:
        before = state.slot_opened.copy()
        result = live(bank, people, state, bank.day(FIRST + timedelta(days=ahead)), None)
        last_seen[initiators(result.feeds["transactions"])] = ahead
        opened = state.slot_opened != before
        first_opening[opened] = np.minimum(first_opening[opened], ahead)

    for ahead in range(BURN_IN):
        advance(ahead)
    population = truth.churn_population(people, state) & (last_seen > BURN_IN - 31)
    found = {
        "churn": truth.churn_probability(people, state)[population],
        "opening": truth.opening_probability(people, state),
        "mood": state.mood[population].copy(),
    }
    first_opening[:] = 10_000
    for ahead in range(BURN_IN, BURN_IN + churn.LABEL_DAYS):
        advance(ahead)
    closed = state.mood == churn.CLOSED
    found["left"] = (closed | (last_seen < BURN_IN))[population]
    found["opened"] = first_opening < BURN_IN + 30
    return found


def test_churn_happens_as_often_as_foretold(future: dict[str, np.ndarray]) -> None:
    foretold, left = future["churn"], future["left"]
    error = np.sqrt((foretold * (1 - foretold)).sum()) / len(left)
    assert abs(left.mean() - foretold.mean()) < 4 * error
    for mood in (churn.ACTIVE, churn.FADING, churn.SILENT):
        rows = future["mood"] == mood
        error = np.sqrt((foretold[rows] * (1 - foretold[rows])).sum()) / rows.sum()
        assert abs(left[rows].mean() - foretold[rows].mean()) < 4 * error


def test_openings_happen_as_often_as_foretold(future: dict[str, np.ndarray]) -> None:
    foretold, opened = future["opening"], future["opened"]
    products = [n for n, p in enumerate(catalogue.PRODUCTS) if p.monthly_rate > 0]
    total, happened = 0.0, 0
    for product in products:
        asked = foretold[:, product] > 0
        expected = foretold[asked, product].sum()
        count = opened[asked, product].sum()
        assert abs(count - expected) < 4.5 * np.sqrt(expected), catalogue.PRODUCTS[product]
        total, happened = total + expected, happened + count
    assert abs(happened - total) < 3.5 * np.sqrt(total)


def test_effects_are_what_randomised_units_show(tmp_path: Path) -> None:
    """Mean of p1 - p0 agrees with the mean of both lives' outcomes over listed units."""
    bank = Bank.under(tmp_path, seed=4, customers=25_000, first_date=date(2024, 3, 1),
                      history_days=45)  # fmt: skip
    bank = replace(bank, history_days=20)
    people = make_people(bank.seed, bank.customers, bank.first_date)
    state = initial_state(bank, people)
    units = []
    for ahead in range(44):
        units.append(live(bank, people, state, bank.day(bank.first_date + timedelta(days=ahead)),
                          None).finished_units)  # fmt: skip
    table = pa.concat_tables(units)
    listed = table.filter(table["is_listed"])
    foretold = pc.mean(pc.subtract(listed["p1"], listed["p0"])).as_py()
    y1, y0 = (listed[name].to_numpy() > 0 for name in ("y1_day", "y0_day"))
    difference = y1.astype(float) - y0
    error = difference.std() / np.sqrt(len(difference))
    assert listed.num_rows > 5_000
    assert abs(difference.mean() - foretold) < 4 * error + 0.15 * abs(foretold)
    assert abs(y0.mean() - pc.mean(listed["p0"]).as_py()) < 4 * np.sqrt(y0.mean() / len(y0))
