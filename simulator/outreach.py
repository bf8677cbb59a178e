"""Working the lists: contacts, what customers answer, and the mark that a contact leaves."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from simulator import catalogue, churn, compliance, randomness, response, schemas, seasons
from simulator.bank import Bank
from simulator.catalogue import CHANNELS, DEMAND
from simulator.delivery import Delivery
from simulator.people import People
from simulator.randomness import Bools, Floats, Ints, Keys, uniform
from simulator.seasons import DAY_MICROSECONDS, Day
from simulator.state import CUSTOMER, OPEN, State, append, keep, log

WORKED_AT_ONCE = 0.92
"""Share of readable list rows that are worked on the first day; the others on a later one."""
LATE_DISPOSITION, MISSING_DISPOSITION = 0.07, 0.03
REMEMBER_DAYS = 60
NO_PRODUCT = -1
DELIVERY = pa.array(["delivered", "failed", "connected", "no_answer"])
DISPOSITIONS = pa.array(
    ["interested", "not_interested", "call_later", "wrong_person", "refused", "no_response"]
)
RESPONSES = ("clicked", "called_back", "applied", "refused", "complained", "opted_out")
APPLIED_SHARE = 0.6
CAMPAIGN_DAY_COST = 20_000
_PARTY_ID = re.compile(r"P\d{7}")


@dataclass(frozen=True)
class Worklist:
    """List rows to be worked today: one entry per row."""

    agent: Ints
    product: Ints
    """Product number, NO_PRODUCT where the row offers none."""
    channel: Ints
    campaign: pa.Array[Any]
    list_row: pa.Array[Any]
    script: pa.Array[Any]
    unit: Keys
    keys: Keys

    def __len__(self) -> int:
        return len(self.agent)


@dataclass(frozen=True)
class Contacts:
    """What became of a day's worklist."""

    work: Worklist
    reached: Bools
    clicked: Bools
    opted_out: Bools
    complained: Bools
    contact_ids: pa.Array[Any]
    at: Ints


def worklist(people: People, state: State, day: Day, lists: pa.Table | None) -> Worklist:
    """Return the rows of the published lists that are worked today.

    `lists` needs list_row_id, campaign_id, party_id and channel; product_id and script_id are
    used where they are present. Rows that were worked before, and parties the bank does not
    know, are passed over.
    """
    if lists is None or not lists.num_rows:
        return _empty()
    lists = lists.combine_chunks()
    agent = _agents(lists["party_id"], people.count)
    channel = _codes(lists["channel"], catalogue.CHANNEL_LABELS)
    row_keys = randomness.text_keys(_text(lists, "list_row_id"))
    draw = uniform(row_keys ^ np.uint64(day.number), 1)
    usable = (agent >= 0) & (channel >= 0) & (draw < WORKED_AT_ONCE)
    usable &= ~np.isin(row_keys, log(state, "worked")["list_row"])
    usable &= state.kind[np.maximum(agent, 0)] > 0
    first = np.zeros(len(agent), bool)
    first[np.unique(row_keys, return_index=True)[1]] = True
    rows = np.flatnonzero(usable & first)
    rows = rows[np.argsort(row_keys[rows])]
    campaign = schemas.pick(_text(lists, "campaign_id"), rows)
    product = _codes(_text(lists, "product_id"), catalogue.PRODUCT_IDS)[rows]
    outside = state.kind[agent[rows]] > CUSTOMER
    return Worklist(
        agent=agent[rows],
        product=np.where(outside, DEMAND, product),
        channel=channel[rows],
        campaign=campaign,
        list_row=schemas.pick(_text(lists, "list_row_id"), rows),
        script=schemas.pick(_text(lists, "script_id"), rows),
        unit=unit_keys(campaign, agent[rows]),
        keys=row_keys[rows],
    )


def unit_keys(campaign: pa.Array[Any], agent: Ints) -> Keys:
    """Return the key of each unit: a campaign cycle and an agent."""
    names, codes = _encode(campaign)
    return randomness.mix(randomness.text_keys(names)[codes] ^ agent.astype(np.uint64))


def _encode(values: pa.Array[Any]) -> tuple[pa.Array[Any], Ints]:
    encoded = values.dictionary_encode()
    return encoded.dictionary, encoded.indices.to_numpy().astype(np.int64)


def _empty() -> Worklist:
    none, text = np.zeros(0, np.int64), pa.array([], pa.string())
    no_keys = np.zeros(0, np.uint64)
    return Worklist(none, none, none, text, text, text, no_keys, no_keys)


def join_worklists(parts: list[Worklist]) -> Worklist:
    """Return several worklists as one."""
    joined: dict[str, Any] = {}
    for name in Worklist.__dataclass_fields__:
        values = [getattr(part, name) for part in parts]
        is_arrow = isinstance(values[0], pa.Array)
        joined[name] = pa.concat_arrays(values) if is_arrow else np.concatenate(values)
    return Worklist(**joined)


def _text(table: pa.Table, name: str) -> pa.Array[Any]:
    if name not in table.column_names:
        return pa.nulls(table.num_rows, pa.string())
    column = table[name].cast(pa.string())
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _codes(values: pa.Array[Any] | pa.ChunkedArray[Any], labels: pa.Array[Any]) -> Ints:
    places: Any = pc.index_in(values.cast(pa.string()), value_set=labels)
    return np.asarray(pc.fill_null(places, -1).to_numpy()).astype(np.int64)


def _agents(party_ids: pa.ChunkedArray[Any], count: int) -> Ints:
    """Return the agent of each party id, -1 where it is none of this bank's."""
    texts = party_ids.to_pylist()
    is_ours = [text is not None and _PARTY_ID.fullmatch(text) is not None for text in texts]
    numbers = [int(str(text)[1:]) if ok else -1 for text, ok in zip(texts, is_ours, strict=True)]
    agent = np.array(numbers, dtype=np.int64)
    return np.where(agent < count, agent, -1)


def contact(
    bank: Bank, people: People, state: State, day: Day, work: Worklist, delivery: Delivery
) -> Contacts:
    """Contact everybody on the worklist, deliver contacts and answers, keep what they leave."""
    recent = _recent_contacts(people, state, day)[work.agent]
    human = catalogue.HUMAN[work.channel]
    reached = _reached(state, work)
    outcome = Contacts(
        work=work,
        reached=reached,
        clicked=reached & (uniform(work.keys, 14) < interest(people, work)),
        opted_out=reached & (uniform(work.keys, 15) < response.opt_out_probability(recent)),
        complained=reached & (uniform(work.keys, 16) < response.COMPLAINT_BASE * (1 + recent)),
        contact_ids=randomness.hex_ids("N", work.keys),
        at=np.where(
            human, seasons.office_times(day, uniform(work.keys, 12)),
            day.midnight + ((9 + 11 * uniform(work.keys, 12)) * 3.6e9).astype(np.int64),
        ),
    )  # fmt: skip
    _deliver_contacts(bank, day, outcome, delivery)
    _deliver_responses(day, outcome, delivery)
    _deliver_costs(bank, day, outcome, delivery)
    _remember(people, state, day, outcome, recent)
    return outcome


def _recent_contacts(people: People, state: State, day: Day) -> Ints:
    seen = log(state, "contact_log")
    keep(state, "contact_log", seen["day"] > day.number - 30)
    within = seen["agent"][seen["day"] > day.number - 30]
    return np.bincount(within, minlength=people.count)


def _reached(state: State, work: Worklist) -> Bools:
    chance = catalogue.REACH[work.channel]
    silent = state.mood[work.agent] == churn.SILENT
    chance = np.where(silent & catalogue.HUMAN[work.channel], 0.6 * chance, chance)
    return np.asarray(uniform(work.keys, 13) < chance)


def interest(people: People, work: Worklist) -> Floats:
    """Return the probability that a reached party shows interest."""
    product = np.maximum(work.product, 0)
    need = np.where(work.product >= 0, people.need[work.agent, product], 0.0)
    base = np.where(catalogue.HUMAN[work.channel], -1.7, -3.0)
    score = base + 0.5 * need + 0.5 * people.responsive[work.agent]
    score += 0.3 * people.preference[work.agent, work.channel]
    return np.asarray(1 / (1 + np.exp(-score)))


def _disposition(outcome: Contacts) -> Ints:
    """Return the disposition of each contact; parties not reached have none (-1)."""
    work = outcome.work
    draw = uniform(work.keys, 17)
    spoken = randomness.choose(np.array([0.46, 0.66, 0.70, 1.0]), draw) + 1
    human = np.where(outcome.clicked, 0, spoken)
    digital = np.where(outcome.clicked, 0, 5)
    code = np.where(catalogue.HUMAN[work.channel], human, digital)
    return np.where(outcome.reached, code, -1)


def _deliver_contacts(bank: Bank, day: Day, outcome: Contacts, delivery: Delivery) -> None:
    work = outcome.work
    if not len(work):
        return
    human = catalogue.HUMAN[work.channel]
    missed = np.where(uniform(work.keys, 18) < 0.85, 3, 1)
    status = np.where(human, np.where(outcome.reached, 2, missed),
                      np.where(outcome.reached, 0, 1))  # fmt: skip
    disposition = _disposition(outcome)
    draw = uniform(work.keys, 19)
    late = (disposition >= 0) & (draw < LATE_DISPOSITION)
    held = late | ((disposition >= 0) & (draw > 1 - MISSING_DISPOSITION))
    agents = (uniform(work.keys, 20) * len(catalogue.MANAGER_IDS)).astype(np.int64)
    columns: dict[str, schemas.Values] = {
        "contact_id": outcome.contact_ids,
        "list_row_id": work.list_row,
        "party_id": randomness.number_ids("P", work.agent, 7),
        "channel": schemas.pick(catalogue.CHANNEL_LABELS, work.channel),
        "campaign_id": work.campaign,
        "contacted_at": outcome.at,
        "delivery_status": schemas.pick(DELIVERY, status),
        "disposition": schemas.pick(DISPOSITIONS, np.where(held, -1, disposition), -1),
        "agent_id": schemas.pick(catalogue.MANAGER_IDS, np.where(human, agents, -1), -1),
        "cost_amount": catalogue.CONTACT_COST[work.channel],
        "currency_code": pa.array([bank.currency_code] * len(work)),
        "script_id": work.script,
        "updated_at": np.full(len(work), day.cut),
    }
    delivery.add("contacts", schemas.build("contacts", columns), work.keys)
    due = day.number + 1 + (uniform(work.keys[late], 21) * 5).astype(np.int64) + 4
    columns["disposition"] = schemas.pick(DISPOSITIONS, disposition, -1)
    table = schemas.build("contacts", columns).filter(pa.array(late))
    stamp = pa.array(day.cut + (due - day.number) * DAY_MICROSECONDS, pa.int64())
    place = table.schema.get_field_index("updated_at")
    table = table.set_column(place, "updated_at", stamp.view(table.schema.field(place).type))
    delivery.later("contacts", table, due)


def _deliver_responses(day: Day, outcome: Contacts, delivery: Delivery) -> None:
    work = outcome.work
    human = catalogue.HUMAN[work.channel]
    answer = np.where(human, np.where(uniform(work.keys, 22) < 0.3, 2, 1), 0)
    code = np.where(outcome.clicked, answer, -1)
    refused = human & outcome.reached & (_disposition(outcome) == 4)
    code = np.where(refused & (uniform(work.keys, 23) < 0.5), 3, code)
    code = np.where(outcome.complained, 4, np.where(outcome.opted_out, 5, code))
    rows = np.flatnonzero(code >= 0)
    delay = (uniform(work.keys[rows], 24) ** 2 * 3 * 3600e6).astype(np.int64) + 60_000_000
    deliver_answers(day, schemas.pick(outcome.contact_ids, rows), work.keys[rows], code[rows],
                    np.minimum(outcome.at[rows] + delay, day.cut), delivery)  # fmt: skip


def deliver_answers(
    day: Day, contact_ids: pa.Array[Any], row_keys: Keys, code: Ints, at: Ints, delivery: Delivery
) -> None:
    """Deliver answers to contacts; `code` numbers RESPONSES."""
    if not len(code):
        return
    response_keys = randomness.mix(row_keys ^ (code + 1).astype(np.uint64))
    delivery.add("responses", schemas.build("responses", {
        "response_id": randomness.hex_ids("R", response_keys),
        "contact_id": contact_ids,
        "responded_at": at,
        "response": schemas.pick(pa.array(RESPONSES), code),
        "updated_at": at,
    }))  # fmt: skip


def _deliver_costs(bank: Bank, day: Day, outcome: Contacts, delivery: Delivery) -> None:
    work = outcome.work
    if not len(work):
        return
    names, codes = _encode(work.campaign)
    pairs, counts = np.unique(codes * len(CHANNELS) + work.channel, return_counts=True)
    delivery.add("marketing_costs", schemas.build("marketing_costs", {
        "cost_date": np.full(len(pairs), day.number),
        "channel": schemas.pick(catalogue.CHANNEL_LABELS, pairs % len(CHANNELS)),
        "campaign_id": schemas.pick(names, pairs // len(CHANNELS)),
        "cost_amount": CAMPAIGN_DAY_COST + 10 * counts,
        "currency_code": pa.array([bank.currency_code] * len(pairs)),
        "updated_at": np.full(len(pairs), day.cut),
    }))  # fmt: skip


def _remember(people: People, state: State, day: Day, outcome: Contacts, recent: Ints) -> None:
    """Keep the worked rows, the contact counts and the effects that last for 30 days."""
    work = outcome.work
    today = np.full(len(work), day.number)
    append(state, "worked", {"list_row": work.keys, "day": today})
    keep(state, "worked", log(state, "worked")["day"] > day.number - REMEMBER_DAYS)
    append(state, "contact_log", {"day": today, "agent": work.agent})
    keep(state, "touches", log(state, "touches")["day"] > day.number - response.EFFECT_DAYS)
    rows = np.flatnonzero(outcome.reached & (work.product != NO_PRODUCT))
    holds = state.slot[work.agent[rows], work.product[rows]] == OPEN
    rows = rows[~holds]
    effect = contact_effects(people, work, rows)
    effect *= response.TIRED_FACTOR ** np.maximum(recent[rows] - 1, 0)
    effect *= _repeat_weight(state, work.unit[rows])
    append(state, "touches", {
        "day": today[rows], "agent": work.agent[rows], "product": work.product[rows],
        "channel": work.channel[rows], "effect": effect, "unit": work.unit[rows],
        "contact_id": schemas.pick(outcome.contact_ids, rows),
        "campaign_id": schemas.pick(work.campaign, rows),
    })  # fmt: skip


def contact_effects(people: People, work: Worklist, rows: Ints) -> Floats:
    """Return the undiminished effect of one contact for some rows of a worklist."""
    agent, product, channel = work.agent[rows], work.product[rows], work.channel[rows]
    return response.effects(
        people.responsive[agent], people.preference[agent, channel],
        people.affinity[agent, product], product, channel,
    )  # fmt: skip


def _repeat_weight(state: State, units: Keys) -> Floats:
    """Return the weight of one more contact of each unit."""
    known, counts = np.unique(log(state, "touches")["unit"], return_counts=True)
    place = np.searchsorted(known, units)
    earlier = np.zeros(len(units), np.int64)
    inside = place < len(known)
    found = np.flatnonzero(inside)
    found = found[known[place[found]] == units[found]]
    earlier[found] = counts[place[found]]
    weights = np.array([*response.REPEAT_WEIGHTS, 0.0])
    return weights[np.minimum(earlier, len(weights) - 1)]


def settle(
    people: People, state: State, day: Day, outcome: Contacts, delivery: Delivery, consents: Bools
) -> None:
    """Turn opt-outs and complaints into revoked consents and do-not-contact entries."""
    work = outcome.work
    pairs = np.unique(work.agent[outcome.opted_out] * len(CHANNELS)
                      + work.channel[outcome.opted_out])  # fmt: skip
    agents, channels = pairs // len(CHANNELS), pairs % len(CHANNELS)
    compliance.revoke_channel(state, agents, channels, consents)
    compliance.suppress(people, day, agents, 0, delivery, channels)
    angry = np.unique(work.agent[outcome.complained])
    compliance.suppress(people, day, angry, 1, delivery, valid_days=90)
    state.dissatisfied_until[angry] = day.number + churn.DISSATISFIED_DAYS


def answer_openings(
    people: People,
    state: State,
    day: Day,
    agents: Ints,
    products: Ints,
    opened_at: Ints,
    delivery: Delivery,
) -> None:
    """Deliver an application for most openings that follow a contact about the product."""
    touches = log(state, "touches")
    if not len(touches["agent"]) or not len(agents):
        return
    size = len(catalogue.PRODUCTS)
    cells = touches["agent"] * size + touches["product"]
    recent = touches["day"] > day.number - 14
    last = {int(cell): row for row, cell in enumerate(cells) if recent[row]}
    found = [(row, last[cell]) for row, cell in enumerate((agents * size + products).tolist())
             if cell in last]  # fmt: skip
    if not found:
        return
    opened, touch = np.array(found).T
    keys = randomness.keys(people.seed, "applied", day.number, agents[opened], products[opened])
    says = uniform(keys) < APPLIED_SHARE
    contact_ids = schemas.pick(_text(state.tables["touches"], "contact_id"), touch[says])
    deliver_answers(day, contact_ids, keys[says], np.full(int(says.sum()), 2),
                    opened_at[opened[says]] - 5 * 60_000_000, delivery)  # fmt: skip
