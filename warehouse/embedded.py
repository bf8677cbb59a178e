"""The embedded PostgreSQL server of one var folder: start, stop, address.

Files: `postgres/port` (chosen once), `postgres/home` (where the data live),
`secrets/postgres_password`, `postgres/data`. A file lock makes two starts at once safe.
"""

from __future__ import annotations

import fcntl
import logging
import os
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from warehouse.cluster import ADMIN, check_disk, configure, initialise
from warehouse.errors import WarehouseError
from warehouse.private_files import make_private_dir, read_or_create, write_private
from warehouse.privileges import Launcher, choose_launcher
from warehouse.settings import Settings

logger = logging.getLogger(__name__)

HOST = "127.0.0.1"
_PORTS = range(20_000, 32_000)  # below the range that systems hand out to outgoing connections
_WAIT_SECONDS = 60


@dataclass(frozen=True)
class Address:
    """Where the server listens and how to log in."""

    host: str
    port: int
    user: str
    password: str


def address(settings: Settings) -> Address:
    """Address of the embedded server; chooses port and password when asked the first time.

    Raises:
        WarehouseError: the files belong to another user.
    """
    try:
        make_private_dir(settings.postgres_dir)
        port = read_or_create(settings.postgres_dir / "port", lambda: str(_free_port()))
        password = read_or_create(
            settings.secrets_dir / "postgres_password", lambda: secrets.token_urlsafe(32)
        )
    except PermissionError as error:
        raise WarehouseError(
            expected="a folder that this user may read and write",
            found="permission denied: another user made it",
            where=str(error.filename or settings.postgres_dir),
            remedy="run as that user, or point BANKLOOP_VAR_DIR to a folder of your own",
        ) from error
    return Address(HOST, int(port), ADMIN, password)


def ensure_started(settings: Settings) -> None:
    """Start the embedded server unless it runs; with BANKLOOP_WAREHOUSE_URL do nothing.

    Raises:
        WarehouseError: the port is taken, the disk is full, or the server does not come up.
    """
    if settings.warehouse_url is not None or is_running(settings):
        return
    with _start_lock(settings.postgres_dir):
        if not is_running(settings):
            _start(settings)


def stop(settings: Settings) -> None:
    """Stop the embedded server, ending open connections; nothing happens when it does not run."""
    if settings.warehouse_url is not None or not settings.postgres_dir.exists():
        return
    with _start_lock(settings.postgres_dir):
        launcher = choose_launcher(settings.postgres_dir)
        data_dir = launcher.home / "data"
        if not (data_dir / "postmaster.pid").exists():
            return
        done = launcher.run("pg_ctl", "stop", f"--pgdata={data_dir}", "--mode=fast", "--wait")
    if done.returncode != 0 and is_running(settings):
        raise WarehouseError(
            expected="the server to stop",
            found=_last_line(done.stderr),
            where=str(data_dir),
            remedy="end the programs that are connected to it, then stop it again",
        )


def is_running(settings: Settings) -> bool:
    """Whether the server of this var folder (its password proves it) accepts connections."""
    at = address(settings)
    try:
        psycopg.connect(
            host=at.host,
            port=at.port,
            user=at.user,
            password=at.password,
            dbname="postgres",
            connect_timeout=5,
        ).close()
    except psycopg.OperationalError:
        return False
    return True


def _start(settings: Settings) -> None:
    launcher = choose_launcher(settings.postgres_dir)
    data_dir = _data_dir(settings, launcher)
    at = address(settings)
    check_disk(launcher.home)
    with _life_lock(settings, data_dir) as life:
        if life is None:
            return
        _refuse_taken_port(at.port, settings.postgres_dir)
        if not data_dir.exists():
            logger.info("making a new PostgreSQL data directory in %s", data_dir)
            initialise(launcher, data_dir, at.password)
        _drop_stale_pid_file(data_dir)
        configure(launcher, data_dir, at.port, settings.server_memory_mb)
        _launch(launcher, data_dir, life)
    if not is_running(settings):
        raise _not_started(launcher.home)
    logger.info("PostgreSQL listens on %s:%s", at.host, at.port)


def _launch(launcher: Launcher, data_dir: Path, life: int) -> None:
    log = launcher.home / "start.log"
    log.unlink(missing_ok=True)
    launcher.run(
        "pg_ctl",
        "start",
        f"--pgdata={data_dir}",
        f"--log={log}",
        "--wait",
        f"--timeout={_WAIT_SECONDS}",
        "--silent",
        inherit=(life,),
    )


def _data_dir(settings: Settings, launcher: Launcher) -> Path:
    """The data directory, refused when an earlier start kept the data elsewhere."""
    note = settings.postgres_dir / "home"
    home = read_or_create(note, lambda: str(launcher.home))
    data_dir = launcher.home / "data"
    if home == str(launcher.home):
        return data_dir
    if (Path(home) / "data").exists():
        raise WarehouseError(
            expected=f"the data in {data_dir}",
            found=f"an earlier start, as another user or on another system, kept them in {home}",
            where=str(note),
            remedy=f"start as before, or move {home}/data to {data_dir} and remove {note}",
        )
    write_private(note, str(launcher.home))
    return data_dir


@contextmanager
def _life_lock(settings: Settings, data_dir: Path) -> Iterator[int | None]:
    """Take the lock that the server and its children inherit and so hold while one of them lives.

    Yields None when a server that was still starting came up by itself.
    """
    descriptor = os.open(settings.postgres_dir / "life.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        deadline = time.monotonic() + _WAIT_SECONDS
        while not _try_lock(descriptor):
            if is_running(settings):
                yield None
                return
            if time.monotonic() > deadline:
                raise _still_there(data_dir)
            time.sleep(0.1)
        yield descriptor
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _drop_stale_pid_file(data_dir: Path) -> None:
    """With the life lock held no server of ours lives: the number may by now name a stranger."""
    pid_file = data_dir / "postmaster.pid"
    if pid_file.exists():
        logger.warning("removing the stale %s of a server that was killed", pid_file)
        pid_file.unlink()


@contextmanager
def _start_lock(postgres_dir: Path) -> Iterator[None]:
    make_private_dir(postgres_dir)
    descriptor = os.open(postgres_dir / "start.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _free_port() -> int:
    for _ in range(200):
        port = secrets.choice(_PORTS)
        if _is_free(port):
            return port
    raise WarehouseError(
        expected=f"a free port of {HOST} from {_PORTS.start} to {_PORTS.stop - 1}",
        found="none in 200 tries",
        where=HOST,
        remedy="end programs that listen on many ports",
    )


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def _refuse_taken_port(port: int, postgres_dir: Path) -> None:
    if not _is_free(port):
        raise WarehouseError(
            expected=f"port {port} of {HOST} to be free",
            found="another program listens on it",
            where=str(postgres_dir / "port"),
            remedy="end that program, or delete this file: the next start chooses another port",
        )


def _still_there(data_dir: Path) -> WarehouseError:
    return WarehouseError(
        expected="the last server to be up or gone",
        found=f"its processes live, but do not answer for {_WAIT_SECONDS} s",
        where=str(data_dir),
        remedy="it may be recovering after a crash: look into log/ there, wait, start again",
    )


def _not_started(home: Path) -> WarehouseError:
    lines: list[str] = []
    logs = sorted((home / "data" / "log").glob("*.log"), key=lambda path: path.stat().st_mtime)
    for log in (home / "start.log", *logs[-1:]):
        if log.exists():
            lines += [line for line in log.read_text().splitlines() if "FATAL" in line]
    found = lines[-1] if lines else "it did not come up"
    full = "No space left" in found
    return WarehouseError(
        expected="the server to start",
        found=found,
        where=str(home),
        remedy="free some disk space, start again" if full else "see start.log and data/log there",
    )


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no message"])[-1]
