"""The lift of one arm over its control, by assignment: what may be shown, and by which method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from measurement.always_valid import always_valid_difference, always_valid_ratio_test
from measurement.experiments import (
    Floats,
    Interval,
    SampleRatio,
    adjust_by_covariate,
    both_arms,
    has_enough_data,
    mean_difference,
    minimum_detectable_difference,
    minimum_detectable_effect,
    rate_difference,
    sample_ratio_test,
    standard_error,
)

Kind = Literal["rate", "amount"]
NoLift = Literal["sample_ratio_mismatch", "not_enough_data"]


@dataclass(frozen=True)
class Arm:
    """Customers assigned to an arm, in any order but the same in both arrays.

    `outcomes` are 0 or 1 (rate) or amounts; `before` is a covariate known at launch, if any.
    """

    outcomes: Floats
    before: Floats | None = None

    @property
    def assigned(self) -> int:
        """How many were assigned, reached or not."""
        return self.outcomes.size

    @property
    def converters(self) -> int:
        """How many have an outcome at all."""
        return int(np.count_nonzero(self.outcomes))


@dataclass(frozen=True)
class Design:
    """What was fixed before launch.

    Attributes:
        kind: rate or amount.
        cap: where amounts are cut; None for rates, or where nothing is cut.
        treated_share: planned share of the treated among the customers of both arms, if known.
        tightest_at: of always-valid intervals, see `always_valid_difference`.
        level: of the intervals.
    """

    kind: Kind
    cap: float | None = None
    treated_share: float | None = None
    tightest_at: int | None = None
    level: float = 0.95


@dataclass(frozen=True)
class Lift:
    """Treated against control.

    Attributes:
        interval: the difference with its limits; None where `no_lift_reason` says why.
        method: how the interval is made.
        treated_mean, control_mean: rate or mean amount, cut to the cap but not adjusted.
        gate: (converters of both arms) * (share of the smaller arm), to be at least 100.
        sample_ratio: its test, None without a planned share.
        detectable: smallest difference that these arms show with 80 % power at a fixed horizon;
            None where it has no meaning.
        theta: slope of the CUPED adjustment, None without a covariate.
        variance_reduction: share of the variance that it removes.
    """

    interval: Interval | None
    no_lift_reason: NoLift | None
    method: str
    treated_mean: float
    control_mean: float
    gate: float
    sample_ratio: SampleRatio | None
    detectable: float | None
    theta: float | None
    variance_reduction: float | None


def measure_lift(treated: Arm, control: Arm, design: Design, *, interim: bool = False) -> Lift:
    """The difference between two arms, if the sample ratio and the amount of data allow it.

    Fixed horizon: Newcombe for rates, Welch for amounts, Welch on the adjusted outcome where
    there is a covariate. Interim: an always-valid interval and an always-valid ratio test.

    Raises:
        MeasurementError: an arm has fewer than two customers, or the share is impossible.
    """
    raw = both_arms(treated.outcomes, control.outcomes, design.cap)
    one, two, theta = *raw, None
    if treated.before is not None and control.before is not None:
        one, two, theta = adjust_by_covariate(*raw, treated.before, control.before)
    ratio = _ratio(treated, control, design, interim=interim)
    converters = treated.converters + control.converters
    smaller = min(treated.assigned, control.assigned)
    reason: NoLift | None = None
    if ratio is not None and ratio.is_mismatch:
        reason = "sample_ratio_mismatch"
    elif not has_enough_data(converters, treated.assigned, control.assigned):
        reason = "not_enough_data"
    interval, method = _interval(one, two, design, adjusted=theta is not None, interim=interim)
    return Lift(
        interval=None if reason else interval,
        no_lift_reason=reason,
        method=method,
        treated_mean=float(raw[0].mean()),
        control_mean=float(raw[1].mean()),
        gate=converters * smaller / (treated.assigned + control.assigned),
        sample_ratio=ratio,
        detectable=_detectable(one, two, design, adjusted=theta is not None),
        theta=theta,
        variance_reduction=None if theta is None else _reduction(raw, (one, two)),
    )


def _interval(
    one: Floats, two: Floats, design: Design, *, adjusted: bool, interim: bool
) -> tuple[Interval, str]:
    suffix = " on the adjusted outcome" if adjusted else ""
    if interim:
        tuned = {} if design.tightest_at is None else {"tightest_at": design.tightest_at}
        found = always_valid_difference(one, two, level=design.level, **tuned)
        return found, f"always-valid{suffix}"
    if design.kind == "amount" or adjusted:
        return mean_difference(one, two, level=design.level), f"Welch{suffix}"
    counts = int(one.sum()), one.size, int(two.sum()), two.size
    return rate_difference(*counts, level=design.level), "Newcombe"


def _detectable(one: Floats, two: Floats, design: Design, *, adjusted: bool) -> float | None:
    if design.kind == "amount" or adjusted:
        return minimum_detectable_difference(standard_error(one, two), 1 - design.level)
    base = float(two.mean())
    if base == 1.0:
        return None
    found = minimum_detectable_effect(base, one.size, two.size, 1 - design.level)
    return found if np.isfinite(found) else None


def _ratio(treated: Arm, control: Arm, design: Design, *, interim: bool) -> SampleRatio | None:
    if design.treated_share is None:
        return None
    test = always_valid_ratio_test if interim else sample_ratio_test
    return test(treated.assigned, control.assigned, design.treated_share)


def _reduction(raw: tuple[Floats, ...], adjusted: tuple[Floats, ...]) -> float:
    before, after = (
        sum(float((arm - arm.mean()) @ (arm - arm.mean())) for arm in arms)
        for arms in (raw, adjusted)
    )
    return 1 - after / before if before else 0.0
