"""Steps are measured; a failure closes its own run and no other, and tells no value of a row."""

from datetime import date

import pytest
from factories.nights import rows

from dags.pipeline_support import night as pipeline
from dags.pipeline_support import step_runs
from dags.pipeline_support.params import NightlyParams
from dags.pipeline_support.step_runs import Step, StepFailedError
from warehouse import ledger
from warehouse.connection import connect
from warehouse.errors import LandingError, LeaseError, WarehouseError
from warehouse.settings import Settings

NIGHT = date(2024, 1, 31)
PARAMS = NightlyParams()


def greet(settings: Settings, night: date, params: NightlyParams) -> str:
    return f"hello {night}"


def refuse(settings: Settings, night: date, params: NightlyParams) -> str:
    raise LandingError("a file", "none", "the inbox", "deliver it")


def insert_a_name_twice(settings: Settings, night: date, params: NightlyParams) -> str:
    with connect(settings) as connection:
        connection.execute("create temporary table person (name text primary key)")
        connection.execute("insert into person values ('Li Canary'), ('Li Canary')")
    return "never"


def refused(settings: Settings, step: Step, run_id: str | None) -> StepFailedError:
    with pytest.raises(StepFailedError) as caught:
        step_runs.run_step(settings, NIGHT, step, PARAMS, run_id=run_id)
    return caught.value


def test_a_step_leaves_its_seconds_memory_and_line(warehouse: Settings) -> None:
    run = ledger.start_run(warehouse, "night", NIGHT)
    done = step_runs.run_step(warehouse, NIGHT, greet, PARAMS, run_id=run.run_id)
    assert str(done).startswith("greet ")
    assert str(done).endswith(" s  hello 2024-01-31")
    found = rows(
        warehouse,
        "select run_id, step, is_done, result, seconds >= 0, peak_memory_mb > 1 from ops.step_runs",
    )
    assert found == [(run.run_id, "greet", True, "hello 2024-01-31", True, True)]


def test_a_refusal_is_kept_whole_and_a_second_try_replaces_it(
    warehouse: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = ledger.start_run(warehouse, "night", NIGHT)
    failure = refused(warehouse, refuse, run.run_id)
    assert str(failure) == "refuse: none"
    assert "FAILED" in str(failure.run)
    ((is_done, result),) = rows(warehouse, "select is_done, result from ops.step_runs")
    assert not is_done
    assert result == str(failure.error)
    assert "remedy:   deliver it" in result
    monkeypatch.setattr(greet, "__name__", "refuse")
    step_runs.run_step(warehouse, NIGHT, greet, PARAMS, run_id=run.run_id)
    assert rows(warehouse, "select step, is_done from ops.step_runs") == [("refuse", True)]


def test_a_statement_the_database_refuses_is_told_without_its_values(warehouse: Settings) -> None:
    run = ledger.start_run(warehouse, "night", NIGHT)
    failure = refused(warehouse, insert_a_name_twice, run.run_id)
    assert isinstance(failure.error, WarehouseError)
    assert "UniqueViolation" in failure.error.found
    assert "person_pkey" in failure.error.found
    assert "Canary" not in f"{failure} {failure.error} {failure.run}"


def test_a_failure_closes_the_run_it_belongs_to(warehouse: Settings) -> None:
    run = ledger.start_run(warehouse, "night", NIGHT)
    step_runs.close_failed(warehouse, NIGHT, run.run_id, "load_feeds: no file")
    assert rows(warehouse, "select status, reason from ops.runs") == [
        ("failed", "load_feeds: no file")
    ]


def test_the_failure_of_a_run_that_was_taken_over_leaves_the_newer_one_alone(
    warehouse: Settings,
) -> None:
    older = ledger.start_run(warehouse, "night", NIGHT)
    newer = ledger.start_run(warehouse, "night", NIGHT)
    failure = refused(warehouse, greet, older.run_id)
    assert isinstance(failure.error, LeaseError)
    assert newer.run_id in failure.error.found
    step_runs.close_failed(warehouse, NIGHT, older.run_id, "too late")
    status = "select status from ops.runs where run_id = %s"
    assert rows(warehouse, status, newer.run_id) == [("running",)]


def test_a_night_that_could_not_start_fails_nobody_elses_run(
    warehouse: Settings,
) -> None:
    running = ledger.start_run(warehouse, "night", NIGHT)
    with (
        ledger.working(warehouse, running, "load_feeds"),
        pytest.raises(LeaseError, match=running.run_id),
    ):
        list(pipeline.run_night(warehouse, NIGHT))
    assert rows(warehouse, "select status from ops.runs") == [("running",)]


def test_a_start_that_is_refused_after_the_lease_closes_its_own_run(
    warehouse: Settings,
) -> None:
    closing_nothing = NightlyParams(missing_feeds={"no_such_feed": "a typo"})
    with pytest.raises(Exception, match="no_such_feed"):
        list(pipeline.run_night(warehouse, NIGHT, closing_nothing))
    ((status, reason),) = rows(warehouse, "select status, reason from ops.runs")
    assert status == "failed"
    assert reason.startswith("start_night: ")
