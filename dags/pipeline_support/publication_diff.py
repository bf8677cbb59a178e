"""What two databases publish, compared: per table, day and measure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, TypeGuard

import psycopg
from psycopg import sql

from dags.pipeline_support import dbt
from dags.pipeline_support.publishing import CUSTOMER_LEVEL
from warehouse.connection import connect
from warehouse.fingerprints import FingerprintSpec, compute
from warehouse.published_tables import columns_of
from warehouse.settings import Settings

IDENTITIES = ("publication_id", "night_id", "as_of_date")
"""Columns that name a publication; a difference in them alone is none."""
KEYS = {
    "publication.list_rows": ["list_row_id"],
    "publication.party_customers": ["party_id", "valid_from"],
}
LARGEST = 3
_BATCH = 5_000
_DATES = """
    select table_name, as_of_date from ops.publications
    where status = 'in_force' and (as_of_date >= %s or left(run_id, 8) >= to_char(%s::date,
        'YYYYMMDD'))
"""


@dataclass
class Difference:
    """One published table on one day: rows by what became of them, and measures that changed."""

    table: str
    day: date
    key: list[str] = field(default_factory=list)
    """Columns that name a row; none where a row is named by all of them."""
    added: int = 0
    removed: int = 0
    changed: int = 0
    measures: dict[str, int] = field(default_factory=dict)
    """Rows in which a column changed, by column."""
    largest: list[tuple[Decimal, str, str, str]] = field(default_factory=list)
    """(size, column, key, before → after) of the largest changes of numbers."""


def compare(bank: Settings, copy: Settings, first: date) -> list[Difference]:
    """Compare everything that is in force from `first` on, or was published since then.

    Args:
        bank: what is published.
        copy: what would be.
        first: the first night that was lived again.

    Returns:
        One entry per table and day that differ, by table and day; none when nothing does.
    """
    keys = KEYS | _keys_of_models(bank)
    with connect(bank) as before, connect(copy) as after:
        found = []
        for table, days in _published(before, after, first).items():
            for day in _differing_days(before, after, table, days):
                found.append(_compare_rows(before, after, table, day, keys.get(table, [])))
    return found


def headline(found: list[Difference]) -> str:
    """`no difference`, or how much in one line."""
    if not found:
        return "no difference"
    tables = {difference.table for difference in found}
    rows = sum(d.added + d.removed + d.changed for d in found)
    return f"{len(tables)} tables differ on {len(found)} table-days, {rows:,} rows"


def as_text(found: list[Difference], first: date) -> str:
    """The report: a paragraph a table and day, its measures and its largest differences."""
    lines = [f"Backfill from {first}: {headline(found)}"]
    if found:
        lines.append("Values are told as published → as lived again.")
    for one in found:
        lines += ["", *_paragraph(one)]
    return "\n".join(lines) + "\n"


def is_taken_over(table: str) -> bool:
    """Whether a publication would replace it: aggregates, not what says what was done."""
    return table.startswith("bi.") and table not in CUSTOMER_LEVEL


def _paragraph(one: Difference) -> list[str]:
    counts = (("added", one.added), ("removed", one.removed), ("changed", one.changed))
    rows = ", ".join(f"{count:,} {what}" for what, count in counts if count)
    stays = "" if is_taken_over(one.table) else "; stays as published"
    lines = [f"{one.table} of {one.day}, rows {rows}{stays}"]
    lines += [f"    {name} differs in {n:,}" for name, n in sorted(one.measures.items())]
    if one.largest and one.key:
        lines.append(f"    largest, by {' · '.join(one.key)}:")
    lines += [f"        {key}: {column} {how}" for _, column, key, how in one.largest]
    return lines


def _keys_of_models(settings: Settings) -> dict[str, list[str]]:
    """Keys of the published models, from the test that holds them."""
    nodes = dbt.manifest(settings)["nodes"]
    found = {}
    for node in nodes.values():
        test = node.get("test_metadata") or {}
        model = nodes.get(node.get("attached_node") or "")
        if model and test.get("name") == "unique_combination" and model["schema"] == "bi":
            columns = test["kwargs"]["columns"]
            found[f"bi.{model['name']}"] = [name for name in columns if name != "as_of_date"]
    return found


def _published(
    before: psycopg.Connection, after: psycopg.Connection, first: date
) -> dict[str, list[date]]:
    """Days that the nights from `first` on published, by table, on either side."""
    found: dict[str, set[date]] = {}
    for connection in (before, after):
        for table, day in connection.execute(_DATES, [first, first]).fetchall():
            found.setdefault(table, set()).add(day)
    return {table: sorted(days) for table, days in sorted(found.items())}


def _differing_days(
    before: psycopg.Connection, after: psycopg.Connection, table: str, days: list[date]
) -> list[date]:
    exclude = tuple(name for name in IDENTITIES[:2] if name in columns_of(before, table))
    spec = FingerprintSpec(table, "as_of_date", "as_of_date", exclude)
    names = [day.isoformat() for day in days]
    one, other = (compute(connection, spec, names) for connection in (before, after))
    return [day for day, name in zip(days, names, strict=True) if one[name] != other[name]]


def _compare_rows(
    before: psycopg.Connection, after: psycopg.Connection, table: str, day: date, key: list[str]
) -> Difference:
    columns = [name for name in columns_of(before, table) if name not in IDENTITIES]
    found = Difference(table, day, key)
    key = key or columns
    measures = [name for name in columns if name not in key]
    one, other = (_rows(connection, table, day, key, measures) for connection in (before, after))
    row, mate = next(one, None), next(other, None)
    while row is not None or mate is not None:
        if mate is None or (row is not None and row[0] < mate[0]):
            found.removed += 1
            row = next(one, None)
        elif row is None or mate[0] < row[0]:
            found.added += 1
            mate = next(other, None)
        else:
            _compare_values(found, measures, row, mate)
            row, mate = next(one, None), next(other, None)
    return found


def _compare_values(
    found: Difference, measures: list[str], row: tuple[str, Any], mate: tuple[str, Any]
) -> None:
    changes = [
        (name, was, now)
        for name, was, now in zip(measures, row[1], mate[1], strict=True)
        if was != now
    ]
    found.changed += bool(changes)
    for name, was, now in changes:
        found.measures[name] = found.measures.get(name, 0) + 1
        size = _size(was, now)
        if size is not None:
            found.largest.append((size, name, row[0], f"{was} → {now}"))
    found.largest = sorted(found.largest, key=lambda entry: entry[0], reverse=True)[:LARGEST]


def _size(was: object, now: object) -> Decimal | None:
    numbers = [Decimal(0 if v is None else v) for v in (was, now) if v is None or _is_number(v)]
    return abs(numbers[1] - numbers[0]) if len(numbers) == 2 else None


def _is_number(value: object) -> TypeGuard[int | Decimal]:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _rows(
    connection: psycopg.Connection, table: str, day: date, key: list[str], measures: list[str]
) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """(key as text, measures) of one day, by key in code point order, read in batches."""
    query = sql.SQL(
        "select concat_ws(' · ', {key}) collate \"C\" as key, {measures} from {table} "
        "where as_of_date = %s order by 1"
    ).format(
        key=sql.SQL(", ").join(
            sql.SQL("coalesce(nullif({}::text, ''), '-')").format(sql.Identifier(name))
            for name in key
        ),
        measures=sql.SQL(", ").join(map(sql.Identifier, measures)) if measures else sql.SQL("1"),
        table=sql.Identifier(*table.split(".")),
    )
    with connection.cursor(name=f"rows_{id(key)}_{id(connection)}") as cursor:
        cursor.itersize = _BATCH
        for row in cursor.execute(query, [day]):
            yield row[0], row[1:] if measures else ()
