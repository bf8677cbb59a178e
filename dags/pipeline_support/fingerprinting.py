"""Which tables have fingerprints: dbt's by their `meta`, those written by Python declared here."""

from __future__ import annotations

from typing import Any

from dags.pipeline_support import dbt
from ingestion.contracts import load_contracts
from warehouse.fingerprints import FingerprintSpec
from warehouse.ledger import Run
from warehouse.settings import Settings

HISTORIC_LAYERS = frozenset({"staging", "intermediate", "marts", "features", "tags"})
_DECIDED = (
    FingerprintSpec("predictions.clusters", "as_of_date", "as_of_date"),
    FingerprintSpec("predictions.churn", "as_of_date", "as_of_date"),
    FingerprintSpec("tags.tag_usage", "as_of_date", "as_of_date"),
    FingerprintSpec("activation.options", "night", "night_date"),
    FingerprintSpec("activation.decisions", "night", "night_date"),
    FingerprintSpec("activation.funnel", "night", "night_date"),
    FingerprintSpec("activation.units", "night", "opened_date"),
    FingerprintSpec("activation.ghost_rows", "night", "opened_date"),
    FingerprintSpec("publication.list_rows", "as_of_date", "as_of_date", ("publication_id",)),
    FingerprintSpec("publication.party_customers", "as_of_date", "as_of_date", ("publication_id",)),
    FingerprintSpec("publication.withdrawals", "night", "withdrawn_date"),
    FingerprintSpec("attribution.markov_credits", "month", "period_month"),
    FingerprintSpec("attribution.markov_transitions", "month", "period_month"),
)


def specifications(settings: Settings, run: Run) -> list[FingerprintSpec]:
    """One specification per table that this kind of run builds, ordered by table name."""
    is_historic = run.kind == "historic"
    models = [
        _of_model(node)
        for node in dbt.manifest(settings)["nodes"].values()
        if _is_fingerprinted(node) and (not is_historic or node["schema"] in HISTORIC_LAYERS)
    ]
    written = [*_raw(), *(() if is_historic else _DECIDED)]
    return sorted([*models, *written], key=lambda spec: spec.table)


def _raw() -> list[FingerprintSpec]:
    audit = ("run_id", "loaded_at")
    return [
        FingerprintSpec(contract.raw_table, "night", "arrived_date", audit)
        for contract in load_contracts().values()
    ]


def _is_fingerprinted(node: dict[str, Any]) -> bool:
    return node["resource_type"] == "model" and "fingerprint_by" in node["config"]["meta"]


def _of_model(node: dict[str, Any]) -> FingerprintSpec:
    meta = node["config"]["meta"]
    audit = sorted(name for name, column in node["columns"].items() if column["meta"].get("audit"))
    return FingerprintSpec(
        table=f"{node['schema']}.{node['alias']}",
        by=meta["fingerprint_by"],
        column=meta.get("fingerprint_column") or "",
        exclude=tuple(audit),
    )
