import json
from datetime import date
from pathlib import Path

import pytest
from factories.landing import LandingBuilder, valid_rows

from ingestion.manifest import read_manifest
from warehouse.errors import LandingError

DAY = date(2024, 5, 1)


@pytest.fixture
def landing(tmp_path: Path) -> LandingBuilder:
    return LandingBuilder(tmp_path, DAY).add("accounts", valid_rows("accounts", 2, DAY))


def test_a_manifest_is_read_as_written(landing: LandingBuilder) -> None:
    manifest = read_manifest(landing.write())
    assert (manifest.first, manifest.last, manifest.is_historic) == (DAY, DAY, False)
    assert manifest.files[0].source_name == "accounts.parquet"


def test_a_missing_manifest_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(LandingError) as refusal:
        read_manifest(tmp_path / "2024-05-01")
    assert refusal.value.where == "2024-05-01/manifest.json"
    assert "--feed-missing" in refusal.value.remedy


@pytest.mark.parametrize("text", ["", "{", "[]", '"x"', "\xff"])
def test_what_is_not_a_manifest_is_refused(landing: LandingBuilder, text: str) -> None:
    folder = landing.write()
    (folder / "manifest.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(LandingError):
        read_manifest(folder)


@pytest.mark.parametrize(
    "changes",
    [
        {"version": 2},
        {"unknown": 1},
        {"business_date": None},
        {"first_date": "2024-01-01", "last_date": "2024-05-01"},
        {"business_date": None, "first_date": "2024-05-02", "last_date": "2024-05-01"},
        {"bank": {"currency_code": "yuan", "time_zone": "Asia/Shanghai"}},
        {"absent_feeds": {"accounts": "delivered all the same"}},
        {"absent_feeds": {"leads": ""}},
        {"files": None},
    ],
)
def test_a_malformed_manifest_is_refused(
    landing: LandingBuilder, changes: dict[str, object]
) -> None:
    with pytest.raises(LandingError) as refusal:
        read_manifest(landing.write(**changes))
    assert "docs/feeds.md" in refusal.value.expected


@pytest.mark.parametrize(
    "changes",
    [{"sha256": "abc"}, {"rows": -1}, {"format": "xlsx"}, {"encoding": "LATIN-1"}, {"feed": ""}],
)
def test_a_malformed_file_entry_is_refused(
    landing: LandingBuilder, changes: dict[str, object]
) -> None:
    landing.entries[0] |= changes
    with pytest.raises(LandingError):
        read_manifest(landing.write())


def test_a_file_listed_twice_is_refused(landing: LandingBuilder) -> None:
    landing.entries.append(landing.entries[0])
    with pytest.raises(LandingError) as refusal:
        read_manifest(landing.write())
    assert "twice" in refusal.value.found


def test_an_entry_that_breaks_off_names_its_place(landing: LandingBuilder) -> None:
    folder = landing.write()
    document = json.loads((folder / "manifest.json").read_text())
    del document["files"][0]["sha256"]
    (folder / "manifest.json").write_text(json.dumps(document))
    with pytest.raises(LandingError) as refusal:
        read_manifest(folder)
    assert refusal.value.found.startswith("files.0.sha256")
