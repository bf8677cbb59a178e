from __future__ import annotations

from collections import Counter
from math import log

import numpy as np
import pytest

from measurement.errors import MeasurementError
from measurement.order_selection import FOLDS, best_order, compare_orders
from measurement.paths import PathCount, as_paths


def drawn(memory: int, count: int = 6000, seed: int = 23) -> list[PathCount]:
    """Journeys of a chain of that order: the touch `memory` steps ago is repeated mostly.

    After every touch a journey converts with 10 % and is given up with 20 %, so that its length
    tells nothing.
    """
    random = np.random.default_rng(seed)
    ended: Counter[tuple[tuple[str, ...], bool]] = Counter()
    for _ in range(count):
        touches: list[str] = []
        chance = 1.0
        while chance >= 0.3:
            repeats = len(touches) >= memory and random.random() < 0.8
            touches.append(touches[-memory] if repeats else str(random.choice(list("abcd"))))
            chance = random.random()
        ended[tuple(touches), chance < 0.1] += 1
    return [
        PathCount(touches, count * won, 0, count * (not won))
        for (touches, won), count in ended.items()
    ]


@pytest.mark.parametrize("memory", [1, 2, 3])
def test_journeys_choose_the_order_that_they_were_drawn_from(memory: int) -> None:
    found = compare_orders(as_paths(drawn(memory)))
    assert best_order(found) == memory
    best = found[memory - 1].log_likelihood
    assert all(best - other.log_likelihood > 10 for other in found if other.order != memory)


def test_the_likelihood_of_a_tiny_file_is_the_one_by_hand() -> None:
    """Five journeys of one path, one in each fold: four are fitted, the fifth is foretold."""
    found = compare_orders(as_paths([PathCount(("a",), 5, 0, 0)]), orders=[1])
    # START has one successor, `a`; from `a` a journey may go on to `a` or convert
    certain, won = (4 + 1) / (4 + 1), (4 + 1 / 2) / (4 + 1)
    assert found[0].log_likelihood == pytest.approx(5 * (log(certain) + log(won)))
    assert found[0].per_journey == pytest.approx(found[0].log_likelihood / 5)


def test_the_order_of_the_rows_does_not_matter() -> None:
    paths = drawn(2, count=500)
    found = compare_orders(as_paths(paths[::-1]), orders=[1, 2])
    expected = compare_orders(as_paths(paths), orders=[1, 2])
    for one, other in zip(found, expected, strict=True):
        assert one.log_likelihood == pytest.approx(other.log_likelihood, rel=1e-12)


def test_too_few_journeys_are_refused() -> None:
    with pytest.raises(MeasurementError, match=f"at least {FOLDS} journeys"):
        compare_orders(as_paths([PathCount(("a", "b"), 4, 0, 0), PathCount((), 9, 0, 0)]))
