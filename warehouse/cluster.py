"""The embedded server's data directory: made once by initdb, configured anew at every start."""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path

from warehouse.errors import WarehouseError
from warehouse.privileges import Launcher

ADMIN = "bankloop"
MINIMUM_FREE_MB = 512
MEMORY_LIMITS = (
    "/sys/fs/cgroup/memory.max",
    "/sys/fs/cgroup/memory/memory.limit_in_bytes",
)
_SMALLEST_BUDGET_MB, _LARGEST_BUDGET_MB = 512, 4096
_HOST_RULES = "host all all 127.0.0.1/32 scram-sha-256\n"


def initialise(launcher: Launcher, data_dir: Path, password: str) -> None:
    """Make the data directory; a crash half-way leaves nothing that a later start would use.

    Raises:
        WarehouseError: the disk is nearly full, or initdb failed.
    """
    check_disk(launcher.home)
    beside = data_dir.with_name(f"{data_dir.name}.new")
    _remove(beside)
    password_file = launcher.home / f".password-{secrets.token_hex(4)}"
    descriptor = os.open(password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(password + "\n")
    launcher.give(password_file)
    try:
        done = launcher.run("initdb", *_initdb_arguments(beside, password_file))
    finally:
        password_file.unlink(missing_ok=True)
    if done.returncode != 0:
        _remove(beside)
        raise _initdb_failed(done.stderr, data_dir)
    beside.rename(data_dir)


def _initdb_arguments(data_dir: Path, password_file: Path) -> list[str]:
    return [
        f"--pgdata={data_dir}",
        f"--username={ADMIN}",
        f"--pwfile={password_file}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--data-checksums",
    ]


def configure(launcher: Launcher, data_dir: Path, port: int, memory_mb: int | None) -> None:
    """Write postgresql.conf and pg_hba.conf: the whole configuration is this file."""
    budget = memory_mb or default_memory_mb()
    lines = (f"{name} = '{value}'" for name, value in server_options(port, budget).items())
    _write(launcher, data_dir / "postgresql.conf", "\n".join(lines) + "\n")
    _write(launcher, data_dir / "pg_hba.conf", _HOST_RULES)


def server_options(port: int, budget_mb: int) -> dict[str, str]:
    """Options of postgresql.conf for a warehouse that may use `budget_mb` MiB of memory.

    Crash-safe: `fsync`, `full_page_writes` and `synchronous_commit` stay on (a night commits a few
    hundred times, so waiting for the disk costs it less than a second). `wal_level = minimal` lets
    tables filled in the transaction that made them skip the log. The server's log never holds
    values: statements, DETAIL and CONTEXT of errors go to the client only.
    """
    cores = os.cpu_count() or 1
    return {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": "",
        "max_connections": "150",
        "client_connection_check_interval": "5s",
        "password_encryption": "scram-sha-256",
        "shared_buffers": f"{budget_mb // 4}MB",
        "effective_cache_size": f"{budget_mb}MB",
        "work_mem": f"{max(8, budget_mb // 32)}MB",
        "maintenance_work_mem": f"{max(32, budget_mb // 8)}MB",
        "dynamic_shared_memory_type": _shared_memory_type(budget_mb),
        "max_worker_processes": str(max(8, cores)),
        "max_parallel_workers": str(cores),
        "max_parallel_workers_per_gather": str(min(2, cores)),
        "wal_level": "minimal",
        "max_wal_senders": "0",
        "min_wal_size": "256MB",
        "max_wal_size": "4GB",
        "checkpoint_timeout": "15min",
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        "random_page_cost": "1.1",
        "jit": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "datestyle": "ISO, YMD",
        "lc_messages": "C",
        "default_text_search_config": "pg_catalog.simple",
        "logging_collector": "on",
        "log_directory": "log",
        "log_filename": "server-%a.log",
        "log_truncate_on_rotation": "on",
        "log_rotation_age": "1d",
        "log_rotation_size": "0",
        "log_file_mode": "0600",
        "log_min_messages": "log",
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "log_line_prefix": "%m [%p] %a ",
        "log_checkpoints": "off",
    }


def default_memory_mb() -> int:
    """A quarter of the machine (or container), at least 512 MiB and at most 4 GiB."""
    return min(_LARGEST_BUDGET_MB, max(_SMALLEST_BUDGET_MB, machine_memory_mb() // 4))


def machine_memory_mb() -> int:
    """Memory of the machine in MiB, or the container's limit where that is smaller."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for name in MEMORY_LIMITS:
        try:
            machine = min(machine, int(Path(name).read_text()))
        except (OSError, ValueError):
            continue
    return machine // 2**20


def check_disk(folder: Path) -> None:
    """Refuse to start on a nearly full disk: a full one stops the server in mid-night.

    Raises:
        WarehouseError: less than 512 MiB are free.
    """
    free_mb = shutil.disk_usage(folder).free // 2**20
    if free_mb < MINIMUM_FREE_MB:
        raise WarehouseError(
            expected=f"at least {MINIMUM_FREE_MB} MiB of free disk",
            found=f"{free_mb} MiB",
            where=str(folder),
            remedy="free some space, or point BANKLOOP_VAR_DIR to a larger disk",
        )


def _shared_memory_type(budget_mb: int) -> str:
    """Containers often have a /dev/shm of 64 MiB, too small for parallel queries."""
    try:
        size_mb = shutil.disk_usage("/dev/shm").total // 2**20  # noqa: S108
    except OSError:
        return "mmap"
    return "posix" if size_mb >= budget_mb // 4 else "mmap"


def _initdb_failed(message: str, data_dir: Path) -> WarehouseError:
    full = "No space left" in message
    return WarehouseError(
        expected="initdb to make the data directory",
        found=(message.strip().splitlines() or ["no message"])[-1],
        where=str(data_dir),
        remedy="free some disk space and start again" if full else "correct the cause, start again",
    )


def _write(launcher: Launcher, path: Path, text: str) -> None:
    beside = path.with_name(f"{path.name}.new")
    beside.write_text(text)
    beside.chmod(0o600)
    launcher.give(beside)
    beside.replace(path)


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
