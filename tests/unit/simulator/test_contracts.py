"""The simulated files carry exactly the columns, types and totals of the feed contracts."""

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import yaml

from simulator import Bank, simulate_history
from simulator.schemas import CONTROL_TOTALS, FEEDS, schema

CONTRACTS = Path(__file__).resolve().parents[3] / "ingestion" / "contracts"
TYPES = {
    "string": pa.string(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", tz="UTC"),
    "bigint": pa.int64(),
    "integer": pa.int32(),
    "numeric": pa.decimal128(18, 9),
    "boolean": pa.bool_(),
}


@pytest.fixture(scope="module")
def contracts() -> dict[str, dict]:
    found = {path.stem: yaml.safe_load(path.read_text()) for path in CONTRACTS.glob("*.yml")}
    assert len(found) == 25
    return found


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    bank = Bank.under(tmp_path_factory.mktemp("bank"), seed=5, customers=120,
                      first_date=date(2024, 3, 1), history_days=25)  # fmt: skip
    return simulate_history(bank)


def test_the_feeds_are_those_of_the_contracts(contracts: dict[str, dict]) -> None:
    assert set(FEEDS) == set(contracts)


@pytest.mark.parametrize("feed", FEEDS)
def test_columns_and_types(feed: str, contracts: dict[str, dict], history: Path) -> None:
    wanted = [(c["name"], TYPES[c["type"]]) for c in contracts[feed]["columns"]]
    assert [(f.name, f.type) for f in schema(feed)] == wanted
    written = pq.read_schema(history / f"{feed}.parquet")
    assert [(f.name, f.type) for f in written] == [*wanted, ("arrived_date", pa.date32())]


@pytest.mark.parametrize("feed", FEEDS)
def test_values_keep_the_contract(feed: str, contracts: dict[str, dict], history: Path) -> None:
    table = pq.read_table(history / f"{feed}.parquet")
    for column in contracts[feed]["columns"]:
        values = table[column["name"]]
        if not column["nullable"]:
            assert values.null_count == 0, column["name"]
        if column.get("allowed"):
            found = set(pc.unique(values).drop_null().to_pylist())
            assert found <= set(column["allowed"]), column["name"]


def test_control_totals(contracts: dict[str, dict]) -> None:
    declared = {f: c["control_totals"] for f, c in contracts.items() if c["control_totals"]}
    assert {feed: [column] for feed, column in CONTROL_TOTALS.items()} == declared
