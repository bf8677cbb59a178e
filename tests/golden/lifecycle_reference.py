"""The lifecycle written once more, in plain Python, straight from the definition.

It keeps every day it has computed and looks back at those days; it knows no counters, running
totals or SQL. Slow and obvious: the truth that the warehouse's stages are compared with.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

ORDER = ("closed", "won_back", "dormant", "churned", "onboarding", "at_risk", "growing", "mature")
NOT_BEHAVIOUR = frozenset(
    {"account_closed", "inactivity_365", "inactivity_180", "account_opened", "days_on_book", "rest"}
)


@dataclass(frozen=True)
class Rules:
    """The thresholds of one day."""

    floor: int
    fall: Decimal = Decimal("0.30")
    rise: Decimal = Decimal("0.20")
    score: Decimal = Decimal("0.60")


@dataclass(frozen=True)
class Account:
    """A product held from `opened` to the day before `closed`."""

    product: str
    opened: date
    closed: date | None = None

    def is_open(self, day: date) -> bool:
        """Whether the account is open at the end of the day."""
        return self.opened <= day and (self.closed is None or day < self.closed)


@dataclass(frozen=True)
class Life:
    """What is known of one customer."""

    accounts: Sequence[Account]
    transactions: Mapping[date, int]
    aum: Mapping[date, int | None]
    scores: Mapping[date, Decimal] = field(default_factory=dict)


@dataclass(frozen=True)
class Day:
    """The answer for one day."""

    stage: str
    trigger: str
    since: date


class Customer:
    """Computes the stages of one customer day by day from the first loaded day."""

    def __init__(self, life: Life, first_loaded: date, rules: Callable[[date], Rules]) -> None:
        self.life = life
        self.first_loaded = first_loaded
        self.rules = rules
        self.opened = min(account.opened for account in life.accounts)
        self.first_day = max(first_loaded, self.opened)
        self.days: dict[date, Day] = {}
        self.entered_by_behaviour: dict[date, bool] = {}
        self.held: dict[date, dict[str, bool]] = {}
        self.averages: dict[date, int | None] = {}
        self.last_day_in: dict[str, date] = {}

    def run(self, last_day: date) -> dict[date, Day]:
        """Stages from the first loaded day of the customer to `last_day`."""
        day = self.first_day
        while day <= last_day:
            self.averages[day] = self._month_average(day)
            self.held[day] = self._conditions(day)
            self._decide(day)
            self.last_day_in[self.days[day].stage] = day
            day += timedelta(days=1)
        return self.days

    # -- measures

    def _on_book(self, day: date) -> int:
        return (day - self.opened).days

    def _observed(self, day: date, needed: int) -> bool:
        return (day - max(self.first_loaded, self.opened)).days >= needed

    def _transactions(self, first: date, last: date) -> int:
        return sum(n for day, n in self.life.transactions.items() if first <= day <= last)

    def _active_days(self, first: date, last: date) -> int:
        return sum(1 for day, n in self.life.transactions.items() if n and first <= day <= last)

    def _month_average(self, day: date) -> int | None:
        span = min(30, self._on_book(day) + 1)
        days = [day - timedelta(days=n) for n in range(span)]
        amounts = [self.life.aum[d] for d in days if d >= self.first_day]
        known = [amount for amount in amounts if amount is not None]
        if len(known) < len(amounts):
            return None
        mean = Decimal(sum(known)) / len(known)
        return int(mean.quantize(Decimal(1), rounding=ROUND_HALF_UP))

    def _peak(self, day: date) -> int:
        days = (day - timedelta(days=n) for n in range(365))
        return max((self.averages.get(d) or 0 for d in days), default=0)

    def _products(self, day: date) -> int:
        return len({a.product for a in self.life.accounts if a.is_open(day)})

    # -- conditions of one day, unconfirmed

    def _conditions(self, day: date) -> dict[str, bool]:
        rules = self.rules(day)
        established = self._on_book(day) >= 180
        ago = day - timedelta(days=90)
        now, base = self.averages[day], self.averages.get(ago)
        comparable = (
            self._observed(day, 120)
            and now is not None
            and base is not None
            and base > 0
            and base >= rules.floor
        )
        score = self.life.scores.get(day)
        return {
            "won_back_activity": self._won_back_by_activity(day),
            "won_back_aum": self._won_back_by_aum(day),
            "inactivity_365": established and self._idle(day, 365) and self._is_poor(day),
            "inactivity_180": established and self._idle(day, 180),
            "aum_collapse": established and self._has_collapsed(day),
            "activity_fall": established and self._activity_fell(day),
            "aum_fall": established
            and comparable
            and now is not None
            and base is not None
            and Decimal(now) <= (1 - rules.fall) * base,
            "churn_score": established and score is not None and score > rules.score,
            "days_on_book": 91 <= self._on_book(day) <= 180,
            "aum_rise": comparable
            and now is not None
            and base is not None
            and Decimal(now) >= (1 + rules.rise) * base,
            "product_more": self._observed(day, 90) and self._products(day) > self._products(ago),
        }

    def _idle(self, day: date, days: int) -> bool:
        first = day - timedelta(days=days - 1)
        return self._observed(day, days) and self._transactions(first, day) == 0

    def _is_poor(self, day: date) -> bool:
        amount = self.life.aum[day]
        return amount is not None and amount < self.rules(day).floor

    def _has_collapsed(self, day: date) -> bool:
        now, floor = self.averages[day], self.rules(day).floor
        if now is None or now >= floor or not self._observed(day, 365):
            return False
        peak = self._peak(day)
        return peak > 0 and peak >= floor and Decimal(now) <= Decimal("0.10") * peak

    def _activity_fell(self, day: date) -> bool:
        ago = day - timedelta(days=90)
        base = self._transactions(day - timedelta(days=179), ago)
        now = self._transactions(day - timedelta(days=89), day)
        fall = self.rules(day).fall
        return self._observed(day, 180) and base > 0 and Decimal(now) <= (1 - fall) * base

    # -- won back: the last dormant and the last churned stage, each if held within 90 days

    def _recent_losses(self, day: date) -> list[Day]:
        last_days = (self.last_day_in.get(stage) for stage in ("dormant", "churned"))
        return [self.days[last] for last in last_days if last and (day - last).days <= 90]

    def _won_back_by_activity(self, day: date) -> bool:
        for loss in self._recent_losses(day):
            first = max(day - timedelta(days=29), loss.since + timedelta(days=1))
            if self._transactions(first, day) >= 2 and self._active_days(first, day) >= 2:
                return True
        return False

    def _won_back_by_aum(self, day: date) -> bool:
        floor, amount = self.rules(day).floor, self.life.aum[day]
        at_loss = [self.life.aum[loss.since] for loss in self._recent_losses(day)]
        return (
            amount is not None
            and amount >= floor
            and any(then is not None and then < floor for then in at_loss)
        )

    # -- the table, top to bottom

    def _confirmed(self, day: date, trigger: str) -> bool:
        if day == self.first_loaded:
            return self.held[day][trigger]
        days = (day - timedelta(days=n) for n in range(7))
        return all(self.held.get(d, {}).get(trigger, False) for d in days)

    def _evaluate(self, day: date) -> tuple[str, str]:
        before = self.days.get(day - timedelta(days=1))
        now = self.held[day]
        if not any(account.is_open(day) for account in self.life.accounts):
            return "closed", "account_closed"
        if before and before.stage == "won_back" and (day - before.since).days < 90:
            return before.stage, before.trigger
        for trigger in ("won_back_activity", "won_back_aum"):
            if self._confirmed(day, trigger):
                return "won_back", trigger
        if now["inactivity_365"]:
            return "dormant", "inactivity_365"
        if now["inactivity_180"]:
            return "churned", "inactivity_180"
        if self._confirmed(day, "aum_collapse"):
            return "churned", "aum_collapse"
        if self._on_book(day) <= 90:
            return "onboarding", "account_opened"
        for trigger in ("activity_fall", "aum_fall", "churn_score"):
            if self._confirmed(day, trigger):
                return "at_risk", trigger
        if now["days_on_book"]:
            return "growing", "days_on_book"
        for trigger in ("aum_rise", "product_more"):
            if self._confirmed(day, trigger):
                return "growing", trigger
        return "mature", "rest"

    def _stage_condition(self, day: date, stage: str) -> bool:
        triggers = {
            "churned": ("inactivity_180", "aum_collapse"),
            "at_risk": ("activity_fall", "aum_fall", "churn_score"),
            "growing": ("days_on_book", "aum_rise", "product_more"),
        }[stage]
        return any(self.held.get(day, {}).get(trigger, False) for trigger in triggers)

    def _is_kept(self, day: date, stage: str, trigger: str) -> bool:
        """A stage entered by behaviour stays until its condition was false on 7 days in a row."""
        before = self.days.get(day - timedelta(days=1))
        if before is None or not self.entered_by_behaviour[day - timedelta(days=1)]:
            return False
        lower = ORDER.index(stage) > ORDER.index(before.stage)
        by_clock = trigger in NOT_BEHAVIOUR and trigger != "rest"
        if before.stage == "won_back" or not lower or by_clock:
            return False
        days = (day - timedelta(days=n) for n in range(7))
        return any(self._stage_condition(d, before.stage) for d in days)

    def _decide(self, day: date) -> None:
        before = self.days.get(day - timedelta(days=1))
        stage, trigger = self._evaluate(day)
        if before and (before.stage == stage or self._is_kept(day, stage, trigger)):
            self.days[day] = before
            self.entered_by_behaviour[day] = self.entered_by_behaviour[day - timedelta(days=1)]
            return
        self.entered_by_behaviour[day] = trigger not in NOT_BEHAVIOUR
        named = "initial_load" if day == self.first_loaded else trigger
        self.days[day] = Day(stage, named, day)
