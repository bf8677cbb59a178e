"""What customers do with their money day by day, and what happens to it by itself."""

import numpy as np

from simulator import catalogue, churn, randomness, seasons
from simulator.accounts import AMOUNT_DEVIATION
from simulator.catalogue import CARDS, DEMAND, FOREIGN, LOANS, PAYROLL
from simulator.needs import LIFE_EVENT_DAYS, LIFE_EVENTS
from simulator.people import People
from simulator.postings import (
    CHANNEL_CODE,
    ESSENTIAL,
    LEISURE,
    NO_CODE,
    TYPE_CODE,
    Postings,
    counterparty_keys,
)  # fmt: skip
from simulator.randomness import Bools, Floats, Ints, Keys, normal, uniform
from simulator.seasons import Day
from simulator.state import OPEN, State, append, keep, log

CARD, TRANSFER, WITHDRAWAL, CASH_IN = range(4)
TRANSFER_TICKETS = 2.0
CASH_TICKETS = 2.5
CREDIT_SHARE = 0.5
UNACTIVATED_FACTOR = 0.03
REVERSED_SHARE = 0.004
ORDER_SHARE = 0.45
HOUSEHOLD_SHARE = 0.4
PREMIUM_SHARE = 0.02
PROTECTION = catalogue.PRODUCT_INDEX["INS-PROTECT"]
FEE_SHARE = 0.2
_KIND_TYPES = np.array([TYPE_CODE[t] for t in
                        ("card_purchase", "transfer_out", "withdrawal", "deposit")])  # fmt: skip


def daily_rates(people: People, state: State, day: Day) -> Floats:
    """Return the expected number of customer-initiated transactions of each agent today."""
    rate = people.rate * churn.activity_multiplier(state.mood) * day.activity
    rate = np.where(people.is_activated, rate, rate * UNACTIVATED_FACTOR)
    return np.where(state.is_alive, rate, 0.0)


def spend(people: People, state: State, day: Day, postings: Postings, leaving: Bools) -> None:
    """Add card purchases, transfers, withdrawals and cash deposits of all but the leaving."""
    rates = np.where(leaving, 0.0, daily_rates(people, state, day))
    keys = randomness.keys(people.seed, "spend", day.number, np.arange(people.count))
    counts = randomness.poisson(rates, uniform(keys))
    agent, index = randomness.expand(counts)
    rows = randomness.keys(people.seed, "spend-row", day.number, agent, index)
    kind = randomness.choose(people.kind_shares[agent], uniform(rows, 1))
    amount = _amounts(people, state, agent, kind, rows)
    product = np.where(kind == CARD, _card_product(state, agent, uniform(rows, 4)), DEMAND)
    merchant = _merchants(people, agent, rows)
    towards = counterparty_keys(people, agent, uniform(rows, 6))
    postings.add(
        "spend", agent, product, amount, _KIND_TYPES[kind],
        channel=_channels(people, agent, kind, rows),
        at=seasons.clock_times(day, uniform(rows, 3)), index=index,
        merchant=np.where(kind == CARD, merchant, NO_CODE),
        counterparty=np.where(kind == TRANSFER, towards, np.uint64(0)), initiated=True,
    )  # fmt: skip
    _plan_reversals(people, state, day, agent, index, product, amount, kind)


def _amounts(people: People, state: State, agent: Ints, kind: Ints, rows: Keys) -> Ints:
    target = people.wealth * (1 - people.invested_share) * 0.7 + 0.3 * people.income
    pressure = np.clip(state.balance[agent, DEMAND] / target[agent], 0.25, 12.0)
    factor = np.array([1.0, TRANSFER_TICKETS, CASH_TICKETS, CASH_TICKETS])[kind]
    factor = np.where(kind == TRANSFER, factor * pressure, factor)
    amount = people.ticket[agent] * factor * np.exp(AMOUNT_DEVIATION * normal(rows, 2))
    cash = (kind == WITHDRAWAL) | (kind == CASH_IN)
    rounded = np.where(cash, np.maximum(np.round(amount / 10_000), 1) * 10_000, np.round(amount))
    signed = np.clip(rounded, 100, 2e9).astype(np.int64)
    return np.asarray(np.where(kind == CASH_IN, signed, -signed))


def _card_product(state: State, agent: Ints, uniforms: Floats) -> Ints:
    product = np.full(len(agent), DEMAND)
    for card in CARDS:
        pays_by_card = (state.slot[agent, card] == OPEN) & (uniforms < CREDIT_SHARE)
        product = np.where(pays_by_card, card, product)
    return product


def _merchants(people: People, agent: Ints, rows: Keys) -> Ints:
    leisure = (uniform(rows, 7) * len(LEISURE)).astype(np.int64)
    essential = len(LEISURE) + (uniform(rows, 7) * len(ESSENTIAL)).astype(np.int64)
    return np.where(uniform(rows, 8) < people.leisure_share[agent], leisure, essential)


def _channels(people: People, agent: Ints, kind: Ints, rows: Keys) -> Ints:
    draw = uniform(rows, 9)
    code = CHANNEL_CODE
    card = np.where(draw < people.online_share[agent], code["online"], code["pos"])
    transfer = np.where(draw < 0.7, code["app"], np.where(draw < 0.9, code["online"], 0))
    drawn = np.where(draw < 0.8, code["atm"], code["branch"])
    cash_in = np.where(draw < 0.6, code["branch"], code["atm"])
    return np.choose(kind, [card, transfer, drawn, cash_in])


def _plan_reversals(
    people: People,
    state: State,
    day: Day,
    agent: Ints,
    index: Ints,
    product: Ints,
    amount: Ints,
    kind: Ints,
) -> None:
    cell = agent * len(catalogue.PRODUCTS) + product
    keys = randomness.keys(people.seed, "posting:spend", day.number, cell, index)
    back = (uniform(keys, 10) < REVERSED_SHARE) & (kind == CARD)
    due = day.number + 1 + (uniform(keys[back], 11) * 5).astype(np.int64)
    append(state, "reversals", {"due": due, "agent": agent[back], "product": product[back],
                                "amount": -amount[back], "key": keys[back]})  # fmt: skip


def reverse(state: State, day: Day, postings: Postings) -> None:
    """Add the refunds that are due: postings that take back an earlier one."""
    due = log(state, "reversals")
    now = due["due"] <= day.number
    still_open = state.slot[due["agent"], due["product"]] == OPEN
    rows = now & still_open
    order = np.arange(int(rows.sum()))
    postings.add("refund", due["agent"][rows], due["product"][rows], due["amount"][rows], "refund",
                 channel="online", reverses=due["key"][rows],
                 index=due["key"][rows] if len(order) else 0)  # fmt: skip
    keep(state, "reversals", ~now)


def earn(people: People, state: State, day: Day, postings: Postings, leaving: Bools) -> None:
    """Add salaries, pensions, other income and top-ups of empty accounts."""
    banked = state.is_alive & ~leaving & (state.mood != churn.SILENT) & people.is_activated
    paid = np.isin(people.payday, day.paydays()) & (people.occupation < 3)
    on_plan = state.slot[:, PAYROLL] == OPEN
    bonus = 1.6 if -25 <= seasons.festival_distance(day.date) <= -1 else 1.0
    agents = np.flatnonzero(banked & paid & on_plan)
    keys = randomness.keys(people.seed, "salary", day.number, agents)
    salary = people.income[agents] * bonus * (1 + 0.04 * normal(keys))
    postings.add("salary", agents, DEMAND, salary.astype(np.int64), "salary",
                 counterparty=randomness.keys(people.seed, "employer", 0, agents))  # fmt: skip
    agents = np.flatnonzero(banked & paid & ~on_plan)
    keys = randomness.keys(people.seed, "income", day.number, agents)
    income = people.income[agents] * 0.8 * np.exp(0.4 * normal(keys))
    postings.add("income", agents, DEMAND, income.astype(np.int64), "transfer_in",
                 channel="online", counterparty=counterparty_keys(people, agents, uniform(keys, 1))
                 )  # fmt: skip
    if day.date.day == 15:
        agents = np.flatnonzero(state.is_alive & ~leaving & (people.occupation == 4))
        postings.add("pension", agents, DEMAND, (people.income[agents] * 0.7).astype(np.int64),
                     "pension")  # fmt: skip
    agents = np.flatnonzero(banked & (state.balance[:, DEMAND] < 0))
    keys = randomness.keys(people.seed, "top-up", day.number, agents)
    amount = people.income[agents] * (0.4 + 0.8 * uniform(keys)) - state.balance[agents, DEMAND]
    postings.add("top-up", agents, DEMAND, amount.astype(np.int64), "transfer_in",
                 channel="online", counterparty=counterparty_keys(people, agents, uniform(keys, 1))
                 )  # fmt: skip


def automatic(people: People, state: State, day: Day, postings: Postings, leaving: Bools) -> None:
    """Add interest, fees, household orders, card and loan repayments."""
    alive = state.is_alive & ~leaving
    if day.date.day == 21:
        for product in (DEMAND, FOREIGN):
            rate = catalogue.PRODUCTS[product].interest_rate or 0.0
            agents = np.flatnonzero((state.slot[:, product] == OPEN) & ~leaving)
            interest = np.maximum(state.balance[agents, product], 0) * rate / 12
            postings.add("interest", agents, product, interest.astype(np.int64), "interest")
    if day.date.day == 2:
        agents = np.flatnonzero(alive & (uniform(people.keys, 320) < FEE_SHARE))
        postings.add("fee", agents, DEMAND, np.full(len(agents), -200), "fee")
    due = alive & (people.bill_day == day.date.day)
    agents = np.flatnonzero(due & has_order(people) & (state.mood != churn.SILENT))
    towards = randomness.keys(people.seed, "order", 0, agents)
    kind = np.where(uniform(towards, 2) < HOUSEHOLD_SHARE, TYPE_CODE["household"],
                    TYPE_CODE["standing_order"])  # fmt: skip
    postings.add("order", agents, DEMAND, -order_amounts(people, agents), kind,
                 counterparty=towards)  # fmt: skip
    agents = np.flatnonzero(due & (state.slot[:, PROTECTION] == OPEN))
    premium = np.round(people.income[agents] * PREMIUM_SHARE / 100).astype(np.int64) * 100
    postings.add("premium", agents, DEMAND, -premium, "insurance_premium")
    for card in CARDS:
        agents = np.flatnonzero(due & (state.slot[:, card] == OPEN) & (state.balance[:, card] < 0))
        _repay(state, agents, card, -state.balance[agents, card], postings)
    for loan in LOANS:
        held = due & (state.slot[:, loan] == OPEN) & (state.overdue_days == 0)
        agents = np.flatnonzero(held & (state.slot_opened[:, loan] < day.number))
        periods = max(catalogue.TERM_DAYS[loan] // 30, 1)
        part = np.abs(state.contract[agents, loan]) // periods
        _repay(state, agents, loan, np.minimum(part, -state.balance[agents, loan]), postings)
    agents = np.flatnonzero(due & (state.overdue_days > 0))
    postings.add("penalty", agents, DEMAND, np.full(len(agents), -5_000), "penalty")


def _repay(state: State, agents: Ints, product: int, amount: Ints, postings: Postings) -> None:
    postings.add(f"repay-{product}", agents, DEMAND, -amount, "loan_repayment")
    postings.add(f"repaid-{product}", agents, product, amount, "loan_repayment")


def has_order(people: People) -> Bools:
    """Return who has a standing order."""
    return (uniform(people.keys, 321) < ORDER_SHARE) & (people.age >= 18)


def order_amounts(people: People, agents: Ints) -> Ints:
    """Return the amount of each agent's standing order, minor units."""
    share = 0.03 + 0.12 * uniform(people.keys[agents], 322)
    return np.round(people.income[agents] * share / 1000).astype(np.int64) * 1000


def windfalls(people: People, state: State, day: Day, postings: Postings, leaving: Bools) -> None:
    """Add the large deposit with which a windfall begins."""
    begins = (state.event == LIFE_EVENTS.index("windfall")) & ~leaving
    begins &= state.event_until == day.number + LIFE_EVENT_DAYS
    agents = np.flatnonzero(begins & state.is_alive)
    keys = randomness.keys(people.seed, "windfall", day.number, agents)
    amount = np.maximum(people.wealth[agents], people.income[agents]) * (1 + 2 * uniform(keys))
    postings.add("windfall", agents, DEMAND, amount.astype(np.int64), "transfer_in",
                 channel="online", counterparty=counterparty_keys(people, agents, uniform(keys, 1))
                 )  # fmt: skip
