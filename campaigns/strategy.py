"""A strategy as data: frozen, typed, bounded; a key that is not declared here is refused."""

from __future__ import annotations

import hashlib
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from campaigns.wording import forbidden_promise

Channel = Literal[
    "branch",
    "rm_call",
    "remote_bank_call",
    "sms",
    "app_push",
    "wecom",
    "wechat_official",
    "email",
    "mini_program",
]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{2,48}$")]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9][A-Z0-9-]{1,40}$")]
Share = Annotated[Decimal, Field(ge=0, le=Decimal("0.5"), decimal_places=4)]


class Part(BaseModel):
    """Base of every part: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Validity(Part):
    """Business dates on which the strategy may open units, both included."""

    from_date: date
    to_date: date

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.to_date < self.from_date:
            raise ValueError("to_date lies before from_date")
        return self


class Goal(Part):
    """The SMART goal: what is measured, how much of it, by when."""

    metric: Literal["aum", "customers", "fee_income", "product_openings"]
    target: int = Field(gt=0)
    window_days: int = Field(ge=1, le=366)


class Benefit(Part):
    """A benefit (权益): its cost is per converted customer, amounts in minor units."""

    code: Code
    label_en: Text
    label_zh: Text
    cost_amount: int = Field(ge=0)
    budget_amount: int = Field(ge=0)


class Script(Part):
    """What is said on one channel (话术)."""

    id: Identifier
    en: Text
    zh: Text

    @model_validator(mode="after")
    def _no_forbidden_promise(self) -> Self:
        found = forbidden_promise(f"{self.en}\n{self.zh}")
        if found:
            raise ValueError(f"forbidden promise {found!r} in the script")
        return self


class Wave(Part):
    """A planned contact: day 0 is the night on which the unit opens."""

    day: int = Field(ge=0, le=180)
    channel: Channel | None = None
    condition: Literal["always", "not_responded"] = "always"


class Value(Part):
    """Expected contribution of one success, where no product's catalogue entry gives it."""

    contribution_amount: int = Field(ge=0)
    success_rate: Decimal = Field(gt=0, le=1, decimal_places=6)


class Limits(Part):
    """Extra limits of this strategy, stricter than the bank's own."""

    min_wave_gap_days: int = Field(default=3, ge=1, le=90)
    max_audience_change: Decimal | None = Field(default=None, gt=0)


class BranchOverride(Part):
    """What some branches do differently (一行一策), within head-office bounds."""

    branch_ids: tuple[Text, ...] = Field(min_length=1)
    product_id: Code | None = None
    benefit: Benefit | None = None
    control_share: Share | None = None


class Strategy(Part):
    """One file of `campaigns/strategies/`: who is offered what, how, when, and at which share."""

    id: Identifier
    label_en: Text
    label_zh: Text
    owner: Text
    approver: Text
    validity: Validity
    scene: Literal["lifecycle", "product", "event"]
    goal: Goal
    audience: Text
    product: Code | None
    benefit: Benefit | None = None
    channels: tuple[Channel, ...] = Field(min_length=1)
    scripts: dict[Channel, Script]
    waves: tuple[Wave, ...] = (Wave(day=0),)
    priority: int = Field(ge=1, le=99)
    control_share: Share
    outcome_window_days: int = Field(default=30, ge=1, le=180)
    target_effect: Decimal = Field(gt=0, lt=1)
    cool_down_days: int = Field(default=90, ge=0, le=730)
    max_attempts: int = Field(default=3, ge=1, le=10)
    cuped: bool = False
    personalised: bool
    is_dual_recording: bool = False
    value: Value | None = None
    limits: Limits = Limits()
    branch_overrides: tuple[BranchOverride, ...] = ()

    @model_validator(mode="after")
    def _owner_is_not_approver(self) -> Self:
        if self.owner.casefold() == self.approver.casefold():
            raise ValueError("owner and approver are the same")
        return self

    @model_validator(mode="after")
    def _channels_are_complete(self) -> Self:
        if len(set(self.channels)) != len(self.channels):
            raise ValueError("a channel is named twice")
        missing = [channel for channel in self.channels if channel not in self.scripts]
        if missing:
            raise ValueError(f"no script for channel {missing[0]}")
        unused = [channel for channel in self.scripts if channel not in self.channels]
        if unused:
            raise ValueError(f"a script for {unused[0]}, which is not one of the channels")
        return self

    @model_validator(mode="after")
    def _waves_fit(self) -> Self:
        days = [wave.day for wave in self.waves]
        if not days or days[0] != 0 or self.waves[0].condition != "always":
            raise ValueError("the first wave is on day 0 and without a condition")
        gaps = [later - earlier for earlier, later in pairwise(days)]
        if any(gap < self.limits.min_wave_gap_days for gap in gaps):
            raise ValueError(f"waves closer than {self.limits.min_wave_gap_days} days")
        for wave in self.waves:
            if wave.channel is not None and wave.channel not in self.channels:
                raise ValueError(f"wave on {wave.channel}, which is not one of the channels")
        return self

    @model_validator(mode="after")
    def _overrides_within_bounds(self) -> Self:
        branches = [branch for part in self.branch_overrides for branch in part.branch_ids]
        if len(set(branches)) != len(branches):
            raise ValueError("a branch is overridden twice")
        for part in self.branch_overrides:
            if part.benefit and (
                self.benefit is None or part.benefit.cost_amount > self.benefit.cost_amount
            ):
                raise ValueError("an override's benefit costs more than head office's")
            if part.control_share is not None and part.control_share < self.control_share / 2:
                raise ValueError("an override's control share is below half of head office's")
            if part.product_id and self.product is None:
                raise ValueError("an override names a product, head office none")
        return self

    @model_validator(mode="after")
    def _service_has_a_value(self) -> Self:
        if self.product is None and self.value is None:
            raise ValueError("a strategy without a product declares its `value`")
        return self

    @property
    def rule_version(self) -> str:
        """Hash of the definition: changes with any key, not with layout or comments."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:12]

    @property
    def closing_goal(self) -> str:
        """The `goal_type` of the conversion that closes a unit (measurement, section 1)."""
        if self.product is not None:
            return "product_opening"
        return "aum_goal" if self.goal.metric == "aum" else "activation"
