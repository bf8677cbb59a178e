"""A loaded night leaves the inbox, can be loaded again from the archive, and hides its people."""

import shutil
from datetime import date
from pathlib import Path

import pytest
from factories.landing import valid_row, valid_rows

from ingestion import archive as archive_module
from ingestion.archive import archive
from ingestion.landing import find_landing
from warehouse.connection import connect
from warehouse.errors import LandingError
from warehouse.vault import Vault

DAY = date(2024, 5, 1)
CANARY = "Canary-7f3a"


def write_night(bank) -> Path:
    builder = bank.landing(DAY)
    people = valid_rows("customers", 150, DAY, name=CANARY, address=f"{CANARY} street")
    people.append(people[0])
    people.append(valid_row("customers", 160, DAY, name=CANARY, is_staff=CANARY))
    builder.add("customers", people, file_format="csv", encoding="GB18030", file="people.csv")
    events = valid_rows("app_events", 20, DAY, device_id=CANARY)
    builder.add("app_events", events)
    money = [*valid_rows("transactions", 150, DAY), valid_row("transactions", 151, DAY, amount="x")]
    builder.add("transactions", money, file_format="csv", control_totals={"amount": 5})
    return builder.write()


def files_with(folder: Path, text: str) -> list[Path]:
    return [p for p in folder.rglob("*") if p.is_file() and text.encode() in p.read_bytes()]


def test_the_inbox_is_emptied_and_the_archive_holds_nobody_in_clear(bank) -> None:
    inbox = write_night(bank)
    assert files_with(bank.settings.var_dir, CANARY)
    bank.load(DAY, archived=True)
    assert not inbox.exists()
    assert list(bank.settings.landing_dir.iterdir()) == []
    assert (bank.settings.archive_dir / "2024-05-01" / "manifest.json").exists()
    assert files_with(bank.settings.var_dir, CANARY) == []


def test_a_night_loaded_from_the_archive_is_the_same(bank) -> None:
    write_night(bank)
    fresh = bank.verify(DAY)
    bank.load(DAY, archived=True)
    before = bank.content()
    archived = bank.verify(DAY)
    assert archived.is_archived
    assert archived.manifest_sha256 == fresh.manifest_sha256
    bank.load(DAY, archived=True)
    assert bank.content() == before


def test_a_vault_that_lost_values_gets_them_back_from_the_archive(bank) -> None:
    write_night(bank)
    bank.load(DAY, archived=True)
    before = bank.content()
    bank.execute("truncate vault.personal_values")
    bank.load(DAY)
    assert bank.content() == before
    with connect(bank.settings) as connection:
        vault = Vault(bank.settings, connection)
        token = vault.token("name", CANARY)
        assert vault.reveal([token], "test") == {token: CANARY}


def test_facts_of_a_party_erased_later_are_still_rebuilt(bank) -> None:
    write_night(bank)
    bank.load(DAY, archived=True)
    with connect(bank.settings) as connection:
        Vault(bank.settings, connection).erase_parties(["P0000002"], DAY, "asked for")
    counts = bank.balance("customers")
    bank.load(DAY)
    assert bank.balance("customers") == counts
    assert bank.rows("select count(*) from vault.personal_values where party_id = 'P0000002'") == [
        (0,)
    ]


def test_a_damaged_archive_is_refused(bank) -> None:
    write_night(bank)
    bank.load(DAY, archived=True)
    rows_file = next((bank.settings.archive_dir / "2024-05-01").glob("customers-*.parquet"))
    rows_file.write_bytes(rows_file.read_bytes()[:-1] + b"x")
    with pytest.raises(LandingError, match="sha256"):
        bank.load(DAY)


def test_originals_can_be_moved_instead(bank) -> None:
    inbox = write_night(bank)
    content = (inbox / "people.csv").read_bytes()
    landing = bank.verify(DAY)
    bank.load(DAY)
    archive(bank.settings, landing, "move")
    assert not inbox.exists()
    kept = bank.settings.landing_dir.with_name("landing_done") / "2024-05-01" / "people.csv"
    assert kept.read_bytes() == content


@pytest.mark.parametrize("step", ["_write_durably", "_replace", "_dispose", "_finish_removals"])
def test_killed_at_any_step_then_run_again(bank, monkeypatch, step: str) -> None:
    write_night(bank)
    bank.load(DAY)
    before = bank.content()
    landing = bank.verify(DAY)
    original = getattr(archive_module, step)
    calls: list[int] = []

    def dying(*arguments: object) -> None:
        calls.append(1)
        if step != "_finish_removals" or len(calls) > 1:
            raise KeyboardInterrupt
        original(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(archive_module, step, dying)
        with pytest.raises(KeyboardInterrupt):
            archive(bank.settings, landing)
    bank.load(DAY, archived=True)
    assert bank.content() == before
    assert list(bank.settings.landing_dir.iterdir()) == []
    assert [p.name for p in bank.settings.archive_dir.iterdir()] == ["2024-05-01"]
    assert files_with(bank.settings.var_dir, CANARY) == []


def test_an_inbox_delivered_again_wins_over_the_archive(bank) -> None:
    write_night(bank)
    bank.load(DAY, archived=True)
    bank.landing(DAY).add("accounts", valid_rows("accounts", 3, DAY)).write()
    folder = find_landing(bank.settings.landing_dir, bank.settings.archive_dir, DAY, DAY)
    assert folder.parent == bank.settings.landing_dir
    bank.load(DAY, archived=True)
    assert bank.balance("customers") == (0, 0, 0, 0, 0)
    assert bank.balance("accounts") == (3, 3, 0, 0, 0)
    shutil.rmtree(bank.settings.archive_dir)
