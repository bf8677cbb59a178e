"""The attribution bank, with what measurement and bi read besides: decisions, units, tags."""

from __future__ import annotations

from dataclasses import dataclass

from dags.pipeline_support import markov
from tests.integration.dbt_project.attribution_bank import AttributionBank
from warehouse.connection import connect
from warehouse.ledger import Run

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
    "tags.customer_tags": (
        "as_of_date date, customer_id text, party_type text, lifecycle_stage text,"
        " previous_stage text, days_in_stage integer, value_tier text, is_near_tier boolean,"
        " risk_tier text, age_band text, region text, persona_id text, activity_band text,"
        " preferred_channel text, is_digital boolean, open_product_count integer,"
        " aum_month_average_amount bigint"
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
            for name, columns in _TABLES.items():
                connection.execute(f"create table {name} ({columns})")
            for column in _LIST_ROW_COLUMNS.split(","):
                connection.execute(f"alter table publication.list_rows add column {column}")

    def attribute_chains(self, run: Run) -> None:
        """The step between the layers attribution and measurement."""
        with connect(self.settings) as connection:
            markov.write_credits(self.settings, connection, run)
