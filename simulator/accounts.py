"""Accounts: one slot per customer and product, reused under a new number after closing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from simulator import catalogue, randomness, schemas
from simulator.bank import Bank
from simulator.catalogue import DEMAND, FOREIGN
from simulator.delivery import Delivery
from simulator.people import People
from simulator.randomness import Bools, Floats, Ints
from simulator.seasons import Day, to_date
from simulator.state import NONE, OPEN, SHUT, State

AMOUNT_DEVIATION = 1.25
"""Deviation of the logarithm of transaction and opening amounts (difficulty card)."""
HELD_BY_NEED = 0.8
FOREIGN_CURRENCIES = ("USD", "EUR", "HKD")
FOREIGN_FACTOR = 0.14
AUTHORISED_SHARE = 0.05
_LOAN_INCOMES = {"MORTGAGE-30Y": 80.0, "LOAN-CONSUMER": 7.0}


def initial_accounts(bank: Bank, people: People, existing: Bools) -> dict[str, Ints]:
    """Return the account columns of the state before the first day."""
    shape = (people.count, len(catalogue.PRODUCTS))
    slot = np.where(_held(people, existing), OPEN, NONE).astype(np.int8)
    held = slot == OPEN
    opened = _initial_opened(bank, people, held)
    draw = _grid(people, bank.first_day - 1, "initial-maturity")
    term = catalogue.TERM_DAYS
    ahead = (randomness.uniform(draw).reshape(shape) * np.maximum(term, 1)).astype(np.int64)
    matures = np.where(held & (term > 0), bank.first_day + ahead, 0)
    contract = np.where(held, amounts(people, bank.first_day - 1), 0)
    balance = contract.copy()
    balance[:, DEMAND] = _initial_demand(people, held[:, DEMAND])
    return {
        "slot": slot,
        "slot_opened": opened.astype(np.int32),
        "slot_matures": matures.astype(np.int32),
        "generation": np.zeros(shape, np.int8),
        "contract": contract,
        "balance": balance,
    }


def _grid(people: People, day: int, stream: str) -> randomness.Keys:
    agent = np.repeat(np.arange(people.count), len(catalogue.PRODUCTS))
    product = np.tile(np.arange(len(catalogue.PRODUCTS)), people.count)
    return randomness.keys(people.seed, stream, day, agent, product)


def _held(people: People, existing: Bools) -> Bools:
    share = catalogue.held_shares()
    log_odds = np.log(np.clip(share, 1e-6, 1 - 1e-9) / np.clip(1 - share, 1e-9, 1))
    odds = log_odds + HELD_BY_NEED * people.need
    draw = randomness.uniform(_grid(people, 0, "held")).reshape(people.need.shape)
    held = (draw < 1 / (1 + np.exp(-odds))) & people.is_eligible
    held[:, DEMAND] = True
    return np.asarray(held & existing[:, None])


def _initial_opened(bank: Bank, people: People, held: Bools) -> Ints:
    since = np.minimum(people.planned_day, bank.first_day - 1)[:, None]
    term = catalogue.TERM_DAYS[None, :]
    draw = randomness.uniform(_grid(people, 0, "initial-opened")).reshape(held.shape)
    span = np.maximum(bank.first_day - 1 - since, 0)
    span = np.where(term > 0, np.minimum(span, term), span)
    opened = bank.first_day - 1 - (draw * span).astype(np.int64)
    opened[:, DEMAND] = since[:, 0]
    return np.where(held, opened, 0)


def _initial_demand(people: People, held: Bools) -> Ints:
    noise = np.exp(0.7 * randomness.normal(people.keys, 310))
    amount = people.wealth * (1 - people.invested_share) * 0.7 * noise + 0.3 * people.income
    return np.where(held, amount, 0).astype(np.int64)


def amounts(
    people: People, day: int, agents: Ints | None = None, products: Ints | None = None
) -> Ints:
    """Return opening amounts in minor units, negative for what is owed, zero for mere contracts.

    Without `agents` and `products` the whole grid, agents × products.
    """
    if agents is None or products is None:
        agent = np.repeat(np.arange(people.count), len(catalogue.PRODUCTS))
        product = np.tile(np.arange(len(catalogue.PRODUCTS)), people.count)
        flat = amounts(people, day, agent, product)
        return flat.reshape(people.count, len(catalogue.PRODUCTS))
    keys = randomness.keys(people.seed, "opening-amount", day, agents, products)
    spread = np.exp(AMOUNT_DEVIATION * randomness.normal(keys))
    amount = people.wealth[agents] * catalogue.OPENING_SHARE[products] * spread
    amount = np.where(products == FOREIGN, amount * FOREIGN_FACTOR, amount)
    amount = np.where(catalogue.OPENING_SHARE[products] > 0, np.maximum(amount, 10_000), 0)
    for product_id, incomes in _LOAN_INCOMES.items():
        is_loan = products == catalogue.PRODUCT_INDEX[product_id]
        owed = people.income[agents] * incomes * np.exp(0.5 * randomness.normal(keys, 1))
        amount = np.where(is_loan, -owed, amount)
    return np.asarray(np.round(np.clip(amount, -5e9, 5e10) / 100) * 100).astype(np.int64)


def account_ids(agents: Ints, products: Ints, generation: Ints) -> pa.Array[Any]:
    """Return account ids: agent, product and how often the slot was used before."""
    numbers = (agents.astype(np.int64) * 100 + products) * 10 + generation.astype(np.int64) % 10
    return randomness.number_ids("A", numbers, 10)


def currencies(bank: Bank, agents: Ints, products: Ints) -> pa.Array[Any]:
    """Return the currency of each account."""
    codes = np.where(products == FOREIGN, 1 + agents % len(FOREIGN_CURRENCIES), 0)
    return schemas.pick(pa.array([bank.currency_code, *FOREIGN_CURRENCIES]), codes)


def open_slots(people: People, state: State, day: Day, agents: Ints, products: Ints) -> Ints:
    """Open accounts (no customer and product twice) and return their opening amounts."""
    amount = amounts(people, day.number, agents, products)
    was_used = state.slot[agents, products] == SHUT
    state.generation[agents, products] += was_used.astype(np.int8)
    state.slot[agents, products] = OPEN
    state.slot_opened[agents, products] = day.number
    term = catalogue.TERM_DAYS[products]
    state.slot_matures[agents, products] = np.where(term > 0, day.number + term, 0)
    state.contract[agents, products] = amount
    state.balance[agents, products] = 0
    return amount


def deliver_accounts(
    bank: Bank, people: People, state: State, day: Day, touched: Bools, delivery: Delivery
) -> None:
    """Deliver the accounts marked in `touched` (agents × products) and their new parties."""
    agents, products = randomness.cells(touched)
    if not len(agents):
        return
    slot = state.slot[agents, products]
    frozen = (slot == OPEN) & (state.mood[agents] == 4)
    status = np.where(frozen, 2, np.where(slot == OPEN, 0, 1))
    opened = state.slot_opened[agents, products]
    contract = np.abs(state.contract[agents, products])
    ids = account_ids(agents, products, state.generation[agents, products])
    delivery.add("accounts", schemas.build("accounts", {
        "account_id": ids,
        "product_id": schemas.pick(catalogue.PRODUCT_IDS, products),
        "branch_id": schemas.pick(catalogue.BRANCH_IDS, people.branch[agents]),
        "currency_code": currencies(bank, agents, products),
        "opened_date": schemas.dates_or_null(opened),
        "closed_date": schemas.dates_or_null(np.where(slot == SHUT, day.number, 0)),
        "status": schemas.pick(pa.array(["open", "closed", "frozen"]), status),
        "maturity_date": schemas.dates_or_null(state.slot_matures[agents, products]),
        "contract_amount": pa.array(contract, mask=contract == 0),
        "updated_at": np.full(len(agents), day.cut),
    }))  # fmt: skip
    is_new = (opened == day.number) | (day.number == bank.first_day)
    _deliver_parties(
        people,
        day,
        agents[is_new],
        opened[is_new],
        ids.filter(pa.array(is_new)),
        products[is_new],
        delivery,
    )


def _deliver_parties(
    people: People,
    day: Day,
    agents: Ints,
    opened: Ints,
    ids: pa.Array[Any],
    products: Ints,
    delivery: Delivery,
) -> None:
    """Deliver owners, and for some demand accounts the neighbour as authorised party."""
    draw = randomness.uniform(randomness.keys(people.seed, "authorised", 0, agents))
    partner = np.where(agents % 2 == 0, agents + 1, agents - 1)
    has_partner = (draw < AUTHORISED_SHARE) & (products == DEMAND) & (partner < people.count)
    has_partner &= people.role[np.minimum(partner, people.count - 1)] == 0
    owner = np.concatenate([agents, partner[has_partner]])
    roles = np.repeat([0, 1], [len(agents), int(has_partner.sum())])
    delivery.add("account_parties", schemas.build("account_parties", {
        "account_id": pa.concat_arrays([ids, ids.filter(pa.array(has_partner))]),
        "party_id": schemas.pick(people.party_ids, owner),
        "role": schemas.pick(pa.array(["owner", "authorised"]), roles),
        "valid_from": np.concatenate([opened, opened[has_partner]]),
        "updated_at": np.full(len(owner), day.cut),
    }))  # fmt: skip


def _index_start(bank: Bank) -> int:
    return bank.first_day - 1


_PATHS: dict[tuple[int, int, int], Floats] = {}


def _index_path(bank: Bank, product: int, day: int) -> Floats:
    """Return the index from the day before the first date to `day`, in steps of 512 days."""
    length = ((day - _index_start(bank)) // 512 + 1) * 512
    key = (bank.seed, bank.first_day, product)
    if key not in _PATHS or len(_PATHS[key]) < length:
        days = _index_start(bank) + 1 + np.arange(length - 1)
        keys = randomness.keys(bank.seed, "market", product, days)
        daily = catalogue.PRODUCTS[product].market == "daily"
        deviation = 0.011 if daily else 0.0008
        steps = 0.00012 + deviation * randomness.normal(keys)
        moves = np.array([is_valuation_day(int(d), daily) for d in days])
        _PATHS[key] = np.exp(np.concatenate([[0.0], np.cumsum(np.where(moves, steps, 0.0))]))
    return _PATHS[key]


def is_valuation_day(day: int, is_daily: bool) -> bool:
    """Return whether a product's value is struck on a day: on weekdays, or on Fridays only."""
    weekday = to_date(day).weekday()
    return weekday < 5 if is_daily else weekday == 4


def market_values(bank: Bank, state: State, day: int, agents: Ints, products: Ints) -> Ints:
    """Return the market value of accounts at the end of a day, minor units."""
    start = np.maximum(state.slot_opened[agents, products], _index_start(bank))
    table = np.column_stack([
        _index_path(bank, number, day)[: day - _index_start(bank) + 1]
        if product.market else np.ones(day - _index_start(bank) + 1)
        for number, product in enumerate(catalogue.PRODUCTS)
    ])  # fmt: skip
    growth = table[-1, products] / table[start - _index_start(bank), products]
    return np.asarray(np.round(state.balance[agents, products] * growth)).astype(np.int64)
