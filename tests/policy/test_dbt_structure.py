"""The rules of dbt_project's layers, read from the parsed project."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml

from dags.pipeline_support import dbt
from warehouse.settings import Settings

# left to right: a layer reads the layers to its left (and itself), none to its right
LAYERS = (
    "vault",
    "raw",
    "staging",
    "intermediate",
    "marts",
    "features",
    "predictions",
    "tags",
    "activation",
    "publication",
    "attribution",
    "measurement",
    "bi",
)
PREFIXES = {
    "staging": r"stg_(landing|vault)__",
    "intermediate": r"int_[a-z_]+__",
    "marts": r"(dim|fct)_",
    "features": r"ftr_",
    "tags": r"(tag|customer_tag|lifecycle|value_tier)",
    "activation": r"act_",
    "attribution": r"attr_",
    "measurement": r"msr_",
    "bi": r"bi_",
}
ANY_LAYER_MAY_READ = {"ops"}
FINGERPRINTS = {"as_of_date", "month", "night", "whole"}

Node = dict[str, Any]


@pytest.fixture(scope="module")
def manifest(server: Settings) -> dict[str, Any]:
    return dbt.manifest(server)


@pytest.fixture(scope="module")
def models(manifest: dict[str, Any]) -> list[Node]:
    found = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    assert len(found) > 50
    return found


def layer_of(model: Node) -> str:
    """The first folder of the model's path."""
    return str(model["path"].split("/")[0])


def _parents(manifest: dict[str, Any], model: Node) -> Iterator[tuple[str, str]]:
    """Names and layers of what a model reads; seeds belong to no layer."""
    for unique_id in model["depends_on"]["nodes"]:
        parent = manifest["nodes"].get(unique_id) or manifest["sources"][unique_id]
        if parent["resource_type"] == "model":
            yield parent["name"], layer_of(parent)
        elif parent["resource_type"] == "source":
            yield f"{parent['schema']}.{parent['name']}", parent["schema"]


def test_a_layer_reads_nothing_to_its_right(manifest: dict[str, Any], models: list[Node]) -> None:
    wrong = [
        f"{model['name']} reads {parent}"
        for model in models
        for parent, layer in _parents(manifest, model)
        if layer not in ANY_LAYER_MAY_READ and LAYERS.index(layer) > LAYERS.index(layer_of(model))
    ]
    assert wrong == []


def test_only_staging_reads_raw(manifest: dict[str, Any], models: list[Node]) -> None:
    wrong = [
        f"{model['name']} reads {parent}"
        for model in models
        for parent, layer in _parents(manifest, model)
        if layer in ("raw", "vault") and layer_of(model) != "staging"
    ]
    assert wrong == []


def test_models_know_of_the_vault_only_who_was_erased(manifest: dict[str, Any]) -> None:
    known = {s["name"] for s in manifest["sources"].values() if s["schema"] == "vault"}
    assert known == {"erased_parties", "erased_accounts"}


def test_a_schema_is_a_layer(models: list[Node]) -> None:
    wrong = [m["name"] for m in models if m["schema"] != layer_of(m)]
    assert wrong == []


def test_names_say_the_layer(models: list[Node]) -> None:
    wrong = [m["name"] for m in models if not re.match(PREFIXES[layer_of(m)], m["name"])]
    assert wrong == []


def test_every_model_is_described_and_owned(models: list[Node]) -> None:
    wrong = [
        m["name"]
        for m in models
        if not m["description"].strip() or not m["config"]["meta"].get("owner")
    ]
    assert wrong == []


def test_yaml_files_are_named_by_what_they_describe(models: list[Node]) -> None:
    files = {model["patch_path"].split("//")[1] for model in models if model["patch_path"]}
    wrong = [name for name in files if not re.search(r"/_[a-z0-9_]+__models\.yml$", name)]
    assert wrong == []


def needs_contract(model: Node) -> bool:
    """Tables from the marts to the right are what others rely on."""
    right = LAYERS.index(layer_of(model)) >= LAYERS.index("marts")
    return right and model["config"]["materialized"] not in {"view", "ephemeral"}


def test_marts_and_what_follows_have_enforced_contracts(models: list[Node]) -> None:
    wrong = [
        m["name"] for m in models if needs_contract(m) and not m["config"]["contract"]["enforced"]
    ]
    assert wrong == []


def test_every_column_of_a_contract_is_described(models: list[Node]) -> None:
    wrong = [
        f"{m['name']}.{name}"
        for m in models
        if needs_contract(m)
        for name, column in m["columns"].items()
        if not column["description"].strip()
    ]
    assert wrong == []


def _fingerprint_problem(model: Node) -> str | None:
    meta = model["config"]["meta"]
    kind, column = meta.get("fingerprint_by"), meta.get("fingerprint_column")
    if kind not in FINGERPRINTS:
        return f"{model['name']}: fingerprint_by is {kind!r}"
    if kind != "whole" and column not in model["columns"]:
        return f"{model['name']}: no column {column!r}"
    return None


def test_every_table_that_is_compared_says_how(models: list[Node]) -> None:
    problems = [_fingerprint_problem(m) for m in models if needs_contract(m)]
    assert [problem for problem in problems if problem] == []


def test_history_is_built_from_dates_and_never_by_snapshots(manifest: dict[str, Any]) -> None:
    kinds = {
        node["config"]["materialized"] for node in manifest["nodes"].values() if "config" in node
    }
    assert kinds & {"snapshot", "incremental", "microbatch"} == set()


def _copied_wholes(model: Node, large: set[str]) -> list[str]:
    """CTEs that are a whole large table and are read in two places without saying how."""
    pattern = (
        r"(?<![\w.])(\w+) as (\{\{ \w+\(\) \}\} )?\(\s*select \* from \{\{ ref\('(\w+)'\) \}\}\s*\)"
    )
    text = model["raw_code"]
    return [
        f"{model['name']}: {name}"
        for name, hint, table in re.findall(pattern, text)
        if table in large and not hint and len(re.findall(rf"\b(?:from|join) {name}\b", text)) > 1
    ]


def test_no_model_copies_a_history_to_read_it_twice(models: list[Node]) -> None:
    """PostgreSQL writes out a CTE that is named twice: of a fact table, every night all of it."""
    large = {
        model["name"]
        for model in models
        if model["config"]["materialized"] in ("partitioned_incremental", "day_by_day")
        or model["name"].endswith("_versions")
    }
    assert len(large) > 30
    assert [found for model in models for found in _copied_wholes(model, large)] == []


def test_the_rule_about_copies_sees_one() -> None:
    code = "with a as (\n\n    select * from {{ ref('f') }}\n\n),\nb as (select 1 from a join a) "
    twice = {"name": "m", "raw_code": code + "select * from b inner join a"}
    assert _copied_wholes(twice, {"f"}) == ["m: a"]
    assert _copied_wholes(twice, {"g"}) == []


def test_dbt_sends_no_usage_statistics() -> None:
    project = yaml.safe_load((dbt.DBT_PROJECT_DIR / "dbt_project.yml").read_text())
    assert project["flags"]["send_anonymous_usage_stats"] is False


@pytest.mark.parametrize(
    "rule", [test_a_layer_reads_nothing_to_its_right, test_only_staging_reads_raw]
)
def test_the_layer_rules_see_a_wrong_reference(rule: Callable[..., None]) -> None:
    model = {
        "resource_type": "model", "name": "fct_wrong", "path": "marts/fct_wrong.sql",
        "depends_on": {"nodes": ["model.right", "source.raw"]},
    }  # fmt: skip
    right = {"resource_type": "model", "name": "tag_right", "path": "tags/tag_right.sql"}
    raw = {"resource_type": "source", "schema": "raw", "name": "accounts"}
    manifest = {"nodes": {"model.right": right}, "sources": {"source.raw": raw}}
    with pytest.raises(AssertionError):
        rule(manifest, [model])
