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
from warehouse.errors import SettingsError
from warehouse.settings import PREFIX, Settings, get_settings

# a bank on disk: what each customer brings, what each of its days adds, and the server's log
_BYTES_PER_CUSTOMER, _BYTES_PER_DAY, _BYTES_OF_LOG = 30_000, 1_800, 5_000_000_000
# a setting of the caller, or of the `make` around this, must not change what is measured
_FOREIGN = (PREFIX, "AIRFLOW", "MLFLOW", "MAKE", "MFLAGS", "VIRTUAL_ENV")


@contextmanager
def bank_place(bank: Bank) -> Iterator[Settings]:
    """Settings of a new bank under `<var>/bench/`; its server is stopped, its files are removed.

    Raises:
        SettingsError: the disk has no room for a bank of that size.
    """
    parent = get_settings().var_dir / "bench"
    parent.mkdir(parents=True, exist_ok=True)
    require_room(bank, parent, shutil.disk_usage(parent).free)
    folder = Path(tempfile.mkdtemp(dir=parent))
    settings = _settings(folder, bank)
    try:
        yield settings
    finally:
        embedded.stop(settings)
        remove_place(folder, settings.postgres_dir)


def require_room(bank: Bank, folder: Path, free: int) -> None:
    """Refuse a bank that would fill the disk; `free` in bytes."""
    days = bank.customers * (bank.history_days + 3)
    needed = bank.customers * _BYTES_PER_CUSTOMER + days * _BYTES_PER_DAY + _BYTES_OF_LOG
    if free < needed:
        raise SettingsError(
            expected=f"about {needed / 1e9:.0f} GB of free disk for {bank.customers:,} customers "
            f"and {bank.history_days} days",
            found=f"{free / 1e9:.0f} GB",
            where=str(folder),
            remedy="name a folder on a larger disk in BANKLOOP_VAR_DIR, or a shorter history: "
            "--days N",
        )


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
