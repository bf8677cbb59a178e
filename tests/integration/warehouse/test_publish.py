import contextlib
import os
import signal
import subprocess
import sys
import threading
from datetime import date, timedelta

import psycopg
import pytest

from warehouse import publish
from warehouse.connection import connect
from warehouse.errors import PublicationError
from warehouse.ledger import Run, finish_run, start_run, working
from warehouse.publish import (
    declare,
    drop_superseded,
    in_force,
    move_pointers,
    stage,
    staged_partition,
)
from warehouse.roles import BI_READER, CAMPAIGN_READER
from warehouse.settings import Settings

NIGHT = date(2024, 2, 1)
ROWS = 500
TABLES = ("bi.left_half", "bi.right_half")


def rows_of(run: Run, night: date = NIGHT) -> str:
    """Rows that all say which run they belong to."""
    return (
        f"select '{run.run_id}'::text as run, i as customer, '{night}'::date as as_of_date "
        f"from generate_series(1, {ROWS}) as i"
    )


def declare_both(settings: Settings) -> None:
    with connect(settings) as connection:
        for table in TABLES:
            declare(connection, table, "run text not null, customer integer", readers=[BI_READER])


def publish_night(settings: Settings, night: date = NIGHT) -> Run:
    run = start_run(settings, "night", night)
    with working(settings, run, "stage") as connection:
        for table in TABLES:
            stage(connection, run, table, rows_of(run, night))
    with working(settings, run, "publish") as connection:
        move_pointers(connection, run, TABLES)
    finish_run(settings, run, "published")
    return run


def read(settings: Settings, query: str):
    with connect(settings) as connection:
        return connection.execute(query).fetchall()


def test_staged_rows_are_unseen_until_the_pointer_moves(warehouse: Settings) -> None:
    declare_both(warehouse)
    first = publish_night(warehouse)
    run = start_run(warehouse, "night", NIGHT)
    with working(warehouse, run, "stage") as connection:
        stage(connection, run, TABLES[0], rows_of(run))
    seen = "select distinct run from bi.left_half_current"
    assert read(warehouse, seen) == [(first.run_id,)]
    with connect(warehouse) as connection:
        partition = staged_partition(connection, run, TABLES[0])
    assert read(warehouse, f"select distinct run from {partition}") == [(run.run_id,)]
    with working(warehouse, run, "publish") as connection:
        move_pointers(connection, run, TABLES[:1])
    assert read(warehouse, seen) == [(run.run_id,)]
    assert read(warehouse, "select count(*) from bi.left_half") == [(ROWS,)]


def test_current_is_the_newest_date_and_the_view_holds_all_dates(warehouse: Settings) -> None:
    declare_both(warehouse)
    publish_night(warehouse)
    second = publish_night(warehouse, NIGHT + timedelta(days=1))
    assert read(warehouse, "select count(*) from bi.left_half") == [(2 * ROWS,)]
    assert read(warehouse, "select distinct run from bi.left_half_current") == [(second.run_id,)]


def test_an_empty_night_is_published_as_empty(warehouse: Settings) -> None:
    declare_both(warehouse)
    publish_night(warehouse)
    night = NIGHT + timedelta(days=1)
    run = start_run(warehouse, "night", night)
    with working(warehouse, run, "stage") as connection:
        stage(connection, run, TABLES[0], rows_of(run) + " where false")
    with working(warehouse, run, "publish") as connection:
        move_pointers(connection, run, TABLES[:1])
        assert night in in_force(connection, TABLES[0])
    assert read(warehouse, "select count(*) from bi.left_half_current") == [(0,)]


def test_restated_dates_replace_only_themselves(warehouse: Settings) -> None:
    declare_both(warehouse)
    first = publish_night(warehouse)
    publish_night(warehouse, NIGHT + timedelta(days=1))
    run = start_run(warehouse, "night", NIGHT + timedelta(days=2))
    both = f"{rows_of(run, NIGHT + timedelta(days=1))} union all {rows_of(run, run.business_date)}"
    with working(warehouse, run, "stage") as connection:
        stage(connection, run, TABLES[0], both)
    with working(warehouse, run, "publish") as connection:
        move_pointers(connection, run, TABLES[:1])
    found = read(warehouse, "select distinct as_of_date, run from bi.left_half order by 1")
    assert [name for _, name in found] == [first.run_id, run.run_id, run.run_id]


def test_superseded_partitions_are_dropped_unless_somebody_may_see_them(
    warehouse: Settings,
) -> None:
    declare_both(warehouse)
    first = publish_night(warehouse)
    reader = connect(warehouse)
    reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    reader.execute("select 1 from ops.publications")
    publish_night(warehouse)
    with connect(warehouse) as connection:
        assert drop_superseded(connection) == 0
    found = reader.execute("select distinct run from bi.left_half_current").fetchall()
    assert found == [(first.run_id,)]
    reader.close()
    with connect(warehouse) as connection:
        assert drop_superseded(connection) == 2
        assert drop_superseded(connection) == 0
    assert read(warehouse, "select count(*) from bi.left_half") == [(ROWS,)]


def test_what_a_dead_run_staged_is_dropped_and_never_published(warehouse: Settings) -> None:
    declare_both(warehouse)
    dead = start_run(warehouse, "night", NIGHT)
    with working(warehouse, dead, "stage") as connection:
        stage(connection, dead, TABLES[0], rows_of(dead))
        assert drop_superseded(connection) == 0
    publish_night(warehouse)
    with connect(warehouse) as connection:
        assert drop_superseded(connection) == 1
    assert read(warehouse, "select count(*) from bi.left_half") == [(ROWS,)]


def test_a_table_without_staged_rows_stops_all(warehouse: Settings) -> None:
    declare_both(warehouse)
    first = publish_night(warehouse)
    run = start_run(warehouse, "night", NIGHT)
    with working(warehouse, run, "stage") as connection:
        stage(connection, run, TABLES[0], rows_of(run))
    with (
        pytest.raises(PublicationError, match=TABLES[1]),
        working(warehouse, run, "publish") as connection,
    ):
        move_pointers(connection, run, TABLES)
    assert read(warehouse, "select distinct run from bi.left_half") == [(first.run_id,)]


def test_staging_and_moving_in_one_transaction_is_refused(warehouse: Settings) -> None:
    declare_both(warehouse)
    run = start_run(warehouse, "night", NIGHT)
    with connect(warehouse) as connection:
        stage(connection, run, TABLES[0], rows_of(run))
        with pytest.raises(PublicationError, match="commit"):
            move_pointers(connection, run, TABLES[:1])


@pytest.mark.parametrize(
    "query",
    [
        "select 1 as customer, '2024-02-01'::date as as_of_date",
        "select null::text as run, 1 as customer, '2024-02-01'::date as as_of_date",
        "select 'x' as run, 'y'::text as customer, '2024-02-01'::date as as_of_date",
    ],
)
def test_a_query_without_the_declared_columns_is_refused(warehouse: Settings, query: str) -> None:
    declare_both(warehouse)
    run = start_run(warehouse, "night", NIGHT)
    with connect(warehouse) as connection, pytest.raises(PublicationError, match="columns"):
        stage(connection, run, TABLES[0], query)


def test_declaring_again_changes_nothing_and_other_columns_are_refused(warehouse: Settings) -> None:
    declare_both(warehouse)
    publish_night(warehouse)
    declare_both(warehouse)
    assert read(warehouse, "select count(*) from bi.left_half") == [(ROWS,)]
    with connect(warehouse) as connection, pytest.raises(PublicationError, match="new name"):
        declare(connection, TABLES[0], "run text")


def test_readers_see_the_views_and_nothing_below(warehouse: Settings) -> None:
    declare_both(warehouse)
    publish_night(warehouse)
    with connect(warehouse, autocommit=True) as connection:
        connection.execute(f"set role {BI_READER}")
        assert connection.execute("select count(*) from bi.left_half").fetchone() == (ROWS,)
        for hidden in ("bi.left_half__published", "ops.publications", "ops.runs", "marts.x"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"select * from {hidden}")
        connection.execute(f"set role {CAMPAIGN_READER}")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select * from bi.left_half")


class Sleeper(threading.Thread):
    """One statement over a published table, as long as a slow planner."""

    def __init__(self, settings: Settings, seconds: float) -> None:
        super().__init__()
        self.connection = connect(settings, autocommit=True)
        self.seconds = seconds
        self.has_ended = threading.Event()
        self.start()

    def run(self) -> None:
        query = f"select pg_sleep({self.seconds}) from (select 1 from bi.left_half limit 1) as x"
        with contextlib.suppress(psycopg.errors.QueryCanceled):
            self.connection.execute(query)
        self.has_ended.set()

    def is_sleeping(self, settings: Settings) -> bool:
        pid = self.connection.info.backend_pid
        query = f"select wait_event from pg_stat_activity where pid = {pid}"
        return read(settings, query) == [("PgSleep",)]


@pytest.mark.parametrize(("sleep", "settle", "waits"), [(1.5, 30.0, True), (60.0, 0.2, False)])
def test_a_pointer_waits_for_statements_that_may_have_been_planned_before(
    warehouse: Settings, monkeypatch: pytest.MonkeyPatch, sleep: float, settle: float, waits: bool
) -> None:
    monkeypatch.setattr(publish, "_SETTLE_SECONDS", settle)
    declare_both(warehouse)
    publish_night(warehouse)
    run = start_run(warehouse, "night", NIGHT)
    with working(warehouse, run, "stage") as connection:
        stage(connection, run, TABLES[0], rows_of(run))
    sleeper = Sleeper(warehouse, sleep)
    while not sleeper.is_sleeping(warehouse):
        assert sleeper.is_alive()
    with working(warehouse, run, "publish") as connection:
        move_pointers(connection, run, TABLES[:1])
        assert sleeper.has_ended.is_set() is waits
    sleeper.connection.cancel()
    sleeper.join()
    sleeper.connection.close()
    assert read(warehouse, "select distinct run from bi.left_half") == [(run.run_id,)]


class Poller(threading.Thread):
    """Reads both tables again and again and keeps every contradiction that it sees."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.settings = settings
        self.done = threading.Event()
        self.wrong: list[object] = []
        self.seen: set[str] = set()
        self.rounds = 0

    def run(self) -> None:
        with connect(self.settings) as connection:
            while not self.done.is_set():
                self.look(connection)
                self.rounds += 1

    def look(self, connection: psycopg.Connection) -> None:
        raise NotImplementedError


class RepeatableReader(Poller):
    """Within one REPEATABLE READ transaction both tables belong to one run, with all rows."""

    def look(self, connection: psycopg.Connection) -> None:
        connection.rollback()
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        found = []
        for table in TABLES * 2:
            query = f"select count(*), min(run), max(run) from {table}_current"
            found.append(connection.execute(query).fetchone())
        if len(set(found)) != 1 or found[0][0] != ROWS or found[0][1] != found[0][2]:
            self.wrong.append(found)
        self.seen.add(found[0][1])


class StatementReader(Poller):
    """Within one statement, planned anew or prepared, both tables belong to one run."""

    def look(self, connection: psycopg.Connection) -> None:
        connection.autocommit = True
        for suffix in ("", "_current"):
            found = connection.execute(
                "select count(*), min(l.run), max(l.run), min(r.run), max(r.run) "
                f"from bi.left_half{suffix} l full join bi.right_half{suffix} r "
                f"using (customer, as_of_date) where as_of_date = '{NIGHT}'",
                prepare=self.rounds % 2 == 0,
            ).fetchone()
            if found[0] != ROWS or len(set(found[1:])) != 1:
                self.wrong.append(found)
            self.seen.add(found[1])


KILLED = """
import os, signal, sys
from datetime import date
from warehouse.ledger import current_run, working
from warehouse.publish import move_pointers, stage
from warehouse.settings import get_settings
settings = get_settings()
run = current_run(settings, date(2024, 2, 1))
tables = ("bi.left_half", "bi.right_half")
with working(settings, run, "stage") as connection:
    for table in tables:
        stage(connection, run, table, sys.argv[1])
with working(settings, run, "publish") as connection:
    if sys.argv[2] == "after":
        move_pointers(connection, run, tables)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def publish_and_die(settings: Settings, moment: str) -> None:
    run = start_run(settings, "night", NIGHT)
    done = subprocess.run(
        [sys.executable, "-c", KILLED, rows_of(run), moment],
        env={**os.environ, "PYTHONPATH": ".", **settings.environment()},
        check=False,
    )
    assert done.returncode == -signal.SIGKILL


def fail_a_gate(settings: Settings) -> None:
    run = start_run(settings, "night", NIGHT)
    with working(settings, run, "stage") as connection:
        for table in TABLES:
            stage(connection, run, table, rows_of(run))
    finish_run(settings, run, "failed", "a gate failed")


def test_polling_readers_never_see_a_mix_or_nothing(warehouse: Settings) -> None:
    declare_both(warehouse)
    published = {publish_night(warehouse).run_id}
    readers = [RepeatableReader(warehouse), StatementReader(warehouse), StatementReader(warehouse)]
    for reader in readers:
        reader.start()
    try:
        for turn in range(12):
            published.add(publish_night(warehouse).run_id)
            if turn % 3 == 0:
                fail_a_gate(warehouse)
            with connect(warehouse) as connection:
                drop_superseded(connection)
        for moment in ("before", "after"):
            publish_and_die(warehouse, moment)
        published.add(publish_night(warehouse).run_id)
        with connect(warehouse) as connection:
            drop_superseded(connection)
    finally:
        for reader in readers:
            reader.done.set()
            reader.join()
    for reader in readers:
        assert reader.wrong == []
        assert reader.rounds > 20
        assert reader.seen <= published
        assert len(reader.seen) > 3
