"""The attribution models that aggregated paths can answer, by name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from measurement.attribution import ChannelCredit, markov_credits, untouched_credits
from measurement.errors import MeasurementError
from measurement.paths import Paths
from measurement.rules import (
    Rule,
    first_touch,
    last_touch,
    linear,
    position_based,
    rule_units,
)
from measurement.shapley import shapley_set_credits, shapley_set_values

MARKOV = "markov"
_NEED_TIMES = {
    "time_decay": "the time from each touch to the conversion",
    "last_non_direct": "which touches are direct",
}


def model_credits(paths: Paths, model: str, order: int = 1) -> list[ChannelCredit]:
    """Credits and values of one model, channels in code point order, `(no touch)` last.

    Args:
        paths: the journeys.
        model: a name in `MODELS`.
        order: of the Markov chain; other models have none.

    Raises:
        MeasurementError: there is no such model, or paths cannot answer it.
    """
    require_model(model)
    if model == MARKOV:
        return markov_credits(paths, order)
    return MODELS[model](paths) + untouched_credits(paths)


def require_model(model: str) -> None:
    """Refuse a model that does not exist, or that aggregated paths cannot answer.

    Raises:
        MeasurementError: as said.
    """
    if model in _NEED_TIMES:
        raise MeasurementError(
            expected=f"a model of {', '.join(NAMES)}",
            found=f"{model}, which needs to know {_NEED_TIMES[model]}; aggregated paths do not",
            remedy="leave it out here; the nightly run computes it from single touches",
        )
    if model not in NAMES:
        raise MeasurementError(
            expected=f"a model of {', '.join(NAMES)}",
            found=model or "an empty name",
            remedy="name models separated by commas",
        )


def _by_rule(rule: Rule, paths: Paths) -> list[ChannelCredit]:
    credits, values = rule_units(paths, rule)
    found = zip(paths.channels, credits.tolist(), values.tolist(), strict=True)
    return [ChannelCredit(channel, units, value, None, None) for channel, units, value in found]


def _by_sets(paths: Paths) -> list[ChannelCredit]:
    credits, values = shapley_set_credits(paths), shapley_set_values(paths)
    return [ChannelCredit(c, credits[c], values[c], None, None) for c in paths.channels]


MODELS: dict[str, Callable[[Paths], list[ChannelCredit]]] = {
    "first": partial(_by_rule, first_touch),
    "last": partial(_by_rule, last_touch),
    "linear": partial(_by_rule, linear),
    "position": partial(_by_rule, position_based),
    "shapley": _by_sets,
}
NAMES = ("first", "last", "linear", "position", MARKOV, "shapley")
