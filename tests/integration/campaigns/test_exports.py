"""List files: per channel and branch, with manifest, private, audited, deleted by business date."""

from __future__ import annotations

import csv
import hashlib
import json
import stat
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from factories.decision_bank import Bank, strategy

import campaigns
from tests.integration.campaigns.raw_rows import arrive
from warehouse.ledger import Run
from warehouse.vault import Vault

FIRST = date(2024, 4, 30)
SECOND = FIRST + timedelta(days=1)
PEOPLE = {"C1": ("Li Wei", "+8613800000001"), "C2": ("Wang Fang", "+8613800000002")}


@pytest.fixture
def exporting(bank: Bank) -> Bank:
    vault = Vault(bank.settings, bank.connection)
    for name, (full_name, mobile) in PEOPLE.items():
        party = pa.array([f"P{name}"])
        tokens = {
            "name_token": vault.protect(party, "name", pa.array([full_name]))[0].as_py(),
            "mobile_token": vault.protect(party, "mobile", pa.array([mobile]))[0].as_py(),
        }
        bank.customer(name, branch_id="B001" if name == "C1" else "B002", **tokens)
    bank.customer("C3", branch_id="B001")
    bank.customer("C4", branch_id=None, tags={"in_audience": False, "stage": "digital"})
    return bank


def strategies() -> tuple[Any, ...]:
    return strategy("text"), strategy("push", "stage = 'digital'", channels=["app_push"])


def exported(bank: Bank, run: Run) -> Path:
    folder = campaigns.export(bank.settings, bank.connection, run).folder
    bank.connection.commit()
    return folder


def rows_of(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_files_carry_what_their_channel_needs_and_no_more(exporting: Bank) -> None:
    folder = exported(exporting, exporting.night(FIRST, *strategies()))
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["app_push__none.csv", "manifest.json", "sms__B001.csv", "sms__B002.csv"]
    people = {
        (row["party_id"], row["name"], row["contact"]) for row in rows_of(folder, "sms__B001.csv")
    }
    assert people == {("PC1", *PEOPLE["C1"]), ("PC3", "", "")}
    (pushed,) = rows_of(folder, "app_push__none.csv")
    assert (pushed["party_id"], pushed["name"], pushed["contact"]) == ("PC4", "", "")


def test_the_manifest_describes_every_file(exporting: Bank) -> None:
    folder = exported(exporting, exporting.night(FIRST, *strategies()))
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["business_date"] == "2024-04-30"
    described = {one["file"]: one for one in manifest["files"]}
    assert set(described) == {"app_push__none.csv", "sms__B001.csv", "sms__B002.csv"}
    for name, one in described.items():
        assert one["sha256"] == hashlib.sha256((folder / name).read_bytes()).hexdigest()
        assert one["rows"] == len(rows_of(folder, name))
    assert described["sms__B001.csv"]["unreachable"] == 1
    assert "Li Wei" not in (folder / "manifest.json").read_text()


def test_files_are_private_and_a_rerun_replaces_them(exporting: Bank) -> None:
    run = exporting.night(FIRST, *strategies())
    folder = exported(exporting, run)
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    (folder / "left_over.csv").write_text("x")
    again = exported(exporting, run)
    assert {path.name: path.read_bytes() for path in again.iterdir()} == first
    for path in again.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for level in (again, again.parent, again.parent.parent):
        assert stat.S_IMODE(level.stat().st_mode) == 0o700
    assert [path.name for path in again.parent.iterdir()] == ["additions"]


def test_exports_are_audited(exporting: Bank) -> None:
    run = exporting.night(FIRST, *strategies())
    exported(exporting, run)
    found = exporting.execute("select purpose, row_count from ops.export_audit order by audit_id")
    assert ("list export additions", 4) in found
    assert any(purpose == "list export 2024-04-30" and count == 4 for purpose, count in found)


def test_withdrawals_have_a_file_of_their_own(exporting: Bank) -> None:
    exported(exporting, exporting.night(FIRST, *strategies()))
    arrive(exporting, "suppressions", SECOND, party_id="PC2", suppression_id="S1")
    run = exporting.start(SECOND)
    campaigns.withdraw(exporting.connection, run)
    exporting.connection.commit()
    folder = campaigns.export_withdrawals(exporting.settings, exporting.connection, run).folder
    (row,) = rows_of(folder, "sms__B002.csv")
    assert row["reason"] == "suppressed_legal_hold"
    assert list(row) == ["list_row_id", "reason", "withdrawn_date"]


def test_old_files_are_deleted_by_business_date(exporting: Bank) -> None:
    run = exporting.night(FIRST, *strategies())
    folder = exported(exporting, run)
    kept = FIRST + timedelta(days=exporting.settings.export_days)
    campaigns.exports.delete_expired(exporting.settings, kept)
    assert folder.exists()
    campaigns.exports.delete_expired(exporting.settings, kept + timedelta(days=1))
    assert not folder.parent.exists()


def test_held_rows_are_not_exported(exporting: Bank) -> None:
    run = exporting.night(FIRST, *strategies())
    exporting.execute(
        "insert into publication.held_campaigns values (%s, 'text', 'held', 3, 1, 0.5)", [FIRST]
    )
    assert sorted(path.name for path in exported(exporting, run).iterdir()) == [
        "app_push__none.csv",
        "manifest.json",
    ]
