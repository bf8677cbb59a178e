"""Roles of those who read: they are granted views, never the tables or partitions below."""

from __future__ import annotations

import psycopg
from psycopg import sql

from warehouse.errors import WarehouseError

BI_READER = "bankloop_bi_reader"
CUSTOMER_READER = "bankloop_customer_reader"
CAMPAIGN_READER = "bankloop_campaign_reader"
_PURPOSES = {
    BI_READER: "aggregates of at least 10 customers",
    CUSTOMER_READER: "customer-level views: pseudonymous personal data",
    CAMPAIGN_READER: "open list rows through the views of publication",
}
_SCHEMAS = {
    BI_READER: ("bi",),
    CUSTOMER_READER: ("bi",),
    CAMPAIGN_READER: ("publication",),
}


def create_roles(connection: psycopg.Connection) -> None:
    """Create the three reading roles unless they exist, and let them enter their schemas.

    Raises:
        WarehouseError: a role is missing and the user may not create roles.
    """
    for role in _PURPOSES:
        if not _exists(connection, role):
            _create(connection, role)
        for schema in _SCHEMAS[role]:
            connection.execute(
                sql.SQL("grant usage on schema {} to {}").format(
                    sql.Identifier(schema), sql.Identifier(role)
                )
            )


def grant_read(connection: psycopg.Connection, view: str, *roles: str) -> None:
    """Let roles read one view, given as `schema.name`."""
    for role in roles:
        connection.execute(
            sql.SQL("grant select on {} to {}").format(
                sql.Identifier(*view.split(".")), sql.Identifier(role)
            )
        )


def _create(connection: psycopg.Connection, role: str) -> None:
    try:
        with connection.transaction():
            connection.execute(sql.SQL("create role {} nologin").format(sql.Identifier(role)))
            connection.execute(
                sql.SQL("comment on role {} is {}").format(
                    sql.Identifier(role), sql.Literal(_PURPOSES[role])
                )
            )
    except (psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
        return
    except psycopg.errors.InsufficientPrivilege as error:
        raise WarehouseError(
            expected=f"a role {role}",
            found="none, and the user of BANKLOOP_WAREHOUSE_URL may not create roles",
            where="BANKLOOP_WAREHOUSE_URL",
            remedy=f"let an administrator run: create role {role} nologin",
        ) from error


def _exists(connection: psycopg.Connection, role: str) -> bool:
    found = connection.execute("select 1 from pg_roles where rolname = %s", [role])
    return found.fetchone() is not None
