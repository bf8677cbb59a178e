"""Numbers depend on their keys alone."""

import numpy as np
import pyarrow as pa

from simulator import randomness


def test_batches_do_not_matter() -> None:
    whole = randomness.keys(3, "stream", 100, np.arange(1_000))
    parts = [randomness.keys(3, "stream", 100, part) for part in np.split(np.arange(1_000), 4)]
    assert (whole == np.concatenate(parts)).all()


def test_seed_stream_day_and_index_matter() -> None:
    agents = np.arange(50)
    found = [
        randomness.keys(3, "stream", 100, agents),
        randomness.keys(4, "stream", 100, agents),
        randomness.keys(3, "other", 100, agents),
        randomness.keys(3, "stream", 101, agents),
        randomness.keys(3, "stream", 100, agents, 1),
    ]
    assert len(np.unique(np.concatenate(found))) == 250


def test_uniforms_are_uniform_and_independent() -> None:
    keys = randomness.keys(1, "u", 0, np.arange(200_000))
    first, second = randomness.uniform(keys, 0), randomness.uniform(keys, 1)
    share, _ = np.histogram(first, bins=20, range=(0, 1))
    assert np.abs(share / len(first) - 0.05).max() < 0.003
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.01
    assert abs(np.corrcoef(first[1:], first[:-1])[0, 1]) < 0.01


def test_poisson_has_its_mean_and_variance() -> None:
    keys = randomness.keys(1, "p", 0, np.arange(200_000))
    for rate in (0.05, 0.7, 4.0):
        counts = randomness.poisson(np.full(len(keys), rate), randomness.uniform(keys))
        assert abs(counts.mean() - rate) < 0.02 * max(rate, 0.5)
        assert abs(counts.var() - rate) < 0.03 * max(rate, 0.5)


def test_expand_numbers_the_rows_of_each_owner() -> None:
    owner, index = randomness.expand(np.array([2, 0, 3]))
    assert owner.tolist() == [0, 0, 2, 2, 2]
    assert index.tolist() == [0, 1, 0, 1, 2]


def test_ids_are_written_as_text() -> None:
    assert randomness.number_ids("P", np.array([7, 1234567]), 7).to_pylist() == [
        "P0000007", "P1234567",
    ]  # fmt: skip
    keys = np.array([0, 2**64 - 1, 0x0123456789ABCDEF], dtype=np.uint64)
    assert randomness.hex_ids("T", keys).to_pylist() == [
        "T0000000000000000", "Tffffffffffffffff", "T0123456789abcdef",
    ]  # fmt: skip


def test_text_keys_depend_on_the_text() -> None:
    keys = randomness.text_keys(pa.array(["a", "b", "a"]))
    assert keys[0] == keys[2] != keys[1]


def test_cells_are_those_of_nonzero() -> None:
    mask = randomness.uniform(randomness.keys(1, "m", 0, np.arange(60))).reshape(12, 5) < 0.4
    assert all(
        (a == b).all() for a, b in zip(randomness.cells(mask), np.nonzero(mask), strict=True)
    )
