"""Loading `transactions` compared with a raw COPY of the same rows, side by side.

The yardstick is psycopg streaming an equivalent CSV file, made beforehand, into an identical
partitioned table: same columns, same index, own transaction. Loading includes reading the
delivered file, checking every value, duplicates, quarantine, audit and commit; `verify` (which
reads the file once more, and hashes it) is shown apart and together with the load.
"""

from __future__ import annotations

from bench.child import Done, work
from bench.place import served_place
from bench.results import Limit, Row, Say
from bench.sizes import Bank, Sizes

_LIMIT = Limit(60, at_least=True)


def ingestion_load(sizes: Sizes, say: Say) -> list[Row]:
    """Load postings delivered as Parquet and as CSV, each beside a raw COPY."""
    with served_place(Bank(1, 1)) as settings:
        done = work(settings, say, "load_postings", str(sizes.postings))
    return [row for file_format in done.parts() for row in _rows(done, file_format)]


def _rows(done: Done, file_format: str) -> list[Row]:
    found = {s.event.step: s.event for s in done.steps if s.event.part == file_format}
    copy, check, load = (found[step].seconds for step in ("copy", "verify", "load"))
    of = f"{found['load'].count:,} rows"
    return [
        Row(f"{file_format}: raw COPY of {of}", copy, "s"),
        Row(f"{file_format}: verify", check, "s"),
        Row(f"{file_format}: load", load, "s", peak_mb=done.together_mb),
        Row(f"{file_format}: load, of raw COPY's speed", 100 * copy / load, "%", _LIMIT),
        Row(f"{file_format}: verify and load", 100 * copy / (check + load), "%"),
    ]
