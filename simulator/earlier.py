"""Earlier randomised campaigns: what another engine assigned during the history."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from simulator import catalogue, compliance, randomness, schemas
from simulator.bank import Bank
from simulator.delivery import Delivery
from simulator.outreach import Worklist, unit_keys
from simulator.people import People
from simulator.randomness import Bools, Ints, uniform
from simulator.seasons import Day
from simulator.state import OPEN, State


@dataclass(frozen=True)
class EarlierCampaign:
    """A campaign that was launched once a month on a random part of its audience."""

    campaign_type: str
    product_id: str
    channel: str
    purpose: str
    day_of_month: int
    audience_share: float
    listed_share: float


EARLIER_CAMPAIGNS = (
    EarlierCampaign("deposit_offer_sms", "DEPOSIT-3M", "sms", "marketing_deposit", 4, 0.70, 0.5),
    EarlierCampaign("wealth_offer_push", "WEALTH-R2-90D", "app_push", "marketing_wealth", 12,
                    0.80, 0.6),
    EarlierCampaign("card_offer_call", "CARD-CLASSIC", "remote_bank_call", "marketing_credit", 20,
                    0.10, 0.5),
)  # fmt: skip


@dataclass(frozen=True)
class Assignment:
    """The units of one earlier campaign, listed and control."""

    campaign: EarlierCampaign
    campaign_id: str
    agent: Ints
    is_listed: Bools

    @property
    def product(self) -> int:
        """The product's number."""
        return catalogue.PRODUCT_INDEX[self.campaign.product_id]

    @property
    def channel(self) -> int:
        """The channel's number."""
        return catalogue.CHANNEL_INDEX[self.campaign.channel]

    def units(self) -> randomness.Keys:
        """Return the key of each unit."""
        return unit_keys(pa.array([self.campaign_id] * len(self.agent), pa.string()), self.agent)


def assign(bank: Bank, people: People, state: State, day: Day) -> list[Assignment]:
    """Return the campaigns launched today with their randomised units; history only."""
    if day.date > bank.last_history_date:
        return []
    launched = [c for c in EARLIER_CAMPAIGNS if c.day_of_month == day.date.day]
    return [_assign_one(people, state, day, campaign) for campaign in launched]


def _assign_one(people: People, state: State, day: Day, campaign: EarlierCampaign) -> Assignment:
    product = catalogue.PRODUCT_INDEX[campaign.product_id]
    column = compliance.CONSENT_INDEX[(campaign.purpose, campaign.channel)]
    audience = state.is_alive & people.is_eligible[:, product] & (people.age >= 18)
    audience &= (state.slot[:, product] != OPEN) & (state.consent[:, column] == compliance.GRANTED)
    campaign_id = f"earlier-{campaign.campaign_type}-{day.date:%Y%m}"
    keys = randomness.keys(people.seed, campaign_id, day.number, np.arange(people.count))
    agent = np.flatnonzero(audience & (uniform(keys) < campaign.audience_share))
    is_listed = uniform(keys[agent], 1) < campaign.listed_share
    return Assignment(campaign, campaign_id, agent, is_listed)


def deliver_assignments(
    day: Day, assignments: list[Assignment], people: People, delivery: Delivery
) -> None:
    """Deliver the assignments of today's earlier campaigns."""
    for assignment in assignments:
        campaign, rows = assignment.campaign, len(assignment.agent)
        share = campaign.listed_share
        probability = np.where(assignment.is_listed, share, 1 - share)
        delivery.add("campaign_assignments", schemas.build("campaign_assignments", {
            "assignment_id": randomness.hex_ids("L", assignment.units()),
            "campaign_id": pa.array([assignment.campaign_id] * rows, pa.string()),
            "campaign_type": pa.array([campaign.campaign_type] * rows, pa.string()),
            "party_id": schemas.pick(people.party_ids, assignment.agent),
            "product_id": pa.array([campaign.product_id] * rows, pa.string()),
            "channel": pa.array([campaign.channel] * rows, pa.string()),
            "arm": schemas.pick(pa.array(["control", "listed"]), assignment.is_listed),
            "assignment_probability": probability,
            "assigned_date": np.full(rows, day.number),
            "updated_at": np.full(rows, day.cut),
        }))  # fmt: skip


def as_worklist(assignment: Assignment) -> Worklist:
    """Return the listed units as rows to be worked; they carry no list row of ours."""
    agent = assignment.agent[assignment.is_listed]
    rows = len(agent)
    units = assignment.units()[assignment.is_listed]
    return Worklist(
        agent=agent,
        product=np.full(rows, assignment.product),
        channel=np.full(rows, assignment.channel),
        campaign=pa.array([assignment.campaign_id] * rows, pa.string()),
        list_row=pa.nulls(rows, pa.string()),
        script=pa.array([f"S-{assignment.campaign.campaign_type}"] * rows, pa.string()),
        unit=units,
        keys=randomness.mix(units),
    )
