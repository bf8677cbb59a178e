import threading
from collections.abc import Iterator

import pytest

from ingestion.prefetch import prefetched


def test_items_come_in_order() -> None:
    assert list(prefetched(iter(range(100)))) == list(range(100))


def test_an_error_comes_where_the_item_would_have_come() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise LookupError("here")

    taken = prefetched(items())
    assert next(taken) == 1
    with pytest.raises(LookupError, match="here"):
        next(taken)


def test_leaving_early_ends_the_thread() -> None:
    before = threading.active_count()
    taken = prefetched(iter(range(10_000)))
    next(taken)
    taken.close()
    assert threading.active_count() == before


def test_it_does_not_run_far_ahead() -> None:
    made: list[int] = []

    def items() -> Iterator[int]:
        for number in range(100):
            made.append(number)
            yield number

    taken = prefetched(items(), depth=2)
    next(taken)
    taken.close()
    assert len(made) <= 5
