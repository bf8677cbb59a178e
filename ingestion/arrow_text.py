"""The bytes behind an Arrow text column, as numpy views."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Values: TypeAlias = Any
"""An Arrow array of any type: the stubs of pyarrow.compute follow types only in part."""

Edges: TypeAlias = npt.NDArray[np.int64]
Bytes: TypeAlias = npt.NDArray[np.uint8]


def content_of(values: Values) -> tuple[Edges, Bytes]:
    """Edges (one more than values, starting at 0) and bytes of a string or binary array."""
    _, offsets, data = values.buffers()
    if len(values) == 0 or offsets is None or data is None:
        return np.zeros(len(values) + 1, np.int64), np.empty(0, np.uint8)
    stored = np.frombuffer(offsets, np.int32)[values.offset : values.offset + len(values) + 1]
    content = np.frombuffer(data, np.uint8)[stored[0] : stored[-1]]
    return (stored - stored[0]).astype(np.int64), content
