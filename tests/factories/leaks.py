"""Looking for the simulator's canaries wherever they must not be: in files and in tables."""

import gzip
import re
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import psycopg
import pyarrow.parquet as pq
from psycopg import sql

from simulator import Canary
from warehouse.connection import connect
from warehouse.settings import Settings

_COLUMNS = """
    select n.nspname, c.relname, a.attname, t.typname
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    join pg_type t on t.oid = a.atttypid
    where c.relkind in ('r', 'm') and n.nspname not like 'pg\\_%%'
        and n.nspname <> 'information_schema'
        and t.typname in ('text', 'varchar', 'bpchar', 'bytea', 'json', 'jsonb', '_text',
            '_varchar', 'name')
    order by 1, 2, 3
"""


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
    forms = [m.encode(code) for m in marks(canaries) for code in ("utf-8", "utf-16-le")]
    return {
        path.relative_to(folder).as_posix()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and _holds_any(path, forms)
    }


def leaks_in_tables(settings: Settings, canaries: Iterable[Canary]) -> set[str]:
    """Columns `schema.table.column` of a database that hold a mark, as text or in bytes."""
    wanted = marks(canaries)
    with connect(settings) as connection:
        columns = connection.execute(_COLUMNS).fetchall()
        return {
            f"{schema}.{table}.{column}"
            for schema, table, column, kind in columns
            if _holds(connection, sql.Identifier(schema, table), column, kind, wanted)
        }


def _holds_any(path: Path, forms: list[bytes]) -> bool:
    return any(form in part for part in _contents(path) for form in forms)


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


def _holds(
    connection: psycopg.Connection,
    table: sql.Identifier,
    column: str,
    kind: str,
    wanted: Iterable[str],
) -> bool:
    if kind == "bytea":
        test, given = (
            "exists (select from unnest(%s) as m where position(m in {}) > 0)",
            [[mark.encode() for mark in wanted]],
        )
    else:
        test, given = "{}::text ~ %s", ["|".join(map(re.escape, wanted))]
    query = sql.SQL("select exists (select from {} where " + test + ")")
    row = connection.execute(query.format(table, sql.Identifier(column)), given).fetchone()
    return bool(row and row[0])
