"""The bank on the evening before its first day."""

import numpy as np

from simulator import accounts, churn, compliance, randomness
from simulator.bank import Bank
from simulator.people import EXISTING, People
from simulator.state import CUSTOMER, LOGS, UNKNOWN, State


def initial_state(bank: Bank, people: People) -> State:
    """Return the state on the evening before the first day."""
    count = people.count
    existing = people.role == EXISTING
    mood = randomness.choose(
        np.cumsum(churn.STATIONARY), randomness.uniform(people.keys, 300)
    ).astype(np.int8)
    small = np.zeros(count, np.int8)
    days = np.zeros(count, np.int32)
    state = State(
        day=bank.first_day - 1,
        kind=np.where(existing, CUSTOMER, UNKNOWN).astype(np.int8),
        mood=np.where(existing, mood, churn.ACTIVE).astype(np.int8),
        event=small.copy(),
        event_until=days.copy(),
        dissatisfied_until=days.copy(),
        opened_day=np.where(existing, people.planned_day, 0).astype(np.int32),
        closed_day=days.copy(),
        phone_version=small.copy(),
        overdue_days=np.zeros(count, np.int16),
        rejected_day=days.copy(),
        risk_level=np.full(count, -1, np.int8),
        risk_until=days.copy(),
        **accounts.initial_accounts(bank, people, existing),
        **compliance.initial_consents(bank, people),
        tables={name: schema.empty_table() for name, schema in LOGS.items()},
    )
    compliance.initial_risk(bank, people, state)
    return state
