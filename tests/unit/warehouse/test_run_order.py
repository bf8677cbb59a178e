from datetime import date

import pytest

from warehouse.errors import RunOrderError
from warehouse.run_order import Attempt, check_order, check_unfinished

DAY, NEXT, LATER = date(2024, 2, 1), date(2024, 2, 2), date(2024, 2, 3)
BEFORE = date(2024, 1, 31)

ALLOWED = [
    ("historic", DAY, None),
    ("night", DAY, None),
    ("historic", DAY, ("historic", "published")),
    ("historic", DAY, ("historic", "failed")),
    ("night", NEXT, ("historic", "published")),
    ("night", DAY, ("historic", "published")),
    ("night", DAY, ("night", "published")),
    ("night", DAY, ("night", "failed")),
    ("night", DAY, ("night", "abandoned")),
    ("night", DAY, ("night", "running")),
    ("night", NEXT, ("night", "published")),
    ("batch", NEXT, ("night", "published")),
]
REFUSED = [
    ("batch", DAY, None),
    ("historic", NEXT, ("night", "published")),
    ("historic", DAY, ("night", "failed")),
    ("historic", NEXT, ("historic", "published")),
    ("night", DAY, ("historic", "failed")),
    ("night", BEFORE, ("historic", "published")),
    ("night", NEXT, ("historic", "failed")),
    ("night", NEXT, ("night", "failed")),
    ("night", NEXT, ("night", "abandoned")),
    ("night", LATER, ("night", "published")),
    ("night", BEFORE, ("night", "published")),
    ("night", BEFORE, ("night", "failed")),
    ("batch", DAY, ("night", "published")),
    ("batch", NEXT, ("night", "failed")),
]


def attempt(kind_and_status) -> Attempt | None:
    if kind_and_status is None:
        return None
    kind, status = kind_and_status
    return Attempt("run", kind, DAY, status)


@pytest.mark.parametrize(("kind", "day", "last"), ALLOWED)
def test_allowed(kind, day, last) -> None:
    check_order(kind, day, attempt(last))


@pytest.mark.parametrize(("kind", "day", "last"), REFUSED)
def test_refused(kind, day, last) -> None:
    with pytest.raises(RunOrderError, match=str(day)):
        check_order(kind, day, attempt(last))


def test_older_nights_are_sent_to_backfill_and_later_ones_are_not() -> None:
    last = Attempt("run", "night", DAY, "published")
    with pytest.raises(RunOrderError, match="backfill --from 2024-01-31"):
        check_order("night", BEFORE, last)
    with pytest.raises(RunOrderError) as caught:
        check_order("night", LATER, last)
    assert "backfill" not in str(caught.value)
    assert caught.value.expected == str(NEXT)


@pytest.mark.parametrize(
    ("kind", "day", "running"),
    [
        ("night", DAY, None),
        ("night", DAY, "night"),
        ("night", DAY, "batch"),
        ("batch", DAY, "batch"),
    ],
)
def test_the_unfinished_date_may_start_again(kind, day, running) -> None:
    check_unfinished(kind, day, attempt((running, "running")) if running else None)


@pytest.mark.parametrize(
    ("kind", "day", "running"),
    [
        ("night", NEXT, "night"),
        ("night", BEFORE, "night"),
        ("batch", DAY, "night"),
        ("batch", NEXT, "batch"),
    ],
)
def test_everything_else_waits_for_it(kind, day, running) -> None:
    with pytest.raises(RunOrderError, match="--abandon"):
        check_unfinished(kind, day, attempt((running, "running")))
