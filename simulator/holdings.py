"""Opening, maturing and closing accounts, and the money that moves with it."""

import numpy as np

from simulator import accounts, catalogue, churn, needs, randomness, seasons
from simulator.catalogue import DEMAND, FOREIGN, LOANS
from simulator.people import NEWCOMER, People
from simulator.postings import TYPE_CODE, Postings
from simulator.randomness import Bools, Floats, Ints, uniform
from simulator.seasons import Day
from simulator.state import CUSTOMER, OPEN, SHUT, State, append, keep, log

RENEWAL_SHARE = 0.5
FUNDED_NEXT_DAY = 0.2
WALK_IN_DAILY = 0.0012
PROSPECT_DAILY = 0.0008
REOPEN_DAILY = 0.0006
"""Daily probability that a former customer opens an account again."""
CLOSING_DAILY = 0.00008
"""Daily probability of giving up a single product."""


def hazards_today(people: People, state: State) -> Floats:
    """Return today's opening probabilities without contacts, agents × products."""
    daily = people.hazard * churn.activity_multiplier(state.mood)[:, None]
    eventful = np.flatnonzero(state.event)
    daily[eventful] *= needs.event_factors()[state.event[eventful]]
    newcomer = (state.kind > CUSTOMER) & (state.mood != churn.DECEASED)
    daily[:, DEMAND] = np.where(newcomer, np.where(state.kind == 2, PROSPECT_DAILY, WALK_IN_DAILY),
                                0.0)  # fmt: skip
    return daily


def may_open(people: People, state: State, day: Day) -> Bools:
    """Return who may open what today, agents × products."""
    allowed = people.is_eligible & state.is_alive[:, None] & (state.slot != OPEN)
    allowed[:, catalogue.IS_CREDIT] &= (state.overdue_days == 0)[:, None]
    outside = (state.kind > CUSTOMER) & (state.mood != churn.DECEASED)
    allowed[:, DEMAND] = outside & (state.slot[:, DEMAND] != OPEN)
    newly_opened = state.opened_day == day.number
    return np.asarray(allowed & ~newly_opened[:, None])


def opening_draws(people: People, day: Day) -> Floats:
    """Return the uniform number of each agent and product today (shared by all possible lives)."""
    agent_keys = randomness.keys(people.seed, "opening", day.number, np.arange(people.count))
    products = np.arange(len(catalogue.PRODUCTS), dtype=np.uint64) * np.uint64(0xD6E8FEB86659FD93)
    grid = (agent_keys[:, None] ^ products[None, :]).reshape(-1)
    return uniform(grid).reshape(people.count, -1)


def planned_newcomers(people: People, state: State, day: Day) -> Ints:
    """Return the agents whose first account is planned for today, and former customers back."""
    due = (people.role == NEWCOMER) & (people.planned_day == day.number) & (state.kind == 0)
    keys = randomness.keys(people.seed, "back", day.number, np.arange(people.count))
    gone = (state.mood == churn.CLOSED) & (state.closed_day < day.number)
    return np.flatnonzero(due | (gone & (uniform(keys) < REOPEN_DAILY)))


def join(people: People, state: State, day: Day, agents: Ints, postings: Postings) -> None:
    """Make parties customers: open the demand account with its first cash deposit."""
    if not len(agents):
        return
    state.kind[agents] = CUSTOMER
    state.opened_day[agents] = np.where(
        state.opened_day[agents] == 0, day.number, state.opened_day[agents]
    )
    state.closed_day[agents] = 0
    state.mood[agents] = churn.ACTIVE
    accounts.open_slots(people, state, day, agents, np.full(len(agents), DEMAND))
    keys = randomness.keys(people.seed, "first-deposit", day.number, agents)
    spread = np.exp(accounts.AMOUNT_DEVIATION * randomness.normal(keys))
    amount = np.round(people.wealth[agents] * 0.15 * spread / 10_000).astype(np.int64) * 10_000
    funded = people.is_activated[agents] | (uniform(keys, 1) < 0.5)
    postings.add("first-deposit", agents, DEMAND, np.where(funded, amount + 10_000, 0), "deposit",
                 channel="branch", at=seasons.office_times(day, uniform(keys, 2)), initiated=True
                 )  # fmt: skip


def open_products(
    people: People,
    state: State,
    day: Day,
    agents: Ints,
    products: Ints,
    opened_at: Ints,
    by_app: Bools,
    postings: Postings,
) -> None:
    """Open accounts and fund most of them at once, the others the next day."""
    amount = accounts.open_slots(people, state, day, agents, products)
    keys = randomness.keys(people.seed, "funding", day.number, agents, products)
    waits = uniform(keys) < FUNDED_NEXT_DAY
    append(state, "fundings", {
        "due": np.full(int(waits.sum()), day.number + 1), "agent": agents[waits],
        "product": products[waits], "amount": amount[waits],
    })  # fmt: skip
    now = ~waits
    channel = np.where(by_app, 3, 0)[now]
    fund(state, day, agents[now], products[now], amount[now], opened_at[now] + 60_000_000,
         channel, postings)  # fmt: skip


def fund(
    state: State,
    day: Day,
    agents: Ints,
    products: Ints,
    amount: Ints,
    at: Ints,
    channel: Ints,
    postings: Postings,
) -> None:
    """Move the opening amounts: loans are paid out, all else is paid from the demand account."""
    is_loan = np.isin(products, LOANS)
    postings.add("disbursed", agents[is_loan], products[is_loan], amount[is_loan],
                 "loan_disbursement", at=at[is_loan])  # fmt: skip
    postings.add("loan-credit", agents[is_loan], DEMAND, -amount[is_loan], "loan_disbursement",
                 at=at[is_loan], index=products[is_loan])  # fmt: skip
    rest = ~is_loan & (amount > 0)
    agents, products, amount, at, channel = (
        values[rest] for values in (agents, products, amount, at, channel)
    )
    local = products != FOREIGN
    short = local & (state.balance[agents, DEMAND] < amount)
    postings.add("funded-from-outside", agents[short], DEMAND, amount[short], "transfer_in",
                 channel="online", at=at[short] - 30_000_000, index=products[short])  # fmt: skip
    postings.add("paid-in", agents[local], DEMAND, -amount[local], "subscription",
                 channel=channel[local], at=at[local], index=products[local], initiated=True
                 )  # fmt: skip
    postings.add("opening", agents, products, amount, "subscription", channel=channel, at=at)


def fund_waiting(
    people: People, state: State, day: Day, postings: Postings, leaving: Bools
) -> None:
    """Fund yesterday's openings that were not funded at once."""
    due = log(state, "fundings")
    ready = (due["due"] <= day.number) & (state.slot[due["agent"], due["product"]] == OPEN)
    ready &= ~leaving[due["agent"]]
    rows = int(ready.sum())
    keys = randomness.keys(people.seed, "late-funding", day.number, due["agent"][ready])
    at = seasons.office_times(day, uniform(keys))
    fund(state, day, due["agent"][ready], due["product"][ready], due["amount"][ready], at,
         np.full(rows, 3), postings)  # fmt: skip
    keep(state, "fundings", due["due"] > day.number)


def mature(people: People, state: State, day: Day, postings: Postings, touched: Bools) -> None:
    """Renew or pay out what matures today, with its interest or gain."""
    due = (state.slot == OPEN) & (state.slot_matures == day.number)
    agents, products = randomness.cells(due)
    if not len(agents):
        return
    rates = np.array([p.interest_rate or 0.0 for p in catalogue.PRODUCTS])[products]
    term = catalogue.TERM_DAYS[products]
    principal = state.balance[agents, products]
    gain = np.where(principal > 0, principal * rates * term / 365.0, 0).astype(np.int64)
    postings.add("gain", agents, products, gain, "interest")
    keys = randomness.keys(people.seed, "maturity", day.number, agents, products)
    renewed = (uniform(keys) < RENEWAL_SHARE) & (principal > 0)
    state.slot_matures[agents[renewed], products[renewed]] += term[renewed].astype(np.int32)
    touched[agents, products] = True
    ends = ~renewed
    _pay_out(state, agents[ends], products[ends], (principal + gain)[ends], "matured", postings)


def _pay_out(
    state: State, agents: Ints, products: Ints, amount: Ints, stream: str, postings: Postings
) -> None:
    owed = amount < 0
    for mask, kind in ((owed, "loan_repayment"), (~owed, "redemption")):
        postings.add(f"{stream}-out", agents[mask], products[mask], -amount[mask], kind)
        home = mask & (products != FOREIGN)
        postings.add(f"{stream}-in", agents[home], DEMAND, amount[home], kind,
                     index=products[home])  # fmt: skip
    state.slot[agents, products] = SHUT


def give_up(
    people: People, state: State, day: Day, postings: Postings, touched: Bools, leaving: Bools
) -> None:
    """Close single products that customers no longer want."""
    held = (state.slot == OPEN) & state.is_alive[:, None] & ~leaving[:, None] & ~touched
    held &= state.slot_opened < day.number - 30
    held[:, [DEMAND, *LOANS]] = False
    agents, products = randomness.cells(held)
    keys = randomness.keys(people.seed, "give-up", day.number, agents, products)
    chosen = uniform(keys) < CLOSING_DAILY
    agents, products = agents[chosen], products[chosen]
    touched[agents, products] = True
    _pay_out(state, agents, products, state.balance[agents, products], "given-up", postings)


def leave(
    people: People, state: State, day: Day, postings: Postings, touched: Bools, closing: Ints
) -> None:
    """Close all accounts of the customers in `closing` and pay out what is left."""
    if not len(closing):
        return
    balance = _balance_now(state, postings, closing)
    held = state.slot[closing] == OPEN
    held[:, DEMAND] = False
    row, products = randomness.cells(held)
    agents = closing[row]
    _pay_out(state, agents, products, balance[row, products], "left", postings)
    touched[agents, products] = True
    rest = _balance_now(state, postings, closing)[:, DEMAND]
    keys = randomness.keys(people.seed, "left-cash", day.number, closing)
    kind = np.where(rest >= 0, TYPE_CODE["withdrawal"], TYPE_CODE["transfer_in"])
    postings.add("left-cash", closing, DEMAND, -rest, kind, channel="branch",
                 at=seasons.office_times(day, uniform(keys)), initiated=True)  # fmt: skip
    state.slot[closing, DEMAND] = SHUT
    touched[closing, DEMAND] = True
    state.closed_day[closing] = day.number


def _balance_now(state: State, postings: Postings, agents: Ints) -> Ints:
    """Return the balances of some agents including today's postings, agents × products."""
    row_of = np.full(len(state.balance), -1)
    row_of[agents] = np.arange(len(agents))
    balance = state.balance[agents].copy()
    rows = postings.collect(("agent", "product", "amount"))
    mine = row_of[rows["agent"]] >= 0
    place = (row_of[rows["agent"][mine]], rows["product"][mine])
    np.add.at(balance, place, rows["amount"][mine])
    return balance


def drain(people: People, state: State, day: Day, agents: Ints, postings: Postings) -> None:
    """Move most of the money of some who fall silent to another bank."""
    keys = randomness.keys(people.seed, "drain", day.number, agents)
    going = (uniform(keys) < churn.DRAIN_SHARE) & (state.balance[agents, DEMAND] > 0)
    agents, keys = agents[going], keys[going]
    amount = -(state.balance[agents, DEMAND] * (0.7 + 0.25 * uniform(keys, 1))).astype(np.int64)
    postings.add("drain", agents, DEMAND, amount, "transfer_out", channel="app",
                 at=seasons.office_times(day, uniform(keys, 2)), initiated=True,
                 counterparty=randomness.keys(people.seed, "other-bank", 0, agents))  # fmt: skip
