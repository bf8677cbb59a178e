"""Complaints and enquiries, surveys, referrals, hand-overs between staff, partner events."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from simulator import catalogue, churn, randomness, schemas
from simulator.compliance import GENERAL, GRANTED, MARKETING
from simulator.delivery import Delivery
from simulator.people import BLOCK, People
from simulator.randomness import Ints, Keys, uniform
from simulator.seasons import DAY_MICROSECONDS, Day, office_times
from simulator.state import CUSTOMER, State

COMPLAINT_DAILY = 0.0003
ENQUIRY_DAILY = 0.0015
SURVEY_DAILY = 0.0008
LEAD_DAILY = 0.0010
PARTNER_DAILY = 0.004
REFERRED_SHARE = 0.25
RING_SHARE = 0.08
"""Share of newcomers brought by an abuse ring: one head, one device, many referees."""
RING_BLOCK = 2000
PARTNERS = ("metro_card", "campus_shop", "rent_portal", "clinic_group")
PARTNER_EVENTS = ("ride", "purchase", "rent_due", "appointment", "subscription")
ROLES = ("teller", "lobby_manager", "relationship_manager", "loan_officer", "wealth_advisor")
_TIME = schemas.schema("service_cases").field("updated_at").type


def _draw(people: People, stream: str, day: Day) -> Keys:
    return randomness.keys(people.seed, stream, day.number, np.arange(people.count))


def _times(values: Ints, is_null: np.ndarray) -> pa.Array[Any]:
    return pa.array(values, pa.int64(), mask=is_null).view(_TIME)


def service_cases(people: People, state: State, day: Day, angry: Ints, delivery: Delivery) -> None:
    """Deliver new cases open, and again when they close with the customer's satisfaction."""
    keys = _draw(people, "case", day)
    complaint = state.is_alive & (uniform(keys) < COMPLAINT_DAILY)
    complaint[angry] = True
    enquiry = state.is_alive & ~complaint & (uniform(keys, 1) < ENQUIRY_DAILY)
    agents = np.flatnonzero(complaint | enquiry)
    if not len(agents):
        return
    keys, is_complaint = keys[agents], complaint[agents]
    state.dissatisfied_until[agents[is_complaint]] = day.number + churn.DISSATISFIED_DAYS
    opened = office_times(day, uniform(keys, 2))
    ahead = np.where(is_complaint, 1 + uniform(keys, 3) * 12, 1 + uniform(keys, 3) * 2)
    due = day.number + ahead.astype(np.int64)
    closed = opened + (due - day.number) * DAY_MICROSECONDS
    severity = randomness.choose(np.array([0.5, 0.85, 1.0]), uniform(keys, 4))
    score = np.clip(np.round(2 + 3 * uniform(keys, 5) + ~is_complaint), 1, 5).astype(np.int32)
    silent = uniform(keys, 6) < 0.4
    for is_closed in (False, True):
        hidden = np.full(len(agents), not is_closed)
        table = schemas.build("service_cases", {
            "case_id": randomness.hex_ids("C", keys),
            "party_id": schemas.pick(people.party_ids, agents),
            "kind": schemas.pick(pa.array(["enquiry", "complaint"]), is_complaint),
            "severity": schemas.pick(pa.array(["low", "medium", "high"]),
                                     np.where(is_complaint, severity, -1), -1),
            "opened_at": opened,
            "closed_at": _times(closed, hidden),
            "satisfaction": pa.array(score, mask=hidden | silent),
            "updated_at": closed if is_closed else opened,
        })  # fmt: skip
        if is_closed:
            delivery.later("service_cases", table, due)
        else:
            delivery.add("service_cases", table)


def surveys(people: People, state: State, day: Day, delivery: Delivery) -> None:
    """Deliver survey answers; dissatisfied and fading customers score lower."""
    keys = _draw(people, "survey", day)
    agents = np.flatnonzero(state.is_alive & (uniform(keys) < SURVEY_DAILY))
    keys = keys[agents]
    is_nps = uniform(keys, 1) < 0.6
    unhappy = (state.dissatisfied_until[agents] >= day.number) | (state.mood[agents] > 0)
    mood = randomness.normal(keys, 2) - 1.2 * unhappy
    score = np.where(is_nps, np.clip(np.round(7.4 + 2 * mood), 0, 10),
                     np.clip(np.round(4.0 + 0.9 * mood), 1, 5))  # fmt: skip
    at = office_times(day, uniform(keys, 3))
    delivery.add("surveys", schemas.build("surveys", {
        "survey_id": randomness.hex_ids("U", keys),
        "party_id": schemas.pick(people.party_ids, agents),
        "kind": schemas.pick(pa.array(["csat", "nps"]), is_nps),
        "score": score.astype(np.int32),
        "answered_at": at,
        "updated_at": at,
    }))  # fmt: skip


def referrals(people: People, state: State, day: Day, joined: Ints, delivery: Delivery) -> None:
    """Deliver who brought today's new customers; rings use one device for many."""
    keys = randomness.keys(people.seed, "referral", day.number, joined)
    in_ring = uniform(keys) < RING_SHARE
    referred = in_ring | (uniform(keys) < RING_SHARE + REFERRED_SHARE)
    agents, keys, in_ring = joined[referred], keys[referred], in_ring[referred]
    near = np.maximum(agents // BLOCK - (uniform(keys, 1) * 20).astype(np.int64), 0) * BLOCK
    head = agents // BLOCK // RING_BLOCK * RING_BLOCK * BLOCK
    referrer = np.where(in_ring, head, near)
    known = (state.kind[referrer] == CUSTOMER) & (referrer != agents)
    agents, keys, referrer, in_ring = (v[known] for v in (agents, keys, referrer, in_ring))
    device = randomness.keys(people.seed, "device", 0, np.where(in_ring, head[known], agents))
    at = office_times(day, uniform(keys, 2))
    delivery.add("referrals", schemas.build("referrals", {
        "referral_id": randomness.hex_ids("F", keys),
        "referrer_party_id": schemas.pick(people.party_ids, referrer),
        "referee_party_id": schemas.pick(people.party_ids, agents),
        "device_id": randomness.hex_ids("D", device),
        "referred_at": at,
        "updated_at": at,
    }))  # fmt: skip


def leads(people: People, state: State, day: Day, delivery: Delivery) -> None:
    """Deliver hand-overs on working days; most are accepted the same day and end later."""
    if not day.is_workday:
        return
    keys = _draw(people, "lead", day)
    agents = np.flatnonzero((state.kind > 0) & (state.mood < churn.CLOSED)
                            & (uniform(keys) < LEAD_DAILY))  # fmt: skip
    if not len(agents):
        return
    keys = keys[agents]
    product = np.argmax(people.need[agents], axis=1)
    handed = office_times(day, uniform(keys, 1))
    wait = (uniform(keys, 2) ** 3 * 30 * 3600e6).astype(np.int64)
    ends = day.number + 2 + (uniform(keys, 3) * 18).astype(np.int64)
    refused = uniform(keys, 4) < 0.12
    won = (uniform(keys, 5) < 0.18).astype(np.int64)
    first = (uniform(keys, 6) * 2).astype(np.int64)
    second = 2 + (uniform(keys, 7) * 3).astype(np.int64)
    not_yet = refused | (handed + wait > day.cut)
    base: dict[str, schemas.Values] = {
        "lead_id": randomness.hex_ids("H", keys),
        "party_id": schemas.pick(people.party_ids, agents),
        "product_id": schemas.pick(catalogue.PRODUCT_IDS, product),
        "from_role": schemas.pick(pa.array(ROLES), first),
        "to_role": schemas.pick(pa.array(ROLES), second),
        "handed_at": handed,
    }
    delivery.add("leads", schemas.build("leads", {
        **base,
        "accepted_at": _times(handed + wait, not_yet),
        "outcome": pa.array(["open"] * len(agents)),
        "updated_at": np.full(len(agents), day.cut),
    }))  # fmt: skip
    table = schemas.build("leads", {
        **base,
        "accepted_at": _times(handed + wait, refused),
        "outcome": schemas.pick(pa.array(["lost", "won"]), np.where(refused, 0, won)),
        "updated_at": day.cut + (ends - day.number) * DAY_MICROSECONDS,
    })  # fmt: skip
    delivery.later("leads", table, ends)


def partner_events(people: People, state: State, day: Day, delivery: Delivery) -> None:
    """Deliver partners' events of customers who consented to partner data."""
    column = len(MARKETING) * len(catalogue.CHANNELS) + GENERAL.index("partner_data")
    keys = _draw(people, "partner", day)
    shares = state.is_alive & (state.consent[:, column] == GRANTED)
    agents = np.flatnonzero(shares & (uniform(keys) < PARTNER_DAILY * day.activity))
    keys = keys[agents]
    at = office_times(day, uniform(keys, 1))
    delivery.add("partner_events", schemas.build("partner_events", {
        "partner_event_id": randomness.hex_ids("X", keys),
        "party_id": schemas.pick(people.party_ids, agents),
        "partner": schemas.pick(pa.array(PARTNERS), (uniform(keys, 2) * 4).astype(np.int64)),
        "event_name": schemas.pick(pa.array(PARTNER_EVENTS),
                                   (uniform(keys, 3) * 5).astype(np.int64)),
        "event_at": at,
        "consent_purpose": pa.array(["partner_data"] * len(agents), pa.string()),
        "updated_at": at,
    }))  # fmt: skip
