"""No clock but the business date: the system date decides nothing about what the data mean."""

from __future__ import annotations

import re

from warehouse.settings import PROJECT_DIR

PYTHON_CLOCK = re.compile(r"date\.today\(|datetime\.now\(|utcnow\(|Timestamp\.now\(|time\.time\(\)")
SQL_CLOCK = re.compile(
    r"\b(current_date|current_timestamp|localtimestamp)\b|\bnow\(\)", re.IGNORECASE
)
# the one permitted use: the reading rule with BANKLOOP_CLOCK=wall (docs/campaigns.md)
ALLOWED: set[str] = set()
PACKAGES = (
    "campaigns",
    "expectations",
    "ingestion",
    "measurement",
    "models_ml",
    "simulator",
    "dags",
)


def test_python_reads_no_system_date() -> None:
    files = [file for package in PACKAGES for file in sorted((PROJECT_DIR / package).rglob("*.py"))]
    assert files
    found = {
        str(file.relative_to(PROJECT_DIR))
        for file in files
        if PYTHON_CLOCK.search(file.read_text())
    }
    assert found <= ALLOWED


def test_models_read_no_system_date() -> None:
    files = sorted((PROJECT_DIR / "dbt_project").rglob("*.sql"))
    assert files
    found = {
        str(file.relative_to(PROJECT_DIR)) for file in files if SQL_CLOCK.search(file.read_text())
    }
    assert found <= ALLOWED
