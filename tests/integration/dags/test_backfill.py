"""Nights lived again in a second database: the differences are told, and taken on request."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest
from factories.equality import differences, everything
from factories.landing_changes import multiply
from factories.nights import QUICK, land, play, rows, value

from dags.pipeline_support import backfill, dbt, erasing, historic, practice
from dags.pipeline_support.params import BackfillParams
from ingestion.manifest import MANIFEST
from simulator import simulate_history
from simulator.lists import published_lists
from warehouse.connection import connect
from warehouse.errors import LeaseError, RunOrderError
from warehouse.settings import Settings

FIRST = date(2024, 2, 20)
DAYS = 30
NIGHTS = [FIRST + timedelta(days=DAYS + n) for n in range(2)]
LAST = NIGHTS[-1]
PARAMS = BackfillParams(from_date=LAST)


@pytest.fixture(scope="module")
def bank(server: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Thirty historic days and two nights of a small bank, scored by the rules."""
    made = server.model_copy(update={
        "database": "bank_to_backfill", "customers": 120, "history_days": DAYS,
        "first_date": FIRST, "var_dir": tmp_path_factory.mktemp("backfill") / "var",
        "server_dir": server.var_dir,
    })  # fmt: skip
    practice.prepare_warehouse(made)
    for line in historic.run(made, simulate_history(made), QUICK):
        if line.startswith("finish_night"):
            break
    for night in NIGHTS:
        land(made, night, published_lists(made, night))
        assert play(made, night).error is None
    return made


def lines(bank: Settings, params: BackfillParams = PARAMS) -> dict[str, str]:
    """Run a backfill; sessions that the nights of this process left open are ended first."""
    with connect(bank, database="postgres", autocommit=True) as connection:
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s",
            [bank.database_name],
        )
    return told(bank, params)


def told(bank: Settings, params: BackfillParams = PARAMS) -> dict[str, str]:
    return {line.split()[0]: line for line in backfill.run(bank, params)}


def report(bank: Settings) -> str:
    return (bank.report_dir / f"backfill_{LAST}.txt").read_text()


def deliver_double_balances(bank: Settings) -> Path:
    """A corrected delivery of the last night comes: all balances are twice as high."""
    land(bank, LAST, published_lists(bank, LAST))
    folder = bank.landing_dir / f"{LAST}"
    multiply(folder, "daily_balances", ("ledger_balance", "market_value"), 2)
    return folder


@contextmanager
def rules_in(folder: Path) -> Iterator[Path]:
    """The rules as a project of their own in `folder`, in force inside the block; yields seeds."""
    shutil.copytree(dbt.DBT_PROJECT_DIR, folder, ignore=shutil.ignore_patterns("target", "logs"))
    dbt._runner.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dbt, "DBT_PROJECT_DIR", folder)
        yield folder / "seeds"
    dbt._runner.cache_clear()


def shorten_onboarding(seeds: Path) -> None:
    """From the last night on, nobody is in onboarding after two weeks."""
    with (seeds / "lifecycle_thresholds.csv").open("a") as file:
        file.write(f"{LAST},onboarding_last_day,14,changed for a test\n")


@pytest.mark.long
def test_the_same_archive_and_rules_differ_in_nothing(bank: Settings) -> None:
    before = everything(bank)
    said = lines(bank)
    assert "no difference" in said["report_differences"]
    assert "not asked for" in said["publish_backfill"]
    assert differences(before, everything(bank)) == {}


def test_a_changed_threshold_moves_customers_and_a_correction_numbers(
    bank: Settings, tmp_path: Path
) -> None:
    before = everything(bank)
    corrected = deliver_double_balances(bank)
    archived = (bank.archive_dir / f"{LAST}" / MANIFEST).read_text()
    with rules_in(tmp_path / "rules") as seeds:
        shorten_onboarding(seeds)
        said = lines(bank, PARAMS.model_copy(update={"publish": True}))
    text = report(bank)
    assert f"bi.bi_lifecycle_balances of {LAST}, rows " in text
    assert "    lifecycle_stage differs in " in text
    assert re.search(f"bi.bi_customers of {LAST}, rows [0-9]+ changed; stays as published", text)
    assert "    aum_month_average_amount differs in " in text
    assert re.search("by customer_id:\n        C[0-9a-f]+: aum_month_average_amount [0-9]+ ", text)
    assert "bi.bi_feed_quality" not in text
    after = everything(bank)
    changed = set(differences(before, after))
    assert "tables taken over" in said["publish_backfill"]
    assert said["publish_backfill"].endswith("corrected deliveries archived: 1")
    assert not corrected.exists()
    assert (bank.archive_dir / f"{LAST}" / MANIFEST).read_text() != archived
    assert any(name.startswith("marts.fct_customer_aum ") for name in changed)
    kept = ("publication.list_rows", "activation.", "tags.customer_tag", "tags.tag_member",
            "tags.tag_quality", "tags.tag_usage", "predictions.", "bi.bi_customers")  # fmt: skip
    assert [name for name in changed if name.startswith(kept)] == []


@pytest.mark.parametrize("day", [FIRST, NIGHTS[0] - timedelta(days=1), LAST + timedelta(days=1)])
def test_only_nights_of_the_bank_can_be_lived_again(day: date, bank: Settings) -> None:
    with pytest.raises(RunOrderError) as refusal:
        lines(bank, BackfillParams(from_date=day))
    assert f"{NIGHTS[0]} to {LAST}" in refusal.value.expected


def test_nothing_begins_while_somebody_is_connected(bank: Settings) -> None:
    with connect(bank, application_name="bankloop:a-night"), pytest.raises(LeaseError) as refusal:
        told(bank)
    assert "bankloop:a-night" in refusal.value.found


def databases(bank: Settings) -> set[str]:
    return {name for (name,) in rows(bank, "select datname from pg_database")}


def test_a_second_database_left_by_a_killed_backfill_is_replaced_and_goes_with_an_erasure(
    bank: Settings,
) -> None:
    copy = backfill.copy_of_bank(bank)
    backfill.copy_bank(bank, PARAMS)
    with connect(copy) as connection:
        connection.execute("truncate raw.customers")
    backfill.copy_bank(bank, PARAMS)
    assert value(copy, "select count(*) from raw.customers") > 0
    party = value(copy, "select min(party_id) from vault.personal_values")
    assert copy.var_dir.exists()

    erasing.erase(bank, [party], "asked for in writing")
    assert copy.database_name not in databases(bank)
    assert not copy.var_dir.exists()
