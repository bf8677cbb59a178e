"""The party master: who is known to the bank, and how they are described."""

from __future__ import annotations

import dataclasses
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from simulator import accounts, catalogue, churn, identities, papers, randomness, schemas
from simulator.bank import Bank
from simulator.delivery import Delivery
from simulator.identities import CANARY_AGENTS, canaries
from simulator.people import (
    BLOCK,
    GENDERS,
    INCOME_BANDS,
    MARITAL,
    OCCUPATIONS,
    PROSPECT,
    WALK_IN,
    People,
)  # fmt: skip
from simulator.people import EXISTING as EXISTING_ROLE
from simulator.randomness import Bools, Ints, uniform
from simulator.seasons import Day
from simulator.spending import has_order, order_amounts
from simulator.state import CUSTOMER, State

PARTY_TYPES = pa.array(["", "customer", "prospect", "walk_in"])
PHONE_CHANGE_DAILY = 0.0003
PHONE_BLOCK = 520
SHARED_PHONE_SHARE = 0.15
ORDER_PURPOSES = pa.array(["rent", "utilities", "insurance", "savings"])


def appear(people: People, state: State, day: Day) -> Ints:
    """Make the prospects and walk-ins whose first sight is today known; return them."""
    outside = (people.role == PROSPECT) | (people.role == WALK_IN)
    agents = np.flatnonzero(outside & (people.planned_day == day.number) & (state.kind == 0))
    state.kind[agents] = people.role[agents].astype(np.int8)
    return agents


def change_phones(people: People, state: State, day: Day) -> Ints:
    """Give a few customers a new mobile number, one at least in every 520 agents; return them."""
    agents = np.arange(people.count)
    keys = randomness.keys(people.seed, "phone", day.number, agents)
    chosen = (state.kind > 0) & (uniform(keys) < PHONE_CHANGE_DAILY)
    block = np.arange(0, people.count, PHONE_BLOCK)
    span = np.minimum(people.count - block, PHONE_BLOCK) // BLOCK
    drawn = uniform(randomness.keys(people.seed, "phone-block", day.number, block))
    chosen[block + (drawn * span).astype(np.int64) * BLOCK] = True
    state.phone_version[chosen] = (state.phone_version[chosen] + 1) % 100
    return np.flatnonzero(chosen)


def deliver_customers(
    bank: Bank, people: People, state: State, day: Day, changed: Bools, delivery: Delivery
) -> None:
    """Deliver the parties marked in `changed` as they are now."""
    agents = np.flatnonzero(changed & (state.kind > 0))
    if not len(agents):
        return
    customer = state.kind[agents] == CUSTOMER
    columns = _identity(people, state, agents, customer, day)
    region = schemas.pick(catalogue.REGION_LABELS, catalogue.region_of(people.branch[agents]))
    manager = np.where(customer, people.manager[agents], -1)
    closed = np.where(state.mood[agents] == churn.CLOSED, state.closed_day[agents], 0)
    delivery.add("customers", schemas.build("customers", {
        "party_id": schemas.pick(people.party_ids, agents),
        "party_type": schemas.pick(PARTY_TYPES, state.kind[agents]),
        **columns,
        "occupation": _known(schemas.pick(OCCUPATIONS, people.occupation[agents]), customer),
        "income_band": _known(schemas.pick(INCOME_BANDS, people.income_band[agents]), customer),
        "marital_status": _known(schemas.pick(MARITAL, people.marital[agents]), customer),
        "has_children": pa.array(people.has_children[agents], mask=~customer),
        "region": region,
        "branch_id": schemas.pick(catalogue.BRANCH_IDS, people.branch[agents]),
        "relationship_manager_id": schemas.pick(catalogue.MANAGER_IDS, manager, -1),
        "opened_date": schemas.dates_or_null(state.opened_day[agents]),
        "closed_date": schemas.dates_or_null(closed),
        "is_staff": people.is_staff[agents],
        "is_deceased": state.mood[agents] == churn.DECEASED,
        "updated_at": np.full(len(agents), day.cut),
    }))  # fmt: skip


def _known(values: pa.Array[Any], mask: Bools) -> pa.Array[Any]:
    known = pc.if_else(pa.array(mask), values, pa.scalar(None, values.type))
    return cast("pa.Array[Any]", known)


def _identity(
    people: People, state: State, agents: Ints, customer: Bools, day: Day
) -> dict[str, pa.Array[Any]]:
    """Return the personal columns; undocumented parties lack a document and some a mobile."""
    person = people.alias_of[agents]
    person_keys = people.keys[person]
    documented = customer | (uniform(people.keys[agents], 360) < 0.12)
    has_phone = customer | (uniform(people.keys[agents], 361) < 0.75)
    shares = ~documented & (uniform(people.keys[agents], 362) < SHARED_PHONE_SHARE)
    owner = np.where(shares, agents // 13 * 13, people.household_phone[person])
    version = np.where(owner == agents, state.phone_version[agents].astype(np.int64), 0)
    number = owner.astype(np.int64) + version * 9_999_991
    region = schemas.pick(catalogue.REGION_LABELS, catalogue.region_of(people.branch[person]))
    address = identities.addresses(person_keys, region)
    has_email = customer & (uniform(people.keys[agents], 363) < 0.6)
    holder, document = papers.shown_documents(people, agents, day)
    columns = {
        "name": identities.names(person_keys),
        "document_no": _known(identities.documents(document, people.birth_day[holder]), documented),
        "mobile": _known(identities.mobiles(number), has_phone),
        "email": _known(identities.emails(person), has_email),
        "address": _known(address, customer),
        "gender": schemas.pick(GENDERS, people.gender[person]),
        "birth_date": schemas.dates_or_null(np.where(documented, people.birth_day[person], 0)),
    }
    return _with_canaries(people, agents, columns)


def _with_canaries(
    people: People, agents: Ints, columns: dict[str, pa.Array[Any]]
) -> dict[str, pa.Array[Any]]:
    is_canary = np.isin(agents, CANARY_AGENTS)
    if not is_canary.any():
        return columns
    by_agent = dict(zip(CANARY_AGENTS, canaries(people.seed), strict=True))
    found = [dataclasses.asdict(by_agent[int(agent)]) for agent in agents[is_canary]]
    mask = pa.array(is_canary)
    for name in ("name", "document_no", "mobile", "email", "address"):
        values = pa.array([canary[name] for canary in found])
        columns[name] = pc.replace_with_mask(columns[name], mask, values)
    return columns


def deliver_orders(
    bank: Bank, people: People, state: State, day: Day, agents: Ints, delivery: Delivery
) -> None:
    """Deliver the standing orders of new customers, of all customers on the first day."""
    agents = agents[has_order(people)[agents]]
    if not len(agents):
        return
    starts = np.where(people.role[agents] == EXISTING_ROLE,
                      np.minimum(state.opened_day[agents] + 30, bank.first_day),
                      day.number)  # fmt: skip
    keys = randomness.keys(people.seed, "order", 0, agents)
    zeros = np.zeros(len(agents), np.int64)
    delivery.add("standing_orders", schemas.build("standing_orders", {
        "standing_order_id": randomness.number_ids("O", agents, 9),
        "account_id": accounts.account_ids(agents, zeros, state.generation[agents, 0]),
        "amount": order_amounts(people, agents),
        "currency_code": pa.array([bank.currency_code] * len(agents)),
        "purpose": schemas.pick(ORDER_PURPOSES, (uniform(keys, 1) * 4).astype(np.int64)),
        "counterparty_token": randomness.hex_ids("K", keys),
        "starts_date": starts,
        "updated_at": np.full(len(agents), day.cut),
    }))  # fmt: skip
