"""Ending a night with kill -9 at a known place: where it waits for a lock that the test holds."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import psycopg

from warehouse.connection import connect
from warehouse.settings import PROJECT_DIR, Settings

PATIENCE_SECONDS = 300
_WAITS = """
    select pid from pg_stat_activity
    where %s = any(pg_blocking_pids(pid)) and application_name like 'bankloop%%'
"""


@contextmanager
def night_process(settings: Settings, night: date) -> Iterator["NightProcess"]:
    """A night that runs beside the test; whatever happens, it does not outlive the block."""
    log = settings.var_dir / "night.out"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.factories.one_night", night.isoformat()],
            cwd=PROJECT_DIR,
            env=os.environ | settings.environment(),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    running = NightProcess(settings, process)
    try:
        yield running
    finally:
        running.kill()


class NightProcess:
    """A running night and what it has said so far."""

    def __init__(self, settings: Settings, process: subprocess.Popen[bytes]) -> None:
        self.settings = settings
        self.process = process

    def said(self) -> str:
        """Its output."""
        return (self.settings.var_dir / "night.out").read_text()

    def finished_steps(self) -> list[str]:
        """Names of the steps that it has finished."""
        return [line.split()[0] for line in self.said().splitlines() if " s  " in line]

    def wait_for(self, holder: psycopg.Connection) -> None:
        """Return as soon as one of its sessions waits for a lock of `holder`."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        with connect(self.settings, autocommit=True) as watcher:
            while not watcher.execute(_WAITS, [holder.info.backend_pid]).fetchone():
                assert self.process.poll() is None, self.said()[-3000:]
                assert time.monotonic() < deadline, self.said()[-3000:]
                time.sleep(0.02)

    def kill(self) -> None:
        """End it as a power cut would."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@contextmanager
def holding(settings: Settings, statement: str) -> Iterator[psycopg.Connection]:
    """A session that holds the locks of `statement` until the block ends."""
    connection = connect(settings, application_name="test")
    try:
        connection.execute(statement)
        yield connection
        connection.rollback()
    finally:
        connection.close()


def kill_while_waiting(settings: Settings, night: date, lock: str, then: str = "") -> list[str]:
    """Run a night until it waits for `lock`, kill it there, and return its finished steps.

    With `then`, it is only held up at `lock` until `then` is locked too, and killed there: so a
    place can be named that earlier steps of the night pass as well.
    """
    with holding(settings, lock) as first, night_process(settings, night) as running:
        running.wait_for(first)
        if not then:
            running.kill()
            return running.finished_steps()
        with holding(settings, then) as second:
            first.rollback()
            running.wait_for(second)
            running.kill()
            return running.finished_steps()
