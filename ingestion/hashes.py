"""64-bit hashes of row keys, to find the few rows whose key and version may occur twice.

A hash collision only makes two rows look suspicious; rows are told apart by their values.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingestion.arrow_text import Values, content_of
from ingestion.contracts import Contract

Hashes = npt.NDArray[np.uint64]

_POSITIONS = 4096
_WEIGHTS: Hashes = np.random.default_rng(20240101).integers(
    1, 2**63, _POSITIONS, dtype=np.uint64
) | np.uint64(1)


def key_hashes(rows: pa.RecordBatch, contract: Contract) -> Hashes:
    """One hash a row over its key columns and version; equal keys have equal hashes."""
    total = np.zeros(rows.num_rows, np.uint64)
    for index, name in enumerate((*contract.key, contract.version)):
        total *= np.uint64(0x9E3779B97F4A7C15)
        total += _column_hashes(rows.column(name)) * _WEIGHTS[index]
    return total


def repeated(parts: list[Hashes]) -> Hashes:
    """The hashes that occur more than once over all parts, sorted.

    Memory: 16 bytes a row while it sorts.
    """
    if not parts:
        return np.empty(0, np.uint64)
    ordered = np.concatenate(parts)
    ordered.sort()
    return np.unique(ordered[1:][ordered[1:] == ordered[:-1]])


def contained(hashes: Hashes, wanted: Hashes) -> npt.NDArray[np.bool_]:
    """Which of `hashes` are in the sorted array `wanted`."""
    if wanted.size == 0:
        return np.zeros(hashes.size, np.bool_)
    places = np.minimum(np.searchsorted(wanted, hashes), wanted.size - 1)
    found: npt.NDArray[np.bool_] = wanted[places] == hashes
    return found


def _column_hashes(values: Values) -> Hashes:
    if pa.types.is_string(values.type):
        return _text_hashes(values)
    width = pa.int32() if values.type.bit_width == 32 else pa.int64()
    numbers = values.view(width).to_numpy(zero_copy_only=False)
    hashes: Hashes = numbers.astype(np.int64).view(np.uint64)
    return hashes


def _text_hashes(values: Values) -> Hashes:
    """Multilinear hash: the sum of byte x weight of its position, modulo 2^64."""
    edges, content = content_of(values)
    lengths = np.diff(edges)
    if lengths.size and 0 < lengths.min() == lengths.max() <= _POSITIONS:
        table = content.reshape(len(values), -1).astype(np.uint64) + np.uint64(1)
        same: Hashes = table @ _WEIGHTS[: table.shape[1]]
        return same
    places = np.arange(content.size) - np.repeat(edges[:-1], lengths)
    terms = (content.astype(np.uint64) + np.uint64(1)) * _WEIGHTS[places % _POSITIONS]
    running = np.concatenate([np.zeros(1, np.uint64), np.cumsum(terms, dtype=np.uint64)])
    mixed: Hashes = running[edges[1:]] - running[edges[:-1]]
    return mixed
