"""The project's settings describe a bank, and nothing is delivered before it happened."""

from datetime import date, timedelta, timezone
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml

from simulator import is_simulated, simulate_day, simulate_history
from tests.integration.simulator.conftest import Simulated
from warehouse.settings import Settings

CONTRACTS = Path(__file__).resolve().parents[3] / "ingestion" / "contracts"
EFFECTIVE = {
    path.stem: column
    for path in CONTRACTS.glob("*.yml")
    if (column := yaml.safe_load(path.read_text())["effective_date"])
}
BANK_TIME = timezone(timedelta(hours=8))


def test_settings_describe_a_bank(tmp_path: Path) -> None:
    settings = Settings(var_dir=tmp_path, customers=30, history_days=3, first_date=date(2024, 5, 6))
    folder = simulate_history(settings)
    assert folder == tmp_path / "simulator" / "landing" / "2024-05-06_2024-05-08"
    assert is_simulated(settings, date(2024, 5, 8))
    assert not is_simulated(settings, date(2024, 5, 9))
    night = simulate_day(settings, date(2024, 5, 9))
    assert night.name == "2024-05-09"
    assert (settings.truth_dir / "people" / "all.parquet").exists()


@pytest.mark.parametrize("feed", sorted(EFFECTIVE))
def test_nothing_arrives_before_it_happened(feed: str, simulated: Simulated) -> None:
    column = EFFECTIVE[feed]
    for row in simulated.feed(feed).to_pylist():
        happened = row[column]
        if hasattr(happened, "astimezone"):
            happened = happened.astimezone(BANK_TIME).date()
        assert happened is None or happened <= row["arrived_date"]


def test_versions_are_stamped_by_the_evening_they_arrive(simulated: Simulated) -> None:
    for feed in simulated.history.glob("*.parquet"):
        for row in pq.read_table(feed, columns=["updated_at", "arrived_date"]).to_pylist():
            assert row["updated_at"].astimezone(BANK_TIME).date() <= row["arrived_date"], feed.stem


def test_accounts_were_opened_years_ago(simulated: Simulated) -> None:
    first = simulated.bank.first_date
    opened = [row["opened_date"] for row in simulated.feed("accounts").to_pylist()]
    ages = [(first - day).days for day in opened if day < first]
    assert max(ages) > 5 * 365
    assert sum(age < 180 for age in ages) > 0.05 * len(ages)
    assert any(day >= first for day in opened)


def test_all_kinds_of_party_appear(simulated: Simulated) -> None:
    rows = simulated.feed("customers").to_pylist()
    assert {row["party_type"] for row in rows} == {"customer", "prospect", "walk_in"}
    undocumented = [row for row in rows if row["document_no"] is None]
    assert undocumented
    assert any(row["is_staff"] for row in rows)
    first = simulated.bank.first_date
    minors = [r for r in rows if r["birth_date"] and (first - r["birth_date"]).days < 18 * 365]
    assert minors
    mobiles = [row["mobile"] for row in {r["party_id"]: r for r in rows}.values() if row["mobile"]]
    assert len(set(mobiles)) < len(mobiles), "a household shares a phone"
