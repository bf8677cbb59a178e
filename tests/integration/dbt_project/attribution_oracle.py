"""The definitions of attribution told again in plain Python, one event at a time.

Written from docs/attribution.md, not from the SQL: one customer and one goal are walked through in
order of time, with whole numbers and fractions instead of window functions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from measurement.apportionment import apportion, as_credit

WINDOW = timedelta(days=30)
HALF_LIFE = timedelta(days=7)


@dataclass(frozen=True)
class Touch:
    """A touch of one customer."""

    touch_id: str
    at: datetime
    channel: str
    is_direct: bool = False


@dataclass(frozen=True)
class Conversion:
    """A conversion of the same customer, with its value in minor units."""

    conversion_id: str
    at: datetime
    value: int


@dataclass
class Journey:
    """Touches in order and the conversion that closed them, if any."""

    touches: list[Touch] = field(default_factory=list)
    conversion: Conversion | None = None

    def credited(self) -> list[Touch]:
        """The touches within the window before the conversion."""
        if self.conversion is None:
            return []
        return [t for t in self.touches if self.conversion.at - t.at <= WINDOW]


def journeys_of(touches: list[Touch], conversions: list[Conversion]) -> list[Journey]:
    """Walk through the events of one customer and goal; open journeys are included."""
    pending = sorted(conversions, key=lambda c: (c.at, c.conversion_id))
    journeys: list[Journey] = []
    current = Journey()
    for touch in sorted(touches, key=lambda t: (t.at, t.touch_id)):
        while pending and pending[0].at <= touch.at:
            current = _convert(journeys, current, pending.pop(0))
        if current.touches and touch.at - current.touches[-1].at > WINDOW:
            journeys.append(current)
            current = Journey()
        current.touches.append(touch)
    for conversion in pending:
        current = _convert(journeys, current, conversion)
    if current.touches:
        journeys.append(current)
    return journeys


def credits_of(journey: Journey) -> dict[tuple[str, str | None], tuple[Decimal, int]]:
    """Credit and value by model and touch_id of a converted journey (None: no touch)."""
    assert journey.conversion is not None
    touches = journey.credited()
    value = journey.conversion.value
    result: dict[tuple[str, str | None], tuple[Decimal, int]] = {}
    for model, weigh in MODELS.items():
        if not touches:
            result[model, None] = (Decimal(1), value)
            continue
        weights = weigh(touches, journey.conversion)
        parts = zip(apportion(10**9, weights), apportion(value, weights), strict=True)
        for touch, (units, share) in zip(touches, parts, strict=True):
            result[model, touch.touch_id] = (as_credit(units), share)
    return result


def _convert(journeys: list[Journey], current: Journey, conversion: Conversion) -> Journey:
    """Close the current journey with a conversion; one that came too late leaves it null."""
    if current.touches and conversion.at - current.touches[-1].at > WINDOW:
        journeys.append(current)
        current = Journey()
    current.conversion = conversion
    journeys.append(current)
    return Journey()


def _only(chosen: int, touches: list[Touch]) -> list[int]:
    return [int(i == chosen) for i in range(len(touches))]


def _last_non_direct(touches: list[Touch], _: Conversion) -> list[int]:
    asked = [i for i, touch in enumerate(touches) if not touch.is_direct]
    return _only(asked[-1] if asked else len(touches) - 1, touches)


def _position(touches: list[Touch], _: Conversion) -> list[int]:
    n = len(touches)
    if n <= 2:
        return [1] * n
    shares = [Fraction(2, 5), *[Fraction(1, 5) / (n - 2)] * (n - 2), Fraction(2, 5)]
    return [int(share * 10 * (n - 2)) for share in shares]


def _decay(touches: list[Touch], conversion: Conversion) -> list[int]:
    ages = [(conversion.at - touch.at) / HALF_LIFE for touch in touches]
    return [round(2.0**-age * 10**12) for age in ages]


Weigh = Callable[[list[Touch], Conversion], list[int]]
MODELS: dict[str, Weigh] = {
    "first": lambda touches, _: _only(0, touches),
    "last": lambda touches, _: _only(len(touches) - 1, touches),
    "last_non_direct": _last_non_direct,
    "linear": lambda touches, _: [1] * len(touches),
    "position_based": _position,
    "time_decay": _decay,
}
