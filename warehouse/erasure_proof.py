"""What the warehouse still holds of erased parties: every check names a place and counts rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import psycopg
from psycopg import sql

from warehouse.connection import relation_exists
from warehouse.erasure import BLANKED_SCHEMAS, KEPT, REMOVED, Subject, attributes_in, tables_with

_LINKING = ("document_no_token", "mobile_token", "email_token", "device_id_token")
"""Keyed tokens that the versions of parties keep: identity of earlier days rests on them."""


@dataclass(frozen=True)
class Check:
    """One place that was looked at; `rows` that must not be there, `note` says what they are."""

    place: str
    rows: int
    note: str

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found."""
        return self.rows == 0


def checks_of_warehouse(connection: psycopg.Connection, subject: Subject) -> Iterator[Check]:
    """Vault, attributes in every layer, derived rows, open list rows."""
    yield from _vault(connection, subject)
    for schema, kinds in [("staging", "v"), *((name, "rp") for name in BLANKED_SCHEMAS)]:
        yield from _attributes(connection, subject, schema, kinds)
    yield from _derived(connection, subject)
    if relation_exists(connection, "publication.open_rows"):
        yield _count(
            connection, "publication.open_rows", "customer_id", subject.customers, "open list rows"
        )


def remaining_rows(connection: psycopg.Connection, subject: Subject) -> dict[str, int]:
    """Rows that stay as facts, by table: keys, amounts, dates and codes that aggregates count."""
    found: dict[str, int] = {}
    values = {
        "party_id": subject.parties,
        "customer_id": subject.customers,
        "account_id": subject.accounts,
    }
    for (schema,) in connection.execute(
        "select nspname::text from pg_namespace where nspname not like 'pg\\_%' "
        "and nspname not in ('information_schema', 'vault', 'truth') order by 1"
    ).fetchall():
        for key, wanted in values.items():
            for table in tables_with(connection, schema, "%", key):
                name = f"{schema}.{table}"
                if name not in found:
                    count = _count(connection, name, key, wanted, "").rows
                    found |= {name: count} if count else {}
    return found


def _vault(connection: psycopg.Connection, subject: Subject) -> Iterator[Check]:
    parties = subject.parties
    yield _count(connection, "vault.data_keys", "party_id", parties, "data keys")
    yield _count(connection, "vault.personal_values", "party_id", parties, "encrypted values")
    entered = _count(connection, "vault.erased_parties", "party_id", parties, "").rows
    yield Check("vault.erased_parties", len(parties) - entered, "parties that are not entered")


def _attributes(
    connection: psycopg.Connection, subject: Subject, schema: str, kinds: str
) -> Iterator[Check]:
    for found in attributes_in(connection, subject, schema, kinds):
        columns = found.columns
        if schema == "staging" and found.table.endswith("_versions"):
            columns = tuple(name for name in columns if name not in _LINKING)
        if not columns:
            continue
        kept = replace(found, columns=columns)
        statement = sql.SQL("select count(*) from {} where {}").format(
            sql.Identifier(schema, found.table), kept.condition()
        )
        row = connection.execute(statement, [list(found.values)]).fetchone()
        yield Check(f"{schema}.{found.table}", row[0] if row else 0, "rows with attributes")


def _derived(connection: psycopg.Connection, subject: Subject) -> Iterator[Check]:
    for schema, pattern in REMOVED:
        for table in tables_with(connection, schema, pattern, "customer_id"):
            if table not in KEPT:
                name = f"{schema}.{table}"
                yield _count(connection, name, "customer_id", subject.customers, "derived rows")


def _count(
    connection: psycopg.Connection, table: str, key: str, values: tuple[str, ...], note: str
) -> Check:
    statement = sql.SQL("select count(*) from {} where {} = any(%s)").format(
        sql.Identifier(*table.split(".")), sql.Identifier(key)
    )
    row = connection.execute(statement, [list(values)]).fetchone()
    return Check(table, row[0] if row else 0, note)
