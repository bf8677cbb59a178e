"""Document numbers over time: renewed papers, and numbers entered wrongly for two days.

A function of (seed, agent, day): nothing of it is kept from day to day. A wrong number is that of
another customer, so that two customers look like one until it is corrected.
"""

from __future__ import annotations

from datetime import date

import numpy as np

from simulator import randomness
from simulator.identities import CANARY_AGENTS
from simulator.people import BLOCK, EXISTING_IN_BLOCK, People
from simulator.randomness import Bools, Ints, uniform
from simulator.seasons import Day, day_number

RENEWAL_EPOCH = day_number(date(2010, 1, 1))
RENEWAL_SPAN_DAYS = 12_000
"""Everybody's document number changes once, on a day within this span: about 3 % in a year."""
MISTAKE_BLOCK = 5200
MISTAKE_REACH = 10
MISTAKE_CYCLE_DAYS = 10
MISTAKE_DAYS = 2
_NUMBER_STEP = 499_979


def shown_documents(people: People, agents: Ints, day: Day) -> tuple[Ints, Ints]:
    """Return, per agent, whose document it shows on the day, and the number it is made from."""
    person = people.alias_of[agents].astype(np.int64)
    wrong, holder = _mistaken(people, day.number)
    is_wrong = np.isin(agents, wrong)
    person[is_wrong] = holder[np.searchsorted(wrong, agents[is_wrong])]
    return person, person + (_renewed_on(people, person) <= day.number) * _NUMBER_STEP


def changed_papers(people: People, day: Day) -> Bools:
    """Return who shows another document than the day before."""
    changed = np.asarray(_renewed_on(people, people.alias_of.astype(np.int64)) == day.number)
    for number in (day.number, day.number - 1):
        changed[_mistaken(people, number)[0]] = True
    return changed


def _renewed_on(people: People, person: Ints) -> Ints:
    keys = randomness.keys(people.seed, "renewal", 0, person)
    return np.asarray(RENEWAL_EPOCH + (uniform(keys) * RENEWAL_SPAN_DAYS).astype(np.int64))


def _mistaken(people: People, number: int) -> tuple[Ints, Ints]:
    """Return who shows a wrong document on the day, in order, and whose it is."""
    block = np.arange(0, people.count, MISTAKE_BLOCK)
    phase = (number + block // MISTAKE_BLOCK) % MISTAKE_CYCLE_DAYS
    began = number - phase
    keys = np.array([
        randomness.keys(people.seed, "wrong-document", int(start), np.array([first]))[0]
        for start, first in zip(began, block, strict=True)
    ], dtype=np.uint64)  # fmt: skip
    holder = block + (uniform(keys) * MISTAKE_REACH).astype(np.int64) * BLOCK
    wrong = holder + 1 + (uniform(keys, 1) * (EXISTING_IN_BLOCK - 1)).astype(np.int64)
    shown = (phase >= 1) & (phase <= MISTAKE_DAYS) & (wrong < people.count)
    shown &= ~np.isin(wrong, CANARY_AGENTS) & ~np.isin(holder, CANARY_AGENTS)
    return wrong[shown], holder[shown]
