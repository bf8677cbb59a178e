"""Consents, do-not-contact entries, risk assessments and credit standing."""

from __future__ import annotations

from itertools import product as pairs

import numpy as np
import pyarrow as pa

from simulator import catalogue, churn, randomness, schemas
from simulator.bank import Bank
from simulator.catalogue import CHANNELS
from simulator.delivery import Delivery
from simulator.people import EXISTING, RISK_LEVELS, People
from simulator.randomness import Bools, Floats, Ints, uniform
from simulator.seasons import Day, office_times
from simulator.state import OPEN, State

MARKETING = ("marketing_deposit", "marketing_wealth", "marketing_credit", "marketing_insurance")
GENERAL = ("service", "profiling", "partner_data")
CONSENT_COLUMNS = tuple([*pairs(MARKETING, CHANNELS), *((purpose, "all") for purpose in GENERAL)])
CONSENT_INDEX = {column: index for index, column in enumerate(CONSENT_COLUMNS)}
PURPOSE_SHARES = (0.82, 0.68, 0.58, 0.48)
CHANNEL_SHARES = (0.80, 0.62, 0.55, 0.72, 0.66, 0.52, 0.50, 0.38, 0.45)
GENERAL_SHARES = (0.98, 0.86, 0.35)
REVOKED_AT_START = 0.03
REVOKE_DAILY = 0.00004
GRANT_DAILY = 0.0003
NEVER, GRANTED, REVOKED = range(3)
ASSESSED_SHARE = 0.66
REASSESS_DAILY = 0.0012
ASSESSMENT_DAYS = 365
OVERDUE_DAILY = 0.0004
CURE_DAILY = 0.12
REJECTION_DAILY = 0.0002
SUPPRESSION_REASONS = pa.array(
    ["opt_out", "complaint", "legal_hold", "deceased", "manager_owned", "staff"]
)
SCOPES = pa.array(["all", "channel", "topic"])
_START_SUPPRESSIONS = ((0, 0.015), (2, 0.001), (4, 0.006))


def initial_consents(bank: Bank, people: People) -> dict[str, Ints]:
    """Return the consent columns of the state before the first day."""
    columns = len(CONSENT_COLUMNS)
    purposes, channels = len(MARKETING), len(CHANNELS)
    trust = 0.25 * randomness.normal(people.keys, 330)[:, None]
    agent = np.arange(people.count)[:, None]

    def draws(stream: str, count: int) -> Floats:
        index = np.broadcast_to(np.arange(count), (people.count, count)).reshape(-1)
        agents = np.broadcast_to(agent, (people.count, count)).reshape(-1)
        keys = randomness.keys(people.seed, stream, 0, agents, index)
        return uniform(keys).reshape(people.count, count)

    purpose = draws("consent-purpose", purposes) < np.array(PURPOSE_SHARES) + trust
    channel = draws("consent-channel", channels) < np.array(CHANNEL_SHARES) + trust
    granted = (purpose[:, :, None] & channel[:, None, :]).reshape(people.count, -1)
    general = draws("consent-general", len(GENERAL)) < np.array(GENERAL_SHARES)
    granted = np.concatenate([granted, general], axis=1)
    revoked = granted & (draws("consent-revoked", columns) < REVOKED_AT_START)
    since = np.minimum(people.planned_day + 1, bank.first_day)[:, None]
    return {
        "consent": np.where(revoked, REVOKED, np.where(granted, GRANTED, NEVER)).astype(np.int8),
        "consent_from": np.where(granted, since, 0).astype(np.int32),
    }


def initial_risk(bank: Bank, people: People, state: State) -> None:
    """Give most adults an assessment of the last 500 days, some of them expired."""
    invests = (state.slot == OPEN) & (catalogue.INVESTMENT_RISK > 0)
    needed = (np.where(invests, catalogue.INVESTMENT_RISK, 0)).max(axis=1)
    assessed = (people.role == EXISTING) & (people.age >= 18)
    assessed &= (uniform(people.keys, 331) < ASSESSED_SHARE) | (needed > 0)
    level = np.maximum(people.risk_level, needed - 1)
    ago = (uniform(people.keys, 332) * 500).astype(np.int64)
    until = bank.first_day - 1 - ago + ASSESSMENT_DAYS
    state.risk_level = np.where(assessed, level, -1).astype(np.int8)
    state.risk_until = np.where(assessed, until, 0).astype(np.int32)


def change_consents(people: People, state: State, day: Day) -> Bools:
    """Revoke and grant a few consents; return what changed, agents × consent columns."""
    keys = randomness.keys(people.seed, "consent-change", day.number, np.arange(people.count))
    draw, which = uniform(keys), uniform(keys, 1)
    changed = np.zeros(state.consent.shape, bool)
    known = state.kind > 0
    revoking = np.flatnonzero(known & (draw < REVOKE_DAILY * len(CONSENT_COLUMNS)))
    granting = np.flatnonzero(known & (draw > 1 - GRANT_DAILY))
    for agents, current, following in ((revoking, GRANTED, REVOKED), (granting, NEVER, GRANTED)):
        column = (which[agents] * len(CONSENT_COLUMNS)).astype(np.int64)
        fits = state.consent[agents, column] == current
        agents, column = agents[fits], column[fits]
        state.consent[agents, column] = following
        if following == GRANTED:
            state.consent_from[agents, column] = day.number
        changed[agents, column] = True
    return changed


def revoke_channel(state: State, agents: Ints, channels: Ints, changed: Bools) -> None:
    """Revoke all marketing consents of each agent for one channel."""
    for purpose in range(len(MARKETING)):
        column = purpose * len(CHANNELS) + channels
        had = state.consent[agents, column] == GRANTED
        state.consent[agents[had], column[had]] = REVOKED
        changed[agents[had], column[had]] = True


def deliver_consents(
    people: People, state: State, day: Day, changed: Bools, delivery: Delivery
) -> None:
    """Deliver the consents marked in `changed` (agents × consent columns)."""
    agents, columns = randomness.cells(changed & (state.consent != NEVER))
    if not len(agents):
        return
    status = state.consent[agents, columns].astype(np.int64)
    since = state.consent_from[agents, columns].astype(np.int64)
    start = day.midnight + (since - day.number) * 86_400_000_000 + 36_000_000_000
    revoked_at = np.full(len(agents), day.midnight + 79_200_000_000)
    revoked_at = np.maximum(revoked_at, start)
    purposes = pa.array([purpose for purpose, _ in CONSENT_COLUMNS])
    channels = pa.array([channel for _, channel in CONSENT_COLUMNS])
    delivery.add("consents", schemas.build("consents", {
        "party_id": schemas.pick(people.party_ids, agents),
        "purpose": schemas.pick(purposes, columns),
        "channel": schemas.pick(channels, columns),
        "status": schemas.pick(pa.array(["", "granted", "revoked"]), status),
        "valid_from": start,
        "revoked_at": pa.array(revoked_at, pa.int64(), mask=status == GRANTED).view(
            schemas.schema("consents").field("revoked_at").type),
        "updated_at": np.full(len(agents), day.cut),
    }))  # fmt: skip


def suppress(
    people: People,
    day: Day,
    agents: Ints,
    reason: Ints | int,
    delivery: Delivery,
    channels: Ints | None = None,
    valid_days: int = 0,
) -> None:
    """Deliver a do-not-contact entry per agent: for a channel where given, else for all."""
    if not len(agents):
        return
    reasons = np.broadcast_to(np.asarray(reason), len(agents))
    index = reasons * 16 + (np.zeros_like(reasons) if channels is None else channels + 1)
    keys = randomness.keys(people.seed, "suppression", day.number, agents, index)
    scope = np.full(len(agents), 0 if channels is None else 1)
    value = (pa.nulls(len(agents), pa.string()) if channels is None
             else schemas.pick(catalogue.CHANNEL_LABELS, channels))  # fmt: skip
    delivery.add("suppressions", schemas.build("suppressions", {
        "suppression_id": randomness.hex_ids("S", keys),
        "party_id": schemas.pick(people.party_ids, agents),
        "scope": schemas.pick(SCOPES, scope),
        "scope_value": value,
        "reason": schemas.pick(SUPPRESSION_REASONS, reasons),
        "valid_from": np.full(len(agents), day.number),
        "valid_to": schemas.dates_or_null(
            np.full(len(agents), day.number + valid_days if valid_days else 0)),
        "updated_at": np.full(len(agents), day.cut),
    }))  # fmt: skip


def initial_suppressions(people: People, day: Day, delivery: Delivery) -> None:
    """Deliver the entries that exist at the beginning: staff, opt-outs, holds, manager-owned."""
    existing = people.role == EXISTING
    suppress(people, day, np.flatnonzero(people.is_staff), 5, delivery)
    for reason, share in _START_SUPPRESSIONS:
        chosen = existing & (uniform(people.keys, 340 + reason) < share)
        agents = np.flatnonzero(chosen)
        channels = None
        if reason == 0:
            channels = (uniform(people.keys[agents], 350) * len(CHANNELS)).astype(np.int64)
        suppress(people, day, agents, reason, delivery, channels)


def reassess(people: People, state: State, day: Day, needed: Ints) -> Ints:
    """Assess customers again; `needed` is the risk rating that an opening today asks for.

    Returns the agents assessed today.
    """
    keys = randomness.keys(people.seed, "reassess", day.number, np.arange(people.count))
    by_chance = state.is_alive & (people.age >= 18) & (uniform(keys) < REASSESS_DAILY)
    by_need = (needed > 0) & ((state.risk_until < day.number) | (state.risk_level + 1 < needed))
    agents = np.flatnonzero(by_chance | by_need)
    level = np.maximum(people.risk_level, needed - 1)[agents]
    held = np.maximum(level, np.where(uniform(keys[agents], 1) < 0.8, state.risk_level[agents], 0))
    state.risk_level[agents] = np.minimum(held, len(RISK_LEVELS) - 1)
    state.risk_until[agents] = day.number + ASSESSMENT_DAYS
    return agents


def deliver_risk(people: People, state: State, day: Day, agents: Ints, delivery: Delivery) -> None:
    """Deliver the current assessment of each agent."""
    if not len(agents):
        return
    assessed = state.risk_until[agents].astype(np.int64) - ASSESSMENT_DAYS
    keys = randomness.keys(people.seed, "assessment", 0, agents, assessed)
    at = office_times(day, uniform(keys)) + (assessed - day.number) * 86_400_000_000
    delivery.add("risk_assessments", schemas.build("risk_assessments", {
        "assessment_id": randomness.hex_ids("Q", keys),
        "party_id": schemas.pick(people.party_ids, agents),
        "risk_level": schemas.pick(RISK_LEVELS, state.risk_level[agents]),
        "assessed_at": at,
        "valid_until": state.risk_until[agents].astype(np.int64),
        "updated_at": np.full(len(agents), day.cut),
    }))  # fmt: skip


def change_credit(people: People, state: State, day: Day) -> Bools:
    """Let borrowers fall overdue, recover or be refused; return whose standing changed."""
    borrows = ((state.slot == OPEN) & catalogue.IS_CREDIT).any(axis=1) & state.is_alive
    keys = randomness.keys(people.seed, "credit", day.number, np.arange(people.count))
    draw = uniform(keys)
    overdue = state.overdue_days > 0
    cured = overdue & ((draw < CURE_DAILY) | ~borrows)
    begins = borrows & ~overdue & (draw < OVERDUE_DAILY)
    state.overdue_days[overdue | begins] += 1
    state.overdue_days[cured] = 0
    rejected = state.is_alive & (people.age >= 18) & (uniform(keys, 1) < REJECTION_DAILY)
    state.rejected_day[rejected] = day.number
    return np.asarray(overdue | begins | rejected)


def deliver_credit(
    people: People, state: State, day: Day, changed: Bools, delivery: Delivery
) -> None:
    """Deliver the credit standing of the agents marked in `changed`."""
    agents = np.flatnonzero(changed)
    delivery.add("credit_status", schemas.build("credit_status", {
        "party_id": schemas.pick(people.party_ids, agents),
        "status_date": np.full(len(agents), day.number),
        "overdue_days": state.overdue_days[agents],
        "open_rejection_date": schemas.dates_or_null(state.rejected_day[agents]),
        "updated_at": np.full(len(agents), day.cut),
    }))  # fmt: skip


def died_today(people: People, state: State, day: Day) -> Ints:
    """Return the customers who die today; age raises the hazard."""
    keys = randomness.keys(people.seed, "death", day.number, np.arange(people.count))
    hazard = churn.DECEASED_DAILY * np.exp(np.clip((people.age - 60) / 9.0, -2.0, 4.0))
    return np.flatnonzero(state.is_alive & (uniform(keys) < hazard))
