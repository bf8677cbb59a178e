"""Connections to the warehouse: the embedded server, or the one of BANKLOOP_WAREHOUSE_URL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from warehouse import embedded
from warehouse.errors import LeaseError, WarehouseError
from warehouse.settings import Settings

MINIMUM_VERSION = 160_000
_ENDED = (psycopg.errors.AdminShutdown, psycopg.errors.CrashShutdown)
_OPTIONS = "-c timezone=UTC -c datestyle=ISO,YMD"


def connect(
    settings: Settings,
    *,
    database: str | None = None,
    autocommit: bool = False,
    application_name: str = "bankloop",
) -> psycopg.Connection:
    """Open a connection; the embedded server is started if it does not run.

    `database` defaults to the warehouse of `settings.source`. The session's time zone is UTC.

    Raises:
        WarehouseError: the server cannot be reached, is older than 16, or lacks the database.
    """
    name = database or settings.database_name
    try:
        return _open(settings, name, autocommit, application_name)
    except psycopg.OperationalError as error:
        if settings.warehouse_url is not None or embedded.is_running(settings):
            raise _unreachable(settings, name, error) from error
    embedded.ensure_started(settings)
    return connect(
        settings, database=name, autocommit=autocommit, application_name=application_name
    )


def parameters(settings: Settings, database: str | None = None) -> dict[str, Any]:
    """libpq parameters (host, port, user, password, dbname, …) of a database."""
    name = database or settings.database_name
    if settings.warehouse_url is None:
        at = embedded.address(settings)
        login = {"host": at.host, "port": at.port, "user": at.user, "password": at.password}
        return {**login, "dbname": name}
    login = _external(settings)
    login.pop("application_name", None)
    return {**login, "dbname": name}


def libpq_uri(settings: Settings, database: str | None = None) -> str:
    """A `postgresql://` address for ADBC and command line tools; it holds the password."""
    return _uri("postgresql", parameters(settings, database))


def sqlalchemy_url(settings: Settings, database: str | None = None, driver: str = "psycopg") -> str:
    """Address for SQLAlchemy (drivers psycopg, psycopg2, asyncpg); it holds the password."""
    found = parameters(settings, database)
    if driver == "asyncpg" and "sslmode" in found:
        found["ssl"] = found.pop("sslmode")
    return _uri(f"postgresql+{driver}", found)


def dbt_environment(settings: Settings) -> dict[str, str]:
    """Environment variables that dbt's profile reads."""
    found = parameters(settings)
    return {
        "BANKLOOP_DBT_HOST": str(found.get("host", "localhost")),
        "BANKLOOP_DBT_PORT": str(found.get("port", 5432)),
        "BANKLOOP_DBT_USER": str(found.get("user", "")),
        "BANKLOOP_DBT_PASSWORD": str(found.get("password", "")),
        "BANKLOOP_DBT_DBNAME": str(found["dbname"]),
        "BANKLOOP_DBT_SSLMODE": str(found.get("sslmode", "prefer")),
        "BANKLOOP_DBT_RESTATEMENT_DAYS": str(settings.restatement_days),
    }


def relation_exists(connection: psycopg.Connection[Any], name: str) -> bool:
    """Whether a table or view `schema.name` exists."""
    return connection.execute("select to_regclass(%s)", [name]).fetchone() != (None,)


def has_column(connection: psycopg.Connection[Any], table: str, column: str) -> bool:
    """Whether a table or view `schema.name` exists and has a column."""
    row = connection.execute(
        "select 1 from pg_attribute "
        "where attrelid = to_regclass(%s) and attname = %s and not attisdropped",
        [table, column],
    ).fetchone()
    return row is not None


def ensure_database(settings: Settings, name: str | None = None) -> None:
    """Create a database (UTF-8, collation C) unless it exists; safe when two processes ask."""
    name = name or settings.database_name
    with connect(settings, database=_maintenance(settings), autocommit=True) as connection:
        if _exists(connection, name):
            return
        statement = sql.SQL("create database {} template template0 encoding 'UTF8' locale 'C'")
        try:
            connection.execute(statement.format(sql.Identifier(name)))
        except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
            return
        except psycopg.errors.InsufficientPrivilege as error:
            raise _may_not_create(name) from error


def drop_database(settings: Settings, name: str) -> None:
    """Drop a database if it exists, ending its sessions."""
    with connect(settings, database=_maintenance(settings), autocommit=True) as connection:
        statement = sql.SQL("drop database if exists {} with (force)")
        connection.execute(statement.format(sql.Identifier(name)))


def clone_database(settings: Settings, template: str, name: str) -> None:
    """Make database `name` a copy of `template`, whose sessions are ended first."""
    with connect(settings, database=_maintenance(settings), autocommit=True) as connection:
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [template]
        )
        statement = sql.SQL("create database {} template {} strategy file_copy")
        connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))


def copy_database(settings: Settings, template: str, name: str) -> None:
    """Make database `name` a copy of `template`, in which nobody may be connected.

    Raises:
        LeaseError: somebody is: a night, a reader, a forgotten session.
    """
    with connect(settings, database=_maintenance(settings), autocommit=True) as connection:
        statement = sql.SQL("create database {} template {} strategy file_copy")
        try:
            connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))
        except psycopg.errors.ObjectInUse as error:
            found = connection.execute(
                "select count(*), string_agg(distinct nullif(application_name, ''), ', ') "
                "from pg_stat_activity where datname = %s",
                [template],
            ).fetchone() or (0, None)
            raise LeaseError(
                expected=f"nobody connected to {template} while it is copied",
                found=f"{found[0]} sessions{f' ({found[1]})' if found[1] else ''}",
                where=template,
                remedy="let the night end and the readers disconnect, then start again",
            ) from error


@contextmanager
def readable_errors(where: str) -> Iterator[None]:
    """Turn a full disk, a lost server or a cancelled session into errors with a remedy."""
    try:
        yield
    except psycopg.errors.DiskFull as error:
        raise WarehouseError(
            expected="room on the disk of the warehouse",
            found="the disk is full",
            where=where,
            remedy="free some space and run the same night again: nothing was half written",
        ) from error
    except psycopg.OperationalError as error:
        if error.sqlstate is not None and not isinstance(error, _ENDED):
            raise
        raise WarehouseError(
            expected="the session to live until its work is done",
            found="it was ended: the server stopped, or another run took over",
            where=where,
            remedy="run the same night again",
        ) from error


def check_version(server_version: int, where: str) -> None:
    """Refuse a server older than PostgreSQL 16 (`server_version` as libpq counts: 160004)."""
    if server_version < MINIMUM_VERSION:
        raise WarehouseError(
            expected="PostgreSQL 16 or later",
            found=f"PostgreSQL {server_version // 10_000}",
            where=where,
            remedy="upgrade that server, or unset BANKLOOP_WAREHOUSE_URL to use the embedded one",
        )


def _open(
    settings: Settings, name: str, autocommit: bool, application_name: str
) -> psycopg.Connection:
    found = parameters(settings, name)
    options = f"{found.pop('options', '')} {_OPTIONS}".strip()
    connection = psycopg.connect(
        **{"connect_timeout": 10, **found},
        options=options,
        autocommit=autocommit,
        application_name=application_name,
    )
    try:
        check_version(connection.info.server_version, f"{found.get('host')}:{found.get('port')}")
    except WarehouseError:
        connection.close()
        raise
    return connection


def _external(settings: Settings) -> dict[str, Any]:
    assert settings.warehouse_url is not None
    try:
        return dict(conninfo_to_dict(settings.warehouse_url.get_secret_value()))
    except psycopg.ProgrammingError as error:
        raise WarehouseError(
            expected="postgresql://user:password@host:port/database",
            found="an address that PostgreSQL's library cannot read",
            where="BANKLOOP_WAREHOUSE_URL",
            remedy="correct it; percent-encode special characters of the password",
        ) from error


def _maintenance(settings: Settings) -> str:
    if settings.warehouse_url is None:
        return "postgres"
    return str(_external(settings).get("dbname", "postgres"))


def _exists(connection: psycopg.Connection, name: str) -> bool:
    found = connection.execute("select 1 from pg_database where datname = %s", [name])
    return found.fetchone() is not None


def _uri(scheme: str, found: dict[str, Any]) -> str:
    found = dict(found)
    login = f"{quote(str(found.pop('user', '')), '')}:{quote(str(found.pop('password', '')), '')}"
    place = f"{found.pop('host', 'localhost')}:{found.pop('port', 5432)}"
    name = quote(str(found.pop("dbname")), "")
    rest = "&".join(f"{key}={quote(str(value), '')}" for key, value in found.items())
    return f"{scheme}://{login}@{place}/{name}" + (f"?{rest}" if rest else "")


def _unreachable(
    settings: Settings, database: str, error: psycopg.OperationalError
) -> WarehouseError:
    found = parameters(settings, database)
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    external = settings.warehouse_url is not None
    missing = "does not exist" in str(error)
    remedy = "check BANKLOOP_WAREHOUSE_URL and that the server runs"
    if missing:
        remedy = "create it: `bankloop warehouse start`"
    elif not external:
        remedy = "look into postgres/data/log of the var folder"
    return WarehouseError(
        expected=f"a connection to database {database}",
        found=lines[-1] if lines else type(error).__name__,
        where=f"{found.get('host')}:{found.get('port')}",
        remedy=remedy,
    )


def _may_not_create(name: str) -> WarehouseError:
    return WarehouseError(
        expected=f"a database {name}",
        found="none, and the user of BANKLOOP_WAREHOUSE_URL may not create databases",
        where="BANKLOOP_WAREHOUSE_URL",
        remedy=f"let an administrator run: create database {name} template template0 locale 'C'",
    )
