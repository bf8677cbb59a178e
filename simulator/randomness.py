"""Counter-based random numbers: a value is a function of (seed, stream, day, customer, index).

Nothing is drawn from a generator with memory, so the numbers do not depend on the order or the
size of the batches in which they are asked for. The mixing function is splitmix64 (Steele, Lea and
Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
"""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import ndtri  # type: ignore[import-untyped]

Keys = NDArray[np.uint64]
Floats = NDArray[np.float64]
Ints = NDArray[np.integer[Any]]
Bools = NDArray[np.bool_]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_MASK = (1 << 64) - 1
_HEX = np.frombuffer(b"".join(b"%02x" % value for value in range(256)), dtype=np.uint16)


def mix(values: Keys) -> Keys:
    """Return the splitmix64 finaliser of each value; the input is left untouched."""
    mixed = values + _GOLDEN
    mixed ^= mixed >> np.uint64(30)
    mixed *= _FIRST
    mixed ^= mixed >> np.uint64(27)
    mixed *= _SECOND
    mixed ^= mixed >> np.uint64(31)
    return mixed


def _mix_one(value: int) -> int:
    return int(mix(np.array([value & _MASK], dtype=np.uint64))[0])


def stream_base(seed: int, stream: str, day: int = 0) -> int:
    """Return the 64-bit base of a named stream on a day."""
    named = _mix_one(_mix_one(seed) ^ zlib.crc32(stream.encode()))
    return _mix_one(named ^ (day * 0x2545F4914F6CDD1D & _MASK))


def keys(
    seed: int, stream: str, day: int, agents: Ints | Keys, index: Ints | int | None = None
) -> Keys:
    """Return one key per agent (and per index within the agent) of a stream on a day."""
    base = np.uint64(stream_base(seed, stream, day))
    mixed = mix(np.asarray(agents).astype(np.uint64) ^ base)
    if index is None:
        return mixed
    return mix(mixed ^ (np.asarray(index).astype(np.uint64) * _FIRST))


def uniform(row_keys: Keys, draw: int = 0) -> Floats:
    """Return a uniform number in (0, 1) per key; `draw` numbers the draws of one key."""
    mixed = mix(row_keys ^ np.uint64(draw * 0xD1B54A32D192ED03 & _MASK))
    return ((mixed >> np.uint64(11)).astype(np.float64) + 0.5) * (1.0 / (1 << 53))


def normal(row_keys: Keys, draw: int = 0) -> Floats:
    """Return a standard normal number per key."""
    return np.asarray(ndtri(uniform(row_keys, draw)), dtype=np.float64)


def poisson(rates: Floats, uniforms: Floats, largest: int = 40) -> Ints:
    """Return Poisson counts by inversion of `uniforms` at `rates`, at most `largest`."""
    counts = np.zeros(len(rates), dtype=np.int64)
    term = np.exp(-rates)
    cumulative = term.copy()
    pending = np.flatnonzero(uniforms > cumulative)
    term, cumulative = term[pending], cumulative[pending]
    rate, target = rates[pending], uniforms[pending]
    for count in range(1, largest + 1):
        if not len(pending):
            break
        counts[pending] = count
        term = term * rate / count
        cumulative = cumulative + term
        keep = target > cumulative
        pending, term, cumulative = pending[keep], term[keep], cumulative[keep]
        rate, target = rate[keep], target[keep]
    return counts


def expand(counts: Ints) -> tuple[Ints, Ints]:
    """Return (owner position, index within the owner) of each of `counts.sum()` rows."""
    owner = np.repeat(np.arange(len(counts)), counts)
    starts = np.cumsum(counts) - counts
    return owner, np.arange(len(owner)) - np.repeat(starts, counts)


def choose(cumulative: Floats, uniforms: Floats) -> Ints:
    """Return, per row, the index chosen by a uniform among cumulative shares (rows or one row)."""
    if cumulative.ndim == 1:
        chosen = np.searchsorted(cumulative, uniforms * cumulative[-1], side="right")
        return np.asarray(np.minimum(chosen, len(cumulative) - 1), np.int64)
    below = cumulative < (uniforms * cumulative[:, -1])[:, None]
    return np.asarray(np.minimum(below.sum(axis=1), cumulative.shape[1] - 1), np.int64)


def text_keys(values: pa.Array[Any]) -> Keys:
    """Return a stable 64-bit key per string."""
    encoded = [str(value).encode() for value in values.to_pylist()]
    pairs = [zlib.crc32(text) << 32 | zlib.adler32(text) for text in encoded]
    return mix(np.array(pairs, dtype=np.uint64))


def fixed_strings(matrix: NDArray[np.uint8]) -> pa.Array[Any]:
    """Return the rows of an n × width ASCII matrix as an Arrow string array."""
    count, width = matrix.shape
    offsets = np.arange(count + 1, dtype=np.int32) * np.int32(width)
    content = np.ascontiguousarray(matrix)
    buffers = [None, pa.py_buffer(offsets.data), pa.py_buffer(content.data)]
    return pa.Array.from_buffers(pa.string(), count, buffers)


def hex_ids(prefix: str, row_keys: Keys) -> pa.Array[Any]:
    """Return `prefix` + 16 hexadecimal digits of each key."""
    digits = _HEX[row_keys.astype(">u8").view(np.uint8)].view(np.uint8).reshape(-1, 16)
    head = np.frombuffer(prefix.encode(), dtype=np.uint8)
    matrix = np.empty((len(row_keys), len(head) + 16), dtype=np.uint8)
    matrix[:, : len(head)] = head
    matrix[:, len(head) :] = digits
    return fixed_strings(matrix)


def number_ids(prefix: str, numbers: Ints, width: int) -> pa.Array[Any]:
    """Return `prefix` + each number with leading zeros."""
    head = np.frombuffer(prefix.encode(), dtype=np.uint8)
    matrix = np.empty((len(numbers), len(head) + width), dtype=np.uint8)
    matrix[:, : len(head)] = head
    rest = numbers.copy()
    for position in range(width - 1, -1, -1):
        rest, digit = np.divmod(rest, 10)
        matrix[:, len(head) + position] = digit + 48
    return fixed_strings(matrix)


def cells(mask: Bools) -> tuple[Ints, Ints]:
    """Return (row, column) of the true cells of a matrix, as `nonzero` does but faster."""
    flat = np.flatnonzero(mask)
    return flat // mask.shape[1], flat % mask.shape[1]
