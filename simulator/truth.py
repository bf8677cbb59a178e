"""The truth about a simulated bank, written apart from the landing; only tests may read it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from simulator import catalogue, churn, holdings, needs, personas, response, schemas, seasons
from simulator.bank import Bank
from simulator.people import People
from simulator.randomness import Bools, Floats
from simulator.seasons import to_date
from simulator.state import CUSTOMER, OPEN, State

POPULATION_DAYS_ON_BOOK = 180
RECENT_DAYS = 30


def churn_probability(people: People, state: State) -> Floats:
    """Return the true probability of the churn label given the hidden state of `state.day`."""
    calendar = seasons.activity_ahead(state.day + 1, churn.LABEL_DAYS)
    anger = np.maximum(state.dissatisfied_until.astype(np.int64) - state.day, 0)
    rate = np.where(people.is_activated, people.rate, people.rate * 0.03)
    return churn.label_probability(state.mood, rate, people.fade_hazard, anger, calendar)


def recent_probability(people: People, state: State) -> Floats:
    """Return the probability of a transaction in the last 30 days at today's hidden state."""
    rate = people.rate * churn.activity_multiplier(state.mood)
    return np.where(state.is_alive, 1 - np.exp(-rate * RECENT_DAYS), 0.0)


def opening_probability(people: People, state: State) -> Floats:
    """Return the true 30-day probability of opening each product without contacts to come.

    Agents × products; 0 where the product is held or may not be opened. The hidden state is
    carried forward in expectation, a life event lasts until its last day.
    """
    alive = np.zeros((people.count, 3))
    alive[np.arange(people.count), np.minimum(state.mood, churn.SILENT)] = state.is_alive
    still = np.ones((people.count, len(catalogue.PRODUCTS)))
    base = people.hazard.copy()
    boosted = base * needs.event_factors()[state.event]
    for step in range(1, needs.WINDOW_DAYS + 1):
        alive = churn.carry_forward(alive, people.fade_hazard)
        activity = alive @ np.array([1.0, churn.FADING_ACTIVITY, 0.0])
        lasts = (state.event_until >= state.day + step)[:, None]
        still *= 1 - np.where(lasts, boosted, base) * activity[:, None]
    day = seasons.business_day(to_date(state.day), "UTC")
    return np.where(holdings.may_open(people, state, day), 1 - still, 0.0)


def true_effects(people: People, product: int, channel: int) -> Floats:
    """Return the effect of one delivered contact on each agent's 30-day probability."""
    count = people.count
    return response.effects(
        people.responsive, people.preference[:, channel], people.affinity[:, product],
        np.full(count, product), np.full(count, channel),
    )  # fmt: skip


def write_people(bank: Bank, people: People) -> Path:
    """Write what never changes: personas, latent vectors and response traits."""
    columns: dict[str, Any] = {
        "party_id": people.party_ids,
        "role": people.role,
        "persona": people.persona,
        "is_alias": people.alias_of != np.arange(people.count),
        "rate": people.rate,
        "fade_hazard": people.fade_hazard,
        "responsive": people.responsive,
    }
    for number, trait in enumerate(personas.TRAITS):
        columns[f"latent_{trait}"] = people.standard[:, number]
    for number, channel in enumerate(catalogue.CHANNELS):
        columns[f"preference_{channel}"] = people.preference[:, number]
    for number, product in enumerate(catalogue.PRODUCTS):
        columns[f"affinity_{product.product_id}"] = people.affinity[:, number]
    return _write(bank, "people", "all", pa.table(columns))


def write_states(bank: Bank, people: People, state: State) -> Path:
    """Write the hidden states of a day with the true churn and opening probabilities."""
    opening = opening_probability(people, state)
    known = np.flatnonzero(state.kind == CUSTOMER)
    columns: dict[str, Any] = {
        "party_id": schemas.pick(people.party_ids, known),
        "mood": state.mood[known],
        "churn_probability": churn_probability(people, state)[known],
    }
    for number, product in enumerate(catalogue.PRODUCTS):
        columns[f"opens_{product.product_id}"] = opening[known, number]
    return _write(bank, "states", to_date(state.day).isoformat(), pa.table(columns))


def write_units(bank: Bank, people: People, name: str, units: pa.Table) -> Path:
    """Write units whose outcome window ended, with both potential outcomes."""
    agent = units["agent"].combine_chunks()
    products = catalogue.PRODUCT_IDS.take(units["product"].combine_chunks())
    y0, y1 = (units[name].to_numpy() > 0 for name in ("y0_day", "y1_day"))
    columns: dict[str, Any] = {
        "campaign_id": units["campaign_id"],
        "party_id": people.party_ids.take(agent),
        "product_id": products,
        "channel": catalogue.CHANNEL_LABELS.take(units["channel"].combine_chunks()),
        "assigned_date": units["assigned"].cast(pa.int32()).cast(pa.date32()),
        "is_listed": units["is_listed"],
        "p0": units["p0"], "p1": units["p1"], "y0": y0, "y1": y1,
    }  # fmt: skip
    return _write(bank, "units", name, pa.table(columns))


def churn_population(people: People, state: State) -> Bools:
    """Return who is old enough on the books for the churn label."""
    return np.asarray(
        state.is_alive & (state.day - state.opened_day >= POPULATION_DAYS_ON_BOOK)
        & (state.slot[:, catalogue.DEMAND] == OPEN)
    )  # fmt: skip


def oracle_auc(probability: Floats, weight: Floats | None = None) -> float:
    """Return the AUC that the true probability itself reaches, expected over the outcomes."""
    weights = np.ones_like(probability) if weight is None else weight
    order = np.argsort(probability, kind="stable")
    positive = (probability * weights)[order]
    negative = ((1 - probability) * weights)[order]
    below = np.cumsum(negative) - 0.5 * negative
    return float((positive * below).sum() / (positive.sum() * negative.sum()))


def _write(bank: Bank, folder: str, name: str, table: pa.Table) -> Path:
    path = bank.truth_dir / folder / f"{name}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    building = path.with_suffix(".building")
    pq.write_table(table, building)
    building.rename(path)
    return path
