"""The steps of a night: one plain function a task, which does not know Airflow.

Every step takes (settings, business date, parameters), does its work under the night's lease and returns
one line of counts for people. Nothing is handed over in memory: it is in the warehouse or in the inbox.
"""

from __future__ import annotations

import logging
from datetime import date

from dags.pipeline_support import dbt, fingerprinting, night_identity, publishing, scoring
from dags.pipeline_support.params import NightlyParams
from warehouse import ledger
from warehouse.settings import Settings

logger = logging.getLogger(__name__)


def start_night(settings: Settings, night: date, params: NightlyParams) -> str:
    """Take the night's lease; from here on lists are closed until the withdrawals are published."""
    import campaigns
    import ingestion

    run = ledger.start_run(settings, "night", night)
    with ledger.working(settings, run, "start_night") as connection:
        ingestion.create_raw_tables(connection)
        for feed, reason in params.missing_feeds.items():
            ingestion.close_feed(connection, night, feed, reason)
        campaigns.block_lists(connection, run)
    return f"night {night} started as {run.run_id}, fence {run.fence}"


def withdraw_rows(settings: Settings, night: date, params: NightlyParams) -> str:
    """Publish withdrawals from tonight's consents, suppressions, contacts, responses and customers."""
    import campaigns
    import ingestion

    run = ledger.current_run(settings, night)
    with ledger.working(settings, run, "withdraw_rows") as connection:
        landing = ingestion.verify(settings, night, feeds=campaigns.WITHDRAWAL_FEEDS)
        ingestion.load_feeds(settings, run, connection, landing, feeds=campaigns.WITHDRAWAL_FEEDS)
        summary = campaigns.withdraw(connection, run)
    return str(summary)
