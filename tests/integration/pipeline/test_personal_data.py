"""Canaries fly through the whole pipeline and are found nowhere but in the vault and in exports."""

import gzip
import os
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from factories.history import CANARY_REFUSED, TIMES, History
from factories.leaks import leaks_in, leaks_in_files, leaks_in_tables
from factories.nights import rows

from simulator import Canary, canaries
from warehouse.connection import connect
from warehouse.settings import Settings
from warehouse.vault import Vault

PERSONAL = ("name", "document_no", "mobile", "email", "address")


@pytest.fixture(scope="module")
def birds(history: History) -> list[Canary]:
    return canaries(history.settings.seed)


def test_the_canaries_did_fly(history: History, birds: list[Canary]) -> None:
    """All their values are in the vault, encrypted; one is in quarantine, encrypted too."""
    with connect(history.settings) as connection:
        vault = Vault(history.settings, connection)
        values = [(column, getattr(bird, column)) for bird in birds for column in PERSONAL]
        tokens = {vault.token(column, text): text for column, text in values}
        kept = connection.execute(
            "select token from vault.personal_values where token = any(%s)", [list(tokens)]
        )
        assert {token for (token,) in kept} == set(tokens)
        revealed = vault.reveal(tokens, "test")
        connection.rollback()
    assert revealed == tokens
    ((sealed,),) = rows(history.settings, "select ciphertext from quarantine.rows "
                        "where arrived_date = %s", TIMES)  # fmt: skip
    assert len(sealed) > len(birds[CANARY_REFUSED].name)


def test_no_table_holds_a_canary_in_clear(history: History, birds: list[Canary]) -> None:
    """Every column of every schema; the vault's and quarantine's bytes are looked through too."""
    for database in (history.settings.database_name, history.settings.mlflow_database):
        settings = history.settings.model_copy(update={"database": database})
        assert leaks_in_tables(settings, birds) == set()


def test_no_file_holds_a_canary_in_clear(history: History, birds: list[Canary]) -> None:
    """Archive, data docs, models, dbt's logs and compiled SQL, reports: all of var but exports."""
    settings = history.settings
    leaks = leaks_in_files(settings.var_dir, birds)
    exports = settings.export_dir.relative_to(settings.var_dir).as_posix()
    assert {name for name in leaks if not name.startswith(f"{exports}/")} == set()


def test_the_servers_log_holds_no_canary(history: History, birds: list[Canary]) -> None:
    logs = [p for p in history.settings.postgres_dir.rglob("*log") if p.is_file()]
    assert any(path.stat().st_size for path in logs)
    assert [path.name for path in logs if leaks_in(path, birds)] == []


def test_exports_are_private(history: History) -> None:
    files = [path for path in history.settings.export_dir.rglob("*") if path.is_file()]
    assert files
    assert {oct(path.stat().st_mode & 0o777) for path in files} == {"0o600"}


def test_the_scan_of_files_finds_what_is_planted(tmp_path: Path, birds: list[Canary]) -> None:
    bird = birds[0]
    (tmp_path / "plain.log").write_text(f"could not reach {bird.mobile}")
    (tmp_path / "old.csv").write_bytes(bird.name.encode("gb18030"))
    (tmp_path / "packed.csv.gz").write_bytes(gzip.compress(bird.address.encode()))
    table = pa.table({"who": [bird.document_no] * 50}).cast(
        pa.schema([("who", pa.dictionary(pa.int32(), pa.string()))])
    )
    pq.write_table(table, tmp_path / "rows.parquet", compression="zstd")
    model = tmp_path / "model"
    model.mkdir()
    (model / "card.json").write_text(f'{{"who": "{bird.email}"}}')
    shutil.make_archive(str(tmp_path / "bundle"), "zip", model)
    os.remove(model / "card.json")
    (tmp_path / "innocent.txt").write_text("nobody")
    assert leaks_in_files(tmp_path, birds) == {
        "plain.log", "old.csv", "packed.csv.gz", "rows.parquet", "bundle.zip",
    }  # fmt: skip


def test_the_scan_of_tables_finds_what_is_planted(warehouse: Settings, birds: list[Canary]) -> None:
    bird = birds[1]
    planted = {
        "note": ("text", f"call {bird.name}"),
        "bytes": ("bytea", bird.mobile.encode()),
        "list": ("text[]", ["x", bird.email]),
        "nobody": ("text", "call nobody"),
    }
    with connect(warehouse) as connection:
        for name, (kind, content) in planted.items():
            connection.execute(f"create table bi.{name} (content {kind})")
            connection.execute(f"insert into bi.{name} values (%s)", [content])
    assert leaks_in_tables(warehouse, birds) == {"bi.note", "bi.bytes", "bi.list"}
