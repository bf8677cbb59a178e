"""docs/tags.md: the catalogue of tags for people, made from the YAML that dbt reads."""

from __future__ import annotations

from collections import Counter
from typing import Any

import yaml

from dags.pipeline_support.dbt import DBT_PROJECT_DIR
from warehouse.settings import PROJECT_DIR

PAGE = PROJECT_DIR / "docs" / "tags.md"
CATALOGUE = DBT_PROJECT_DIR / "models" / "tags" / "families" / "_tags__models.yml"
_HEAD = """# Tags 标签

Made from `dbt_project/models/tags/families/_tags__models.yml` by `bankloop tags --write`; a test
keeps the two equal. `tags.tag_catalogue` holds the same, `tags.customer_tags` the values by
customer and night, `tags.tag_quality` how good each is, `tags.tag_usage` which strategy
asks for it. How to add one: [add-a-tag.md](add-a-tag.md).

- kinds: fact 事实 (a source says it), rule 规则 (it follows), model 模型 (a model says it)
- families: evaluation 客户评价, scene 营销支持, feedback 经营反馈
- reasoning: cognition 认知, motive 动因, prediction 预测
- ⚿ needs the customer's consent to profiling and is null without it
- status: draft (no strategy may use it), live, deprecated (its use warns), retired (its use is
  refused, and it has no values)
"""
_COLUMNS = ("kind", "family", "reasoning", "value_type", "sla", "sensitivity", "status")


def read_catalogue() -> list[tuple[str, str, list[dict[str, Any]]]]:
    """Family models in their order: (name, description, columns that are tags)."""
    models = yaml.safe_load(CATALOGUE.read_text(encoding="utf-8"))["models"]
    return [
        (
            model["name"],
            model["description"],
            [column for column in model["columns"] if "meta" in column.get("config", {})],
        )
        for model in models
    ]


def render() -> str:
    """The whole page."""
    families = read_catalogue()
    statuses = Counter(
        tag["config"]["meta"]["status"] for _, _, columns in families for tag in columns
    )
    counts = ", ".join(f"{count} {status}" for status, count in sorted(statuses.items()))
    parts = [_HEAD, f"{sum(statuses.values())} tags: {counts}.\n"]
    for name, description, columns in families:
        parts.append(f"## {name}\n{description}\n")
        parts.append("| tag | label | 标签 | what it says | " + " | ".join(_COLUMNS) + " |")
        parts.append("|---" * (4 + len(_COLUMNS)) + "|")
        parts.extend(_row(column) for column in columns)
        parts.append("")
    return "\n".join(parts)


def _row(column: dict[str, Any]) -> str:
    meta = column["config"]["meta"]
    mark = " ⚿" if meta.get("legal_basis") == "consent: profiling" else ""
    cells = [
        f"`{column['name']}`{mark}",
        meta.get("label_en", ""),
        meta.get("label_zh", ""),
        column["description"],
        *(str(meta.get(name, "")) for name in _COLUMNS),
    ]
    return f"| {' | '.join(cells)} |"
