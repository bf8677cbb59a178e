"""The command line of bankloop: the steps of the pipeline, one at a time."""

from __future__ import annotations

import logging
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from warehouse.errors import BankloopError
from warehouse.settings import Settings, get_settings

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__
)
warehouse_app = typer.Typer(
    no_args_is_help=True, help="The embedded PostgreSQL under var/postgres."
)
simulate_app = typer.Typer(
    no_args_is_help=True, help="Write the landing folders of the practice bank."
)
campaign_app = typer.Typer(no_args_is_help=True, help="Strategies: check them before they run.")
airflow_app = typer.Typer(no_args_is_help=True, help="Airflow's services on this machine.")
app.add_typer(warehouse_app, name="warehouse")
app.add_typer(simulate_app, name="simulate")
app.add_typer(campaign_app, name="campaign")
app.add_typer(airflow_app, name="airflow")

NightOption = Annotated[
    datetime, typer.Option("--date", formats=["%Y-%m-%d"], help="The business date, YYYY-MM-DD.")
]
OptionalNight = Annotated[
    datetime | None,
    typer.Option("--date", formats=["%Y-%m-%d"], help="The business date, YYYY-MM-DD."),
]


def main() -> None:
    """Entry point: errors meant for people are printed without a stack and end with exit code 2."""
    try:
        app()
    except BankloopError as error:
        typer.secho(f"\n{type(error).__name__}", fg=typer.colors.RED, bold=True, err=True)
        typer.echo(str(error), err=True)
        sys.exit(2)


@app.callback()
def configure(
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Show every step's log lines.")
    ] = False,
) -> None:
    """Configure logging once; settings come from BANKLOOP_* (docs/settings.md)."""
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, format="%(message)s")


@app.command()
def practise(
    nights: Annotated[
        int, typer.Option(min=1, max=400, help="How many further nights to run.")
    ] = 3,
    night: OptionalNight = None,
) -> None:
    """Land a history if there is none, then run the next nights through Airflow (make nightly)."""
    from dags.pipeline_support.practice import practise as run_practice

    run_practice(_started(), nights=nights, night=night.date() if night else None, say=_say)


@app.command()
def land(
    target: Annotated[
        Path | None, typer.Option(help="Landing folder; default: this source's inbox.")
    ] = None,
) -> None:
    """Write the landing of a real source (BANKLOOP_SOURCE, BANKLOOP_DATA) with its connector."""
    from dags.pipeline_support.practice import land_source

    _say(f"written: {land_source(get_settings(), target)}")


@app.command()
def historic() -> None:
    """Load the history in one pass (no scores, no lists), then train the first clusters."""
    from dags.pipeline_support.practice import load_history

    load_history(_started(), _say)


@app.command()
def nightly(
    night: NightOption,
    feed_missing: Annotated[
        list[str] | None, typer.Option(help="Close a feed that will not come; needs --reason.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why a feed is closed, or the night abandoned.")] = "",
    abandon: Annotated[
        bool, typer.Option(help="Give up an unfinished night so that others may run.")
    ] = False,
    without_airflow: Annotated[
        bool, typer.Option(help="Run the same steps in this process.")
    ] = False,
) -> None:
    """Run one night through Airflow; the same date again is safe at any time."""
    from dags.pipeline_support import practice

    settings = _started()
    if abandon:
        _say(practice.abandon_night(settings, night.date(), reason))
        return
    practice.run_one_night(
        settings,
        night.date(),
        missing_feeds={feed: reason for feed in feed_missing or []},
        without_airflow=without_airflow,
        say=_say,
    )


@app.command()
def status(night: OptionalNight = None) -> None:
    """What the last night produced and refused, and where to look."""
    from dags.pipeline_support.summary import summarise

    _say(summarise(_started(), night.date() if night else None))


@app.command()
def explain(
    customer: Annotated[str, typer.Option(help="customer_id")],
    strategy: Annotated[str, typer.Option(help="strategy id, as in campaigns/strategies/")],
    night: NightOption,
) -> None:
    """Say in words, English and Chinese, why a customer is or is not on a list."""
    from campaigns import explain as explain_decision
    from warehouse.connection import connect

    with connect(_started()) as connection:
        _say(str(explain_decision(connection, customer, strategy, night.date())))


@app.command()
def feeds(
    write: Annotated[
        bool, typer.Option(help="Write docs/feeds.md instead of printing it.")
    ] = False,
) -> None:
    """The landing contract of every feed, made from ingestion/contracts/."""
    from ingestion.documentation import PAGE, render

    if write:
        PAGE.write_text(render())
    _say(f"written: docs/{PAGE.name}" if write else render())


@warehouse_app.command("start")
def warehouse_start() -> None:
    """Start the embedded server and prepare this source's database; safe to repeat."""
    _say(f"warehouse ready: database {_started().database_name}")


@warehouse_app.command("stop")
def warehouse_stop() -> None:
    """Stop the embedded server."""
    from warehouse import embedded

    embedded.stop(get_settings())
    _say("warehouse stopped")


@warehouse_app.command("url")
def warehouse_url() -> None:
    """Print the connection URL with its password, for psql or a BI tool on this machine."""
    from warehouse.connection import libpq_uri

    typer.echo(libpq_uri(_started()))


@simulate_app.command("history")
def simulate_history() -> None:
    """Write the historic landing of the practice bank."""
    from simulator import simulate_history as write_history

    _say(f"written: {write_history(get_settings())}")


@simulate_app.command("day")
def simulate_day(night: NightOption) -> None:
    """Write one day; listed customers of the night before are contacted and some respond."""
    from dags.pipeline_support.practice import land_simulated_day

    _say(f"written: {land_simulated_day(_started(), night.date())}")


@campaign_app.command("validate")
def campaign_validate(
    folder: Annotated[Path | None, typer.Argument(help="Folder of strategies.")] = None,
) -> None:
    """Check every strategy file; prints file, line and reason of each fault."""
    from dags.pipeline_support.strategies import validate_folder

    _say(validate_folder(_started(), folder))


@airflow_app.command("up")
def airflow_up() -> None:
    """Start scheduler, DAG processor, triggerer and UI; says where the UI and the password are."""
    from dags.pipeline_support.airflow_home import start_services

    settings = _started()
    address = start_services(settings)
    _say(f"Airflow: {address}  user admin, password in var/airflow/passwords.json")


@airflow_app.command("down")
def airflow_down() -> None:
    """Stop Airflow's services."""
    from dags.pipeline_support.airflow_home import stop_services

    stop_services(get_settings())
    _say("Airflow stopped")


def _started() -> Settings:
    from dags.pipeline_support.practice import prepare_warehouse

    settings = get_settings()
    prepare_warehouse(settings)
    return settings


def _say(text: str) -> None:
    typer.echo(text)


if __name__ == "__main__":
    main()
