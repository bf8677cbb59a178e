"""Who may import whom: the rule of docs/architecture.md, read from the code's own imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from warehouse.settings import PROJECT_DIR

MAY_IMPORT: dict[str, set[str]] = {
    "warehouse": set(),
    "measurement": set(),
    "ingestion": {"warehouse"},
    "expectations": {"warehouse"},
    "simulator": {"warehouse"},
    "campaigns": {"warehouse", "measurement"},
    "models_ml": {"warehouse", "measurement"},
}
EVERYTHING = {*MAY_IMPORT, "dags"}
OPENS_CONNECTIONS = {
    "psycopg",
    "psycopg2",
    "sqlalchemy",
    "adbc_driver_postgresql",
    "warehouse.connection",
}


def imports_of(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module


def files_of(package: str) -> list[Path]:
    files = sorted((PROJECT_DIR / package).rglob("*.py"))
    assert files, f"{package} has no Python file"
    return files


@pytest.mark.parametrize("package", sorted(MAY_IMPORT))
def test_imports_point_downwards(package: str) -> None:
    refused = EVERYTHING - MAY_IMPORT[package] - {package}
    wrong = [
        f"{file.relative_to(PROJECT_DIR)} imports {name}"
        for file in files_of(package)
        for name in imports_of(file)
        if name.split(".")[0] in refused | {"bankloop"}
    ]
    assert wrong == []


def test_only_dags_import_airflow() -> None:
    wrong = [
        str(file.relative_to(PROJECT_DIR))
        for package in MAY_IMPORT
        for file in files_of(package)
        if any(name.split(".")[0] == "airflow" for name in imports_of(file))
    ]
    assert wrong == []


@pytest.mark.parametrize("module", ["steps", "night", "dbt", "practice", "summary", "params"])
def test_steps_do_not_know_airflow(module: str) -> None:
    file = PROJECT_DIR / "dags" / "pipeline_support" / f"{module}.py"
    assert not [name for name in imports_of(file) if name.split(".")[0] == "airflow"]


@pytest.mark.parametrize("package", ["measurement", "campaigns/allocation"])
def test_pure_computations_open_no_connection(package: str) -> None:
    wrong = [
        f"{file.name} imports {name}"
        for file in files_of(package)
        for name in imports_of(file)
        if name in OPENS_CONNECTIONS or name.split(".")[0] in OPENS_CONNECTIONS
    ]
    assert wrong == []
