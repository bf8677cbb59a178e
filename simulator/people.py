"""The bank's people: everything about an agent that never changes.

Agents are numbered from 0. Of every thirteen the first ten are customers before the first day; the
others are newcomers with a planned opening date, prospects and walk-ins. All traits are functions
of (seed, agent number) alone, so a larger bank contains the smaller one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from simulator import catalogue, churn, needs, personas, randomness, response
from simulator.randomness import Bools, Floats, Ints, Keys
from simulator.seasons import PAYDAYS, day_number

BLOCK, EXISTING_IN_BLOCK = 13, 10
EXISTING, NEWCOMER, PROSPECT, WALK_IN = range(4)
NEWCOMER_HORIZON_DAYS = 900
FEN = 100
OCCUPATIONS = pa.array(
    ["employee", "self_employed", "civil_servant", "student", "retired", "farmer", "homemaker"]
)
INCOME_BANDS = pa.array(["under_50k", "50k_100k", "100k_200k", "200k_500k", "over_500k"])
MARITAL = pa.array(["single", "married", "divorced", "widowed", "unknown"])
GENDERS = pa.array(["female", "male", "unknown"])
RISK_LEVELS = pa.array(["C1", "C2", "C3", "C4", "C5"])


@dataclass(frozen=True)
class People:
    """Static traits, one entry per agent (money in minor units, dates as day numbers)."""

    seed: int
    count: int
    keys: Keys
    role: Ints
    persona: Ints
    standard: Floats
    age: Floats
    birth_day: Ints
    gender: Ints
    occupation: Ints
    marital: Ints
    has_children: Bools
    income: Floats
    """Monthly income."""
    branch: Ints
    manager: Ints
    """Manager number, -1 without one."""
    planned_day: Ints
    """First opening of existing customers and newcomers; first sight of prospects and walk-ins."""
    is_staff: Bools
    is_activated: Bools
    alias_of: Ints
    """The agent whose document this one carries, itself for nearly all."""
    household_phone: Ints
    payday: Ints
    bill_day: Ints
    rate: Floats
    """Customer-initiated transactions per day while active."""
    kind_shares: Floats
    """Cumulative shares of card, transfer, withdrawal and cash deposit."""
    online_share: Floats
    leisure_share: Floats
    ticket: Floats
    wealth: Floats
    invested_share: Floats
    app_rate: Floats
    branch_rate: Floats
    risk_level: Ints
    need: Floats
    hazard: Floats
    """Daily opening probabilities, agents × products."""
    is_eligible: Bools
    fade_hazard: Floats
    responsive: Floats
    preference: Floats
    affinity: Floats
    party_ids: pa.Array[Any]

    @property
    def income_band(self) -> Ints:
        """Return the number of the yearly income band."""
        yearly = self.income * 12 / FEN
        return np.searchsorted([50_000, 100_000, 200_000, 500_000], yearly)


def agents_for(customers: int) -> int:
    """Return how many agents hold `customers` existing customers."""
    blocks, rest = divmod(customers, EXISTING_IN_BLOCK)
    return blocks * BLOCK + rest


def make_people(seed: int, customers: int, first_date: date) -> People:
    """Return the people of a bank with `customers` customers before `first_date`."""
    agent = np.arange(agents_for(customers))
    keys = randomness.keys(seed, "people", 0, agent)
    persona = personas.draw_personas(keys)
    standard = personas.draw_standard_latents(keys, persona)
    age = needs.draw_ages(keys, persona)
    role = _roles(agent, keys)
    occupation = _occupations(keys, age)
    is_student = occupation == 3
    natural = personas.natural_latents(standard)
    traits = {name: natural[:, column] for column, name in enumerate(personas.TRAITS)}
    first_day = day_number(first_date)
    need = needs.need_scores(keys, standard, age)
    wealth_z = standard[:, personas.TRAIT_INDEX["wealth"]] / personas.trait_deviations()[5]
    branch = (randomness.uniform(keys, 200) ** 1.4 * catalogue.BRANCHES).astype(np.int64)
    return People(
        seed=seed,
        count=len(agent),
        keys=keys,
        role=role,
        persona=persona,
        standard=standard,
        age=age,
        birth_day=(first_day - age * 365.25).astype(np.int64),
        gender=randomness.choose(np.array([0.51, 0.99, 1.0]), randomness.uniform(keys, 201)),
        occupation=occupation,
        marital=_marital(keys, age),
        has_children=(age > 24) & (randomness.uniform(keys, 203) < 0.62),
        income=_incomes(keys, wealth_z, age),
        branch=branch,
        manager=_managers(keys, branch, wealth_z),
        planned_day=_planned_days(keys, role, age, first_day),
        is_staff=(role == EXISTING) & (age > 21) & (randomness.uniform(keys, 207) < 0.01),
        is_activated=(role == EXISTING) | (randomness.uniform(keys, 208) < 0.82),
        alias_of=_aliases(agent, role, keys),
        household_phone=_household_phones(seed, agent),
        payday=np.array(PAYDAYS)[(randomness.uniform(keys, 210) ** 1.3 * 4).astype(np.int64)],
        bill_day=(randomness.uniform(keys, 211) * 28).astype(np.int64) + 1,
        rate=np.exp(traits["activity"]),
        kind_shares=_kind_shares(traits["card"], traits["cash"]),
        online_share=_logistic(traits["online"]),
        leisure_share=_logistic(traits["leisure"]),
        ticket=np.exp(traits["ticket"]) * FEN,
        wealth=np.exp(traits["wealth"]) * FEN,
        invested_share=_logistic(traits["invest"]),
        app_rate=np.exp(traits["app"]),
        branch_rate=np.exp(traits["branch"]),
        risk_level=_risk_levels(keys, standard, age),
        need=need,
        hazard=needs.daily_hazards(need),
        is_eligible=needs.eligible(age, is_student),
        fade_hazard=churn.fade_hazards(keys, standard),
        responsive=response.responsiveness(keys, standard, age),
        preference=response.channel_preferences(keys, standard),
        affinity=response.affinities(keys),
        party_ids=randomness.number_ids("P", agent, 7),
    )


def _logistic(values: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-values)))


def _roles(agent: Ints, keys: Keys) -> Ints:
    other = NEWCOMER + randomness.choose(np.array([0.45, 0.80, 1.0]), randomness.uniform(keys, 204))
    return np.where(agent % BLOCK < EXISTING_IN_BLOCK, EXISTING, other)


def _occupations(keys: Keys, age: Floats) -> Ints:
    working = np.array([0, 1, 2, 5, 6])[
        randomness.choose(np.array([0.6, 0.78, 0.88, 0.95, 1.0]), randomness.uniform(keys, 205))
    ]
    retired = (age >= 60) & (randomness.uniform(keys, 206) < 0.85)
    student = (age < 18) | ((age < 23) & (randomness.uniform(keys, 206) < 0.7))
    return np.where(student, 3, np.where(retired, 4, working))


def _marital(keys: Keys, age: Floats) -> Ints:
    draw = randomness.uniform(keys, 202)
    young = randomness.choose(np.array([0.85, 0.97, 0.98, 0.98, 1.0]), draw)
    older = randomness.choose(np.array([0.12, 0.84, 0.93, 0.97, 1.0]), draw)
    return np.where(age < 18, 0, np.where(age < 27, young, older))


def _incomes(keys: Keys, wealth_z: Floats, age: Floats) -> Floats:
    log_income = 8.75 + 0.35 * wealth_z + 0.45 * randomness.normal(keys, 212)
    return np.exp(log_income) * FEN * np.where(age < 18, 0.15, 1.0)


def _managers(keys: Keys, branch: Ints, wealth_z: Floats) -> Ints:
    own = (randomness.uniform(keys, 213) * catalogue.MANAGERS_PER_BRANCH).astype(np.int64)
    served = randomness.uniform(keys, 214) < _logistic(1.6 * wealth_z - 0.6)
    return np.where(served, branch * catalogue.MANAGERS_PER_BRANCH + own, -1)


def _planned_days(keys: Keys, role: Ints, age: Floats, first_day: int) -> Ints:
    draw = randomness.uniform(keys, 215)
    past = np.minimum(-np.log(draw) * 4.0 * 365.25, (age + 0.5) * 365.25)
    future = (randomness.uniform(keys, 216) * NEWCOMER_HORIZON_DAYS).astype(np.int64)
    known = np.where(randomness.uniform(keys, 217) < 0.5, 0, future)
    planned = np.where(role == NEWCOMER, future, known)
    return first_day + np.where(role == EXISTING, -1 - past.astype(np.int64), planned)


def _aliases(agent: Ints, role: Ints, keys: Keys) -> Ints:
    original = agent // BLOCK * BLOCK
    is_alias = (role == NEWCOMER) & (randomness.uniform(keys, 218) < 0.03)
    return np.where(is_alias, original, agent)


def _household_phones(seed: int, agent: Ints) -> Ints:
    """Return the number whose mobile the agent uses: its own, or that of its block of four."""
    block = agent // 4 * 4
    shared = randomness.uniform(randomness.keys(seed, "household", 0, block)) < 0.07
    return np.where(shared, block, agent)


def _kind_shares(card: Floats, cash: Floats) -> Floats:
    weights = np.exp(np.column_stack([card, np.zeros_like(card), cash]))
    shares = weights / weights.sum(axis=1, keepdims=True)
    split = np.column_stack([shares[:, :2], shares[:, 2] * 0.7, shares[:, 2] * 0.3])
    return np.asarray(split.cumsum(axis=1))


def _risk_levels(keys: Keys, standard: Floats, age: Floats) -> Ints:
    score = 0.6 * standard[:, personas.TRAIT_INDEX["invest"]] - 0.03 * (age - 42.0)
    score += randomness.normal(keys, 219)
    return np.searchsorted([-1.6, -0.4, 0.8, 2.0], score)
