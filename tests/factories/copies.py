"""Copies of the bank, database and folders; the bank that works always has one database name.

dbt writes the database's name into its manifest, so work under another name would cost a parse.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from psycopg import sql

from warehouse.connection import clone_database, connect, drop_database
from warehouse.settings import Settings

WORKING = "bank_with_history"


def set_aside(settings: Settings, name: str) -> Settings:
    """Copy the bank as it is now, to be worked on later; returns settings of the copy."""
    kept = settings.model_copy(
        update={"database": name, "var_dir": settings.var_dir.with_name(name)}
    )
    _copy(settings, kept)
    return kept


def rename(settings: Settings, name: str) -> Settings:
    """Give the finished bank a name of its own; returns settings with which it can be read."""
    with connect(settings, database="postgres", autocommit=True) as connection:
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [WORKING]
        )
        statement = sql.SQL("alter database {} rename to {}")
        connection.execute(statement.format(sql.Identifier(WORKING), sql.Identifier(name)))
    return settings.model_copy(update={"database": name})


@contextmanager
def copy_of(kept: Settings, folder: Path) -> Iterator[Settings]:
    """A bank to work on, made from one that was set aside; it is gone after the block."""
    working = kept.model_copy(update={"database": WORKING, "var_dir": folder})
    _copy(kept, working)
    try:
        yield working
    finally:
        drop_database(kept, WORKING)


def _copy(one: Settings, other: Settings) -> None:
    """All folders but the Data Docs, which are many files."""
    clone_database(one, one.database_name, other.database_name)
    shutil.copytree(one.var_dir, other.var_dir, ignore=shutil.ignore_patterns(one.docs_dir.name))
