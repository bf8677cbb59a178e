"""Suites are well formed, agree with the feed contracts, and are refused where they are not."""

import sys
from subprocess import run

import pytest
import yaml
from pydantic import ValidationError

from expectations.failing_rows import failing_query, mask
from expectations.suite import GATES, Check, Table, load_suite
from ingestion.contracts import load_contracts
from models_ml.slots import slots
from warehouse.errors import GateError
from warehouse.settings import PROJECT_DIR

SUITES = PROJECT_DIR / "expectations" / "suites"
KEY_CHECK = "a_version_of_a_key_comes_once"


def check(**fields: object) -> Check:
    return Check.model_validate({"check": "c", "severity": "fail", "remedy": "r", **fields})


@pytest.mark.parametrize("gate", GATES)
def test_every_gate_has_both_kinds_of_severity_and_a_remedy(gate: str) -> None:
    checks = [one for table in load_suite(gate).tables for one in table.checks]
    assert {one.severity for one in checks} == {"fail", "warn"}
    assert all(len(one.remedy) > 10 for one in checks)


@pytest.mark.parametrize("gate", GATES)
def test_check_names_are_unique_within_a_table(gate: str) -> None:
    for table in load_suite(gate).tables:
        names = [one.check for one in table.checks]
        assert len(names) == len(set(names))


@pytest.mark.parametrize("gate", GATES)
def test_nothing_is_left_to_fill_in(gate: str) -> None:
    names = ("night", "span_from", "run_id", "time_zone", "quarantine_share_limit")
    for table in load_suite(gate, dict.fromkeys(names, "X")).tables:
        assert "$" not in table.model_dump_json()


def test_raw_keys_are_those_of_the_contracts() -> None:
    keys = {
        table.table.removeprefix("raw."): table.key
        for table in load_suite("raw").tables
        if any(one.check == KEY_CHECK for one in table.checks)
    }
    contracts = load_contracts()
    assert keys == {
        feed: tuple(contract.column(name).raw_name for name in contract.key)
        for feed, contract in contracts.items()
    }


def test_raw_dates_are_those_of_the_contracts() -> None:
    entry = next(
        entry
        for entry in yaml.safe_load((SUITES / "raw.yml").read_text())["tables"]
        if "each" in entry
    )
    for feed, contract in load_contracts().items():
        wanted = contract.effective_date or "arrived_date"
        assert wanted in entry["each"][feed]["effective"]


def test_populations_are_those_of_the_slots() -> None:
    entry = next(
        entry
        for entry in yaml.safe_load((SUITES / "predictions.yml").read_text())["tables"]
        if "each" in entry
    )
    populations = {name: words["population"] for name, words in entry["each"].items()}
    assert populations == {slot.name: slot.population for slot in slots().values()}


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "holds"},
        {"kind": "no_rows", "query": "select 1"},
        {"kind": "between", "column": "x"},
        {"kind": "unique", "columns": ()},
        {"kind": "guess", "condition": "true"},
        {"kind": "holds", "condition": "true", "colour": "red"},
    ],
)
def test_a_malformed_check_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        check(**fields)


def test_an_unknown_gate_is_refused() -> None:
    with pytest.raises(GateError, match="raw, marts, predictions, activation"):
        load_suite("staging")


@pytest.mark.parametrize(
    ("fields", "condition"),
    [
        ({"kind": "holds", "condition": "a = b"}, "(a = b) is not true"),
        ({"kind": "not_null", "column": "a"}, "a is null"),
        ({"kind": "between", "column": "a", "min": 0, "max": 1}, "a < 0.0 or a > 1.0"),
        ({"kind": "in_set", "column": "a", "values": ["x", "y"]}, "a not in ('x', 'y')"),
    ],
)
def test_failing_rows_are_those_that_break_the_rule(
    fields: dict[str, object], condition: str
) -> None:
    table = Table(table="t", rows="select 1", key=("id",), checks=())
    query = failing_query(table, check(**fields))
    assert query == f"with batch as (select 1) select id from batch where {condition}"


def test_a_mask_shows_nothing_of_the_value() -> None:
    assert mask("C0123") == mask("C0123")
    assert "0123" not in mask("C0123")
    assert len(mask("C0123")) == 12


def test_importing_the_package_does_not_import_great_expectations() -> None:
    code = "import expectations, sys; sys.exit('great_expectations' in sys.modules)"
    assert run([sys.executable, "-c", code], check=False).returncode == 0
