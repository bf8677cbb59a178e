"""SQL statements of this package, one file each under `sql/`."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import LiteralString

SERVICE_PURPOSE = "service"
LIST_TABLE = "publication.list_rows"
PARTY_TABLE = "publication.party_customers"


@cache
def statement(name: str) -> LiteralString:
    """Text of `sql/<name>.sql`; parameters are named, values are always bound."""
    return files("campaigns").joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")
