"""docs/bi-dictionary.md: every column that BI may read, made from the YAML that dbt enforces."""

from __future__ import annotations

from typing import Any

import yaml

from dags.pipeline_support.dbt import DBT_PROJECT_DIR
from dags.pipeline_support.publishing import CUSTOMER_LEVEL
from warehouse.settings import PROJECT_DIR

PAGE = PROJECT_DIR / "docs" / "bi-dictionary.md"
CONTRACTS = DBT_PROJECT_DIR / "models" / "bi" / "_bi__models.yml"
_HEAD = """# Dictionary of the tables for BI 数据字典

Made from `dbt_project/models/bi/_bi__models.yml` by `bankloop dictionary --write`; a test keeps the
two equal, and dbt's contracts keep the tables equal to it. How to read the tables, who may, and how
small groups are hidden: [bi.md](bi.md). A column marked ● is never null. Each table has a view of
the same columns, `<name>_current`, with its newest date only.
"""


def read_contracts() -> list[dict[str, Any]]:
    """The published tables in the order of the file, with their columns."""
    models: list[dict[str, Any]] = yaml.safe_load(CONTRACTS.read_text(encoding="utf-8"))["models"]
    return models


def render() -> str:
    """The whole page."""
    parts = [_HEAD]
    for model in read_contracts():
        customers = f"bi.{model['name']}" in CUSTOMER_LEVEL
        role = "bankloop_customer_reader" if customers else "bankloop_bi_reader"
        parts.append(f"## {model['name']}\n{model['description']} Role: `{role}`.\n")
        parts.append(f"One row is: {_key(model)}.\n")
        parts.append("| column | type | what it says |\n|---|---|---|")
        parts.extend(_row(column) for column in model["columns"])
        parts.append("")
    return "\n".join(parts)


def _key(model: dict[str, Any]) -> str:
    """The columns that the test on the table holds unique."""
    (columns,) = (
        test["unique_combination"]["arguments"]["columns"]
        for test in model["data_tests"]
        if "unique_combination" in test
    )
    return " × ".join(f"`{name}`" for name in columns)


def _row(column: dict[str, Any]) -> str:
    constraints = column.get("constraints", [])
    filled = " ●" if any(one["type"] == "not_null" for one in constraints) else ""
    return f"| `{column['name']}`{filled} | {column['data_type']} | {column['description']} |"
