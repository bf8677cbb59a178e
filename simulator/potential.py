"""Potential outcomes: the same life with and without the contacts of one unit.

As lived, a product is opened on a day when the day's uniform number falls below the hazard with
all contacts. Without the contacts of a unit the same number is held against the hazard less that
unit's part (common random numbers); everything else stays as it was.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from simulator import catalogue, outreach, response, schemas
from simulator.earlier import Assignment
from simulator.outreach import NO_PRODUCT, Worklist
from simulator.people import People
from simulator.randomness import Bools, Floats, Keys
from simulator.seasons import Day
from simulator.state import CUSTOMER, OPEN, State, append, keep, log

OUTCOME_DAYS = 30


def add_listed(people: People, state: State, day: Day, work: Worklist, natural: Floats) -> None:
    """Register the units of worked list rows that are seen for the first time."""
    known = log(state, "units")["unit"]
    fresh = (work.product != NO_PRODUCT) & ~np.isin(work.unit, known)
    first = np.zeros(len(work), bool)
    first[np.unique(work.unit, return_index=True)[1]] = True
    _register(people, state, day, work, np.flatnonzero(fresh & first), natural)


def add_control(
    people: People, state: State, day: Day, assignment: Assignment, natural: Floats
) -> None:
    """Register the control units of an earlier campaign."""
    control = ~assignment.is_listed
    agent = assignment.agent[control]
    product = np.full(len(agent), assignment.product)
    before = _ahead(natural, agent, product)
    _append(state, day, assignment.units()[control],
            pa.array([assignment.campaign_id] * len(agent), pa.string()), agent, product,
            np.full(len(agent), assignment.channel), False, before, before)  # fmt: skip


def _register(
    people: People, state: State, day: Day, work: Worklist, rows: np.ndarray, natural: Floats
) -> None:
    agent, product, channel = work.agent[rows], work.product[rows], work.channel[rows]
    before = _ahead(natural, agent, product)
    effect = outreach.contact_effects(people, work, rows) * catalogue.REACH[channel]
    after = 1 - np.exp(np.log1p(-before) - effect)
    _append(state, day, work.unit[rows], schemas.pick(work.campaign, rows), agent, product,
            channel, True, before, np.clip(after, 0.0, 1.0))  # fmt: skip


def _ahead(natural: Floats, agent: np.ndarray, product: np.ndarray) -> Floats:
    return np.asarray(1 - (1 - natural[agent, product]) ** OUTCOME_DAYS)


def _append(
    state: State,
    day: Day,
    unit: Keys,
    campaign: pa.Array[Any],
    agent: np.ndarray,
    product: np.ndarray,
    channel: np.ndarray,
    is_listed: bool,
    before: Floats,
    after: Floats,
) -> None:
    rows = len(agent)
    zeros = np.zeros(rows, np.int64)
    append(state, "units", {
        "unit": unit, "campaign_id": campaign, "agent": agent, "product": product,
        "channel": channel, "assigned": np.full(rows, day.number),
        "is_listed": np.full(rows, is_listed), "p0": before, "p1": after,
        "y0_day": zeros, "y1_day": zeros, "held": state.slot[agent, product] == OPEN,
    })  # fmt: skip


def hazards_with_contacts(state: State, day: Day, natural: Floats) -> Floats:
    """Return today's opening probabilities including the effect of all contacts so far."""
    touches = log(state, "touches")
    raised = natural.copy()
    np.add.at(raised, (touches["agent"], touches["product"]), _effect_today(touches, day))
    return np.asarray(raised)


def _effect_today(touches: dict[str, np.ndarray], day: Day) -> Floats:
    age = day.number - touches["day"]
    live = (age >= 0) & (age < response.EFFECT_DAYS)
    return np.where(live, touches["effect"] * response.KERNEL[np.where(live, age, 0)], 0.0)


def follow(
    people: People,
    state: State,
    day: Day,
    raised: Floats,
    draws: Floats,
    allowed: Bools,
    opened: Bools,
) -> pa.Table:
    """Carry every unit's two lives one day on; return the units whose window ends today."""
    units = log(state, "units")
    touches = log(state, "touches")
    order = np.argsort(units["unit"])
    own = np.zeros(len(order))
    if len(order):
        place = np.searchsorted(units["unit"][order], touches["unit"])
        place = np.minimum(place, len(order) - 1)
        matches = units["unit"][order][place] == touches["unit"]
        np.add.at(own, order[place[matches]], _effect_today(touches, day)[matches])
    agent, product = units["agent"], units["product"]
    without = raised[agent, product] - own
    alive = state.is_alive | (state.kind > CUSTOMER)
    free = allowed[agent, product] | ((units["y1_day"] > 0) & alive[agent])
    y0_now = (units["y0_day"] == 0) & free & ~units["held"] & (draws[agent, product] < without)
    y1_now = (units["y1_day"] == 0) & opened[agent, product]
    _write(state, units, y0_now, y1_now, day)
    ended = units["assigned"] + OUTCOME_DAYS - 1 <= day.number
    finished = state.tables["units"].filter(pa.array(ended))
    keep(state, "units", ~ended)
    return finished


def _write(
    state: State, units: dict[str, np.ndarray], y0_now: Bools, y1_now: Bools, day: Day
) -> None:
    table = state.tables["units"]
    for name, now in (("y0_day", y0_now), ("y1_day", y1_now)):
        values = np.where(now, day.number, units[name])
        table = table.set_column(table.schema.get_field_index(name), name, pa.array(values))
    state.tables["units"] = table
