"""Allocation of a large market: time, memory and gap; and of smaller ones, beside HiGHS."""

from __future__ import annotations

from dataclasses import dataclass

from bench.allocation_problem import Market
from bench.child import Done, work
from bench.events import Event
from bench.results import Limit, Row, Say
from bench.sizes import Sizes
from warehouse.settings import get_settings

_PPM = "ppm"
_SECONDS, _MEMORY = Limit(60), Limit(8192)
_GAP, _GAP_WITH_MANAGERS = Limit(1_000), Limit(5_000)
_CUSTOMERS_A_MANAGER = 500
_TOLERANCE_OF_HIGHS = 1.0


def allocation(sizes: Sizes, say: Say) -> list[Row]:
    """Choose among 6 options a customer under 24 capacities, then under managers' seats too."""
    customers = sizes.market
    managed = Market(customers, customers // _CUSTOMERS_A_MANAGER)
    return [
        *_measured(Market(customers), _GAP, say),
        *_measured(managed, _GAP_WITH_MANAGERS, say),
        *(row for number in sizes.checked_markets for row in _checked(Market(number), say)),
    ]


def _measured(market: Market, gap: Limit, say: Say) -> list[Row]:
    steps = _work("allocate", market, say)
    seconds = steps.seconds("arrays") + steps.seconds("solved")
    return [
        Row(f"{market}: in all", seconds, "s", _SECONDS, steps.done.python_mb),
        Row(f"{market}: of it, tables to arrays", steps.seconds("arrays"), "s"),
        Row(f"{market}: memory", steps.done.python_mb, "MiB", _MEMORY),
        Row(f"{market}: gap, of the bound", steps.ppm("solved"), _PPM, gap),
        Row(f"{market}: gain over greedy by value", steps.ppm("greedy"), _PPM),
    ]


def _checked(market: Market, say: Say) -> list[Row]:
    """The bound beside the linear program: higher by no more than the gap says, and not lower."""
    steps = _work("allocate_beside_highs", market, say)
    within = Limit(max(steps.ppm("solved"), _TOLERANCE_OF_HIGHS))
    return [
        Row(f"{market}: distance of bound and LP", abs(steps.ppm("HiGHS")), _PPM, within),
        Row(f"{market}: HiGHS, interior point", steps.seconds("HiGHS"), "s"),
        Row(f"{market}: ours, in all", steps.seconds("arrays") + steps.seconds("solved"), "s"),
    ]


@dataclass(frozen=True)
class _Steps:
    done: Done

    def seconds(self, name: str) -> float:
        return self._event(name).seconds

    def ppm(self, name: str) -> float:
        """The share that a step said, in millionths."""
        return float(self._event(name).text) * 1e6

    def _event(self, name: str) -> Event:
        return next(step.event for step in self.done.steps if step.event.step == name)


def _work(kind: str, market: Market, say: Say) -> _Steps:
    return _Steps(work(get_settings(), say, kind, str(market.customers), str(market.managers)))
