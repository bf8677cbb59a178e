"""The part of the bank that changes, and its snapshots between days."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from simulator import catalogue, churn
from simulator.bank import Bank
from simulator.randomness import Bools, Ints
from simulator.seasons import day_number, to_date

UNKNOWN, CUSTOMER, PROSPECT, WALK_IN = range(4)
NONE, OPEN, SHUT = range(3)
SNAPSHOTS_KEPT = 12
_TYPES: dict[str, pa.DataType] = {
    "l": pa.int64(),
    "u": pa.uint64(),
    "f": pa.float64(),
    "s": pa.string(),
    "b": pa.bool_(),
}
_LOG_COLUMNS = {
    "reversals": "due:l agent:l product:l amount:l key:u",
    "fundings": "due:l agent:l product:l amount:l",
    "contact_log": "day:l agent:l",
    "touches": ("day:l agent:l product:l channel:l effect:f unit:u contact_id:s campaign_id:s"),
    "units": (
        "unit:u campaign_id:s agent:l product:l channel:l assigned:l is_listed:b p0:f p1:f "
        "y0_day:l y1_day:l held:b"
    ),
    "worked": "list_row:u day:l",
}


def _log_schema(columns: str) -> pa.Schema:
    pairs = (column.split(":") for column in columns.split())
    return pa.schema([(name, _TYPES[code]) for name, code in pairs])


LOGS: Mapping[str, pa.Schema] = {n: _log_schema(columns) for n, columns in _LOG_COLUMNS.items()}


@dataclass
class State:
    """Dynamic values at the end of a day; dates are day numbers, 0 means none."""

    day: int
    kind: Ints
    mood: Ints
    event: Ints
    event_until: Ints
    dissatisfied_until: Ints
    opened_day: Ints
    closed_day: Ints
    phone_version: Ints
    overdue_days: Ints
    rejected_day: Ints
    risk_level: Ints
    """Risk level number, -1 without an assessment."""
    risk_until: Ints
    slot: Ints
    """Account status, agents × products."""
    slot_opened: Ints
    slot_matures: Ints
    generation: Ints
    contract: Ints
    balance: Ints
    consent: Ints
    """Consent status, agents × consent columns: 0 never given, 1 granted, 2 revoked."""
    consent_from: Ints
    tables: dict[str, pa.Table] = field(default_factory=dict)
    """Logs by name, and rows still to be delivered by feed."""

    @property
    def is_alive(self) -> Bools:
        """Who is a customer with an open demand account and not dead."""
        return np.asarray((self.slot[:, catalogue.DEMAND] == OPEN) & (self.mood < churn.CLOSED))


def log(state: State, name: str) -> dict[str, np.ndarray]:
    """Return a log's numeric columns as arrays."""
    table = state.tables[name].combine_chunks()
    return {
        column: table[column].to_numpy()
        for column in table.column_names
        if not pa.types.is_string(table.schema.field(column).type)
    }


def append(state: State, name: str, columns: Mapping[str, np.ndarray | pa.Array[Any]]) -> None:
    """Append rows to a log."""
    schema = LOGS[name]
    given: Mapping[str, Any] = columns
    arrays = [pa.array(given[f.name]).cast(f.type) for f in schema]
    added = pa.Table.from_arrays(arrays, schema=schema)
    state.tables[name] = pa.concat_tables([state.tables[name], added])


def keep(state: State, name: str, mask: Bools) -> None:
    """Keep the rows of a log where `mask` is true."""
    state.tables[name] = state.tables[name].filter(pa.array(mask))


def snapshot_path(bank: Bank, day: date) -> Path:
    """Return the folder of the snapshot taken at the end of a date."""
    return bank.simulator_dir / "state" / day.isoformat()


def save(bank: Bank, state: State) -> Path:
    """Write the snapshot of `state.day`, all or nothing, and drop the oldest ones."""
    target = snapshot_path(bank, to_date(state.day))
    building = target.with_name(f".{target.name}.building")
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    arrays = {
        f.name: getattr(state, f.name) for f in fields(State) if f.name not in ("day", "tables")
    }
    np.savez(building / "arrays.npz", **arrays)
    for name, table in state.tables.items():
        pq.write_table(table, building / f"{name}.parquet")
    (building / "bank.json").write_text(json.dumps(_identity(bank)))
    if target.exists():
        shutil.rmtree(target)
    building.rename(target)
    for old in sorted(target.parent.glob("????-??-??"))[:-SNAPSHOTS_KEPT]:
        shutil.rmtree(old)
    return target


def load(bank: Bank, day: date) -> State:
    """Return the snapshot taken at the end of a date.

    Raises FileNotFoundError where there is none, ValueError where it is another bank's.
    """
    folder = snapshot_path(bank, day)
    if not folder.exists():
        raise FileNotFoundError(
            f"expected a snapshot of {day} in {folder}, found none; simulate the days before first"
        )
    found = json.loads((folder / "bank.json").read_text())
    if found != _identity(bank):
        raise ValueError(f"expected the bank {_identity(bank)}, found {found} in {folder}")
    with np.load(folder / "arrays.npz") as stored:
        arrays = {name: stored[name] for name in stored.files}
    tables = {path.stem: pq.read_table(path) for path in sorted(folder.glob("*.parquet"))}
    return State(day=day_number(day), tables=tables, **arrays)


def _identity(bank: Bank) -> dict[str, str | int]:
    return {
        "seed": bank.seed,
        "customers": bank.customers,
        "first_date": bank.first_date.isoformat(),
        "history_days": bank.history_days,
        "currency_code": bank.currency_code,
    }
