"""In which order runs may start. Pure: rules over the last attempt, no connection."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from warehouse.errors import RunOrderError

Kind = Literal["historic", "night", "batch"]
Status = Literal["running", "published", "failed", "abandoned"]


@dataclass(frozen=True)
class Attempt:
    """The latest attempt of a historic pass or a night, or the run that is still unfinished."""

    run_id: str
    kind: Kind
    business_date: date
    status: Status


def check_unfinished(kind: Kind, business_date: date, running: Attempt | None) -> None:
    """While a date is unfinished only that date may start again, and a batch never for a night.

    Raises:
        RunOrderError: another run is unfinished.
    """
    if running is None:
        return
    same = running.business_date == business_date
    if same and (kind != "batch" or running.kind == "batch"):
        return
    raise RunOrderError(
        expected=f"no unfinished run before {kind} {business_date} starts",
        found=f"{running.kind} {running.business_date} ({running.run_id}) is unfinished",
        where="ops.runs",
        remedy=(
            f"run it again (`bankloop nightly --date {running.business_date}`) or give it up "
            f"(`bankloop nightly --date {running.business_date} --abandon`)"
        ),
    )


def check_order(kind: Kind, business_date: date, last: Attempt | None) -> None:
    """A historic pass only first; then nights one by one; the last one may run again.

    `last` is the latest attempt of a historic pass or night. Until it is published,
    only its own date may run, also after it was given up: the next date on top of a hole would be
    wrong. (A night whose files never come runs with its feeds closed.) Then the next date may, or
    itself once more. The last day of a historic pass may run as a night too, which decides its
    lists.

    Raises:
        RunOrderError: the date is out of order.
    """
    if last is None:
        if kind == "batch":
            raise _order(kind, business_date, "a published night", "no run yet")
        return
    next_date = last.business_date + timedelta(days=1)
    is_again = business_date == last.business_date and kind == last.kind
    is_published = last.status == "published"
    is_last_historic = (
        last.kind == "historic" and is_published and business_date == last.business_date
    )
    if kind == "batch":
        allowed = is_published and business_date == next_date
    elif kind == "historic":
        allowed = is_again
    else:
        allowed = is_again or is_last_historic or (is_published and business_date == next_date)
    if not allowed:
        raise _out_of_order(kind, business_date, last, next_date)


def _out_of_order(kind: Kind, business_date: date, last: Attempt, next_date: date) -> RunOrderError:
    found = f"{last.kind} {last.business_date} is the latest, with status {last.status}"
    if kind == "historic":
        return _order(kind, business_date, "a warehouse without nights", found)
    if business_date <= last.business_date and kind == "night":
        expected = f"{last.business_date} again, or {next_date} once that is published"
        remedy = f"an older night is rebuilt by `bankloop backfill --from {business_date}`"
        return _order(kind, business_date, expected, found, remedy)
    expected = str(next_date if last.status == "published" else last.business_date)
    return _order(kind, business_date, expected, found)


def _order(
    kind: Kind,
    business_date: date,
    expected: str,
    found: str,
    remedy: str = "run the dates in order; a historic pass loads into a new database only",
) -> RunOrderError:
    return RunOrderError(
        expected=expected, found=f"{kind} {business_date}; {found}", where="ops.runs", remedy=remedy
    )
