"""A small bank as the decision sees it: the tables of dbt's activation layer, filled by hand.

Table shapes come from the layer's own contract (`_activation__models.yml`) and seeds, so a change
of either reaches every test.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
import yaml
from psycopg import sql

import campaigns
from campaigns.expression import Tag, parse_audience
from campaigns.strategy import Strategy
from campaigns.strategy_files import CheckedStrategy
from ingestion.raw_tables import create_raw_tables
from warehouse.connection import connect
from warehouse.ledger import Run, finish_run, start_run
from warehouse.publish import move_pointers
from warehouse.settings import PROJECT_DIR, Settings

DBT = PROJECT_DIR / "dbt_project"
FEEDS = ("consents", "suppressions", "contacts", "credit_status", "risk_assessments", "customers",
         "responses")  # fmt: skip
MARKETING = ("marketing_deposit", "marketing_wealth", "marketing_credit", "marketing_insurance",
             "service", "profiling")  # fmt: skip
TAGS = {
    "in_audience": "boolean",
    "stage": "text",
    "age_years": "integer",
    "value_tier": "text",
    "amount": "bigint",
    "born": "date",
}
TAG_KINDS = {
    "in_audience": Tag("in_audience", "boolean"),
    "stage": Tag("stage", "text"),
    "age_years": Tag("age_years", "number"),
    "value_tier": Tag("value_tier", "text"),
    "amount": Tag("amount", "number"),
    "born": Tag("born", "date"),
    "old_tag": Tag("old_tag", "boolean", "retired"),
    "leaving_tag": Tag("leaving_tag", "boolean", "deprecated"),
    "new_tag": Tag("new_tag", "boolean", "draft"),
}
PRODUCTS = (
    # product, category, purpose, suitability, risk rank, contribution, rate
    ("DEPOSIT-1Y", "deposit", "marketing_deposit", "none", None, 100_000, "0.02"),
    ("WEALTH-R2", "wealth", "marketing_wealth", "investment", 2, 200_000, "0.02"),
    ("FUND-R4", "fund", "marketing_wealth", "investment", 4, 200_000, "0.02"),
    ("FUND-UNRATED", "fund", "marketing_wealth", "investment", None, 200_000, "0.02"),
    ("LOAN", "consumer_loan", "marketing_credit", "credit", None, 300_000, "0.02"),
    ("INSURE", "insurance", "marketing_insurance", "none", None, 100_000, "0.02"),
    ("ODD", "unmapped", None, None, None, 100_000, "0.02"),
)


def create_inputs(connection: psycopg.Connection[Any]) -> None:
    """Empty tables of the activation layer, its seeds, the tag table and the campaign tables.

    The strata of the universal control group are renamed, so that nobody is in it by chance.
    """
    campaigns.prepare(connection, "business")
    create_raw_tables(connection)
    models = yaml.safe_load((DBT / "models/activation/_activation__models.yml").read_text())
    for model in models["models"]:
        columns = ", ".join(f"{one['name']} {one['data_type']}" for one in model["columns"])
        connection.execute(f"create table activation.{model['name']} ({columns})")
    seeds = yaml.safe_load((DBT / "seeds/_activation__seeds.yml").read_text())
    for seed in seeds["seeds"]:
        _load_seed(connection, seed["name"], seed["config"]["column_types"])
    tags = ", ".join(f"{name} {kind}" for name, kind in TAGS.items())
    connection.execute(
        f"create table tags.customer_tags (customer_id text, as_of_date date, {tags})"
    )
    for product in PRODUCTS:
        insert(connection, "act_products", **_product(*product))
    for feed in FEEDS:
        insert(connection, "act_feeds", feed=feed, is_available=True, status="delivered", reason="")
    connection.execute("update activation.act_universal_control set stratum = 'of_' || stratum")
    connection.commit()


def _product(
    product_id: str, category: str, purpose: str | None, suitability: str | None,
    rank: int | None, contribution: int, rate: str,
) -> dict[str, Any]:  # fmt: skip
    return {
        "product_id": product_id, "label_en": product_id, "label_zh": product_id,
        "category": category, "purpose": purpose, "suitability": suitability,
        "risk_rating_rank": rank, "is_on_sale": True, "has_quota": False,
        "contribution_amount": contribution, "success_rate": rate,
    }  # fmt: skip


def _load_seed(connection: psycopg.Connection[Any], name: str, types: dict[str, str]) -> None:
    with (DBT / "seeds" / f"{name}.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == list(types), f"{name}: columns of the seed and of its YAML differ"
    columns = ", ".join(f"{column} {kind}" for column, kind in types.items())
    connection.execute(f"create table activation.{name} ({columns})")
    for row in rows:
        insert(connection, name, **{key: value or None for key, value in row.items()})


def insert(connection: psycopg.Connection[Any], table: str, **values: Any) -> None:
    """One row into a table of `activation`, or of the schema that the name gives."""
    schema, _, name = f"activation.{table}".rpartition(".")
    schema = schema.removeprefix("activation.") or "activation"
    connection.execute(
        sql.SQL("insert into {} ({}) values ({})").format(
            sql.Identifier(schema, name),
            sql.SQL(", ").join(map(sql.Identifier, values)),
            sql.SQL(", ").join([sql.Placeholder()] * len(values)),
        ),
        list(values.values()),
    )


def strategy(name: str, audience: str = "in_audience", **changes: Any) -> CheckedStrategy:
    """A plain strategy: one wave by sms on DEPOSIT-1Y, no control; keys may be changed."""
    channels = changes.get("channels", ["sms"])
    data: dict[str, Any] = {
        "id": name, "label_en": name, "label_zh": name, "owner": "owner", "approver": "approver",
        "validity": {"from_date": "2024-01-01", "to_date": "2024-12-31"}, "scene": "product",
        "goal": {"metric": "product_openings", "target": 10, "window_days": 30},
        "audience": audience, "product": "DEPOSIT-1Y", "channels": channels,
        "scripts": {one: {"id": f"{name}_{one}", "en": "text", "zh": "文字"} for one in channels},
        "priority": 50, "control_share": 0, "target_effect": 0.01, "personalised": False,
        **changes,
    }  # fmt: skip
    built = Strategy.model_validate(data)
    return CheckedStrategy(built, parse_audience(built.audience, TAG_KINDS))


class Bank:
    """Fills the inputs and runs nights; every method commits."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.connection = connect(settings)
        self._tags: dict[str, dict[str, Any]] = {}

    def close(self) -> None:
        self.connection.close()

    def customer(self, customer_id: str, *, consents: Iterable[str] = MARKETING,
                 tags: dict[str, Any] | None = None, **changes: Any) -> None:  # fmt: skip
        """A customer of 40 with every consent, risk level C3, a clean credit status."""
        values = {
            "customer_id": customer_id, "party_id": f"P{customer_id}", "party_type": "customer",
            "stratum": "test", "age_years": 40, "is_student": False, "is_deceased": False,
            "region": "north", "branch_id": "B001", "relationship_manager_id": "M01",
            "risk_level_rank": 3, "is_risk_valid": True, "overdue_days": 0,
            "open_rejection_date": None, "has_credit_status": True, "is_profiled": True,
            "has_profiling_basis": False, **changes,
        }  # fmt: skip
        insert(self.connection, "act_customers", **values)
        insert(self.connection, "act_parties", party_id=values["party_id"],
               customer_id=customer_id, valid_from=date(1900, 1, 1),
               valid_to=date(9999, 12, 31))  # fmt: skip
        for purpose in consents:
            insert(self.connection, "act_consents", customer_id=customer_id, purpose=purpose,
                   channel="all", is_granted=True, is_revoked=False)  # fmt: skip
        self._tags[customer_id] = {"in_audience": True, "age_years": values["age_years"],
                                   **(tags or {})}  # fmt: skip
        self.connection.commit()

    def tag(self, customer_id: str, **values: Any) -> None:
        """Change the tags that a customer has from the next night on."""
        self._tags[customer_id].update(values)

    def add(self, table: str, **values: Any) -> None:
        """One row of an input table."""
        insert(self.connection, table, **values)
        self.connection.commit()

    def execute(self, statement: str, parameters: Any = None) -> list[tuple[Any, ...]]:
        """Run a statement and commit; rows where it yields some."""
        cursor = self.connection.execute(statement, parameters)  # type: ignore[arg-type]
        rows = cursor.fetchall() if cursor.description else []
        self.connection.commit()
        return rows

    def contact(self, contact_id: str, customer_id: str, on: date, channel: str = "sms",
                **changes: Any) -> None:  # fmt: skip
        """A delivered contact without list row or disposition."""
        values = {
            "contact_id": contact_id, "customer_id": customer_id, "channel": channel,
            "contacted_date": on, "delivery_status": "delivered", "is_made": True,
            "is_answer": False, **changes,
        }  # fmt: skip
        self.add("act_contacts", **values)

    def start(self, night: date) -> Run:
        """Start a night, with every feed of the withdrawal path delivered."""
        run = start_run(self.settings, "night", night)
        for feed in FEEDS:
            self.connection.execute(
                "insert into ops.feed_status (arrived_date, feed, status) "
                "values (%s, %s, 'delivered') on conflict do nothing",
                [night, feed],
            )
        self.connection.commit()
        campaigns.block_lists(self.connection, run)
        self.connection.commit()
        return run

    def decide(self, run: Run, *strategies: CheckedStrategy) -> None:
        """Withdraw, decide, allocate, build lists; nothing is visible yet."""
        campaigns.withdraw(self.connection, run)
        self.connection.commit()
        self._write_tags(run.business_date)
        campaigns.decide(self.connection, run, strategies)
        campaigns.allocate(self.connection, run)
        campaigns.build_lists(self.connection, run)
        self.connection.commit()

    def publish(self, run: Run) -> None:
        """Move the pointers and finish the run."""
        move_pointers(self.connection, run, campaigns.PUBLISHED_TABLES)
        campaigns.renew_reading(self.connection, run)
        self.connection.commit()
        finish_run(self.settings, run, "published")

    def night(self, night: date, *strategies: CheckedStrategy) -> Run:
        """A whole night."""
        run = self.start(night)
        self.decide(run, *strategies)
        self.publish(run)
        return run

    def outcomes(self, night: date) -> dict[tuple[str, str], tuple[str, str]]:
        """(outcome, reason) by (strategy, customer)."""
        rows = self.execute(
            "select strategy_id, customer_id, outcome, reason from activation.decisions "
            "where night_date = %s order by 1, 2",
            [night],
        )
        return {(one, two): (outcome, reason) for one, two, outcome, reason in rows}

    def open_rows(self) -> list[tuple[str, str, int, int, str]]:
        """(campaign, customer, wave, attempt, channel) of the rows that readers see."""
        return self.execute(  # type: ignore[return-value]
            "select campaign_id, customer_id, wave, attempt, channel from publication.open_rows "
            "order by 1, 2, 3, 4"
        )

    def _write_tags(self, night: date) -> None:
        self.connection.execute("delete from tags.customer_tags where as_of_date = %s", [night])
        for customer_id, tags in self._tags.items():
            insert(self.connection, "tags.customer_tags", customer_id=customer_id,
                   as_of_date=night, **tags)  # fmt: skip
        self.connection.commit()


def days(first: date, count: int) -> list[date]:
    """Consecutive dates."""
    return [first + timedelta(days=number) for number in range(count)]


STRATEGY_FOLDER = Path(campaigns.__file__).parent / "strategies"
