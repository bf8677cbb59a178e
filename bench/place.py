"""A var folder and an embedded server for one benchmark, gone when it ends."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.sizes import Bank
from warehouse import embedded
from warehouse.settings import PREFIX, Settings, get_settings

# a setting of the caller, or of the `make` around this, must not change what is measured
_FOREIGN = (PREFIX, "AIRFLOW", "MLFLOW", "MAKE", "MFLAGS", "VIRTUAL_ENV")


@contextmanager
def bank_place(bank: Bank) -> Iterator[Settings]:
    """Settings of a new bank under `<var>/bench/`; its server is stopped, its files are removed."""
    parent = get_settings().var_dir / "bench"
    parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=parent))
    settings = _settings(folder, bank)
    try:
        yield settings
    finally:
        embedded.stop(settings)
        remove_place(folder, settings.postgres_dir)


@contextmanager
def served_place(bank: Bank) -> Iterator[Settings]:
    """Like `bank_place`, with the server started."""
    with bank_place(bank) as settings:
        embedded.ensure_started(settings)
        yield settings


def remove_place(folder: Path, postgres_dir: Path) -> None:
    """Remove a folder and the server's files, which may lie elsewhere (warehouse/privileges.py)."""
    note = postgres_dir / "home"
    if note.exists():
        shutil.rmtree(note.read_text().strip(), ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


def clean_environment() -> dict[str, str]:
    """This process's environment without settings of the project and of its tools."""
    return {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}


def _settings(folder: Path, bank: Bank) -> Settings:
    return Settings(
        source="simulator",
        var_dir=folder,
        customers=bank.customers,
        history_days=bank.history_days,
        server_memory_mb=get_settings().server_memory_mb,
        data=None,
        server_dir=None,
        database=None,
        warehouse_url=None,
        master_key=None,
        mlflow_url=None,
        clock="business",
    )
