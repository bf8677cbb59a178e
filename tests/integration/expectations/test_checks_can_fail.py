"""Every check passes on a sound night and fails when its subject is broken, by its own SQL.

All damage is rolled back, so one database serves every case.
"""

from collections.abc import Iterator
from functools import partial

import psycopg
import pytest

from expectations.failing_rows import failing_query
from expectations.gate import literals_of
from expectations.suite import GATES, Check, Table, load_suite
from tests.integration.expectations.damages import DAMAGES
from tests.integration.expectations.sound_night import run_of
from warehouse.connection import connect
from warehouse.settings import Settings

CASES = [(gate, check) for gate, damages in DAMAGES.items() for check in damages]
NOTHING_REFUSED = (
    "update ops.load_audit set rows_deduplicated = 4, rows_quarantined = 0 "
    "where rows_quarantined = 1"
)


@pytest.fixture
def session(server: Settings, sound_template: str) -> Iterator[psycopg.Connection]:
    """A connection to the sound night whose work is rolled back."""
    with connect(server, database=sound_template) as connection:
        yield connection
        connection.rollback()


def failing(settings: Settings, connection: psycopg.Connection, gate: str) -> set[str]:
    """Names of the checks with failing rows."""
    suite = load_suite(gate, literals_of(settings, connection, run_of(connection)))
    return {
        check.check
        for table in suite.tables
        for check in table.checks
        if fails(connection, table, check)
    }


def fails(connection: psycopg.Connection, table: Table, check: Check) -> bool:
    query = failing_query(table, check)
    if query is not None:
        found = connection.execute(f"select from ({query}) as failing limit 1".encode())
        return found.fetchone() is not None
    row = connection.execute(f"select count(*) from ({table.rows}) as found".encode()).fetchone()
    assert row is not None
    return bool(row[0] < (check.min or 0))


@pytest.mark.parametrize("gate", GATES)
def test_every_check_has_a_way_to_fail(gate: str) -> None:
    checks = {check.check for table in load_suite(gate).tables for check in table.checks}
    assert checks == set(DAMAGES[gate])


@pytest.mark.parametrize("gate", GATES)
def test_a_sound_night_fails_no_check(
    server: Settings, session: psycopg.Connection, gate: str
) -> None:
    session.execute(NOTHING_REFUSED)
    assert failing(server, session, gate) == set()


@pytest.mark.parametrize(("gate", "check"), CASES, ids=[check for _, check in CASES])
def test_a_broken_night_fails_the_check(
    server: Settings, session: psycopg.Connection, gate: str, check: str
) -> None:
    look = partial(failing, server, session, gate)
    session.execute(NOTHING_REFUSED)
    assert check not in look()
    session.execute(DAMAGES[gate][check].encode())
    assert check in look()
