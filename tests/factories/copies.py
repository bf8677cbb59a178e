"""Copies of the finished bank, database and folders, always under one name.

dbt writes the database's name into its manifest, so a copy under another name would cost a parse.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from psycopg import sql

from warehouse.connection import clone_database, connect, drop_database
from warehouse.settings import Settings

WORKING = "bank_with_history"
KEPT = "template_history"


def keep(settings: Settings) -> Settings:
    """Put the finished bank aside as a template; returns settings with which it can be read."""
    with connect(settings, database="postgres", autocommit=True) as connection:
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [WORKING]
        )
        rename = sql.SQL("alter database {} rename to {}")
        connection.execute(rename.format(sql.Identifier(WORKING), sql.Identifier(KEPT)))
    return settings.model_copy(update={"database": KEPT})


@contextmanager
def copy_of(kept: Settings, folder: Path) -> Iterator[Settings]:
    """A bank of its own: all folders but the Data Docs, which are many files."""
    clone_database(kept, KEPT, WORKING)
    shutil.copytree(kept.var_dir, folder, ignore=shutil.ignore_patterns(kept.docs_dir.name))
    try:
        yield kept.model_copy(update={"database": WORKING, "var_dir": folder})
    finally:
        drop_database(kept, WORKING)
