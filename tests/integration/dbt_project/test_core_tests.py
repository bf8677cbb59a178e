"""dbt's own tests of the core layers: unit tests, and data tests on a bank that lived."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from psycopg.errors import UniqueViolation

from dags.pipeline_support import dbt
from tests.integration.dbt_project import core_history as history
from tests.integration.dbt_project.core_bank import CORE, CoreBank
from warehouse.connection import clone_database, drop_database
from warehouse.errors import TransformationError
from warehouse.settings import Settings

DATABASE = "test_core_tests"


@pytest.fixture(scope="module")
def bank(server: Settings, empty_template: str) -> Iterator[CoreBank]:
    """A bank after a historic pass and one night, without the unknown owner of the last night."""
    clone_database(server, empty_template, DATABASE)
    made = CoreBank(server.model_copy(update={"database": DATABASE}), history.FIRST)
    made.prepare()
    made.seed()
    history.deliver_history(made, customers=20)
    made.run(history.DAYS[-2], history.FIRST)
    made.run(history.LAST)
    yield made
    drop_database(server, DATABASE)


def call(bank: CoreBank, *arguments: str) -> dict[str, int]:
    """Run `dbt test` and return its outcome by status."""
    chosen = ["--select", *CORE, "--indirect-selection", "cautious", *arguments]
    return dbt.call(bank.settings, ["test", *chosen], layer="core").statuses


def test_unit_tests_of_the_core_pass(bank: CoreBank) -> None:
    outcome = call(bank, "--exclude", "test_type:data")
    assert outcome["pass"] >= 6
    assert set(outcome) == {"pass"}


def test_data_tests_hold_on_a_bank_with_late_and_corrected_facts(bank: CoreBank) -> None:
    outcome = call(bank, "--exclude", "test_type:unit")
    assert outcome["pass"] > 100
    assert set(outcome) == {"pass"}


@pytest.mark.parametrize(
    ("broken", "test"),
    [
        (
            "delete from marts.fct_transactions where arrived_date = (select max(arrived_date)"
            " from marts.fct_transactions)",
            "assert_marts_hold_every_row_that_entered",
        ),
        (
            "update marts.fct_account_balances set valid_to_date = null",
            "assert_balance_periods_follow_one_another",
        ),
        (
            "update marts.fct_transactions set is_reversed = not is_reversed",
            "assert_reversals_are_marked",
        ),
        (
            "insert into intermediate.int_account_owners__history"
            " select account_id, party_id, customer_id, date '2024-01-01', valid_to"
            " from intermediate.int_account_owners__history",
            "assert_an_account_has_one_owner_at_a_time",
        ),
        (
            "create temporary table copied as select * from marts.fct_transactions"
            " where extract(day from booked_date) > 1 and transaction_id in (select transaction_id"
            " from intermediate.int_transactions__touched where may_exist);"
            " update copied set booked_date = booked_date - 1;"
            " insert into marts.fct_transactions select * from copied",
            "unique_where_touched_fct_transactions_transaction_id",
        ),
        ("delete from ops.current_night", "assert_there_is_one_current_night"),
    ],
)
def test_a_sentence_sees_what_it_forbids(bank: CoreBank, broken: str, test: str) -> None:
    bank.run(history.LAST)
    bank.execute(broken)
    with pytest.raises(TransformationError, match=test):
        dbt.call(bank.settings, ["test", "--select", f"{test}*"], layer="core")


@pytest.mark.parametrize(
    "table",
    [
        "marts.fct_transactions",
        "marts.fct_app_events",
        "marts.fct_account_balances",
        "marts.fct_branch_visits",
        "marts.fct_campaign_assignments",
        "marts.fct_contacts",
    ],
)
def test_a_key_cannot_stand_twice_under_one_date(bank: CoreBank, table: str) -> None:
    with pytest.raises(UniqueViolation):
        bank.execute(f"insert into {table} select * from {table} limit 1")
