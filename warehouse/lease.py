"""The lease of the one writer: an advisory lock, a fence number, and the end of the dead."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from warehouse.connection import connect
from warehouse.errors import LeaseError
from warehouse.settings import Settings

_LOCK_KEY = 7_202_401_010_001
_END_SECONDS = 30


def application_name(run_id: str) -> str:
    """Name of the sessions of a run's tasks; dbt's sessions are `bankloop-dbt:<run_id>`."""
    return f"bankloop:{run_id}"


@contextmanager
def locked(settings: Settings, name: str, wait_seconds: float) -> Iterator[psycopg.Connection]:
    """Hold the writer lock of the warehouse in a session that does nothing else.

    The session is idle, so the server notices at once when the process dies, and frees the lock.

    Raises:
        LeaseError: another session holds the lock for `wait_seconds`.
    """
    with connect(settings, autocommit=True, application_name=name) as session:
        session.execute("select set_config('lock_timeout', %s, false)", [f"{wait_seconds}s"])
        try:
            session.execute("select pg_advisory_lock(%s)", [_LOCK_KEY])
        except psycopg.errors.LockNotAvailable as error:
            raise _held(session) from error
        yield session


def check_alive(session: psycopg.Connection) -> None:
    """Fail when the session that holds the lock is gone.

    Raises:
        LeaseError: the server ended it.
    """
    try:
        session.execute("select 1")
    except psycopg.Error as error:
        raise LeaseError(
            expected="the writer lock to be held until the task ends",
            found="its session was ended: the server stopped, or another run took over",
            where="the writer lock",
            remedy="run the same night again",
        ) from error


def check_fence(connection: psycopg.Connection, run_id: str, fence: int) -> None:
    """Fail when another run has raised the fence; else nobody can raise it before the commit.

    Raises:
        LeaseError: the fence is no longer this run's.
    """
    row = connection.execute("select run_id, fence from ops.current_night for share").fetchone()
    if row is None or row[1] != fence:
        raise LeaseError(
            expected=f"fence {fence} of run {run_id}",
            found="no run" if row is None else f"fence {row[1]} (the last run to start: {row[0]})",
            where="ops.current_night",
            remedy="this task belongs to a run that was taken over or given up: let it end",
        )


def end_sessions(session: psycopg.Connection, run_id: str) -> int:
    """End the sessions of a dead run, dbt's too, and wait until they are gone.

    `session` must be in autocommit: within a transaction the list of sessions stands still.

    Returns:
        How many were ended.

    Raises:
        LeaseError: one is still there after 30 s.
    """
    found = (
        "from pg_stat_activity where datname = current_database() "
        "and pid <> pg_backend_pid() and split_part(application_name, ':', 2) = %s"
    )
    ended = session.execute(f"select pg_terminate_backend(pid) {found}", [run_id]).rowcount
    deadline = time.monotonic() + _END_SECONDS
    while session.execute(f"select 1 {found}", [run_id]).fetchone():
        if time.monotonic() > deadline:
            raise LeaseError(
                expected="the sessions of a dead run to end",
                found=f"one is alive after {_END_SECONDS} s",
                where=run_id,
                remedy="end its processes, then start again",
            )
        time.sleep(0.05)
    return ended


def _held(session: psycopg.Connection) -> LeaseError:
    row = session.execute(
        "select a.application_name, l.pid from pg_locks l "
        "left join pg_stat_activity a using (pid) "
        "where l.locktype = 'advisory' and l.granted and l.classid = %s and l.objid = %s "
        "and l.database = (select oid from pg_database where datname = current_database())",
        [_LOCK_KEY >> 32, _LOCK_KEY & 0xFFFF_FFFF],
    ).fetchone()
    return LeaseError(
        expected="the writer lock of the warehouse to be free",
        found=f"session {row[0]} (server process {row[1]}) holds it" if row else "it was held",
        where="the writer lock",
        remedy="wait until that run ends; see `bankloop status`",
    )
