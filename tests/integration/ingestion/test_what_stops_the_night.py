"""Every condition of docs/feeds.md, "What stops the night": a message, and nothing loaded."""

import gzip
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from factories.landing import LandingBuilder, valid_rows

from warehouse.errors import LandingError

DAY = date(2024, 5, 1)


def unknown_feed(builder: LandingBuilder) -> None:
    builder.entries[0] |= {"feed": "astrology"}


def wrong_hash(builder: LandingBuilder) -> None:
    builder.entries[0] |= {"sha256": "0" * 64}


def wrong_rows(builder: LandingBuilder) -> None:
    builder.entries[0] |= {"rows": 4}


def wrong_total(builder: LandingBuilder) -> None:
    builder.entries[0] |= {"control_totals": {"amount": 1}}


def no_total(builder: LandingBuilder) -> None:
    builder.entries[0] |= {"control_totals": {}}


def surplus_total(builder: LandingBuilder) -> None:
    builder.entries[0]["control_totals"]["fees"] = 1


def file_missing(builder: LandingBuilder) -> None:
    builder.contents.clear()


def path_outside(builder: LandingBuilder) -> None:
    builder.entries[0] |= {"file": "../secret.csv"}


def absolute_path(builder: LandingBuilder) -> None:
    builder.entries[0] |= {"file": "/etc/passwd"}


def missing_column(builder: LandingBuilder) -> None:
    replace(builder, lambda content: content.replace(b"amount", b"amt", 1))


def undecodable_file(builder: LandingBuilder) -> None:
    builder.entries[0] |= {"format": "parquet"}


def broken_archive(builder: LandingBuilder) -> None:
    replace(builder, lambda content: gzip.compress(content)[:-9])
    builder.entries[0] |= {"format": "csv.gz"}


def silence_about_a_feed(builder: LandingBuilder) -> None:
    builder.silent_about = ("consents",)


def too_many_bad_rows(builder: LandingBuilder) -> None:
    replace(builder, lambda content: content.replace(b"CNY", b"XXX", 1))


def replace(builder: LandingBuilder, change: Callable[[bytes], bytes]) -> None:
    entry = builder.entries.pop()
    content = change(builder.contents.pop(entry["file"]))
    del entry["sha256"]
    builder.add_bytes(entry["file"], content, entry)


@pytest.mark.parametrize(
    ("mistake", "expected", "found", "where"),
    [
        (unknown_feed, "have a contract", "astrology", "manifest.json"),
        (wrong_hash, "sha256 0000", "sha256", "transactions.csv"),
        (wrong_rows, "4 rows", "3 rows", "transactions.csv"),
        (wrong_total, "control total 1 of amount", "control total 600", "transactions.csv"),
        (no_total, "control totals for: amount", "no column", "transactions.csv"),
        (surplus_total, "control totals for: amount", "amount, fees", "transactions.csv"),
        (file_missing, "the file that the manifest lists", "No such file", "transactions.csv"),
        (path_outside, "inside the landing folder", "outside", "manifest.json"),
        (absolute_path, "inside the landing folder", "outside", "manifest.json"),
        (missing_column, "the columns", "no column amount", "transactions.csv"),
        (undecodable_file, "readable as parquet", "unreadable", "transactions.csv"),
        (broken_archive, "readable as csv.gz", "unreadable", "transactions.csv"),
        (silence_about_a_feed, "every feed delivered", "consents", "manifest.json"),
        (too_many_bad_rows, "at most 1.00%", "1 of 3 rows", "transactions"),
    ],
)
def test_it_stops(bank, mistake, expected: str, found: str, where: str) -> None:
    builder = bank.landing(DAY).add(
        "transactions", valid_rows("transactions", 3, DAY), file_format="csv"
    )
    mistake(builder)
    builder.add("accounts", valid_rows("accounts", 3, DAY))
    builder.write()
    with pytest.raises(LandingError) as refusal:
        bank.load(DAY)
    error = refusal.value
    assert expected in error.expected
    assert found in error.found
    assert where in error.where
    assert error.remedy
    assert bank.rows("select count(*) from raw.accounts") == [(0,)]
    assert bank.rows("select count(*) from ops.load_audit") == [(0,)]


def test_a_link_that_leaves_the_folder_is_not_followed(bank, tmp_path: Path) -> None:
    builder = bank.landing(DAY).add("accounts", valid_rows("accounts", 1, DAY))
    folder = builder.write()
    outside = tmp_path / "outside.parquet"
    (folder / "accounts.parquet").rename(outside)
    (folder / "accounts.parquet").symlink_to(outside)
    with pytest.raises(LandingError, match="outside"):
        bank.verify(DAY)


def test_the_manifest_must_be_of_the_date_asked_for(bank) -> None:
    folder = bank.landing(DAY).write(business_date="2024-05-02")
    assert folder.name == "2024-05-01"
    with pytest.raises(LandingError) as refusal:
        bank.verify(DAY)
    assert (refusal.value.expected, refusal.value.found) == (
        "business date 2024-05-01", "business date 2024-05-02",
    )  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [
        {"source": "berka"},
        {"bank": {"currency_code": "EUR", "time_zone": "Asia/Shanghai"}},
    ],
)
def test_the_manifest_must_be_of_this_bank(bank, changes: dict[str, object]) -> None:
    bank.landing(DAY).write(**changes)
    with pytest.raises(LandingError) as refusal:
        bank.verify(DAY)
    assert "source simulator with currency CNY" in refusal.value.expected


def test_a_missing_day_is_refused_until_it_is_closed(bank) -> None:
    with pytest.raises(LandingError) as refusal:
        bank.verify(DAY)
    assert "--feed-missing" in refusal.value.remedy


def test_contradictory_copies_count_for_the_limit_and_roll_everything_back(bank) -> None:
    rows = valid_rows("transactions", 50, DAY)
    rows.append(rows[0] | {"amount": 1})
    bank.landing(DAY).add("accounts", valid_rows("accounts", 3, DAY)).add(
        "transactions", rows
    ).write()
    with pytest.raises(LandingError) as refusal:
        bank.load(DAY)
    assert refusal.value.found == "2 of 51 rows (3.92%)"
    assert bank.rows("select count(*) from raw.accounts") == [(0,)]


def test_the_limit_is_a_setting(bank) -> None:
    rows = valid_rows("transactions", 3, DAY)
    rows[0]["currency_code"] = "XXX"
    bank.landing(DAY).add("transactions", rows).write()
    bank.settings = bank.settings.model_copy(update={"quarantine_share_limit": 0.5})
    bank.load(DAY)
    assert bank.balance("transactions") == (3, 2, 1, 0, 0)


def test_a_file_that_changes_after_it_was_verified_is_seen(bank) -> None:
    builder = bank.landing(DAY).add("accounts", valid_rows("accounts", 3, DAY))
    folder = builder.write()
    bank.verify(DAY)
    (folder / "accounts.parquet").write_bytes(builder.contents["accounts.parquet"] + b"x")
    with pytest.raises(LandingError, match="sha256"):
        bank.verify(DAY)


def test_an_empty_file_with_no_rows_is_accepted(bank) -> None:
    builder = bank.landing(DAY).add("transactions", [])
    entry = {"feed": "leads", "file": "leads.csv", "format": "csv", "rows": 0}
    builder.add_bytes("leads.csv", b"", entry)
    builder.write()
    bank.load(DAY)
    assert bank.rows("select feed, source_file, rows_read, control_found from ops.load_audit") == [
        ("leads", "leads.csv", 0, None),
        ("transactions", "transactions.parquet", 0, 0),
    ]


def test_what_other_feeds_are_like_does_not_matter_to_some(bank) -> None:
    builder = bank.landing(DAY).add("consents", valid_rows("consents", 2, DAY))
    builder.add("transactions", valid_rows("transactions", 1, DAY), sha256="0" * 64)
    builder.add("leads", valid_rows("leads", 1, DAY), file="leads.csv", file_format="csv")
    builder.entries[-1] |= {"file": "../leads.csv"}
    builder.add("surveys", valid_rows("surveys", 1, DAY))
    builder.entries[-1] |= {"feed": "astrology"}
    builder.silent_about = ("accounts",)
    builder.write()
    bank.load(DAY, feeds=("consents",))
    assert bank.balance("consents") == (2, 2, 0, 0, 0)
    with pytest.raises(LandingError):
        bank.load(DAY)
    assert bank.balance("consents") == (2, 2, 0, 0, 0)


def test_messages_hold_no_values(bank) -> None:
    rows = valid_rows("customers", 2, DAY, name="Canary Person", is_staff="Canary Person")
    bank.landing(DAY).add("customers", rows, file_format="csv").write()
    with pytest.raises(LandingError) as refusal:
        bank.verify(DAY)
    assert "Canary" not in str(refusal.value)
    assert refusal.value.__cause__ is None
