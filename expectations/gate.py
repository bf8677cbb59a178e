"""Run one gate for one run: checks, results, masked samples, Data Docs, and the stop."""

from __future__ import annotations

import os
import shutil
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from expectations.docs_index import write_index
from expectations.failing_rows import masked_sample
from expectations.report import CheckResult, GateReport, write_results
from expectations.suite import load_suite
from warehouse.connection import connect, sqlalchemy_url
from warehouse.lease import application_name
from warehouse.ledger import Run
from warehouse.settings import Settings

if TYPE_CHECKING:
    from expectations.engine import Outcome

_SILENCE = {"GX_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1"}


def run_gate(settings: Settings, run: Run, layer: str) -> GateReport:
    """Check the border `layer` (raw, marts, predictions or activation) for a run.

    Reads what is committed, only the partitions of the run's dates. Results are committed to
    `ops.gate_results` before a failure is raised; Data Docs go to `settings.docs_dir`.

    Raises:
        GateError: a check of severity fail did not pass, or the gate's suite is malformed.
    """
    name = application_name(run.run_id)
    with connect(settings, application_name=name) as connection:
        suite = load_suite(layer, literals_of(settings, connection, run))
        connection.commit()
        os.environ.update(_SILENCE)
        from expectations.engine import run_suite

        docs = docs_of(settings, run.business_date, layer)
        shutil.rmtree(docs, ignore_errors=True)
        url = sqlalchemy_url(settings)
        mark = "&" if "?" in url else "?"
        outcomes = run_suite(suite, f"{url}{mark}application_name={name}", docs)
        report = GateReport(
            layer, run.business_date, tuple(_result(connection, one) for one in outcomes)
        )
        write_results(connection, run, report)
    write_index(settings.docs_dir)
    report.raise_failures()
    return report


def docs_of(settings: Settings, night: date, gate: str) -> Path:
    """Folder of the Data Docs of one gate and night."""
    return settings.docs_dir / night.isoformat() / gate


def _result(connection: psycopg.Connection, outcome: Outcome) -> CheckResult:
    sample = "" if outcome.passed else masked_sample(connection, outcome.table, outcome.check)
    return CheckResult(
        table=outcome.table.table,
        check=outcome.check.check,
        severity=outcome.check.severity,
        passed=outcome.passed,
        observed=outcome.observed,
        sample=sample,
        remedy=outcome.check.remedy,
    )


def literals_of(settings: Settings, connection: psycopg.Connection, run: Run) -> dict[str, str]:
    """SQL literals of a run: what a suite may refer to by `$name`."""
    row = connection.execute("select time_zone from ops.current_night").fetchone()
    values: dict[str, object] = {
        "night": run.business_date,
        "span_from": run.span_from,
        "run_id": run.run_id,
        "time_zone": row[0] if row else settings.time_zone,
        "quarantine_share_limit": settings.quarantine_share_limit,
    }
    return {name: sql.Literal(value).as_string(connection) for name, value in values.items()}
