"""The attribution bank, with what measurement and bi read besides: decisions, units, tags."""

from __future__ import annotations

from dataclasses import dataclass

import yaml

from dags.pipeline_support import markov
from tests.integration.dbt_project.attribution_bank import AttributionBank
from warehouse.connection import connect
from warehouse.ledger import Run
from warehouse.settings import PROJECT_DIR

_TABLES = {
    "activation.decisions": (
        "night_date date, strategy_id text, customer_id text, campaign_id text, channel text,"
        " outcome text, reason text"
    ),
    "activation.units": (
        "strategy_id text, cycle integer, customer_id text, campaign_id text, arm text,"
        " opened_date date, product_id text, closing_goal text, outcome_end_date date"
    ),
    "tags.lifecycle_daily_balance": (
        "as_of_date date, stage text, start_count integer, in_count integer, out_count integer,"
        " end_count integer"
    ),
    "tags.lifecycle_transitions": (
        "customer_id text, transition_date date, from_stage text, to_stage text, trigger text"
    ),
}
_LIST_ROW_COLUMNS = (
    "strategy_id text, cycle integer, wave integer, attempt integer, branch_id text,"
    " relationship_manager_id text"
)


@dataclass
class ReviewBank(AttributionBank):
    """Runs attribution, the Markov step, measurement and bi."""

    def prepare(self) -> None:
        """Create empty versions of every table that the models read."""
        super().prepare()
        with connect(self.settings) as connection:
            for name, columns in (_TABLES | {"tags.customer_tags": _wide_columns()}).items():
                connection.execute(f"create table {name} ({columns})")
            for column in _LIST_ROW_COLUMNS.split(","):
                connection.execute(f"alter table publication.list_rows add column {column}")

    def attribute_chains(self, run: Run) -> None:
        """The step between the layers attribution and measurement."""
        with connect(self.settings) as connection:
            markov.write_credits(self.settings, connection, run)


def _wide_columns() -> str:
    """Columns of the wide tag table, as its contract has them."""
    path = PROJECT_DIR / "dbt_project" / "models" / "tags" / "_customer_tags__models.yml"
    models = yaml.safe_load(path.read_text())["models"]
    (wide,) = [model for model in models if model["name"] == "customer_tags"]
    return ", ".join(f"{column['name']} {column['data_type']}" for column in wide["columns"])
