"""What a gate found, in words, in `ops.gate_results`, and as the error that stops a night."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import psycopg

from expectations.suite import Severity
from warehouse.errors import GateError
from warehouse.ledger import Run

FAILURES_NAMED = 5


@dataclass(frozen=True)
class CheckResult:
    """One check of one table; `sample` holds masked keys only."""

    table: str
    check: str
    severity: Severity
    passed: bool
    observed: str
    sample: str
    remedy: str


@dataclass(frozen=True)
class GateReport:
    """All checks of one gate in one run."""

    gate: str
    business_date: date
    results: tuple[CheckResult, ...]

    @property
    def failures(self) -> tuple[CheckResult, ...]:
        """Checks of severity fail that did not pass."""
        return tuple(r for r in self.results if not r.passed and r.severity == "fail")

    @property
    def warnings(self) -> tuple[CheckResult, ...]:
        """Checks of severity warn that did not pass."""
        return tuple(r for r in self.results if not r.passed and r.severity == "warn")

    def __str__(self) -> str:
        names = ", ".join(f"{one.check} ({one.table})" for one in self.warnings)
        warned = f"; warned: {names}" if names else ""
        return (
            f"gate {self.gate}: {len(self.results)} checks, {len(self.failures)} failed, "
            f"{len(self.warnings)} warned{warned}"
        )

    def raise_failures(self) -> None:
        """Stop the night when a check of severity fail did not pass.

        Raises:
            GateError: names the failed checks with what was found, where, and what to do.
        """
        failed = self.failures
        if not failed:
            return
        named = failed[:FAILURES_NAMED]
        more = f" and {len(failed) - len(named)} more" if len(failed) > len(named) else ""
        raise GateError(
            expected="; ".join(one.check.replace("_", " ") for one in named),
            found="; ".join(_found(one) for one in named) + more,
            where=f"gate {self.gate} of {self.business_date}: "
            + "; ".join(dict.fromkeys(one.table for one in named)),
            remedy="; ".join(dict.fromkeys(one.remedy for one in named))
            + " (all results: ops.gate_results)",
        )


def write_results(connection: psycopg.Connection, run: Run, report: GateReport) -> None:
    """Replace this run's rows of the gate in `ops.gate_results`."""
    connection.execute(
        "delete from ops.gate_results where run_id = %s and gate = %s", [run.run_id, report.gate]
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.gate_results (run_id, business_date, gate, table_name, check_name, "
            "severity, passed, observed, sample) values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                (
                    run.run_id,
                    run.business_date,
                    report.gate,
                    one.table,
                    one.check,
                    one.severity,
                    one.passed,
                    one.observed,
                    one.sample,
                )
                for one in report.results
            ],
        )


def _found(one: CheckResult) -> str:
    sample = f" (rows {one.sample})" if one.sample else ""
    return f"{one.observed}{sample}"
