import subprocess
import sys
import time
from datetime import date, timedelta

import psycopg
import pytest

from warehouse import lease, ledger
from warehouse.connection import connect
from warehouse.errors import LeaseError, RunOrderError, WarehouseError
from warehouse.ledger import abandon, current_run, finish_run, start_run, working
from warehouse.settings import Settings

FIRST, LAST = date(2024, 1, 1), date(2024, 1, 31)
NIGHT = LAST + timedelta(days=1)


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "_START_WAIT_SECONDS", 0.2)
    monkeypatch.setattr(ledger, "_TASK_WAIT_SECONDS", 0.3)


def publish(settings: Settings, kind: str, day: date, span_from: date | None = None) -> ledger.Run:
    run = start_run(settings, kind, day, span_from)
    finish_run(settings, run, "published")
    return run


def work(settings: Settings, run: ledger.Run, *statements: str) -> None:
    with working(settings, run, "load") as connection:
        for statement in statements:
            connection.execute(statement)


def one(settings: Settings, query: str):
    with connect(settings) as connection:
        return connection.execute(query).fetchone()


def test_a_night_is_what_sql_reads(warehouse: Settings) -> None:
    publish(warehouse, "historic", LAST, FIRST)
    run = start_run(warehouse, "night", NIGHT)
    found = one(
        warehouse,
        "select night_date, span_from, run_id, run_kind, fence, first_loaded_date, "
        "last_historic_date, score_trigger_from, currency_code from ops.current_night",
    )
    assert found == (
        NIGHT, NIGHT, run.run_id, "night", run.fence, FIRST, LAST, NIGHT, "CNY",
    )  # fmt: skip


def test_the_last_historic_day_as_a_night_keeps_the_history(warehouse: Settings) -> None:
    publish(warehouse, "historic", LAST, FIRST)
    for _ in range(2):
        publish(warehouse, "night", LAST)
        found = one(
            warehouse,
            "select span_from, first_loaded_date, last_historic_date, score_trigger_from "
            "from ops.current_night",
        )
        assert found == (LAST, FIRST, LAST, NIGHT)


def test_starting_a_night_blocks_the_lists(warehouse: Settings) -> None:
    with connect(warehouse) as connection:
        connection.execute("update ops.publication_state set lists = 'open'")
    start_run(warehouse, "night", NIGHT)
    assert one(warehouse, "select lists from ops.publication_state") == ("blocked",)


def test_nights_run_in_order_and_the_last_may_run_again(warehouse: Settings) -> None:
    publish(warehouse, "historic", LAST, FIRST)
    publish(warehouse, "night", NIGHT)
    again = publish(warehouse, "night", NIGHT)
    assert one(warehouse, "select count(*) from ops.runs where status = 'published'") == (3,)
    following = publish(warehouse, "night", NIGHT + timedelta(days=1))
    assert following.fence > again.fence
    with pytest.raises(RunOrderError, match="backfill"):
        start_run(warehouse, "night", NIGHT)
    with pytest.raises(RunOrderError, match="expected: 2024-02-03"):
        start_run(warehouse, "night", NIGHT + timedelta(days=5))
    with pytest.raises(RunOrderError, match="without nights"):
        start_run(warehouse, "historic", LAST, FIRST)


def test_a_failed_rerun_closes_the_way_to_the_next_night(warehouse: Settings) -> None:
    publish(warehouse, "night", NIGHT)
    finish_run(warehouse, start_run(warehouse, "night", NIGHT), "failed", "a gate failed")
    with pytest.raises(RunOrderError, match="status failed"):
        start_run(warehouse, "night", NIGHT + timedelta(days=1))
    publish(warehouse, "night", NIGHT)
    publish(warehouse, "night", NIGHT + timedelta(days=1))


def test_another_date_is_refused_while_one_is_unfinished(warehouse: Settings) -> None:
    run = start_run(warehouse, "night", NIGHT)
    with pytest.raises(RunOrderError, match="unfinished"):
        start_run(warehouse, "night", NIGHT + timedelta(days=1))
    with pytest.raises(RunOrderError, match="unfinished"):
        start_run(warehouse, "batch", NIGHT)
    assert current_run(warehouse, NIGHT) == run


def test_a_start_is_refused_while_a_task_works(warehouse: Settings) -> None:
    run = start_run(warehouse, "night", NIGHT)
    with working(warehouse, run, "load"), pytest.raises(LeaseError, match=run.run_id):
        start_run(warehouse, "night", NIGHT)
    assert current_run(warehouse, NIGHT) == run


def test_two_tasks_do_not_work_at_once(warehouse: Settings) -> None:
    run = start_run(warehouse, "night", NIGHT)
    with working(warehouse, run, "load"), pytest.raises(LeaseError, match="lock"):
        work(warehouse, run)


def test_a_task_commits_on_success_and_only_then(warehouse: Settings) -> None:
    run = start_run(warehouse, "night", NIGHT)
    work(warehouse, run, "create table raw.kept (a integer)")
    with pytest.raises(psycopg.errors.DivisionByZero):
        work(warehouse, run, "create table raw.lost (a integer)", "select 1 / 0")
    assert one(warehouse, "select to_regclass('raw.kept') is null") == (False,)
    assert one(warehouse, "select to_regclass('raw.lost') is null") == (True,)


def test_a_stale_task_writes_nothing(warehouse: Settings) -> None:
    stale = start_run(warehouse, "night", NIGHT)
    fresh = start_run(warehouse, "night", NIGHT)
    with pytest.raises(LeaseError, match=f"fence {fresh.fence}"):
        work(warehouse, stale, "create table raw.stale (a integer)")
    assert one(warehouse, "select to_regclass('raw.stale') is null") == (True,)
    with pytest.raises(LeaseError):
        finish_run(warehouse, stale, "published")
    finish_run(warehouse, fresh, "published")


def test_a_take_over_ends_the_sessions_of_the_dead_run_and_of_its_dbt(warehouse: Settings) -> None:
    dead = start_run(warehouse, "night", NIGHT)
    other = connect(warehouse, application_name="bankloop:other")
    task = connect(warehouse, application_name=lease.application_name(dead.run_id))
    dbt = connect(warehouse, application_name=f"bankloop-dbt:{dead.run_id}")
    task.execute("create table raw.unfinished (a integer)")
    fresh = start_run(warehouse, "night", NIGHT)
    for ended in (task, dbt):
        with pytest.raises(psycopg.OperationalError):
            ended.execute("select 1")
    assert other.execute("select 1").fetchone() == (1,)
    other.close()
    assert one(warehouse, "select to_regclass('raw.unfinished') is null") == (True,)
    found = one(warehouse, f"select status, reason from ops.runs where run_id = '{dead.run_id}'")
    assert found == ("failed", "taken over by a new attempt")
    assert current_run(warehouse, NIGHT) == fresh


def test_a_task_whose_lock_session_is_lost_does_not_commit(warehouse: Settings) -> None:
    run = start_run(warehouse, "night", NIGHT)
    end_the_holder = (
        "select pg_terminate_backend(pid, 5000) from pg_locks l join pg_database d "
        "on d.oid = l.database where locktype = 'advisory' and d.datname = current_database()"
    )
    with pytest.raises(LeaseError, match="session was ended"):
        work(warehouse, run, "create table raw.lost (a integer)", end_the_holder)
    assert one(warehouse, "select to_regclass('raw.lost') is null") == (True,)


def test_a_task_whose_own_session_is_ended_says_so(warehouse: Settings) -> None:
    run = start_run(warehouse, "night", NIGHT)
    with pytest.raises(WarehouseError, match="another run took over"):
        work(warehouse, run, "select pg_terminate_backend(pg_backend_pid())")


def test_after_giving_up_the_date_may_start_again_and_old_tasks_may_not(
    warehouse: Settings,
) -> None:
    run = start_run(warehouse, "night", NIGHT)
    abandon(warehouse, NIGHT, "wrong files")
    with pytest.raises(LeaseError), working(warehouse, run, "load"):
        pytest.fail("a task of a run that was given up works")
    with pytest.raises(RunOrderError, match="no run is running"):
        current_run(warehouse, NIGHT)
    with pytest.raises(RunOrderError):
        abandon(warehouse, NIGHT, "twice")
    publish(warehouse, "night", NIGHT)


def test_a_batch_comes_between_two_nights(warehouse: Settings) -> None:
    with pytest.raises(RunOrderError):
        start_run(warehouse, "batch", NIGHT)
    publish(warehouse, "night", NIGHT)
    publish(warehouse, "batch", NIGHT + timedelta(days=1))
    publish(warehouse, "batch", NIGHT + timedelta(days=1))
    publish(warehouse, "night", NIGHT + timedelta(days=1))


HOLD = """
import sys, time
from datetime import date
from warehouse.ledger import current_run, working
from warehouse.settings import get_settings
settings = get_settings()
with working(settings, current_run(settings, date.fromisoformat(sys.argv[1])), "load") as c:
    c.execute("create table raw.half (a integer)")
    print("working", flush=True)
    c.execute("select pg_sleep(600)")
"""


def test_a_killed_task_frees_the_night(warehouse: Settings) -> None:
    start_run(warehouse, "night", NIGHT)
    task = subprocess.Popen(
        [sys.executable, "-c", HOLD, NIGHT.isoformat()],
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": ".", **warehouse.environment()},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert task.stdout is not None
    assert task.stdout.readline() == "working\n"
    with pytest.raises(LeaseError):
        start_run(warehouse, "night", NIGHT)
    task.kill()
    task.wait()
    deadline = time.monotonic() + 10
    while True:
        try:
            fresh = start_run(warehouse, "night", NIGHT)
            break
        except LeaseError:
            assert time.monotonic() < deadline
    assert one(warehouse, "select to_regclass('raw.half') is null") == (True,)
    with working(warehouse, fresh, "load"):
        pass
