"""Contradictory copies back from their files, to be kept in quarantine as they were delivered."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ingestion.contracts import ARRIVED, Contract
from ingestion.duplicates import Conflict
from ingestion.landing import LandedFile
from ingestion.parsing import SOURCE_ROW, Reject, Span
from ingestion.quarantine import CONFLICT
from ingestion.sources import parsed_chunks


def conflicting_rejects(
    conflicts: Sequence[Conflict], files: Sequence[LandedFile], contract: Contract, span: Span
) -> Iterator[tuple[int, list[Reject]]]:
    """Per file number, the rejects of its contradictory rows; reads only files that have some."""
    by_file: dict[int, dict[int, Conflict]] = defaultdict(dict)
    for conflict in conflicts:
        by_file[conflict.file_number][conflict.source_row] = conflict
    for number, wanted in by_file.items():
        rejects: list[Reject] = []
        for chunk in parsed_chunks(files[number], contract, span):
            numbers = chunk.rows.column(SOURCE_ROW).to_numpy()
            places = np.flatnonzero(np.isin(numbers, list(wanted)))
            found = chunk.rows.take(places).to_pylist()
            rejects += [_reject(row, wanted[row[SOURCE_ROW]], contract) for row in found]
        yield number, rejects


def _reject(row: dict[str, Any], conflict: Conflict, contract: Contract) -> Reject:
    delivered = {name: value for name, value in row.items() if not isinstance(value, bytes)}
    seen = conflict.seen_date
    return Reject(
        source_row=conflict.source_row,
        arrived_date=row[ARRIVED],
        reason=CONFLICT,
        detail=f"differs from the row loaded on {seen}" if seen else "copies differ",
        text=json.dumps(delivered, ensure_ascii=False, default=str).encode(),
        party_id=row[contract.party] if contract.party else None,
    )
