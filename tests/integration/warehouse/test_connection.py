import subprocess
import sys

import psycopg
import pytest
import sqlalchemy
from pydantic import SecretStr

from warehouse import connection as module
from warehouse.connection import (
    check_version,
    connect,
    dbt_environment,
    drop_database,
    ensure_database,
    libpq_uri,
    readable_errors,
    sqlalchemy_url,
)
from warehouse.errors import WarehouseError
from warehouse.roles import BI_READER, CAMPAIGN_READER, CUSTOMER_READER
from warehouse.schema import SCHEMAS, create_schemas
from warehouse.settings import PROJECT_DIR, Settings


def as_team_warehouse(settings: Settings, **changes: str) -> Settings:
    """The same server, reached as any other PostgreSQL would be."""
    found = {**module.parameters(settings, "postgres"), **changes}
    url = "postgresql://{user}:{password}@{host}:{port}/{dbname}".format(**found)
    return settings.model_copy(update={"warehouse_url": SecretStr(url)})


def test_any_postgres_by_its_url(server: Settings) -> None:
    team = as_team_warehouse(server).model_copy(update={"database": "team_test"})
    ensure_database(team)
    ensure_database(team)
    try:
        with connect(team) as connection:
            create_schemas(connection)
            found = connection.execute("select current_database(), current_setting('timezone')")
            assert found.fetchone() == ("team_test", "UTC")
    finally:
        drop_database(team, "team_test")


def test_a_team_warehouse_is_never_started(server: Settings) -> None:
    nowhere = as_team_warehouse(server, port="1")
    with pytest.raises(WarehouseError, match="BANKLOOP_WAREHOUSE_URL") as caught:
        connect(nowhere)
    assert module.parameters(server)["password"] not in str(caught.value)


def test_a_malformed_url_is_named_and_not_shown(server: Settings) -> None:
    wrong = server.model_copy(update={"warehouse_url": SecretStr("postgresql://:secret@[h")})
    with pytest.raises(WarehouseError, match="BANKLOOP_WAREHOUSE_URL") as caught:
        connect(wrong)
    assert "secret" not in str(caught.value)


def test_a_missing_database_says_how_to_make_it(server: Settings) -> None:
    with pytest.raises(WarehouseError, match="bankloop warehouse start"):
        connect(server, database="nowhere")


def test_old_servers_are_refused() -> None:
    check_version(160_000, "h")
    with pytest.raises(WarehouseError, match="PostgreSQL 15"):
        check_version(150_012, "h")


def test_every_door_opens_on_the_same_database(warehouse: Settings) -> None:
    expected = (warehouse.database_name,)
    with psycopg.connect(libpq_uri(warehouse)) as connection:
        assert connection.execute("select current_database()").fetchone() == expected
    for driver in ("psycopg", "psycopg2"):
        engine = sqlalchemy.create_engine(sqlalchemy_url(warehouse, driver=driver))
        with engine.connect() as connection:
            query = sqlalchemy.text("select current_database()")
            assert tuple(connection.execute(query).one()) == expected
        engine.dispose()
    assert dbt_environment(warehouse)["BANKLOOP_DBT_DBNAME"] == warehouse.database_name


def test_a_url_with_special_characters_survives(server: Settings) -> None:
    url = "postgresql://u%40x:p%2F%3A%25@h:5/d?sslmode=require&application_name=other"
    team = server.model_copy(update={"warehouse_url": SecretStr(url), "database": "w"})
    assert libpq_uri(team) == "postgresql://u%40x:p%2F%3A%25@h:5/w?sslmode=require"
    assert sqlalchemy_url(team, driver="asyncpg").endswith("/w?ssl=require")
    assert dbt_environment(team)["BANKLOOP_DBT_PASSWORD"] == "p/:%"


def test_schemas_and_roles_are_made_once_by_many(server: Settings) -> None:
    settings = server.model_copy(update={"database": "made_by_many"})
    ensure_database(settings)
    script = (
        "from warehouse.connection import *; from warehouse.schema import create_schemas\n"
        "from warehouse.settings import get_settings\n"
        "with connect(get_settings()) as connection: create_schemas(connection)"
    )
    makers = [
        subprocess.Popen(
            [sys.executable, "-c", script],
            env={"PYTHONPATH": str(PROJECT_DIR), **settings.environment()},
        )
        for _ in range(3)
    ]
    try:
        assert [maker.wait(timeout=120) for maker in makers] == [0, 0, 0]
        with connect(settings) as connection:
            query = "select nspname from pg_namespace where nspname = any(%s)"
            found = connection.execute(query, [list(SCHEMAS)]).fetchall()
            assert {name for (name,) in found} == set(SCHEMAS)
            roles = connection.execute(
                "select count(*) from pg_roles where rolname = any(%s) and not rolcanlogin",
                [[BI_READER, CUSTOMER_READER, CAMPAIGN_READER]],
            )
            assert roles.fetchone() == (3,)
    finally:
        drop_database(server, "made_by_many")


def test_text_sorts_by_code_point(warehouse: Settings) -> None:
    with connect(warehouse) as connection:
        found = connection.execute(
            "select string_agg(t, '' order by t) from unnest(array['b','A','a','B','é']) t"
        )
        assert found.fetchone() == ("ABabé",)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (psycopg.errors.DiskFull(), "disk is full"),
        (psycopg.errors.AdminShutdown(), "another run took over"),
        (psycopg.OperationalError("server closed the connection unexpectedly"), "server stopped"),
    ],
)
def test_errors_of_the_server_are_readable(error: psycopg.Error, said: str) -> None:
    with pytest.raises(WarehouseError, match=said), readable_errors("here"):
        raise error


def test_other_errors_pass(warehouse: Settings) -> None:
    with (
        connect(warehouse) as connection,
        pytest.raises(psycopg.errors.UndefinedTable),
        readable_errors("here"),
    ):
        connection.execute("select * from nowhere")
