"""The two ways to run the bank: many days of history in one pass, and one day at a time."""

from __future__ import annotations

import logging
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa

from simulator import faults, truth
from simulator.bank import Bank, BankSettings
from simulator.beginning import initial_state
from simulator.day import DayResult, live
from simulator.faults import BadInput
from simulator.landing import LandingWriter, day_name, span_name
from simulator.people import People, make_people
from simulator.state import State, load, save, snapshot_path

logger = logging.getLogger(__name__)


def simulate_history(settings: BankSettings | Bank) -> Path:
    """Simulate the whole history and write it as one historic landing; return its folder."""
    bank = _bank(settings)
    people = make_people(bank.seed, bank.customers, bank.first_date)
    state = initial_state(bank, people)
    last = bank.last_history_date
    writer = LandingWriter(bank, span_name(bank.first_date, last), with_arrival=True)
    finished, rows = [], 0
    for ahead in range(bank.history_days):
        day = bank.day(bank.first_date + timedelta(days=ahead))
        result = live(bank, people, state, day, None)
        rows += writer.add(day.number, result.feeds)
        finished.append(result.finished_units)
        if _is_month_end(day.date) or day.date == last:
            truth.write_states(bank, people, state)
    folder = writer.finish({"first_date": bank.first_date.isoformat(),
                            "last_date": last.isoformat()})  # fmt: skip
    save(bank, state)
    truth.write_people(bank, people)
    truth.write_units(bank, people, folder.name, pa.concat_tables(finished))
    logger.info("simulated %d rows of history in %s", rows, folder)
    return folder


def simulate_day(
    settings: BankSettings | Bank,
    day: date,
    lists: pa.Table | None = None,
    knobs: BadInput | None = None,
) -> Path:
    """Simulate one date after the snapshot of the date before it; return its landing folder.

    `lists` are the list rows that could be read on the evening before (see
    `outreach.worklist`); `knobs` asks for faults in this landing. Raises FileNotFoundError where
    the date before was not simulated. The same arguments give the same rows again.
    """
    bank = _bank(settings)
    people = make_people(bank.seed, bank.customers, bank.first_date)
    state = _state_before(bank, people, day)
    result = live(bank, people, state, bank.day(day), lists)
    writer = LandingWriter(bank, day_name(day), with_arrival=False)
    writer.add(state.day, result.feeds)
    folder = writer.finish({"business_date": day.isoformat()})
    if knobs is not None:
        faults.spoil(bank, folder, day, knobs)
    _write_truth(bank, people, state, day, result)
    save(bank, state)
    return folder


def _state_before(bank: Bank, people: People, day: date) -> State:
    if day == bank.first_date:
        return initial_state(bank, people)
    return load(bank, day - timedelta(days=1))


def _write_truth(bank: Bank, people: People, state: State, day: date, result: DayResult) -> None:
    if not (bank.truth_dir / "people" / "all.parquet").exists():
        truth.write_people(bank, people)
    truth.write_states(bank, people, state)
    truth.write_units(bank, people, day.isoformat(), result.finished_units)


def is_simulated(settings: BankSettings | Bank, day: date) -> bool:
    """Return whether a date has been simulated and can be built upon."""
    return snapshot_path(_bank(settings), day).exists()


def _bank(settings: BankSettings | Bank) -> Bank:
    return settings if isinstance(settings, Bank) else Bank.of(settings)


def _is_month_end(day: date) -> bool:
    return (day + timedelta(days=1)).day == 1
