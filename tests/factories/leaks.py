"""Looking for the simulator's canaries wherever they must not be: in files and in tables."""

import gzip
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow.parquet as pq
from psycopg import sql

from simulator import Canary
from warehouse.connection import connect
from warehouse.settings import Settings

_TABLES = """
    select n.nspname, c.relname
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'm') and n.nspname not like 'pg\\_%'
        and n.nspname <> 'information_schema'
    order by 1, 2
"""
_COPY = "copy (select * from {}) to stdout"


def marks(canaries: Iterable[Canary]) -> tuple[str, ...]:
    """What is unmistakable of each canary; name and address share a tag, all in plain letters."""
    found: set[str] = set()
    for canary in canaries:
        tag = canary.name[canary.name.index("Canary-") :]
        assert tag in canary.address
        found |= {tag, canary.document_no, canary.mobile, canary.email.split("@")[0]}
    return tuple(sorted(found))


def leaks_in_files(folder: Path, canaries: Iterable[Canary]) -> set[str]:
    """Files below a folder that hold a mark, in clear, compressed or as parquet."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {path.relative_to(folder).as_posix() for path in files if leaks_in(path, canaries)}


def leaks_in(path: Path, canaries: Iterable[Canary]) -> bool:
    """Whether one file holds a mark."""
    forms = [m.encode(code) for m in marks(canaries) for code in ("utf-8", "utf-16-le")]
    return any(form in part for part in _contents(path) for form in forms)


def leaks_in_tables(settings: Settings, canaries: Iterable[Canary]) -> set[str]:
    """Tables `schema.table` of a database with a mark in a row, as text or in bytes (as hex)."""
    texts = [mark.encode() for mark in marks(canaries)]
    wanted = texts + [text.hex().encode() for text in texts]
    found = set()
    with connect(settings) as connection:
        for schema, name in connection.execute(_TABLES).fetchall():
            copy = sql.SQL(_COPY).format(sql.Identifier(schema, name))
            with connection.cursor().copy(copy) as rows:
                content = b"".join(rows)
            if any(form in content for form in wanted):
                found.add(f"{schema}.{name}")
    return found


def _contents(path: Path) -> Iterator[bytes]:
    """A file as it lies there, and what is packed into it."""
    raw = path.read_bytes()
    yield raw
    if raw[:4] == b"PAR1":
        for batch in pq.ParquetFile(path).iter_batches():
            plain = (
                c.dictionary_decode() if hasattr(c, "dictionary") else c for c in batch.columns
            )
            yield from (part.to_pybytes() for c in plain for part in c.buffers() if part)
    elif raw[:2] == b"\x1f\x8b":
        yield gzip.decompress(raw)
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as pack:
            yield from (pack.read(name) for name in pack.namelist())
