"""Each knob makes the fault that it names, in the feed that it names, and no other."""

import gzip
import json
import shutil
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from simulator import BadInput, Bank, simulate_day
from simulator.faults import spoil
from simulator.landing import sha256

DAY = date(2024, 3, 5)
Spoil = Callable[..., Path]


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> tuple[Bank, Path]:
    bank = Bank.under(tmp_path_factory.mktemp("bank"), seed=2, customers=200, first_date=DAY,
                      history_days=1)  # fmt: skip
    simulate_day(bank, DAY)
    return bank, simulate_day(bank, DAY + timedelta(days=1))


@pytest.fixture
def spoiled(clean: tuple[Bank, Path], tmp_path: Path) -> Spoil:
    def make(**faults: bool) -> Path:
        folder = tmp_path / "landing"
        shutil.copytree(clean[1], folder)
        spoil(clean[0], folder, DAY + timedelta(days=1), BadInput(**faults))
        return folder

    return make


def changed_feeds(clean: Path, folder: Path) -> set[str]:
    def hashes(place: Path) -> dict[str, str]:
        return {path.name.split(".")[0]: sha256(path) for path in place.glob("*.[pc]*")}

    before, after = hashes(clean), hashes(folder)
    return {feed for feed in before | after if before.get(feed) != after.get(feed)}


def manifest_problems(folder: Path) -> set[str]:
    """Where the manifest is untrue to the files."""
    found = set()
    for entry in json.loads((folder / "manifest.json").read_text())["files"]:
        path = folder / entry["file"]
        if sha256(path) != entry["sha256"]:
            found.add(f"{entry['feed']}: hash")
        if entry["format"] != "parquet":
            continue
        table = pq.read_table(path)
        if table.num_rows != entry["rows"]:
            found.add(f"{entry['feed']}: rows")
        for column, total in entry["control_totals"].items():
            if (pc.sum(table[column]).as_py() or 0) != total:
                found.add(f"{entry['feed']}: total")
    return found


@pytest.mark.parametrize(
    ("fault", "feed"),
    [
        ("duplicate_rows", "transactions"),
        ("conflicting_key", "transactions"),
        ("late_rows", "transactions"),
        ("dated_after_night", "transactions"),
        ("malformed_value", "transactions"),
        ("corrected_rows", "daily_balances"),
        ("unknown_currency", "daily_balances"),
        ("missing_column", "branch_visits"),
        ("resent_rows", "products"),
        ("empty_file", "surveys"),
        ("gb18030", "customers"),
        ("bad_encoding", "branch_visits"),
        ("compressed_csv", "transactions"),
        ("wrong_type", "transactions"),
        ("undecodable_field", "transactions"),
        ("unknown_feed", "horoscopes"),
        ("missing_feed", "surveys"),
    ],
)
def test_a_fault_of_content_stays_in_its_feed(
    fault: str, feed: str, clean: tuple[Bank, Path], spoiled: Spoil
) -> None:
    folder = spoiled(**{fault: True})
    assert changed_feeds(clean[1], folder) == {feed}
    assert manifest_problems(folder) == set()


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        ("wrong_hash", "leads: hash"),
        ("wrong_row_count", "app_events: rows"),
        ("wrong_control_total", "transactions: total"),
    ],
)
def test_a_fault_of_the_manifest_leaves_the_files(
    fault: str, problem: str, clean: tuple[Bank, Path], spoiled: Spoil
) -> None:
    folder = spoiled(**{fault: True})
    assert changed_feeds(clean[1], folder) == set()
    assert manifest_problems(folder) == {problem}


def test_conflicting_key_has_one_version_and_two_amounts(spoiled: Spoil) -> None:
    rows = pq.read_table(spoiled(conflicting_key=True) / "transactions.parquet").to_pylist()
    versions = Counter((row["transaction_id"], row["updated_at"]) for row in rows)
    (key,) = [key for key, count in versions.items() if count == 2]
    amounts = {row["amount"] for row in rows if row["transaction_id"] == key[0]}
    assert len(amounts) == 2


def test_gb18030_is_declared_and_decodes(clean: tuple[Bank, Path], spoiled: Spoil) -> None:
    folder = spoiled(gb18030=True)
    names = pq.read_table(clean[1] / "customers.parquet")["name"].to_pylist()
    text = (folder / "customers.csv").read_bytes().decode("gb18030")
    assert names
    assert all(name in text for name in names)
    with pytest.raises(UnicodeDecodeError):
        (folder / "customers.csv").read_bytes().decode("utf-8")


def test_compressed_csv_holds_all_rows(clean: tuple[Bank, Path], spoiled: Spoil) -> None:
    content = gzip.decompress((spoiled(compressed_csv=True) / "transactions.csv.gz").read_bytes())
    rows = pq.read_metadata(clean[1] / "transactions.parquet").num_rows
    assert content.count(b"\n") == rows + 1


def test_missing_and_malformed_manifest(spoiled: Spoil, tmp_path: Path) -> None:
    folder = spoiled(malformed_manifest=True)
    with pytest.raises(json.JSONDecodeError):
        json.loads((folder / "manifest.json").read_text())
    shutil.rmtree(folder)
    assert not (spoiled(missing_manifest=True) / "manifest.json").exists()
