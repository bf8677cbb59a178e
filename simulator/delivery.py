"""What is delivered when: most rows on their day, some late, some corrected later."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from simulator import randomness, schemas
from simulator.randomness import Bools, Ints, Keys
from simulator.seasons import DAY_MICROSECONDS, Day
from simulator.state import State

LATE_SHARE = {
    "transactions": 0.005,
    "app_events": 0.005,
    "branch_visits": 0.005,
    "daily_balances": 0.002,
    "contacts": 0.01,
}
LATE_DAYS = 4
CORRECTED_SHARE = {"transactions": 0.0015, "daily_balances": 0.001}
CORRECTION_ERROR = 137
"""By how many minor units a first version that is corrected later is wrong."""
_PREFIX = "later_"


@dataclass
class Delivery:
    """Collects a day's rows by feed; rows of later days wait in the state."""

    state: State
    day: Day
    seed: int
    now: dict[str, list[pa.Table]] = field(default_factory=dict)

    def add(self, feed: str, table: pa.Table, row_keys: Keys | None = None) -> None:
        """Deliver rows today; with keys, the feed's share of them comes late or is corrected."""
        if not table.num_rows:
            return
        if row_keys is not None:
            table = self._hold_back(feed, self._misstate(feed, table, row_keys), row_keys)
        self.now.setdefault(feed, []).append(table)

    def later(self, feed: str, table: pa.Table, due: Ints) -> None:
        """Deliver each row on the day number in `due`."""
        if not table.num_rows:
            return
        name = _PREFIX + feed
        waiting = table.append_column("due", pa.array(due, pa.int64()))
        known = self.state.tables.get(name)
        self.state.tables[name] = waiting if known is None else pa.concat_tables([known, waiting])

    def finish(self) -> dict[str, pa.Table]:
        """Return all rows that arrive today, one table per feed, empty where nothing came."""
        self._release()
        return {
            feed: pa.concat_tables(self.now[feed]) if feed in self.now else schemas.empty(feed)
            for feed in schemas.FEEDS
        }

    def _hold_back(self, feed: str, table: pa.Table, row_keys: Keys) -> pa.Table:
        is_late = randomness.uniform(row_keys, 900) < LATE_SHARE.get(feed, 0.0)
        if not is_late.any():
            return table
        due = self._due(row_keys[is_late], 901)
        self.later(feed, table.filter(pa.array(is_late)), due)
        return table.filter(pa.array(~is_late))

    def _misstate(self, feed: str, table: pa.Table, row_keys: Keys) -> pa.Table:
        """Make the first version of some amounts wrong and send the right one later."""
        wrong = randomness.uniform(row_keys, 902) < CORRECTED_SHARE.get(feed, 0.0)
        wrong &= randomness.uniform(row_keys, 900) >= LATE_SHARE.get(feed, 0.0)
        if not wrong.any():
            return table
        due = self._due(row_keys[wrong], 903)
        right = table.filter(pa.array(wrong))
        self.later(feed, _restamp(right, due, self.day), due)
        column = schemas.CONTROL_TOTALS[feed]
        return _add_to(table, column, wrong)

    def _due(self, row_keys: Keys, draw: int) -> Ints:
        ahead = (randomness.uniform(row_keys, draw) * LATE_DAYS).astype(np.int64) + 1
        return self.day.number + ahead

    def _release(self) -> None:
        for name in [n for n in self.state.tables if n.startswith(_PREFIX)]:
            waiting = self.state.tables[name]
            is_due = pa.array(waiting["due"].to_numpy() <= self.day.number)
            arriving = waiting.filter(is_due).drop_columns("due")
            if not arriving.num_rows:
                continue
            self.now.setdefault(name.removeprefix(_PREFIX), []).append(arriving)
            self.state.tables[name] = waiting.filter(pc.invert(is_due))


def _restamp(table: pa.Table, due: Ints, day: Day) -> pa.Table:
    stamps = day.cut + (due - day.number) * DAY_MICROSECONDS
    position = table.schema.get_field_index("updated_at")
    stamped = pa.array(stamps, pa.int64()).view(schemas.schema("products").field("updated_at").type)
    return table.set_column(position, "updated_at", stamped)


def _add_to(table: pa.Table, column: str, mask: Bools) -> pa.Table:
    position = table.schema.get_field_index(column)
    changed = pc.add(table[column], pa.array(mask.astype(np.int64) * CORRECTION_ERROR))
    return table.set_column(position, column, changed)
