"""One stream of parsed chunks, whether a file lies in the inbox or in the archive."""

from __future__ import annotations

from collections.abc import Iterator

from ingestion.archived import archived_chunks
from ingestion.contracts import Contract
from ingestion.landing import LandedFile
from ingestion.parsing import ParsedChunk, Span, delivered_columns, parse_chunk
from ingestion.readers import read_chunks


def parsed_chunks(landed: LandedFile, contract: Contract, span: Span) -> Iterator[ParsedChunk]:
    """The file's rows in order; archived ones carry tokens where personal columns were.

    Raises:
        LandingError: the file cannot be read, or lacks a column.
    """
    if landed.archived is not None:
        yield from archived_chunks(landed, contract)
        return
    columns = delivered_columns(contract, span)
    for chunk in read_chunks(landed.path, landed.entry, columns):
        yield parse_chunk(chunk, contract, span, landed.entry.encoding)
