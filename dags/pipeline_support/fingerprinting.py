"""Which tables have fingerprints: dbt's by their `meta`, the others declared here."""

from __future__ import annotations

from typing import Any

from dags.pipeline_support import dbt
from warehouse.fingerprints import FingerprintSpec
from warehouse.settings import Settings

# written by Python; audit columns excluded
WRITTEN_BY_PYTHON: tuple[FingerprintSpec, ...] = ()


def specifications(settings: Settings) -> list[FingerprintSpec]:
    """One specification per fingerprinted table, in the order of their names."""
    nodes = dbt.manifest(settings)["nodes"].values()
    found = [_of_model(node) for node in nodes if _is_fingerprinted(node)]
    return sorted([*found, *WRITTEN_BY_PYTHON], key=lambda spec: spec.table)


def _is_fingerprinted(node: dict[str, Any]) -> bool:
    return node["resource_type"] == "model" and "fingerprint_by" in node["config"]["meta"]


def _of_model(node: dict[str, Any]) -> FingerprintSpec:
    meta = node["config"]["meta"]
    audit = tuple(
        sorted(name for name, column in node["columns"].items() if column["meta"].get("audit"))
    )
    return FingerprintSpec(
        table=f"{node['schema']}.{node['alias']}",
        by=meta["fingerprint_by"],
        column=meta.get("fingerprint_column"),
        exclude=audit,
    )
