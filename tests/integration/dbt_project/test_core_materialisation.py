"""The partitioned_incremental materialisation, on a small bank and one of its models."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from dags.pipeline_support import dbt
from tests.integration.dbt_project.core_bank import CoreBank, at
from tests.integration.dbt_project.core_history import Account, account, ownership, party, posting
from warehouse.connection import clone_database, drop_database
from warehouse.errors import TransformationError
from warehouse.settings import Settings

FIRST, LAST, NIGHT = date(2024, 1, 30), date(2024, 2, 1), date(2024, 2, 2)
MODELS = ("--select", "+fct_transactions")
ITEM = Account("A1", "P0001", date(2023, 5, 1))


@pytest.fixture(scope="module")
def prepared(server: Settings, empty_template: str) -> Iterator[CoreBank]:
    """A bank with a historic pass over two months; its nights are the tests' own."""
    settings = server.model_copy(update={"database": "test_materialisation"})
    clone_database(server, empty_template, "test_materialisation")
    bank = CoreBank(settings, FIRST)
    bank.prepare()
    bank.deliver("customers", FIRST, party(1, ITEM.opened))
    bank.deliver("accounts", FIRST, account(ITEM))
    bank.deliver("account_parties", FIRST, ownership(ITEM.account_id, ITEM.party_id, ITEM.opened))
    for number, day in enumerate((FIRST, FIRST, LAST, NIGHT), start=1):
        bank.deliver("transactions", day, posting(number, ITEM.account_id, day))
    bank.run(LAST, FIRST, *MODELS)
    yield bank
    drop_database(server, "test_materialisation")


def parent(bank: CoreBank) -> list[tuple[Any, ...]]:
    """Identity of the partitioned table: kept means the same oid."""
    return bank.rows("select oid, relkind from pg_class where relname = 'fct_transactions'")


def partitions(bank: CoreBank) -> list[str]:
    found = bank.rows(
        "select inhrelid::regclass::text from pg_inherits"
        " where inhparent = 'marts.fct_transactions'::regclass order by 1"
    )
    return [name for (name,) in found]


def physical_rows(bank: CoreBank, partition: str) -> list[tuple[Any, ...]]:
    """Rows with where they lie and who wrote them: a rewritten row is another one."""
    return bank.rows(f"select ctid::text, xmin::text, transaction_id from {partition} order by 1")


def postings(bank: CoreBank) -> list[tuple[Any, ...]]:
    return bank.rows(
        "select transaction_id, booked_date, amount from marts.fct_transactions order by 1"
    )


def test_partitions_are_made_for_the_months_of_the_rows(prepared: CoreBank) -> None:
    assert partitions(prepared) == [
        "marts.fct_transactions__2024_01",
        "marts.fct_transactions__2024_02",
    ]


def test_a_night_writes_only_to_the_partitions_it_touches(prepared: CoreBank) -> None:
    january = physical_rows(prepared, "marts.fct_transactions__2024_01")
    prepared.run(NIGHT, None, *MODELS)
    assert physical_rows(prepared, "marts.fct_transactions__2024_01") == january
    assert len(postings(prepared)) == 4


def test_the_planner_knows_the_night_and_has_heard_of_its_rows(prepared: CoreBank) -> None:
    prepared.run(NIGHT, None, *MODELS)
    compiled = dbt.target_dir(prepared.settings) / "compiled/bankloop/models/marts"
    text = (compiled / "fct_transactions.sql").read_text()
    staging = (compiled.parent / "staging" / "stg_landing__transactions.sql").read_text()
    assert "current_night" not in text
    assert "current_night" in staging, "a view stays in force and reads the night when it is read"
    known = prepared.rows(
        "select concat(most_common_vals::text, histogram_bounds::text) from pg_stats"
        " where tablename = 'fct_transactions__2024_02' and attname = 'booked_date'"
    )
    assert str(NIGHT) in known[0][0]


def test_a_night_run_twice_gives_the_same_rows(prepared: CoreBank) -> None:
    prepared.run(NIGHT, None, *MODELS)
    once = postings(prepared)
    prepared.run(NIGHT, None, *MODELS)
    assert postings(prepared) == once


def test_a_full_refresh_keeps_the_partitioned_parent(prepared: CoreBank) -> None:
    prepared.run(NIGHT, None, *MODELS)
    table, rows, parts = parent(prepared), postings(prepared), partitions(prepared)
    prepared.run(NIGHT, None, *MODELS, "--full-refresh")
    assert parent(prepared) == table
    assert table[0][1] == "p"
    assert postings(prepared) == rows
    assert partitions(prepared) == parts


def home_of_the_first_posting(bank: CoreBank) -> str:
    found = bank.rows(
        "select tableoid::regclass::text from marts.fct_transactions"
        " where transaction_id = 'T000001'"
    )
    assert len(found) == 1
    return str(found[0][0])


def test_a_corrected_date_moves_the_row_to_another_partition(prepared: CoreBank) -> None:
    corrected = posting(1, ITEM.account_id, LAST, updated_at=at(NIGHT, 21))
    prepared.deliver("transactions", NIGHT, corrected)
    prepared.run(NIGHT, None, *MODELS)
    assert home_of_the_first_posting(prepared) == "marts.fct_transactions__2024_02"
    prepared.retract("transactions", "updated_at = %s", [at(NIGHT, 21)])
    prepared.run(NIGHT, None, *MODELS)
    assert home_of_the_first_posting(prepared) == "marts.fct_transactions__2024_01"


def test_a_changed_contract_asks_for_a_full_refresh(prepared: CoreBank) -> None:
    prepared.run(NIGHT, None, *MODELS)
    rows = postings(prepared)
    prepared.execute("alter table marts.fct_transactions drop column channel")
    with pytest.raises(TransformationError, match="full-refresh"):
        prepared.run(NIGHT, None, *MODELS)
    assert postings(prepared) == rows
    prepared.run(NIGHT, None, *MODELS, "--full-refresh")
    assert postings(prepared) == rows
    assert prepared.rows("select count(channel) from marts.fct_transactions") == [(4,)]


def test_a_plain_table_of_that_name_is_replaced_by_a_full_build(prepared: CoreBank) -> None:
    rows = postings(prepared)
    prepared.execute("drop table marts.fct_transactions")
    prepared.execute("create table marts.fct_transactions (transaction_id text)")
    prepared.run(NIGHT, None, *MODELS)
    assert parent(prepared)[0][1] == "p"
    assert postings(prepared) == rows
