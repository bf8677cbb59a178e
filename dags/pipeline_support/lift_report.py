"""`bankloop lift`: what an experiment file says about each arm against the control."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dags.pipeline_support.data_files import (
    read_columns,
    read_numbers,
    read_texts,
    require_writable,
)
from measurement.errors import MeasurementError
from measurement.experiments import ENOUGH_CONVERSIONS, cap_of
from measurement.lift import Arm, Design, Kind, measure_lift
from warehouse.errors import InputError

MOST_ARMS = 20
_NO_LIFT = {
    "sample_ratio_mismatch": "the arms were not filled as planned, so no lift is shown; find out "
    "why before anything else",
    "not_enough_data": f"not enough data yet: the gate is {ENOUGH_CONVERSIONS}",
}


@dataclass(frozen=True)
class Request:
    """What to measure: columns of the file, the control's value, and what was fixed at launch.

    `shares` are texts, `0.9` for the one treated arm or `ARM=0.45` for each arm with the control.
    """

    data: Path
    arm: str
    control: str
    outcome: str
    covariate: str | None = None
    unit: str | None = None
    cap: float | None = None
    shares: Sequence[str] = ()
    interim: bool = False
    planned: int | None = None


@dataclass(frozen=True)
class LiftReport:
    """Every arm against the control; the text is meant for people, `content` for machines."""

    content: dict[str, Any]

    def __str__(self) -> str:
        return "\n".join(_lines(self.content))

    def write(self, target: Path) -> None:
        """Write the content as JSON.

        Raises:
            InputError: the name does not end in .json, or its folder does not exist.
        """
        require_writable(target, (".json",))
        text = json.dumps(self.content, indent=2, ensure_ascii=False)
        target.write_text(f"{text}\n", encoding="utf-8")


def report_lift(request: Request) -> LiftReport:
    """Measure every arm of the file against its control.

    Raises:
        InputError: the file or an option cannot be used; says where and what to do.
    """
    arms = _read_arms(request)
    treated = sorted(set(arms) - {request.control})
    is_rate = all(np.isin(arm.outcomes, (0, 1)).all() for arm in arms.values())
    kind: Kind = "rate" if is_rate else "amount"
    try:
        cap = _cap(request, kind, arms)
        shares = _shares(request, treated)
        found = {
            name: measure_lift(
                arms[name],
                arms[request.control],
                Design(
                    "rate" if kind == "rate" else "amount", cap, shares.get(name), request.planned
                ),
                interim=request.interim,
            )
            for name in treated
        }
    except MeasurementError as error:
        raise InputError(error.expected, error.found, str(request.data), error.remedy) from None
    return LiftReport(
        {
            "data": request.data.name,
            "outcome": request.outcome,
            "kind": kind,
            "covariate": request.covariate,
            "cap": cap,
            "interim": request.interim,
            "level": 0.95,
            "arms": [
                {"arm": name, "assigned": arms[name].assigned, "converters": arms[name].converters}
                for name in (request.control, *treated)
            ],
            "control": request.control,
            "lifts": [{"arm": name, **asdict(lift)} for name, lift in found.items()],
        }
    )


def _read_arms(request: Request) -> dict[str, Arm]:
    columns = [request.arm, request.outcome]
    columns += [name for name in (request.covariate, request.unit) if name is not None]
    if len(set(columns)) != len(columns):
        raise InputError(
            expected="a column of its own for arm, outcome, covariate and unit",
            found=", ".join(columns),
            where=str(request.data),
            remedy="a covariate must be known before launch, so it cannot be the outcome",
        )
    table = read_columns(request.data, columns)
    texts = read_texts(request.data, table, request.arm)
    names, arms = _arm_names(request, texts), np.array(texts, dtype=object)
    if request.unit is not None:
        _require_distinct(request, read_texts(request.data, table, request.unit))
    outcomes = read_numbers(request.data, table, request.outcome)
    before = (
        None if request.covariate is None else read_numbers(request.data, table, request.covariate)
    )
    found = {}
    for name in names:
        mine = arms == name
        found[name] = Arm(outcomes[mine], None if before is None else before[mine])
    return found


def _arm_names(request: Request, arms: Sequence[str]) -> list[str]:
    names, counts = np.unique(arms, return_counts=True)
    where = f"{request.data}, column {request.arm}"
    if names.size > MOST_ARMS:
        raise InputError(
            expected=f"at most {MOST_ARMS} arms",
            found=f"{names.size:,} distinct values",
            where=where,
            remedy="name the column that says who was assigned to what (--arm)",
        )
    if counts.min() < 2:
        raise InputError(
            expected="at least two customers in every arm",
            found=f"{int((counts < 2).sum())} of {names.size} arms with one",
            where=where,
            remedy="name the column that says who was assigned to what, or leave such an arm out",
        )
    if request.control not in names or names.size < 2:
        sizes = zip(names.tolist(), counts.tolist(), strict=True)
        raise InputError(
            expected=f"customers in the control arm '{request.control}' and in another arm",
            found=", ".join(f"{name}: {count:,}" for name, count in sizes),
            where=where,
            remedy="name the control's value (--control); one arm alone cannot be compared",
        )
    return [str(name) for name in names]


def _require_distinct(request: Request, units: Sequence[str]) -> None:
    repeated = len(units) - len(set(units))
    if repeated:
        raise InputError(
            expected=f"each value of column {request.unit} in one row",
            found=f"{repeated:,} further rows of units that are there already",
            where=str(request.data),
            remedy="one row a unit, by its first assignment, with all its outcomes in that row",
        )


def _cap(request: Request, kind: str, arms: dict[str, Arm]) -> float | None:
    if request.cap is not None and (kind == "rate" or not request.cap > 0):
        raise InputError(
            expected="a positive --cap, and only for amounts",
            found=f"{request.cap:g} for a {kind}",
            where=f"{request.data}, column {request.outcome}",
            remedy="leave out --cap where the outcome is 0 or 1",
        )
    before = [arm.before for arm in arms.values() if arm.before is not None]
    if kind == "rate" or request.cap is not None or not before:
        return request.cap
    return cap_of(np.concatenate(before))


def _shares(request: Request, treated: Sequence[str]) -> dict[str, float]:
    """The planned share of each treated arm among itself and the control."""
    if not request.shares:
        return {}
    try:
        if len(request.shares) == len(treated) == 1 and "=" not in request.shares[0]:
            return {treated[0]: float(request.shares[0])}
        pairs = (text.rpartition("=") for text in request.shares)
        planned = {name: float(share) for name, _, share in pairs}
    except ValueError:
        planned = {}
    everybody = sorted((*treated, request.control))
    if (
        sorted(planned) != everybody
        or min(planned.values()) <= 0
        or (abs(sum(planned.values()) - 1) > 1e-6)
    ):
        raise InputError(
            expected="--share ARM=SHARE for every arm, positive and 1 together",
            found=", ".join(request.shares),
            where=f"arms {', '.join(everybody)}",
            remedy="with one treated arm, its share alone will do: --share 0.9",
        )
    control = planned[request.control]
    return {name: planned[name] / (planned[name] + control) for name in treated}


def _lines(content: dict[str, Any]) -> Iterator[str]:
    kind, lifts = content["kind"], {lift["arm"]: lift for lift in content["lifts"]}
    yield f"{content['outcome']}: {kind}, by assignment, against {content['control']}"
    if content["cap"] is not None:
        yield f"amounts are cut to {content['cap']:,.2f}; the effect is that on cut amounts"
    elif kind == "amount":
        yield "amounts are not cut: a few very large ones may decide the result (--cap)"
    first = next(iter(lifts.values()))
    means = {content["control"]: first["control_mean"]}
    means |= {name: lift["treated_mean"] for name, lift in lifts.items()}
    width = max(len("arm"), *(len(arm["arm"]) for arm in content["arms"]))
    yield ""
    yield f"{'arm':<{width}}  {'customers':>12}  {'converters':>12}  {'mean':>14}"
    for arm in content["arms"]:
        mean = _size(means[arm["arm"]], kind)
        yield (
            f"{arm['arm']:<{width}}  {arm['assigned']:>12,}  {arm['converters']:>12,}  {mean:>14}"
        )
    for name, lift in lifts.items():
        yield ""
        yield from _lift_lines(name, lift, kind, interim=content["interim"])


def _lift_lines(name: str, lift: dict[str, Any], kind: str, *, interim: bool) -> Iterator[str]:
    interval = lift["interval"]
    if interval is None:
        yield f"{name}: {_NO_LIFT[lift['no_lift_reason']]}"
    else:
        low, high = interval["lower"], interval["upper"]
        label = "95 % interim" if interim else "95 %"
        yield (
            f"{name}: {_size(interval['estimate'], kind, signed=True)}, {label} interval "
            f"{_size(low, kind, signed=True)} to {_size(high, kind, signed=True)} "
            f"({lift['method']})"
        )
        if low > 0 or high < 0:
            yield f"  an effect: the interval lies {'above' if low > 0 else 'below'} zero"
        else:
            yield "  no effect shown: zero lies in the interval"
    yield f"  gate: {lift['gate']:,.0f} of {ENOUGH_CONVERSIONS} (converters x smaller share)"
    ratio = lift["sample_ratio"]
    if ratio is None:
        yield "  sample ratio: not tested, no planned share was given (--share)"
    else:
        verdict = "MISMATCH" if ratio["is_mismatch"] else "as planned"
        yield f"  sample ratio: {verdict} (p = {ratio['p_value']:.3g}, {ratio['test']})"
    if lift["detectable"] is not None:
        size = _size(lift["detectable"], kind, signed=True)
        yield f"  at its end, arms of this size show an effect of {size} with 80 % power"
    if lift["theta"] is not None:
        share = f"{lift['variance_reduction']:.1%}"
        yield f"  the covariate takes away {share} of the variance (theta {lift['theta']:.4g})"


def _size(value: float, kind: str, *, signed: bool = False) -> str:
    sign = "+" if signed else ""
    if kind == "amount":
        return f"{value:{sign},.2f}"
    return f"{100 * value:{sign}.3f} {'points' if signed else '%'}"
