"""What the command line answers when it is asked too early, or for what is not there."""

from collections.abc import Iterator

import pytest
from typer.testing import CliRunner, Result

from bankloop import app
from warehouse.settings import Settings, get_settings


@pytest.fixture
def run(warehouse: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """Runs a command against an empty warehouse."""
    for name, value in warehouse.environment().items():
        monkeypatch.setenv(name, value)
    get_settings.cache_clear()
    yield lambda *arguments: CliRunner().invoke(app, list(arguments))
    get_settings.cache_clear()


def answer(result: Result, *told: str) -> None:
    assert result.exit_code == 2, result.output
    for part in ("expected:", "found:", "where:", "remedy:", *told):
        assert part in result.output


def test_status_before_any_night_says_how_to_run_one(run) -> None:
    result = run("status")
    assert result.exit_code == 0
    assert "no night has run" in result.output
    assert "make nightly" in result.output


def test_explain_before_any_night(run) -> None:
    arguments = ("--customer", "C0123456789abcde", "--strategy", "x", "--date", "2024-01-31")
    answer(run("explain", *arguments), "make nightly")


def test_explain_an_unknown_list_row(run) -> None:
    answer(run("explain", "--list-row", "0" * 32), "no such row")


def test_strategies_cannot_be_checked_before_there_are_tags(run) -> None:
    answer(run("campaign", "validate"), "make nightly")


def test_a_night_without_landing_names_the_folder_it_wants(run) -> None:
    result = run("nightly", "--date", "2024-01-31", "--without-airflow")
    answer(result, "2024-01-31")
    assert "start_night" in result.output  # the line of the step that was done


def test_a_night_out_of_order(run, warehouse: Settings) -> None:
    from datetime import date

    from warehouse import ledger

    done = ledger.start_run(warehouse, "night", date(2024, 1, 31))
    ledger.finish_run(warehouse, done, "published")
    answer(run("nightly", "--date", "2024-02-03", "--without-airflow"), "2024-02-01")


def test_nothing_runs_that_could_be_abandoned(run) -> None:
    answer(run("nightly", "--date", "2024-01-31", "--abandon", "--reason", "test"), "2024-01-31")


def test_dbt_writes_nothing_while_a_run_is_unfinished(run, warehouse: Settings) -> None:
    from datetime import date

    from warehouse import ledger

    ledger.start_run(warehouse, "night", date(2024, 1, 31))
    answer(run("dbt", "run", "--select", "dim_customers"), "2024-01-31", "--abandon")
