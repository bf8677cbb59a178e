"""The bytes behind an Arrow text column, as numpy views."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Values: TypeAlias = Any
"""An Arrow array of any type: the stubs of pyarrow.compute follow types only in part."""

Edges: TypeAlias = npt.NDArray[np.int64]
Bytes: TypeAlias = npt.NDArray[np.uint8]


def written_out(rows: pa.RecordBatch) -> pa.RecordBatch:
    """UTC timestamps as ISO 8601 text: pyarrow formats those with a time zone 20 times slower."""
    columns: list[Values] = [
        _instants_as_text(column) if pa.types.is_timestamp(column.type) else column
        for column in rows.columns
    ]
    return pa.RecordBatch.from_arrays(columns, names=rows.schema.names)


def _instants_as_text(instants: Values) -> Values:
    plain = instants.cast(pa.timestamp("us")).cast(pa.string())
    return pc.binary_join_element_wise(plain, "Z", "")


def content_of(values: Values) -> tuple[Edges, Bytes]:
    """Edges (one more than values, starting at 0) and bytes of a string or binary array."""
    _, offsets, data = values.buffers()
    if len(values) == 0 or offsets is None or data is None:
        return np.zeros(len(values) + 1, np.int64), np.empty(0, np.uint8)
    stored = np.frombuffer(offsets, np.int32)[values.offset : values.offset + len(values) + 1]
    content = np.frombuffer(data, np.uint8)[stored[0] : stored[-1]]
    return (stored - stored[0]).astype(np.int64), content
