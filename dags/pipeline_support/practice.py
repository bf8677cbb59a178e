"""What `make nightly` does: land a bank, load its history once, then run nights through Airflow."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from dags.pipeline_support import night as pipeline
from dags.pipeline_support.params import NightlyParams
from dags.pipeline_support.step_runs import work_seconds
from dags.pipeline_support.summary import summarise
from warehouse import ledger
from warehouse.connection import connect, ensure_database
from warehouse.embedded import ensure_started
from warehouse.errors import RunOrderError, SettingsError, TransformationError
from warehouse.schema import create_schemas
from warehouse.settings import Settings

Say = Callable[[str], None]
logger = logging.getLogger(__name__)


def practise(settings: Settings, *, nights: int, night: date | None, say: Say) -> None:
    """Run the next `nights`, or one named night again; loads the history where there is none.

    A source with its own ledger (berka) has a history and the decisions of its last day, and no
    further nights.
    """
    if night is None and _last_date(settings) is None:
        load_history(settings, say)
    for business_date in [night] if night else _next_nights(settings, nights):
        if settings.source == "simulator" and night is None:
            say(f"{business_date}  simulating the day")
            land_simulated_day(settings, business_date)
        run_one_night(settings, business_date, missing_feeds={}, without_airflow=False, say=say)
    say("\n" + summarise(settings, None))


def prepare_warehouse(settings: Settings) -> None:
    """Start the embedded server if it is the warehouse; create what the database lacks."""
    if settings.warehouse_url is None:
        ensure_started(settings)
    ensure_database(settings)
    with connect(settings) as connection:
        create_schemas(connection)


def load_history(settings: Settings, say: Say) -> None:
    """Land and load the history in one pass, then train the first clusters."""
    started = time.monotonic()
    folder = _landed_history(settings) or land_source(settings, None)
    say(f"history landed: {folder.name}  ({time.monotonic() - started:.0f} s)")
    for line in pipeline.run_historic(settings, folder):
        say(f"  {line}")


def land_source(settings: Settings, target: Path | None) -> Path:
    """Write the historic landing of this source and return its folder.

    Raises:
        SettingsError: a source that no connector knows, or one whose folder is not set.
    """
    landing = target or settings.landing_dir
    if settings.source == "simulator":
        from simulator import simulate_history

        return simulate_history(settings)
    if settings.source == "berka" and settings.data:
        from ingestion.connectors.berka import write_landing

        return write_landing(settings.data, landing)
    raise SettingsError(
        expected="BANKLOOP_SOURCE=simulator, berka with BANKLOOP_DATA naming its folder, or a "
        "historic landing of your own in the inbox",
        found=f"source {settings.source}, data {'set' if settings.data else 'not set'}",
        where="settings",
        remedy="make nightly SOURCE=berka DATA=<folder with account.asc …>, or land your own: "
        "bankloop land --mapping FILE --from DATE --to DATE (docs/connect-your-bank.md)",
    )


def land_mapped(settings: Settings, mapping: Path, first: date | None, last: date | None) -> Path:
    """Write the landing of a night, or of a history, that a mapping file describes.

    Raises:
        RunOrderError: the first day is after the last.
    """
    from ingestion.connectors.mapping import land_mapped as write_landing
    from ingestion.parsing import Span

    if first is None or last is None or first > last:
        raise RunOrderError(
            expected="a first day that is not after the last",
            found=f"{first} to {last}",
            where="bankloop land",
            remedy="give --date, or --from and --to in order",
        )
    return write_landing(settings, mapping, Span(first, last, is_historic=first < last))


def land_simulated_day(settings: Settings, night: date) -> Path:
    """Write one day of the practice bank, which answers the lists published the night before."""
    from simulator import simulate_day
    from simulator.lists import published_lists

    return simulate_day(settings, night, published_lists(settings, night))


def run_one_night(
    settings: Settings,
    night: date,
    *,
    missing_feeds: dict[str, str],
    without_airflow: bool,
    say: Say,
) -> None:
    """Run one night, through Airflow unless asked otherwise, and say how it went.

    Raises:
        TransformationError: the DAG run failed; the reason of the failed task was logged above.
    """
    params = NightlyParams(business_date=night, missing_feeds=missing_feeds)
    started = time.monotonic()
    if without_airflow:
        for line in pipeline.run_night(settings, night, params):
            say(f"  {line}")
    elif not _through_airflow(settings, night, params, say):
        raise TransformationError(
            expected=f"the night of {night} to be published",
            found=_reason(settings, night),
            where="DAG nightly",
            remedy=f"mend it, then run the same night again: bankloop nightly --date {night}; "
            "see docs/runbook.md",
        )
    spent, work = time.monotonic() - started, work_seconds(settings, night)
    beside = "" if without_airflow else f"; {max(spent - work, 0):.0f} s are Airflow's own"
    say(f"{night}  published in {spent:.0f} s: {work:.0f} s of work{beside}")


def abandon_night(settings: Settings, night: date, reason: str) -> str:
    """Give up an unfinished night, with a reason for the record."""
    if not reason:
        raise RunOrderError(
            expected="a reason",
            found="none",
            where="bankloop nightly --abandon",
            remedy="add --reason",
        )
    ledger.abandon(settings, night, reason)
    return f"night {night} abandoned"


def _landed_history(settings: Settings) -> Path | None:
    """The historic landing that a mapping file has put into the inbox, if there is one."""
    if settings.source in ("simulator", "berka"):
        return None
    found = sorted(settings.landing_dir.glob("*_*/manifest.json"))
    return found[-1].parent if found else None


def _through_airflow(settings: Settings, night: date, params: NightlyParams, say: Say) -> bool:
    from dags.pipeline_support.airflow_home import run_dag

    with pipeline.progress(say) as seen:
        is_published = run_dag(
            settings, "nightly", night, params.model_dump(mode="json", exclude_none=True)
        )
    if seen.error is not None and not is_published:
        raise seen.error
    return is_published


def _last_date(settings: Settings) -> date | None:
    with connect(settings) as connection:
        row = connection.execute(
            "select max(business_date) from ops.runs where status = 'published'"
        ).fetchone()
    return row[0] if row else None


def _reason(settings: Settings, night: date) -> str:
    with connect(settings) as connection:
        row = connection.execute(
            "select status || ': ' || reason from ops.runs where business_date = %s "
            "order by fence desc limit 1",
            [night],
        ).fetchone()
    return row[0] if row else "the run never started"


def _next_nights(settings: Settings, nights: int) -> list[date]:
    last = _last_date(settings)
    assert last is not None
    if settings.source != "simulator":
        return [last]
    return [last + timedelta(days=n + 1) for n in range(nights)]
