"""Great Expectations: a suite as its objects, run on the warehouse, without row values.

Importing this module imports Great Expectations (6–9 s of CPU), so only `run_gate` does.
Expectations count failing rows; no value of a row enters a result, so none can reach Data Docs.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import great_expectations as gx
from great_expectations.checkpoint.checkpoint import CheckpointResult
from great_expectations.core.expectation_validation_result import ExpectationValidationResult
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.expectations.core.expect_column_values_to_be_between import (
    ExpectColumnValuesToBeBetween,
)
from great_expectations.expectations.core.expect_column_values_to_be_in_set import (
    ExpectColumnValuesToBeInSet,
)
from great_expectations.expectations.core.expect_column_values_to_not_be_null import (
    ExpectColumnValuesToNotBeNull,
)
from great_expectations.expectations.core.expect_table_row_count_to_be_between import (
    ExpectTableRowCountToBeBetween,
)
from great_expectations.expectations.core.unexpected_rows_expectation import (
    UnexpectedRowsExpectation,
)
from great_expectations.expectations.expectation import Expectation

from expectations.failing_rows import failing_query
from expectations.suite import Check, Suite, Table

COUNTS_ONLY = {
    "result_format": "BASIC",
    "partial_unexpected_count": 0,
    "include_unexpected_rows": False,
}
_SEVERITY = {"fail": "critical", "warn": "warning"}


class NoFailingRows(UnexpectedRowsExpectation):
    """A query finds no failing row; the rows themselves are never fetched."""

    metric_dependencies: ClassVar[tuple[str, ...]] = ("unexpected_rows_query.row_count",)

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: object = None,
    ) -> dict[str, Any]:
        found = metrics["unexpected_rows_query.row_count"]
        return {"success": found == 0, "result": {"observed_value": found}}


@dataclass(frozen=True)
class Outcome:
    """What Great Expectations found for one check."""

    table: Table
    check: Check
    passed: bool
    observed: str


def run_suite(suite: Suite, url: str, docs_dir: Path | None) -> list[Outcome]:
    """Run every check of a suite on the database at `url`, and render Data Docs into `docs_dir`."""
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    source = context.data_sources.add_postgres("warehouse", connection_string=url)
    definitions = [_definition(context, source, table) for table in suite.tables]
    checkpoint = context.checkpoints.add(
        gx.Checkpoint(
            name=suite.gate, validation_definitions=definitions, result_format=COUNTS_ONLY
        )
    )
    result = checkpoint.run()
    if docs_dir is not None:
        _render(context, docs_dir)
    return _outcomes(suite, result)


def expectation(table: Table, check: Check) -> Expectation:
    """The Great Expectations object of one check."""
    shared: dict[str, Any] = {
        "severity": _SEVERITY[check.severity],
        "description": check.check.replace("_", " "),
        "meta": {"check": check.check, "remedy": check.remedy},
    }
    if check.kind == "not_null":
        return ExpectColumnValuesToNotBeNull(column=str(check.column), **shared)
    if check.kind == "between":
        return ExpectColumnValuesToBeBetween(
            column=str(check.column), min_value=check.min, max_value=check.max, **shared
        )
    if check.kind == "in_set":
        return ExpectColumnValuesToBeInSet(
            column=str(check.column), value_set=list(check.values), **shared
        )
    if check.kind == "row_count":
        return ExpectTableRowCountToBeBetween(
            min_value=_whole(check.min), max_value=_whole(check.max), **shared
        )
    query = failing_query(table, check)
    assert query is not None
    own = query.replace(f"with batch as ({table.rows})", "with batch as (select * from {batch})")
    return NoFailingRows(unexpected_rows_query=own, **shared)


def _definition(context: Any, source: Any, table: Table) -> gx.ValidationDefinition:  # noqa: ANN401
    asset = source.add_query_asset(table.table, query=table.rows)
    suite = context.suites.add(
        gx.ExpectationSuite(
            name=table.table, expectations=[expectation(table, check) for check in table.checks]
        )
    )
    batch = asset.add_batch_definition("tonight")
    definition = gx.ValidationDefinition(name=table.table, data=batch, suite=suite)
    context.validation_definitions.add(definition)
    return definition


def _outcomes(suite: Suite, result: CheckpointResult) -> list[Outcome]:
    found: Mapping[tuple[str, str], ExpectationValidationResult] = {
        (validation.suite_name, _name_of(one)): one
        for validation in result.run_results.values()
        for one in validation.results
    }
    return [
        Outcome(table, check, bool(one.success), _observed(check, one))
        for table in suite.tables
        for check in table.checks
        for one in [found[table.table, check.check]]
    ]


def _name_of(one: ExpectationValidationResult) -> str:
    assert one.expectation_config is not None
    return str(one.expectation_config.meta["check"])


def _whole(bound: float | None) -> int | None:
    return None if bound is None else int(bound)


def _observed(check: Check, one: ExpectationValidationResult) -> str:
    if one.exception_info and one.exception_info.get("raised_exception", True):
        return "the check could not run"
    result = one.result
    if "observed_value" in result:
        what = "rows in all" if check.kind == "row_count" else "failing"
        return f"{result['observed_value']} {what}"
    return f"{result.get('unexpected_count', '?')} failing of {result.get('element_count', '?')}"


def _render(context: Any, docs_dir: Path) -> None:  # noqa: ANN401
    site = {
        "class_name": "SiteBuilder",
        "store_backend": {
            "class_name": "TupleFilesystemStoreBackend",
            "base_directory": str(docs_dir),
        },
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
        "show_how_to_buttons": False,
    }
    context.add_data_docs_site("gate", site)
    context.build_data_docs(site_names=["gate"])
