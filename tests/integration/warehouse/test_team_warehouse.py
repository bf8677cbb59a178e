"""A server of the team, where the pipeline's user is not an administrator."""

from collections.abc import Iterator
from datetime import date

import pyarrow as pa
import pytest
from psycopg import sql
from pydantic import SecretStr

from warehouse import roles
from warehouse.connection import connect, drop_database, ensure_database, parameters
from warehouse.errors import WarehouseError
from warehouse.lease import application_name
from warehouse.ledger import finish_run, start_run, working
from warehouse.publish import declare, drop_superseded, move_pointers, stage
from warehouse.roles import BI_READER
from warehouse.schema import create_schemas
from warehouse.settings import Settings
from warehouse.vault import Vault

NIGHT = date(2024, 2, 1)
USER, PASSWORD, DATABASE = "team_user", "team-password", "team_bank"


@pytest.fixture
def team(server: Settings, empty_template: str) -> Iterator[Settings]:
    """A database of its own for a user who may neither make roles nor databases."""
    with connect(server, database="postgres", autocommit=True) as connection:
        create = sql.SQL("create role {} login password {}")
        connection.execute(create.format(sql.Identifier(USER), sql.Literal(PASSWORD)))
        connection.execute(
            f"create database {DATABASE} owner {USER} template template0 encoding 'UTF8' locale 'C'"
        )
    at = parameters(server)
    url = f"postgresql://{USER}:{PASSWORD}@{at['host']}:{at['port']}/{DATABASE}"
    yield server.model_copy(
        update={
            "warehouse_url": SecretStr(url),
            "database": DATABASE,
            "master_key": SecretStr("m" * 40),
        }
    )
    drop_database(server, DATABASE)
    with connect(server, database="postgres", autocommit=True) as connection:
        connection.execute(f"drop role {USER}")


def test_nights_are_run_and_published_without_an_administrator(team: Settings) -> None:
    ensure_database(team)
    with connect(team) as connection:
        create_schemas(connection)
        declare(connection, "bi.team", "i integer", readers=[BI_READER])
    for turn in range(2):
        dead = start_run(team, "night", NIGHT)
        left = connect(team, application_name=application_name(dead.run_id))
        run = start_run(team, "night", NIGHT)
        left.close()
        with working(team, run, "stage") as connection:
            Vault(team, connection).protect(pa.array(["P1"]), "name", pa.array(["Canary"]))
            query = f"select {turn} as i, date '{NIGHT}' as as_of_date"
            stage(connection, run, "bi.team", query)
        with working(team, run, "publish") as connection:
            move_pointers(connection, run, ["bi.team"])
        finish_run(team, run, "published")
    with connect(team) as connection:
        assert connection.execute("select i from bi.team_current").fetchall() == [(1,)]
        assert drop_superseded(connection) == 0


def test_what_an_administrator_must_do_is_said(
    team: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(WarehouseError, match="create database elsewhere"):
        ensure_database(team, "elsewhere")
    monkeypatch.setitem(roles._PURPOSES, "bankloop_missing", "nobody made it")
    with connect(team) as connection, pytest.raises(WarehouseError, match="create role bankloop_m"):
        create_schemas(connection)
