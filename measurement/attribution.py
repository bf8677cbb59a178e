"""Tables of aggregated paths in, tables of Markov credits and transitions out.

Both tables are keyed by period_month, goal_type and window_days; each key is a chain of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from measurement.apportionment import CREDIT_UNITS, apportion, as_credit, whole_weights
from measurement.markov import (
    CONVERSION,
    NULL,
    MarkovChain,
    fit_chain,
    removal_effects,
    value_removal_effects,
)
from measurement.paths import SEPARATOR, PathCount, Paths, as_paths, read_paths

NO_TOUCH = "(no touch)"
KEYS = ("period_month", "goal_type", "window_days")
EXACT = pa.decimal128(18, 9)
KEY_FIELDS: list[pa.Field[Any]] = [
    pa.field("period_month", pa.date32()),
    pa.field("goal_type", pa.string()),
    pa.field("window_days", pa.int32()),
]

CREDIT_SCHEMA = pa.schema(
    [
        *KEY_FIELDS,
        pa.field("model", pa.string()),
        pa.field("channel", pa.string()),
        pa.field("credit", EXACT),
        pa.field("value_amount", pa.int64()),
        pa.field("removal_effect", EXACT),
        pa.field("value_removal_effect", EXACT),
    ]
)
TRANSITION_SCHEMA = pa.schema(
    [
        *KEY_FIELDS,
        pa.field("model", pa.string()),
        pa.field("from_state", pa.string()),
        pa.field("to_state", pa.string()),
        pa.field("journey_count", pa.int64()),
        pa.field("probability", EXACT),
    ]
)


@dataclass(frozen=True)
class ChannelCredit:
    """What one channel earned: credit in units of 1e-9 conversions, value in minor units."""

    channel: str
    credit_units: int
    value_amount: int
    removal_effect: float | None
    value_removal_effect: float | None


def markov_credits(paths: Iterable[PathCount] | Paths, order: int = 1) -> list[ChannelCredit]:
    """Credit C * RE / sum(RE) per channel, exact in sum; conversions without a touch apart.

    Channels come in code point order, `(no touch)` last where it exists. Where the removal
    effects on value cannot be shares (all 0, or one of them negative because some conversions
    lose money), the value follows the removal effects on conversions.
    """
    every = as_paths(paths)
    return chain_credits(fit_chain(every, order), every)


def chain_credits(chain: MarkovChain, paths: Paths) -> list[ChannelCredit]:
    """The credits of a chain that was fitted before, as `markov_credits`."""
    effects, value_effects = removal_effects(chain), value_removal_effects(chain)
    touched = paths.touched()
    weights = whole_weights(list(effects.values()))
    value_weights = whole_weights(list(value_effects.values()))
    units = apportion(int(touched.conversions.sum()) * CREDIT_UNITS, weights)
    if not any(value_weights) or min(value_weights) < 0:
        value_weights = weights
    values = apportion(int(touched.values.sum()), value_weights)
    rows = [
        ChannelCredit(channel, units[i], values[i], effects[channel], value_effects[channel])
        for i, channel in enumerate(chain.channels)
    ]
    return rows + untouched_credits(paths)


def untouched_credits(paths: Paths) -> list[ChannelCredit]:
    """The row `(no touch)`; none where every conversion has a touch."""
    empty = paths.untouched()
    conversions = int(empty.conversions.sum())
    if not conversions:
        return []
    return [
        ChannelCredit(NO_TOUCH, CREDIT_UNITS * conversions, int(empty.values.sum()), None, None)
    ]


def attribute_paths(table: pa.Table, orders: Sequence[int] = (1,)) -> pa.Table:
    """Markov credits of every period, goal and window.

    Args:
        table: columns period_month date, goal_type, window_days, path (`a > b`; empty = no touch),
            conversion_count, value_amount (minor units), null_count; as `attribution.attr_paths`.
        orders: chain orders to solve; the model of order k is called `markov_k`.

    Returns:
        a table of `CREDIT_SCHEMA`, sorted by key, model and channel. Per key and model the credits
        add up to the conversions and the values to their value, exactly.

    Raises:
        MeasurementError: a column is missing or a count is negative.
    """
    rows: list[dict[str, Any]] = []
    for key, paths in _groups(table):
        for order in orders:
            head = {**key, "model": f"markov_{order}"}
            rows += [{**head, **_credit_row(credit)} for credit in markov_credits(paths, order)]
    return pa.Table.from_pylist(rows, schema=CREDIT_SCHEMA)


def transition_matrix(table: pa.Table, orders: Sequence[int] = (1,)) -> pa.Table:
    """The chains behind `attribute_paths`: every step with its journeys and its probability.

    States are `(start)`, `(conversion)`, `(null)`, or the channels they remember (`a > b`).
    Returns a table of `TRANSITION_SCHEMA`.
    """
    rows: list[dict[str, Any]] = []
    for key, paths in _groups(table):
        for order in orders:
            head = {**key, "model": f"markov_{order}"}
            rows += [{**head, **step} for step in chain_steps(fit_chain(paths, order))]
    return pa.Table.from_pylist(rows, schema=TRANSITION_SCHEMA)


def _groups(table: pa.Table) -> Iterator[tuple[dict[str, Any], Paths]]:
    keys = table.select(list(KEYS)).group_by(list(KEYS)).aggregate([])
    for key in keys.sort_by([(name, "ascending") for name in KEYS]).to_pylist():
        mask = pc.and_kleene(
            pc.and_kleene(
                pc.equal(table["period_month"], key["period_month"]),
                pc.equal(table["goal_type"], key["goal_type"]),
            ),
            pc.equal(table["window_days"], key["window_days"]),
        )
        yield key, read_paths(table.filter(mask))


def _credit_row(credit: ChannelCredit) -> dict[str, Any]:
    return {
        "channel": credit.channel,
        "credit": as_credit(credit.credit_units),
        "value_amount": credit.value_amount,
        "removal_effect": _exact(credit.removal_effect),
        "value_removal_effect": _exact(credit.value_removal_effect),
    }


def _exact(number: float | None) -> Decimal | None:
    return None if number is None else as_credit(round(number * CREDIT_UNITS))


def chain_steps(chain: MarkovChain) -> Iterator[dict[str, Any]]:
    """Every step that a journey took: START first, then by the names of both states."""
    names = [SEPARATOR.join(state) for state in (*chain.states, CONVERSION, NULL)]
    order = [(), *chain.states[1:], CONVERSION, NULL]
    leaving = np.asarray(chain.counts.sum(axis=1)).ravel().tolist()
    steps = chain.counts.tocoo()
    found = zip(steps.row.tolist(), steps.col.tolist(), steps.data.tolist(), strict=True)
    for source, target, count in sorted(found, key=lambda step: (order[step[0]], order[step[1]])):
        yield {
            "from_state": names[source],
            "to_state": names[target],
            "journey_count": count,
            "probability": _exact(count / leaving[source]),
        }
