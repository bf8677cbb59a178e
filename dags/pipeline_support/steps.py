"""The steps of a night: one plain function a task, which does not know Airflow.

Every step takes (settings, business date, parameters), does its work under the night's lease and
returns one line of counts for people. Nothing is handed over in memory: it is in the warehouse or
in the inbox.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import psycopg

import expectations
import models_ml
from campaigns import decision, exports, lists, schema, strategy_files, withdrawal
from campaigns.retention import forget_old_decisions
from campaigns.withdrawal import WITHDRAWAL_FEEDS
from dags.pipeline_support import dbt, fingerprinting, inbox, markov, night_identity, publishing
from dags.pipeline_support.params import NightlyParams
from ingestion import archive, closing, load, raw_tables
from ingestion.retention import remove_expired
from warehouse import fingerprints, ledger, publish
from warehouse.errors import BankloopError
from warehouse.ledger import Run
from warehouse.settings import Settings
from warehouse.vault import Vault

PROGRESS = "bankloop.progress"


def start_night(settings: Settings, night: date, params: NightlyParams) -> str:
    """Take the night's lease; lists are closed until the withdrawals are published."""
    run = ledger.start_run(settings, "night", night)
    try:
        with ledger.working(settings, run, "start_night") as connection:
            prepare_tables(connection)
            for feed, reason in params.missing_feeds.items():
                closing.close_feed(connection, night, feed, reason)
            withdrawal.block_lists(connection, run)
    except BankloopError as error:
        ledger.finish_run(settings, run, "failed", f"start_night: {error.found}")
        raise
    return f"{run.run_id}: lists closed"


def prepare_tables(connection: psycopg.Connection) -> None:
    """Create what is missing of the tables that Python writes."""
    raw_tables.create_raw_tables(connection)
    models_ml.create_prediction_tables(connection)
    schema.prepare(connection)


def withdraw_rows(settings: Settings, night: date, params: NightlyParams) -> str:
    """Publish withdrawals from tonight's consents, suppressions, contacts, responses, parties."""

    def work(connection: psycopg.Connection, run: Run) -> str:
        if not inbox.is_loaded_by_history(connection, run):
            landing = inbox.verified(settings, connection, run, WITHDRAWAL_FEEDS)
            load.load_feeds(settings, run, connection, landing, WITHDRAWAL_FEEDS)
        return str(withdrawal.withdraw(connection, run))

    line = _work(settings, night, "withdraw_rows", work)
    _work(settings, night, "export_withdrawals", _of(exports.export_withdrawals, settings))
    return line


def verify_landing(settings: Settings, night: date, params: NightlyParams) -> str:
    """Verify every delivered file before anything of it is loaded, and name the night."""

    def work(connection: psycopg.Connection, run: Run) -> str:
        landing = inbox.verified(settings, connection, run)
        name = night_identity.name_night(settings, connection, landing)
        ledger.set_night_id(connection, run, name)
        inbox.record_profiling_basis(connection, run, landing)
        return f"{inbox.describe(landing)}; night_id {name[:12]}"

    return _work(settings, night, "verify_landing", work)


def load_feeds(settings: Settings, night: date, params: NightlyParams) -> str:
    """Parse, quarantine, tokenise, encrypt and load all feeds, replacing this date's rows."""

    def work(connection: psycopg.Connection, run: Run) -> str:
        if inbox.is_loaded_by_history(connection, run):
            return "this day was loaded by the historic pass"
        landing = inbox.verified(settings, connection, run)
        return inbox.totals(load.load_feeds(settings, run, connection, landing))

    return _work(settings, night, "load_feeds", work)


def check_raw(settings: Settings, night: date, params: NightlyParams) -> str:
    """Gate: balances of the load, keys, dates, shares of refused rows."""
    run = ledger.current_run(settings, night)
    with ledger.working(settings, run, "check_raw") as connection:
        if inbox.is_loaded_by_history(connection, run):
            return "this day was checked in the historic pass"
    return _gate(settings, night, "raw")


def build_staging(settings: Settings, night: date, params: NightlyParams) -> str:
    """dbt: seeds, and the latest version of every row that has entered by tonight."""
    return _build(settings, night, params, "staging")


def build_intermediate(settings: Settings, night: date, params: NightlyParams) -> str:
    """dbt: identity, ownership, and whose days must be made again from when."""
    return _build(settings, night, params, "intermediate")


def build_marts(settings: Settings, night: date, params: NightlyParams) -> str:
    """dbt: customers, accounts, transactions, balances, AUM, activity, contacts, conversions."""
    return _build(settings, night, params, "marts")


def check_marts(settings: Settings, night: date, params: NightlyParams) -> str:
    """Gate: owners, orphans, AUM, row counts."""
    return _gate(settings, night, "marts")


def build_features(settings: Settings, night: date, params: NightlyParams) -> str:
    """dbt: one row per customer as of tonight, nothing from after it."""
    return _build(settings, night, params, "features")


def score_slots(settings: Settings, night: date, params: NightlyParams) -> str:
    """Score every slot with its champion, or its rule baseline where there is none."""

    def work(connection: psycopg.Connection, run: Run) -> str:
        return str(models_ml.score_slots(settings, connection, night))

    return _work(settings, night, "score_slots", work)


def check_predictions(settings: Settings, night: date, params: NightlyParams) -> str:
    """Gate: coverage, ranges, personas, drift."""
    return _gate(settings, night, "predictions")


def build_tags(settings: Settings, night: date, params: NightlyParams) -> str:
    """dbt: lifecycle stages with their history, and the wide tag table."""
    return _build(settings, night, params, "tags")


def build_activation(settings: Settings, night: date, params: NightlyParams) -> str:
    """dbt: what the decision reads: consents, suppressions, holdings, contact pressure."""
    return _build(settings, night, params, "activation")


def decide_options(settings: Settings, night: date, params: NightlyParams) -> str:
    """Strategies × customers: options with all failing checks, allocation, decisions, list rows."""

    def work(connection: psycopg.Connection, run: Run) -> str:
        strategies = strategy_files.load_strategies(connection)
        options = decision.decide(connection, run, strategies, settings.max_audience_change)
        decisions = decision.allocate(connection, run)
        made = lists.build_lists(connection, run)
        return f"{options:,} options, {decisions:,} decisions, {made.list_rows:,} new list rows"

    return _work(settings, night, "decide_options", work)


def check_activation(settings: Settings, night: date, params: NightlyParams) -> str:
    """Gate: no list row breaks a consent, a suppression or a cap; decisions add up."""
    return _gate(settings, night, "activation")


def build_attribution(settings: Settings, night: date, params: NightlyParams) -> str:
    """dbt: touches, journeys, rule-based credit."""
    return _build(settings, night, params, "attribution")


def attribute_chains(settings: Settings, night: date, params: NightlyParams) -> str:
    """Markov credit of the aggregated paths, solved exactly."""
    return _work(
        settings, night, "attribute_chains", lambda c, run: markov.write_credits(settings, c, run)
    )


def build_measurement(settings: Settings, night: date, params: NightlyParams) -> str:
    """dbt: funnels, arms, flows."""
    return _build(settings, night, params, "measurement")


def build_bi(settings: Settings, night: date, params: NightlyParams) -> str:
    """dbt: tonight's tables for BI, built beside those in force."""
    return _build(settings, night, params, "bi")


def publish_night(settings: Settings, night: date, params: NightlyParams) -> str:
    """Attach tonight's tables unseen, move all pointers at once, drop old partitions."""
    staged = _work(settings, night, "stage_bi", _of(publishing.stage_bi, settings))
    moved = _work(
        settings, night, "move_pointers", lambda c, run: f"{len(publishing.move_pointers(c, run))}"
    )
    dropped = _work(
        settings, night, "drop_superseded", lambda c, _: str(publish.drop_superseded(c))
    )
    return f"{staged}; {moved} tables published, {dropped} superseded partitions dropped"


def export_lists(settings: Settings, night: date, params: NightlyParams) -> str:
    """Write the files of the channels, with manifest, additions and withdrawals."""

    line = _work(settings, night, "export_lists", _of(exports.export, settings))
    _work(settings, night, "export_withdrawals", _of(exports.export_withdrawals, settings))
    return line


def archive_landing(settings: Settings, night: date, params: NightlyParams) -> str:
    """Archive the landing with personal columns encrypted, and empty the inbox."""

    def work(connection: psycopg.Connection, run: Run) -> str:
        if inbox.is_loaded_by_history(connection, run):
            return "archived with the historic pass"
        landing = inbox.verified(settings, connection, run)
        return archive.archive(settings, landing, settings.landing_disposal).name

    return _work(settings, night, "archive_landing", work)


def forget_expired(settings: Settings, night: date, params: NightlyParams) -> str:
    """Retention by business date: quarantine keys, exports, decisions, archive, originals."""

    def work(connection: psycopg.Connection, run: Run) -> str:
        oldest = night - timedelta(days=settings.quarantine_days)
        keys = Vault(settings, connection).destroy_quarantine_keys(oldest)
        decisions = forget_old_decisions(
            connection,
            run,
            excluded_days=settings.excluded_decision_days,
            assigned_years=settings.assigned_decision_years,
        )
        exported = exports.delete_expired(settings, night)
        delivered = remove_expired(settings, night)
        return (
            f"{keys} quarantine keys, {decisions:,} decisions, {len(exported)} exports, "
            f"{len(delivered)} deliveries"
        )

    return _work(settings, night, "forget_expired", work)


def finish_night(settings: Settings, night: date, params: NightlyParams) -> str:
    """Record the fingerprints of what this night touched and close the run."""
    run = ledger.current_run(settings, night)
    with ledger.working(settings, run, "finish_night") as connection:
        tables = fingerprints.record(connection, run, fingerprinting.specifications(settings, run))
    ledger.finish_run(settings, run, "published")
    return f"{tables} fingerprints; {run.run_id} published"


def _work(
    settings: Settings, night: date, name: str, work: Callable[[psycopg.Connection, Run], str]
) -> str:
    run = ledger.current_run(settings, night)
    with ledger.working(settings, run, name) as connection:
        return work(connection, run)


def _gate(settings: Settings, night: date, layer: str) -> str:
    run = ledger.current_run(settings, night)
    with ledger.working(settings, run, f"check_{layer}"):
        return str(expectations.run_gate(settings, run, layer))


def _build(settings: Settings, night: date, params: NightlyParams, layer: dbt.Layer) -> str:
    run = ledger.current_run(settings, night)
    with ledger.working(settings, run, f"build_{layer}"):
        return str(
            dbt.build_layer(settings, layer, run_id=run.run_id, data_tests=params.data_tests)
        )


def _of(
    function: Callable[[Settings, psycopg.Connection, Run], object], settings: Settings
) -> Callable[[psycopg.Connection, Run], str]:
    return lambda connection, run: str(function(settings, connection, run))
