"""The run ledger: who runs which night, in order, one writer at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

import psycopg

from warehouse.connection import connect, readable_errors
from warehouse.errors import LeaseError, RunOrderError
from warehouse.lease import application_name, check_alive, check_fence, end_sessions, locked
from warehouse.run_order import Attempt, Kind, check_order, check_unfinished
from warehouse.settings import Settings

_START_WAIT_SECONDS = 2.0
_TASK_WAIT_SECONDS = 15.0


@dataclass(frozen=True)
class Run:
    """One attempt to run a historic pass, a night or a batch; `fence` grows with every start."""

    run_id: str
    kind: Kind
    business_date: date
    span_from: date
    fence: int


def start_run(
    settings: Settings,
    kind: Kind,
    business_date: date,
    span_from: date | None = None,
    *,
    profiling_basis: str | None = None,
) -> Run:
    """Start a run: take the lock, check the order, raise the fence, set `ops.current_night`.

    A dead run of the same date is taken over: its sessions are ended. Lists are blocked in the
    same transaction (domain: "the withdrawal path"); a batch leaves them as they are.
    `span_from` is the first business date that the run processes (default: `business_date`).

    Raises:
        LeaseError: another session is writing at this moment.
        RunOrderError: another date is unfinished, or the date is out of order.
    """
    with (
        locked(settings, "bankloop:start", _START_WAIT_SECONDS) as session,
        readable_errors("ops.runs"),
        connect(settings) as connection,
    ):
        running = _running(connection)
        check_unfinished(kind, business_date, running)
        check_order(kind, business_date, _last_attempt(connection))
        if running is not None:
            end_sessions(session, running.run_id)
            _close(connection, running.run_id, "failed", "taken over by a new attempt")
        run = _insert_run(connection, kind, business_date, span_from, profiling_basis)
        _set_current_night(settings, connection, run, profiling_basis)
        if kind != "batch":
            _block_lists(connection, run)
    return run


@contextmanager
def working(settings: Settings, run: Run, task: str) -> Iterator[psycopg.Connection]:
    """The connection that a task works on, while a second session holds the writer lock.

    The fence is checked before the task starts and again before its work is committed, so a task
    of a run that was taken over writes nothing. Commits on success, rolls back on any error.

    Raises:
        LeaseError: the run was taken over or given up, or another task is working.
    """
    name = application_name(run.run_id)
    with locked(settings, name, _TASK_WAIT_SECONDS) as session, readable_errors(task):
        connection = connect(settings, application_name=name)
        try:
            check_fence(connection, run.run_id, run.fence)
            yield connection
            check_fence(connection, run.run_id, run.fence)
            check_alive(session)
            connection.commit()
        finally:
            connection.close()


@contextmanager
def between_nights(settings: Settings, task: str) -> Iterator[psycopg.Connection]:
    """A connection for work that no night may overlap: it holds the writer lock till the end.

    Commits on success, rolls back on any error.

    Raises:
        LeaseError: a run is working.
        RunOrderError: a run is unfinished.
    """
    name = application_name(task)
    with (
        locked(settings, name, _START_WAIT_SECONDS) as session,
        readable_errors(task),
        connect(settings, application_name=name) as connection,
    ):
        running = _running(connection)
        if running is not None:
            raise RunOrderError(
                expected="no unfinished run",
                found=f"{running.kind} {running.business_date} ({running.run_id}) is unfinished",
                where="ops.runs",
                remedy=f"let it end, or give it up: `bankloop nightly --date "
                f"{running.business_date} --abandon`",
            )
        yield connection
        check_alive(session)


def finish_run(
    settings: Settings, run: Run, status: Literal["published", "failed"], reason: str = ""
) -> None:
    """Close a run; nothing happens when it is closed with this status already.

    Raises:
        LeaseError: the run was taken over or given up.
    """
    with connect(settings, application_name=application_name(run.run_id)) as connection:
        check_fence(connection, run.run_id, run.fence)
        found = connection.execute("select status from ops.runs where run_id = %s", [run.run_id])
        row = found.fetchone()
        if row == (status,):
            return
        if row != ("running",):
            raise LeaseError(
                expected=f"run {run.run_id} to be running",
                found="no such run" if row is None else str(row[0]),
                where="ops.runs",
                remedy="start the night again",
            )
        _close(connection, run.run_id, status, reason)


def abandon(settings: Settings, business_date: date, reason: str) -> None:
    """Give up an unfinished run: ends its sessions and raises the fence so that none comes back.

    Raises:
        LeaseError: it is working at this moment.
        RunOrderError: no run of that date is unfinished.
    """
    with (
        locked(settings, "bankloop:abandon", _START_WAIT_SECONDS) as session,
        connect(settings) as connection,
    ):
        running = _running(connection)
        if running is None or running.business_date != business_date:
            raise _not_running(business_date, running)
        end_sessions(session, running.run_id)
        _close(connection, running.run_id, "abandoned", reason)
        connection.execute("update ops.current_night set fence = nextval('ops.fence')")


def current_run(settings: Settings, business_date: date) -> Run:
    """The running run of a date, for tasks that live in processes of their own.

    Raises:
        RunOrderError: no run of that date is running.
    """
    with connect(settings) as connection:
        row = connection.execute(
            "select run_id, kind, business_date, span_from, fence from ops.runs "
            "where status = 'running' and business_date = %s",
            [business_date],
        ).fetchone()
        if row is None:
            raise _not_running(business_date, _running(connection))
    return Run(*row)


def last_published(connection: psycopg.Connection) -> date | None:
    """Date of the latest historic pass or night, if its last attempt was published."""
    last = _last_attempt(connection)
    return last.business_date if last and last.status == "published" else None


def next_night(connection: psycopg.Connection) -> date | None:
    """The date that has to run next: the last one until it is published; None before any run."""
    last = _last_attempt(connection)
    if last is None:
        return None
    return last.business_date + timedelta(days=1 if last.status == "published" else 0)


def set_night_id(connection: psycopg.Connection, run: Run, night_id: str) -> None:
    """Record the hash of all that decides a night's results."""
    connection.execute("update ops.current_night set night_id = %s", [night_id])
    connection.execute(
        "update ops.runs set night_id = %s where run_id = %s", [night_id, run.run_id]
    )


def _running(connection: psycopg.Connection) -> Attempt | None:
    return _attempt(connection, "where status = 'running'")


def _last_attempt(connection: psycopg.Connection) -> Attempt | None:
    return _attempt(connection, "where kind <> 'batch' order by fence desc limit 1")


def _attempt(connection: psycopg.Connection, clause: str) -> Attempt | None:
    row = connection.execute(
        f"select run_id, kind, business_date, status from ops.runs {clause}"
    ).fetchone()
    return None if row is None else Attempt(*row)


def _insert_run(
    connection: psycopg.Connection,
    kind: Kind,
    business_date: date,
    span_from: date | None,
    profiling_basis: str | None,
) -> Run:
    row = connection.execute("select nextval('ops.fence')").fetchone()
    assert row is not None
    run_id = f"{business_date:%Y%m%d}-{kind}-{row[0]}"
    run = Run(run_id, kind, business_date, span_from or business_date, row[0])
    connection.execute(
        "insert into ops.runs "
        "(run_id, kind, business_date, span_from, status, fence, profiling_basis) "
        "values (%s, %s, %s, %s, 'running', %s, %s)",
        [run_id, kind, business_date, run.span_from, run.fence, profiling_basis],
    )
    return run


def _set_current_night(
    settings: Settings, connection: psycopg.Connection, run: Run, profiling_basis: str | None
) -> None:
    first, last_historic = _loaded_span(connection, run)
    day_after = last_historic + timedelta(days=1) if last_historic else first
    values: dict[str, Any] = {
        "night_date": run.business_date,
        "span_from": run.span_from,
        "run_id": run.run_id,
        "run_kind": run.kind,
        "fence": run.fence,
        "night_id": None,
        "first_loaded_date": first,
        "last_historic_date": last_historic,
        "score_trigger_from": settings.score_trigger_from or day_after,
        "currency_code": settings.currency_code,
        "time_zone": settings.time_zone,
        "profiling_basis": profiling_basis,
    }
    changes = ", ".join(f"{name} = excluded.{name}" for name in values)
    connection.execute(
        f"insert into ops.current_night ({', '.join(values)}) "
        f"values ({', '.join(['%s'] * len(values))}) "
        f"on conflict (is_the_row) do update set {changes}",
        list(values.values()),
    )


def _loaded_span(connection: psycopg.Connection, run: Run) -> tuple[date, date | None]:
    """First date ever loaded, and the last date of the historic pass."""
    row = connection.execute(
        "select min(span_from), max(business_date) filter (where kind = 'historic') "
        "from ops.runs where run_id = %s or (status = 'published' "
        "and (business_date < %s or kind = 'historic'))",
        [run.run_id, run.business_date],
    ).fetchone()
    assert row is not None
    return row[0], row[1]


def _block_lists(connection: psycopg.Connection, run: Run) -> None:
    connection.execute(
        "update ops.publication_state set lists = 'blocked', run_id = %s, reason = %s, "
        "changed_at = clock_timestamp()",
        [run.run_id, f"{run.kind} {run.business_date} is running"],
    )


def _close(connection: psycopg.Connection, run_id: str, status: str, reason: str) -> None:
    connection.execute(
        "update ops.runs set status = %s, reason = %s, finished_at = clock_timestamp() "
        "where run_id = %s",
        [status, reason, run_id],
    )


def _not_running(business_date: date, running: Attempt | None) -> RunOrderError:
    other = f"{running.kind} {running.business_date} is running" if running else "no run is running"
    return RunOrderError(
        expected=f"an unfinished run of {business_date}",
        found=other,
        where="ops.runs",
        remedy=f"start it: `bankloop nightly --date {business_date}`",
    )
