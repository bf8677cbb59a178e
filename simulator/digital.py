"""App sessions, product browsing, journeys, and visits to branches."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from simulator import catalogue, churn, randomness, schemas, seasons
from simulator.delivery import Delivery
from simulator.outreach import Contacts
from simulator.people import People
from simulator.randomness import Bools, Floats, Ints, Keys, uniform
from simulator.seasons import Day
from simulator.state import CUSTOMER, State

BROWSE_SHARE = 0.32
START_SHARE = 0.14
FIRST_USE_SHARE = 0.85
ANONYMOUS_SHARE = 0.04
NEED_IN_BROWSING = 0.7
"""How strongly what a customer looks at follows what it needs."""
EVENTS = ("session_start", "page_view", "product_browse", "product_start", "product_submit",
          "product_approve", "product_first_use")  # fmt: skip
PAGES = ("home", "balance", "transfer", "bills", "product", "application")
START, VIEW, BROWSE, BEGIN, SUBMIT, APPROVE, FIRST_USE = range(len(EVENTS))
PURPOSES = ("cash", "account", "wealth", "loan", "card", "enquiry", "complaint", "other")
_EVENT_CHANNEL = pa.array(
    ["app_push", "mini_program", "wecom", "wechat_official", "email", "sms", "organic"]
)
_CLICK_CHANNEL = np.array([6, 6, 6, 5, 0, 2, 3, 4, 1])
ORGANIC = 6
_MINUTE = 60_000_000


def organic_sessions(
    people: People, state: State, day: Day, hazards: Floats, delivery: Delivery
) -> None:
    """Deliver the sessions that customers begin by themselves."""
    known = state.is_alive | ((state.kind > CUSTOMER) & (uniform(people.keys, 370) < 0.2))
    multiplier = np.maximum(churn.activity_multiplier(state.mood), 0.04)
    rate = np.where(known, people.app_rate * multiplier * day.activity, 0.0)
    keys = randomness.keys(people.seed, "sessions", day.number, np.arange(people.count))
    agent, index = randomness.expand(randomness.poisson(rate, uniform(keys)))
    session = randomness.keys(people.seed, "session", day.number, agent, index)
    at = seasons.clock_times(day, uniform(session, 1))
    views = (uniform(session, 2) < 0.5).astype(np.int64) + (uniform(session, 2) < 0.2)
    browses = uniform(session, 3) < BROWSE_SHARE
    starts = browses & (uniform(session, 4) < START_SHARE)
    product = np.full(len(agent), -1)
    product[browses] = browsed_products(hazards[agent[browses]], uniform(session[browses], 5))
    steps = [
        (views >= 0, START, 0, 0), (views >= 1, VIEW, 1, 1), (views >= 2, VIEW, 2, 2),
        (browses, BROWSE, 3, 4), (starts, BEGIN, 6, 5),
    ]  # fmt: skip
    for shown, event, minute, page in steps:
        rows = np.flatnonzero(shown)
        offered = product[rows] if event >= BROWSE else np.full(len(rows), -1)
        _deliver(people, day, agent[rows], session[rows], at[rows] + minute * _MINUTE, event,
                 minute, page, offered, delivery)  # fmt: skip


def browsed_products(hazards: Floats, uniforms: Floats) -> Ints:
    """Return the product that each session looks at; needs draw the eye."""
    weights = np.maximum(hazards, 1e-7) ** NEED_IN_BROWSING
    weights[:, catalogue.DEMAND] = 0.0
    return randomness.choose(weights.cumsum(axis=1), uniforms)


def clicked_sessions(people: People, day: Day, outcome: Contacts, delivery: Delivery) -> None:
    """Deliver the sessions that begin with a click on a campaign's message."""
    work = outcome.work
    rows = np.flatnonzero(outcome.clicked & ~catalogue.HUMAN[work.channel])
    session = randomness.mix(work.keys[rows])
    at = np.minimum(outcome.at[rows] + 2 * _MINUTE, day.cut - 10 * _MINUTE)
    channel = _CLICK_CHANNEL[work.channel[rows]]
    campaign = schemas.pick(work.campaign, rows)
    for event, minute, page in ((START, 0, 0), (BROWSE, 1, 4)):
        product = work.product[rows] if event == BROWSE else np.full(len(rows), -1)
        _deliver(people, day, work.agent[rows], session, at + minute * _MINUTE, event, minute, page,
                 product, delivery, channel, campaign)  # fmt: skip


def opening_journeys(
    people: People,
    state: State,
    day: Day,
    agents: Ints,
    products: Ints,
    opened_at: Ints,
    delivery: Delivery,
) -> None:
    """Deliver the completed journeys of accounts opened in the app; first use follows later."""
    session = randomness.keys(people.seed, "journey", day.number, agents, products)
    steps = ((START, -12, 0), (BROWSE, -9, 4), (BEGIN, -6, 5), (SUBMIT, -3, 5), (APPROVE, 0, 5))
    for event, minute, page in steps:
        offered = products if event >= BROWSE else np.full(len(agents), -1)
        _deliver(people, day, agents, session, opened_at + minute * _MINUTE, event, minute + 20,
                 page, offered, delivery)  # fmt: skip
    used = np.flatnonzero(uniform(session, 6) < FIRST_USE_SHARE)
    ahead = 1 + (uniform(session[used], 7) * 7).astype(np.int64)
    later = randomness.mix(session[used])
    at = opened_at[used] + ahead * seasons.DAY_MICROSECONDS
    table, _ = _table(people, agents[used], later, at, FIRST_USE, 30, 4, products[used])
    delivery.later("app_events", table, day.number + ahead)


def _deliver(
    people: People,
    day: Day,
    agents: Ints,
    session: Keys,
    at: Ints,
    event: int,
    slot: int,
    page: int,
    product: Ints,
    delivery: Delivery,
    channel: Ints | None = None,
    campaign: pa.Array[Any] | None = None,
) -> None:
    if not len(agents):
        return
    last = day.midnight + seasons.DAY_MICROSECONDS - 1
    table, keys = _table(people, agents, session, np.minimum(at, last), event, slot, page, product,
                         channel, campaign)  # fmt: skip
    delivery.add("app_events", table, keys)


def _table(
    people: People,
    agents: Ints,
    session: Keys,
    at: Ints,
    event: int,
    slot: int,
    page: int,
    product: Ints,
    channel: Ints | None = None,
    campaign: pa.Array[Any] | None = None,
) -> tuple[pa.Table, Keys]:
    rows = len(agents)
    keys = randomness.mix(session ^ np.uint64((slot + 1) * 0x9E3779B1))
    anonymous = (uniform(session, 8) < ANONYMOUS_SHARE) & (event <= BROWSE)
    device = randomness.keys(people.seed, "device", 0, agents)
    channels = np.full(rows, ORGANIC) if channel is None else channel
    table = schemas.build("app_events", {
        "event_id": randomness.hex_ids("E", keys),
        "party_id": schemas.pick(people.party_ids, np.where(anonymous, -1, agents), -1),
        "device_id": randomness.hex_ids("D", device),
        "session_id": randomness.hex_ids("W", session),
        "event_at": at,
        "event_name": schemas.pick(pa.array([EVENTS[event]]), np.zeros(rows, np.int32)),
        "page": schemas.pick(pa.array([PAGES[page]]), np.zeros(rows, np.int32)),
        "product_id": schemas.pick(catalogue.PRODUCT_IDS, product, -1),
        "source_campaign_id": pa.nulls(rows, pa.string()) if campaign is None else campaign,
        "channel": schemas.pick(_EVENT_CHANNEL, channels),
        "updated_at": at,
    })  # fmt: skip
    return table, keys


def branch_visits(
    people: People,
    state: State,
    day: Day,
    openers: Ints,
    products: Ints,
    opened_at: Ints,
    joined: Ints,
    delivery: Delivery,
) -> None:
    """Deliver lobby tickets: by habit, to open an account, and of passers-by without a party."""
    if day.is_workday or day.date.weekday() == 5:
        _habitual(people, state, day, delivery)
        _anonymous(people, day, delivery)
    purpose = np.array([_purpose(product) for product in products], dtype=np.int64)
    _visit(people, day, openers, opened_at - 20 * _MINUTE, purpose, products + 100, delivery)
    keys = randomness.keys(people.seed, "first-visit", day.number, joined)
    _visit(people, day, joined, seasons.office_times(day, uniform(keys)), np.ones(len(joined), int),
           np.full(len(joined), 99), delivery)  # fmt: skip


def _purpose(product: int) -> int:
    category = catalogue.PRODUCTS[product].category
    if category in ("mortgage", "consumer_loan", "instalment"):
        return PURPOSES.index("loan")
    if category in ("wealth", "fund", "insurance", "precious_metal"):
        return PURPOSES.index("wealth")
    return PURPOSES.index("card" if category == "credit_card" else "account")


def _habitual(people: People, state: State, day: Day, delivery: Delivery) -> None:
    rate = people.branch_rate * churn.activity_multiplier(state.mood) * 1.3
    rate = np.where(state.is_alive, rate, np.where(state.kind == 3, 0.01, 0.0))
    keys = randomness.keys(people.seed, "visits", day.number, np.arange(people.count))
    agents = np.flatnonzero(uniform(keys) < rate)
    purpose = np.array([0, 5, 2, 7, 3])[
        randomness.choose(np.array([0.5, 0.75, 0.88, 0.97, 1.0]), uniform(keys[agents], 1))
    ]
    at = seasons.office_times(day, uniform(keys[agents], 2))
    _visit(people, day, agents, at, purpose, np.zeros(len(agents), int), delivery)


def _anonymous(people: People, day: Day, delivery: Delivery) -> None:
    keys = randomness.keys(people.seed, "passers-by", day.number, np.arange(people.count))
    agents = np.flatnonzero(uniform(keys) < 0.0006)
    at = seasons.office_times(day, uniform(keys[agents], 2))
    _visit(people, day, agents, at, np.full(len(agents), 7), np.full(len(agents), 98), delivery,
           known=np.zeros(len(agents), bool))  # fmt: skip


def _visit(
    people: People,
    day: Day,
    agents: Ints,
    at: Ints,
    purpose: Ints,
    index: Ints,
    delivery: Delivery,
    known: Bools | None = None,
) -> None:
    if not len(agents):
        return
    keys = randomness.keys(people.seed, "visit", day.number, agents, index)
    party = agents if known is None else np.where(known, agents, -1)
    staff = (people.branch[agents] * catalogue.MANAGERS_PER_BRANCH
             + (uniform(keys, 1) * catalogue.MANAGERS_PER_BRANCH).astype(np.int64))  # fmt: skip
    delivery.add("branch_visits", schemas.build("branch_visits", {
        "visit_id": randomness.hex_ids("V", keys),
        "party_id": schemas.pick(people.party_ids, party, -1),
        "branch_id": schemas.pick(catalogue.BRANCH_IDS, people.branch[agents]),
        "visited_at": at,
        "purpose": schemas.pick(pa.array(PURPOSES), purpose),
        "served_by": schemas.pick(catalogue.MANAGER_IDS, staff),
        "updated_at": at,
    }), keys)  # fmt: skip
