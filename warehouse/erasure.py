"""Erasing customers from the warehouse: keys, accounts, derived rows, attributes; one transaction.

Facts stay: rows with their keys, amounts and dates, and what aggregates count. What staging makes
null from now on is made null here in the tables that are not built anew every night.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import psycopg
from psycopg import sql

from warehouse.connection import has_column, relation_exists
from warehouse.errors import WarehouseError

CUSTOMER_ATTRIBUTES = (
    "name_token", "document_no_token", "mobile_token", "email_token", "address_token", "gender",
    "birth_date", "occupation", "income_band", "marital_status", "has_children", "region",
    "branch_id", "relationship_manager_id",
)  # fmt: skip
BLANKED: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("customers", ("party_id", "customer_id"), CUSTOMER_ATTRIBUTES),
    ("app_events", ("party_id",), ("device_id_token", "page")),
    ("branch_visits", ("party_id",), ("purpose", "served_by")),
    ("leads", ("party_id",), ("outcome",)),
    ("service_cases", ("party_id",), ("severity", "satisfaction")),
    ("referrals", ("referrer_party_id",), ("device_id_token",)),
    ("transactions", ("account_id",), ("merchant_category", "counterparty_token")),
    ("standing_orders", ("account_id",), ("purpose", "counterparty_token")),
)
"""What a table's name holds, the columns that say whose a row is, and what becomes null."""
BLANKED_SCHEMAS = ("intermediate", "marts", "activation")
REMOVED = (
    ("features", "ftr\\_customers"),
    ("features", "ftr\\_customers\\_\\_last\\_seen"),
    ("predictions", "%"),
    ("tags", "customer\\_tag%"),
    ("tags", "tag\\_%"),
    ("bi", "bi\\_customers%"),
)
"""Tables (schema, name) whose rows of an erased customer go: what was derived about it."""
KEPT = ("ftr_customers__daily",)


Pair = tuple[str, str]


@dataclass(frozen=True)
class Subject:
    """Whom an erasure concerns: all parties of some customers, and their accounts."""

    parties: tuple[str, ...]
    customers: tuple[str, ...]
    accounts: tuple[str, ...]


def subject_of(connection: psycopg.Connection, parties: Iterable[str]) -> Subject:
    """All parties that the alias table gives to the customers of `parties`, as of the last night.

    `customers` are the keys, earlier ones too, that never stood for anybody else.

    Raises:
        WarehouseError: a party is known neither to the alias table nor to raw.
    """
    given = list(parties)
    asked = set(given)
    now, ever = _aliases(connection)
    _refuse_unknown(connection, given, asked - {party for party, _ in ever})
    wanted = {customer for party, customer in now if party in asked}
    found = {party for party, customer in now if customer in wanted} | asked
    keys = {customer for party, customer in ever if party in found}
    others = {customer for party, customer in ever if party not in found}
    accounts = connection.execute(
        "select distinct account_id from raw.account_parties "
        "where party_id = any(%s) and role = 'owner' order by 1",
        [sorted(found)],
    )
    return Subject(
        tuple(sorted(found)), tuple(sorted(keys - others)), tuple(a for (a,) in accounts)
    )


def remember_accounts(connection: psycopg.Connection, subject: Subject) -> None:
    """Have staging blank the postings of the subject's accounts."""
    connection.execute(
        "insert into vault.erased_accounts (account_id, party_id) "
        "select distinct on (account_id) account_id, party_id from raw.account_parties "
        "where account_id = any(%s) and role = 'owner' and party_id = any(%s) "
        "order by account_id, party_id on conflict do nothing",
        [list(subject.accounts), list(subject.parties)],
    )


def remove_derived(connection: psycopg.Connection, subject: Subject) -> int:
    """Delete features, scores, tags and options of the subject; returns the rows deleted."""
    removed = 0
    for schema, pattern in REMOVED:
        for table in tables_with(connection, schema, pattern, "customer_id"):
            if table not in KEPT:
                statement = sql.SQL("delete from {} where customer_id = any(%s)")
                name = sql.Identifier(schema, table)
                removed += connection.execute(
                    statement.format(name), [list(subject.customers)]
                ).rowcount
    return removed


def blank_attributes(connection: psycopg.Connection, subject: Subject) -> int:
    """Make attributes of the subject null behind staging; returns the rows changed."""
    changed = 0
    for schema in BLANKED_SCHEMAS:
        for found in attributes_in(connection, subject, schema):
            nulls = sql.SQL(", ").join(
                sql.SQL("{} = null").format(sql.Identifier(name)) for name in found.columns
            )
            statement = sql.SQL("update {} set {} where {}").format(
                sql.Identifier(schema, found.table), nulls, found.condition()
            )
            changed += connection.execute(statement, [list(found.values)]).rowcount
    return changed


@dataclass(frozen=True)
class Attributes:
    """Columns of a table that are null for a subject, and which of its rows are the subject's."""

    table: str
    key: str
    columns: tuple[str, ...]
    values: tuple[str, ...]

    def condition(self) -> sql.Composed:
        """True for the subject's rows that are not blank yet; one parameter, `values`."""
        filled = sql.SQL(" or ").join(
            sql.SQL("{} is not null").format(sql.Identifier(name)) for name in self.columns
        )
        return sql.SQL("{} = any(%s) and ({})").format(sql.Identifier(self.key), filled)


def attributes_in(
    connection: psycopg.Connection, subject: Subject, schema: str, kinds: str = "rp"
) -> Iterator[Attributes]:
    """What has to be null of a subject in the tables (or views, `v`) of a schema."""
    values = {
        "party_id": subject.parties,
        "referrer_party_id": subject.parties,
        "customer_id": subject.customers,
        "account_id": subject.accounts,
    }
    for part, keys, columns in BLANKED:
        pattern = f"%{part}%".replace("_", "\\_")
        for key in keys:
            for table in tables_with(connection, schema, pattern, key, kinds):
                present = nullable_columns(connection, schema, table, columns)
                if present:
                    yield Attributes(table, key, tuple(sorted(present)), values[key])


def record(connection: psycopg.Connection, **values: object) -> None:
    """Write one line of `ops.erasures`; it says how many, never whom."""
    names = sql.SQL(", ").join(sql.Identifier(name) for name in values)
    marks = sql.SQL(", ").join(sql.Placeholder() * len(values))
    statement = sql.SQL("insert into ops.erasures ({}) values ({})").format(names, marks)
    connection.execute(statement, list(values.values()))


def last_night(connection: psycopg.Connection) -> date | None:
    """The last business date that was loaded, or None before any."""
    row = connection.execute(
        "select max(business_date) from ops.runs where kind <> 'batch' and status = 'published'"
    ).fetchone()
    found: date | None = row[0] if row else None
    return found


def _aliases(connection: psycopg.Connection) -> tuple[set[Pair], set[Pair]]:
    """(party, customer) pairs of the alias table: those of the last night, and all there were."""
    if not relation_exists(connection, "marts.dim_party_customers"):
        return set(), set()
    dated = has_column(connection, "marts.dim_party_customers", "valid_to")
    is_now = "valid_to >= (select max(night_date) from ops.current_night)" if dated else "true"
    rows = connection.execute(
        f"select party_id, customer_id, {is_now} from marts.dim_party_customers"
    ).fetchall()
    pairs = {(party, customer) for party, customer, _ in rows}
    return {(party, customer) for party, customer, current in rows if current}, pairs


def _refuse_unknown(
    connection: psycopg.Connection, given: Sequence[str], parties: Collection[str]
) -> None:
    if not parties:
        return
    rows = connection.execute(
        "select party_id from raw.customers where party_id = any(%(parties)s) union "
        "select party_id from raw.account_parties where party_id = any(%(parties)s) union "
        "select party_id from vault.data_keys where party_id = any(%(parties)s) union "
        "select party_id from vault.erased_parties where party_id = any(%(parties)s)",
        {"parties": sorted(parties)},
    )
    unknown = set(parties) - {party for (party,) in rows}
    if unknown:
        places = [str(place) for place, party in enumerate(given, 1) if party in unknown]
        raise WarehouseError(
            expected="parties that the bank has delivered",
            found=f"{len(unknown)} of {len(given)} unknown: number {', '.join(places[:10])}",
            where="marts.dim_party_customers, raw.customers",
            remedy="look for typing errors: party_id as the source writes it; nobody was erased",
        )


def tables_with(
    connection: psycopg.Connection, schema: str, pattern: str, column: str, kinds: str = "rp"
) -> list[str]:
    """Relations of a schema with a column, tables by default; of partitioned ones the whole."""
    rows = connection.execute(
        "select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace "
        "join pg_attribute a on a.attrelid = c.oid and a.attname = %s and not a.attisdropped "
        "where n.nspname = %s and c.relname like %s and c.relkind = any(%s) "
        "and not c.relispartition order by 1",
        [column, schema, pattern, list(kinds)],
    )
    return [name for (name,) in rows]


def nullable_columns(
    connection: psycopg.Connection, schema: str, table: str, columns: Collection[str]
) -> list[str]:
    """Those of `columns` that a relation has and that may be null."""
    rows = connection.execute(
        "select attname::text from pg_attribute where attrelid = to_regclass(%s) "
        "and attname = any(%s) and not attnotnull and not attisdropped",
        [f"{schema}.{table}", list(columns)],
    )
    return [name for (name,) in rows]
