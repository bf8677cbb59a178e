"""The tags that an audience may use, read from the warehouse."""

from __future__ import annotations

from typing import Any, cast

import psycopg

from campaigns.expression import Kind, Tag
from warehouse.connection import relation_exists

_KINDS: dict[str, Kind] = {
    "text": "text",
    "character varying": "text",
    "boolean": "boolean",
    "date": "date",
    "smallint": "number",
    "integer": "number",
    "bigint": "number",
    "numeric": "number",
}
_KEYS = frozenset({"customer_id", "as_of_date"})
_COLUMNS = """
    select column_name, data_type
    from information_schema.columns
    where table_schema = 'tags' and table_name = 'customer_tags'
    order by ordinal_position
"""


def read_tags(connection: psycopg.Connection[Any]) -> dict[str, Tag]:
    """Columns of `tags.customer_tags` with their kind, status from `tags.tag_catalogue`.

    A column that the catalogue does not name counts as live; columns of other types (arrays,
    timestamps) are no tags for an audience.
    """
    statuses = _statuses(connection)
    found = connection.execute(_COLUMNS).fetchall()
    return {
        name: Tag(name, _KINDS[kind], statuses.get(name, "live"))
        for name, kind in found
        if name not in _KEYS and kind in _KINDS
    }


def _statuses(connection: psycopg.Connection[Any]) -> dict[str, str]:
    if not relation_exists(connection, "tags.tag_catalogue"):
        return {}
    rows = connection.execute("select tag_code, status from tags.tag_catalogue").fetchall()
    return {str(code): cast(str, status) for code, status in rows}
