"""Rows of an archived file: typed, with tokens and ciphertexts where personal columns were."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingestion.contracts import ARRIVED, Contract
from ingestion.landing import LandedFile
from ingestion.manifest import ArchivedFile
from ingestion.parsing import SOURCE_ROW, ParsedChunk, Reject
from ingestion.readers import BATCH_ROWS
from warehouse.errors import LandingError

_REJECT_FIELDS: list[tuple[str, Any]] = [
    ("source_row", pa.int64()),
    ("arrived_date", pa.date32()),
    ("reason", pa.string()),
    ("detail", pa.string()),
    ("text", pa.binary()),
    ("party_id", pa.string()),
    ("control_value", pa.int64()),
]
REJECT_SCHEMA = pa.schema(_REJECT_FIELDS)
"""As `Reject`; `text` is sealed and `party_id` is a token."""


def ciphertext_name(column: str) -> str:
    """Name of the archive's column with the encrypted value."""
    return f"{column}_ciphertext"


def hmac_name(column: str) -> str:
    """Name of the archive's column with the keyed hash of the exact value."""
    return f"{column}_hmac"


def archived_schema(contract: Contract) -> pa.Schema:
    """Columns of an archived rows file."""
    fields: dict[str, pa.DataType] = {
        column.raw_name: column.arrow_type for column in contract.columns
    }
    fields |= {ARRIVED: pa.date32(), SOURCE_ROW: pa.int64()}
    for column in contract.personal:
        if column.pii == "direct":
            fields |= {ciphertext_name(column.name): pa.binary()}
            fields |= {hmac_name(column.name): pa.binary()}
    return pa.schema(fields)


def archived_chunks(landed: LandedFile, contract: Contract) -> Iterator[ParsedChunk]:
    """The rows of one archived file, then its rejects.

    Raises:
        LandingError: the archive was written under another contract.
    """
    kept = landed.archived
    assert kept is not None, "only archived files are read from the archive"
    yield from _row_chunks(landed, kept, contract)
    rejects = pq.read_table(landed.folder / kept.rejects_file).to_pylist()
    sealed = tuple(Reject(**reject, is_sealed=True) for reject in rejects)
    nothing = pa.RecordBatch.from_pylist([], archived_schema(contract))
    known = [reject.control_value for reject in sealed if reject.control_value is not None]
    unknown = len(sealed) - len(known) if contract.control_column else 0
    yield ParsedChunk(nothing, sealed, control_sum=sum(known), control_unknown=unknown)


def _row_chunks(
    landed: LandedFile, kept: ArchivedFile, contract: Contract
) -> Iterator[ParsedChunk]:
    schema = archived_schema(contract)
    with pq.ParquetFile(landed.folder / kept.rows_file) as file:
        missing = set(schema.names) - set(file.schema_arrow.names)
        if missing:
            raise LandingError(
                expected=f"the columns of the contract of {contract.feed}",
                found=f"no column {', '.join(sorted(missing))}",
                where=f"archive: {kept.rows_file}",
                remedy="load it with the version of the contract under which it was archived",
            )
        for batch in file.iter_batches(batch_size=BATCH_ROWS, columns=schema.names):
            total = 0
            if contract.control_column:
                total = pc.sum(batch.column(contract.control_column)).as_py() or 0
            yield ParsedChunk(batch.select(schema.names), (), total, 0)
