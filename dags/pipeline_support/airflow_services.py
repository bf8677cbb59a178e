"""Airflow's services on this machine: started in the background, watched by their pid files."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

from dags.pipeline_support.airflow_home import (
    airflow_environment,
    api_port,
    password_file,
    prepare,
    token,
)
from warehouse.errors import WarehouseError
from warehouse.private_files import read_or_create
from warehouse.settings import Settings

SERVICES = {
    "api-server": (),
    "scheduler": ("--skip-serve-logs",),  # logs are read from disk; its server binds all addresses
    "dag-processor": (),
}
HEALTH = "/api/v2/monitor/health"
STOP_SECONDS = 15.0
HEALTHY_PARTS = ("metadatabase", "scheduler", "dag_processor")


def start_services(settings: Settings) -> str:
    """Start API server, scheduler and DAG processor; returns the UI's address.

    No task defers, so no triggerer is needed.
    """
    prepare(settings)
    read_or_create(password_file(settings), lambda: json.dumps({"admin": token()}))
    for service, options in SERVICES.items():
        if _running(settings, service):
            continue
        log = (settings.airflow_dir / f"{service}.log").open("ab")
        process = subprocess.Popen(  # noqa: S603 - a fixed command of this environment
            [str(Path(sys.executable).with_name("airflow")), service, *options],
            env=os.environ | settings.environment() | airflow_environment(settings),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        _pid_file(settings, service).write_text(str(process.pid))
    address = f"http://127.0.0.1:{api_port(settings)}"
    _wait_until_healthy(settings, address)
    return address


def stop_services(settings: Settings) -> None:
    """Stop what `start_services` started and wait for it; nothing for what does not run."""
    pids = [pid for service in SERVICES if (pid := _running(settings, service))]
    for pid in pids:
        os.killpg(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    for pid in pids:
        _wait_until_ended(pid, deadline)
    for service in SERVICES:
        _pid_file(settings, service).unlink(missing_ok=True)


def _wait_until_ended(pid: int, deadline: float) -> None:
    """Wait for a process that was asked to end; what is left of its group then is killed."""
    while _is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.2)
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def _is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def _running(settings: Settings, service: str) -> int | None:
    try:
        pid = int(_pid_file(settings, service).read_text())
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError):
        return None
    # for a moment after its start a process has no command line yet
    return pid if _is_alive(pid) and (b"airflow" in command or not command) else None


def _pid_file(settings: Settings, service: str) -> Path:
    return settings.airflow_dir / f"{service}.pid"


def _wait_until_healthy(settings: Settings, address: str, seconds: int = 180) -> None:
    deadline = time.monotonic() + seconds
    missing = set(HEALTHY_PARTS)
    while time.monotonic() < deadline:
        missing = _unhealthy(address)
        if not missing:
            return
        if ended := {service for service in SERVICES if not _running(settings, service)}:
            missing = ended
            break
        time.sleep(1)
    raise WarehouseError(
        expected=f"Airflow to be healthy within {seconds} s",
        found=f"not running or not healthy: {', '.join(sorted(missing))}",
        where=address,
        remedy=f"read the logs of the services in {settings.airflow_dir}",
    )


def _unhealthy(address: str) -> set[str]:
    """Parts of Airflow that do not report to be healthy; all while the API server is silent."""
    try:
        with urllib.request.urlopen(f"{address}{HEALTH}", timeout=3) as answer:  # noqa: S310 - own
            parts = json.load(answer)
    except (urllib.error.URLError, OSError, ValueError):
        return set(HEALTHY_PARTS)
    return {name for name in HEALTHY_PARTS if parts.get(name, {}).get("status") != "healthy"}
