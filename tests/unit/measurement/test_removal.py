"""Removal effects of chains of order k against a dense, plain retelling of the definition."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from measurement import removal
from measurement.markov import fit_chain
from measurement.paths import PathCount, as_paths
from measurement.removal import expected_rewards
from tests.unit.measurement.test_laws import journeys


def dense_expectations(
    paths: list[PathCount], order: int, without: str | None
) -> tuple[float, float]:
    """P(CONV) and expected value from START, by numpy.linalg on the whole matrix."""
    walked = []
    for path in paths:
        weight = path.conversions + path.nulls
        if path.channels and weight:
            last = max(len(path.channels) - order, 0)
            grams = [path.channels[i : i + order] for i in range(last + 1)]
            walked.append((["start", *grams], path))
    states = ["start", *sorted({gram for grams, _ in walked for gram in grams[1:]})]
    index = {state: i for i, state in enumerate(states)}
    step, convert, value = (
        np.zeros((len(states),) * 2),
        np.zeros(len(states)),
        np.zeros(len(states)),
    )
    leaving = np.zeros(len(states))
    for grams, path in walked:
        for one, two in pairwise(grams):
            step[index[one], index[two]] += path.conversions + path.nulls
            leaving[index[one]] += path.conversions + path.nulls
        leaving[index[grams[-1]]] += path.conversions + path.nulls
        convert[index[grams[-1]]] += path.conversions
        value[index[grams[-1]]] += path.value
    leaving[leaving == 0] = 1
    is_removed = np.array([state != "start" and without in state for state in states])
    step[is_removed], convert[is_removed], value[is_removed] = 0, 0, 0
    rewards = np.column_stack((convert, value)) / leaving[:, None]
    solved = np.linalg.solve(np.eye(len(states)) - step / leaving[:, None], rewards)
    return solved[0, 0], solved[0, 1]


@pytest.fixture(params=[0.0, 1e9], ids=["solved anew", "corrected"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take one of the two ways to the same numbers always."""
    monkeypatch.setattr(removal, "SOLVES_PER_FACTORISATION", request.param)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_the_chain_agrees_with_a_dense_solution(order: int) -> None:
    @settings(max_examples=40, deadline=None)
    @given(journeys())
    def agrees(paths: list[PathCount]) -> None:
        chain = fit_chain(paths, order)
        scale = 1 + sum(abs(p.value) for p in paths)
        for row, without in enumerate((None, *chain.channels)):
            probability, value = dense_expectations(paths, order, without)
            assert chain.expectations[row, 0] == pytest.approx(probability, abs=1e-12)
            assert chain.expectations[row, 1] == pytest.approx(value, abs=1e-12 * scale)

    agrees()


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 25), st.integers(0, 2**32 - 1))
def test_both_ways_agree_on_random_chains(size: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    step = random.random((size, size)) * (random.random((size, size)) < 0.4)
    step /= step.sum(axis=1, keepdims=True) + random.random((size, 1)) + 1e-3
    rewards, start = random.random((size, 2)), random.dirichlet(np.ones(size))
    masks = [random.random(size) < share for share in (0.0, 0.2, 0.8, 1.0)]
    found = expected_rewards(start, removal.sparse.csr_array(step), rewards, masks)
    for row, mask in enumerate([np.zeros(size, bool), *masks]):
        kept = np.flatnonzero(~mask)
        inner = np.eye(kept.size) - step[np.ix_(kept, kept)]
        expected = start[kept] @ np.linalg.solve(inner, rewards[kept])
        assert found[row] == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_states_are_in_the_order_of_their_channels_however_many_there_are() -> None:
    """Numbers of k-grams outgrow 64 bits here: 400 channels remembered ten times."""
    names = [f"c{i:03}" for i in range(400)]
    paths = [PathCount(tuple(names[i : i + 12]), 1, 0, 0) for i in range(0, 388, 7)]
    chain = fit_chain(paths, order=10)
    assert list(chain.states[1:]) == sorted(chain.states[1:])
    assert set(chain.states[1:]) == {p.channels[i : i + 10] for p in paths for i in range(3)}


def test_a_path_of_ten_thousand_touches_is_walked() -> None:
    long = PathCount(tuple("ab" * 5000), 1, 10, 0)
    chain = fit_chain([long, PathCount(("c",), 1, 10, 2)], order=2)
    assert len(chain.states) == 4
    assert chain.expectations[0, 0] == pytest.approx(1 / 4 + 3 / 4 * 1 / 3)
    assert as_paths([long]).lengths.tolist() == [10_000]
