"""One day of the bank's life, in the order in which things happen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from simulator import (
    accounts,
    catalogue,
    churn,
    compliance,
    digital,
    earlier,
    holdings,
    needs,
    operations,
    outreach,
    papers,
    parties,
    potential,
    randomness,
    seasons,
    service,
    spending,
)  # fmt: skip
from simulator.bank import Bank
from simulator.catalogue import DEMAND
from simulator.delivery import Delivery
from simulator.outreach import Contacts
from simulator.people import People
from simulator.postings import Postings, book
from simulator.randomness import Bools, Floats, Ints, uniform
from simulator.seasons import Day
from simulator.state import CUSTOMER, OPEN, State

APP_SHARE = 0.75


@dataclass(frozen=True)
class DayResult:
    """What a day delivered, and the units whose outcome window ended."""

    feeds: dict[str, pa.Table]
    finished_units: pa.Table


@dataclass
class _Touched:
    """What must be delivered again at the end of the day."""

    customers: Bools
    accounts: Bools
    consents: Bools


def live(bank: Bank, people: People, state: State, day: Day, lists: pa.Table | None) -> DayResult:
    """Live one day: move `state` on to it and return all rows that arrive."""
    if day.number != state.day + 1:
        raise ValueError(f"expected the day after {seasons.to_date(state.day)}, found {day.date}")
    state.day = day.number
    delivery = Delivery(state, day, people.seed)
    postings = Postings(people, day)
    touched = _Touched(
        customers=np.zeros(people.count, bool),
        accounts=np.zeros(state.slot.shape, bool),
        consents=compliance.change_consents(people, state, day),
    )
    if day.number == bank.first_day:
        _begin(bank, people, state, day, delivery, touched)
    closing, draining = _change_moods(people, state, day, touched, delivery)
    leaving = np.zeros(people.count, bool)
    leaving[closing] = True
    natural = holdings.hazards_today(people, state)
    outcome = _work(bank, people, state, day, lists, natural, delivery)
    finished = _open(people, state, day, natural, leaving, postings, delivery, touched)
    _move_money(people, state, day, postings, touched, leaving, closing, draining)
    _meet(people, state, day, natural, outcome, delivery, touched)
    book(bank, people, state, day, postings, delivery, touched.accounts)
    _deliver_masters(bank, people, state, day, delivery, touched)
    operations.exchange_rates(bank, day, delivery)
    operations.capacities(bank, people, day, delivery)
    operations.quotas(people, day, delivery)
    return DayResult(delivery.finish(), finished)


def _begin(
    bank: Bank, people: People, state: State, day: Day, delivery: Delivery, touched: _Touched
) -> None:
    """Deliver everything that exists before the first day."""
    delivery.add("products", catalogue.products_feed(day, bank.currency_code))
    known = state.kind == CUSTOMER
    touched.customers |= known
    touched.accounts |= state.slot == OPEN
    touched.consents |= known[:, None]
    compliance.initial_suppressions(people, day, delivery)
    compliance.deliver_risk(people, state, day, np.flatnonzero(state.risk_level >= 0), delivery)
    parties.deliver_orders(bank, people, state, day, np.flatnonzero(known), delivery)


def _change_moods(
    people: People, state: State, day: Day, touched: _Touched, delivery: Delivery
) -> tuple[Ints, Ints]:
    """Move hidden states and life events; return who closes and who drains the account."""
    agents = np.arange(people.count)
    keys = randomness.keys(people.seed, "mood", day.number, agents)
    before = state.mood.copy()
    angry = state.dissatisfied_until >= day.number
    moved = churn.next_mood(before, people.fade_hazard, angry, uniform(keys))
    customer = state.is_alive & (state.opened_day < day.number)
    state.mood = np.where(customer, moved, before).astype(np.int8)
    left = (state.mood == churn.SILENT) & (before != churn.SILENT)
    closes = left & (uniform(keys, 1) < churn.CLOSING_SHARE)
    dead = compliance.died_today(people, state, day)
    closes[dead] = False
    state.mood[dead] = churn.DECEASED
    state.mood[closes] = churn.CLOSED
    touched.customers |= closes
    touched.customers[dead] = True
    touched.accounts[dead] |= state.slot[dead] == OPEN
    compliance.suppress(people, day, dead, 3, delivery)
    _change_events(people, state, day)
    left[dead] = False
    return np.flatnonzero(closes), np.flatnonzero(left & ~closes)


def _change_events(people: People, state: State, day: Day) -> None:
    keys = randomness.keys(people.seed, "event", day.number, np.arange(people.count))
    state.event[state.event_until < day.number] = 0
    begins = state.is_alive & (state.event == 0) & (uniform(keys) < needs.LIFE_EVENT_DAILY)
    kinds = 1 + (uniform(keys[begins], 1) * (len(needs.LIFE_EVENTS) - 1)).astype(np.int8)
    state.event[begins] = kinds
    state.event_until[begins] = day.number + needs.LIFE_EVENT_DAYS


def _work(
    bank: Bank,
    people: People,
    state: State,
    day: Day,
    lists: pa.Table | None,
    natural: Floats,
    delivery: Delivery,
) -> Contacts:
    """Work yesterday's lists and the campaigns of earlier engines."""
    assignments = earlier.assign(bank, people, state, day)
    earlier.deliver_assignments(day, assignments, people, delivery)
    work = outreach.join_worklists(
        [outreach.worklist(people, state, day, lists), *map(earlier.as_worklist, assignments)]
    )
    for assignment in assignments:
        potential.add_control(people, state, day, assignment, natural)
    potential.add_listed(people, state, day, work, natural)
    return outreach.contact(bank, people, state, day, work, delivery)


def _open(
    people: People,
    state: State,
    day: Day,
    natural: Floats,
    leaving: Bools,
    postings: Postings,
    delivery: Delivery,
    touched: _Touched,
) -> pa.Table:
    """Let people open what they need, or were talked into; return the units that ended."""
    joined_by_plan = holdings.planned_newcomers(people, state, day)
    draws = holdings.opening_draws(people, day)
    allowed = holdings.may_open(people, state, day) & ~leaving[:, None]
    raised = potential.hazards_with_contacts(state, day, natural)
    opened = allowed & (draws < raised)
    finished = potential.follow(people, state, day, raised, draws, allowed, opened)
    joined = np.union1d(joined_by_plan, np.flatnonzero(opened[:, DEMAND]))
    opened[:, DEMAND] = False
    holdings.join(people, state, day, joined, postings)
    agents, products = randomness.cells(opened)
    _open_products(people, state, day, agents, products, postings, delivery)
    digital.branch_visits(people, state, day, *_in_branch(people, day, agents, products), joined,
                          delivery)  # fmt: skip
    needed = np.where(opened, catalogue.INVESTMENT_RISK, 0).max(axis=1)
    compliance.deliver_risk(people, state, day, compliance.reassess(people, state, day, needed),
                            delivery)  # fmt: skip
    service.referrals(people, state, day, joined, delivery)
    touched.accounts[agents, products] = True
    touched.accounts[joined, DEMAND] = True
    touched.customers[joined] = True
    return finished


def _opening_times(people: People, day: Day, agents: Ints, products: Ints) -> tuple[Ints, Bools]:
    keys = randomness.keys(people.seed, "opened-at", day.number, agents, products)
    by_app = uniform(keys) < APP_SHARE * (people.app_rate[agents] > 0.03)
    return seasons.office_times(day, uniform(keys, 1)), by_app


def _in_branch(people: People, day: Day, agents: Ints, products: Ints) -> tuple[Ints, Ints, Ints]:
    at, by_app = _opening_times(people, day, agents, products)
    return agents[~by_app], products[~by_app], at[~by_app]


def _open_products(
    people: People,
    state: State,
    day: Day,
    agents: Ints,
    products: Ints,
    postings: Postings,
    delivery: Delivery,
) -> None:
    at, by_app = _opening_times(people, day, agents, products)
    holdings.open_products(people, state, day, agents, products, at, by_app, postings)
    digital.opening_journeys(people, state, day, agents[by_app], products[by_app], at[by_app],
                             delivery)  # fmt: skip
    outreach.answer_openings(people, state, day, agents, products, at, delivery)


def _move_money(
    people: People,
    state: State,
    day: Day,
    postings: Postings,
    touched: _Touched,
    leaving: Bools,
    closing: Ints,
    draining: Ints,
) -> None:
    holdings.mature(people, state, day, postings, touched.accounts)
    holdings.give_up(people, state, day, postings, touched.accounts, leaving)
    holdings.fund_waiting(people, state, day, postings, leaving)
    spending.spend(people, state, day, postings, leaving)
    spending.reverse(state, day, postings)
    spending.earn(people, state, day, postings, leaving)
    spending.windfalls(people, state, day, postings, leaving)
    spending.automatic(people, state, day, postings, leaving)
    holdings.drain(people, state, day, draining, postings)
    holdings.leave(people, state, day, postings, touched.accounts, closing)


def _meet(
    people: People,
    state: State,
    day: Day,
    natural: Floats,
    outcome: Contacts,
    delivery: Delivery,
    touched: _Touched,
) -> None:
    digital.organic_sessions(people, state, day, natural, delivery)
    digital.clicked_sessions(people, day, outcome, delivery)
    outreach.settle(people, state, day, outcome, delivery, touched.consents)
    angry = np.unique(outcome.work.agent[outcome.complained])
    service.service_cases(people, state, day, angry, delivery)
    service.surveys(people, state, day, delivery)
    service.leads(people, state, day, delivery)
    service.partner_events(people, state, day, delivery)


def _deliver_masters(
    bank: Bank, people: People, state: State, day: Day, delivery: Delivery, touched: _Touched
) -> None:
    appeared = parties.appear(people, state, day)
    newly_known = (state.opened_day == day.number) & (state.kind == CUSTOMER)
    newly_known[appeared] = True
    state.consent_from[newly_known] = np.where(
        state.consent[newly_known] > 0, day.number, state.consent_from[newly_known]
    )
    touched.consents |= newly_known[:, None]
    touched.customers |= newly_known
    touched.customers[parties.change_phones(people, state, day)] = True
    touched.customers |= papers.changed_papers(people, day)
    credit = compliance.change_credit(people, state, day) | newly_known
    credit |= day.number == bank.first_day
    compliance.deliver_credit(people, state, day, credit & (state.kind == CUSTOMER), delivery)
    compliance.deliver_consents(people, state, day, touched.consents, delivery)
    parties.deliver_customers(bank, people, state, day, touched.customers, delivery)
    accounts.deliver_accounts(bank, people, state, day, touched.accounts, delivery)
    if day.number > bank.first_day:
        fresh = np.flatnonzero(state.opened_day == day.number)
        parties.deliver_orders(bank, people, state, day, fresh, delivery)
