"""The command line of bankloop: the steps of the pipeline, one at a time.

`make nightly` is `bankloop practise`. Settings come from BANKLOOP_* variables (docs/settings.md);
errors name what was expected, what was found, where, and what to do, and end with exit code 2.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer
from typer.core import TyperGroup

from warehouse.errors import BankloopError
from warehouse.settings import PROJECT_DIR, Settings, get_settings

OWN_PACKAGES = frozenset(path.parent.name for path in PROJECT_DIR.glob("*/__init__.py"))


class ReadableErrors(TyperGroup):
    """Errors meant for people are printed without a stack and end with exit code 2."""

    def invoke(self, ctx: typer.Context) -> object:  # type: ignore[override]
        """Run the command."""
        try:
            return super().invoke(ctx)
        except BankloopError as error:
            typer.secho(f"\n{type(error).__name__}", fg=typer.colors.RED, bold=True, err=True)
            typer.echo(str(error), err=True)
            raise typer.Exit(2) from None


app = typer.Typer(
    cls=ReadableErrors,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help=__doc__,
)
warehouse_app = typer.Typer(no_args_is_help=True, help="The PostgreSQL server of this project.")
simulate_app = typer.Typer(no_args_is_help=True, help="Landing folders of the practice bank.")
campaign_app = typer.Typer(no_args_is_help=True, help="Strategies: check them before they run.")
airflow_app = typer.Typer(no_args_is_help=True, help="Airflow's services on this machine.")
lifetime_value_app = typer.Typer(
    no_args_is_help=True, help="What customers will still buy, from any purchase log."
)
app.add_typer(warehouse_app, name="warehouse")
app.add_typer(simulate_app, name="simulate")
app.add_typer(campaign_app, name="campaign")
app.add_typer(airflow_app, name="airflow")
app.add_typer(lifetime_value_app, name="lifetime-value")

Unit = Literal["day", "week"]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Night = Annotated[
    datetime, typer.Option("--date", formats=["%Y-%m-%d"], help="The business date, YYYY-MM-DD.")
]
OptionalNight = Annotated[
    datetime | None,
    typer.Option("--date", formats=["%Y-%m-%d"], help="The business date, YYYY-MM-DD."),
]


def main() -> None:
    """Entry point."""
    app()


@app.callback()
def configure(
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Show log lines of all libraries too.")
    ] = False,
) -> None:
    """Configure logging once: our warnings and everybody's errors, on standard error."""
    handler = logging.StreamHandler()
    handler.addFilter(lambda record: verbose or _is_worth_showing(record))
    logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=[handler], force=True)
    logging.captureWarnings(True)


@app.command()
def practise(
    nights: Annotated[
        int, typer.Option(min=1, max=400, help="How many further nights to run.")
    ] = 3,
    night: OptionalNight = None,
) -> None:
    """Land a history if there is none, then run the next nights through Airflow (make nightly).

    With --date, run that one night again instead. The bank's size is set by BANKLOOP_CUSTOMERS
    and BANKLOOP_HISTORY_DAYS before the first run.
    """
    from dags.pipeline_support import practice

    with _speaking() as say:
        practice.practise(_started(), nights=nights, night=_date(night), say=say)


@app.command()
def land(
    target: Annotated[
        Path | None, typer.Option(help="Landing folder of berka; default: this source's inbox.")
    ] = None,
    mapping: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="Mapping file of a source of your own (docs/connect-your-bank.md).",
        ),
    ] = None,
    night: OptionalNight = None,
    first: Annotated[
        datetime | None,
        typer.Option(
            "--from", formats=["%Y-%m-%d"], help="First day of a historic landing, with --mapping."
        ),
    ] = None,
    last: Annotated[
        datetime | None,
        typer.Option(
            "--to", formats=["%Y-%m-%d"], help="Last day of a historic landing, with --mapping."
        ),
    ] = None,
) -> None:
    """Write a landing into the inbox, and load nothing yet.

    Without --mapping: the historic landing of BANKLOOP_SOURCE (simulator, berka). With --mapping:
    one night (--date), or a history (--from and --to), from the files and databases that the
    mapping file names. Landing a date again goes on where a killed read of a database stopped.
    """
    from dags.pipeline_support import practice

    if mapping is None:
        if night or first or last:
            raise typer.BadParameter("dates go with --mapping", param_hint="--date")
        typer.echo(f"written: {practice.land_source(get_settings(), target)}")
        return
    if (night is None) == (first is None or last is None):
        raise typer.BadParameter("give --date, or give --from and --to", param_hint="--date")
    span = (night, night) if night else (first, last)
    typer.echo(f"written: {practice.land_mapped(get_settings(), mapping, *map(_date, span))}")


@app.command()
def historic() -> None:
    """Load the history in one pass (no scores, no lists), then train the first clusters."""
    from dags.pipeline_support import practice

    with _speaking() as say:
        practice.load_history(_started(), say)


@app.command()
def nightly(
    night: Night,
    feed_missing: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FEED",
            help="Run without a feed that will not come; repeatable, needs --reason.",
        ),
    ] = None,
    reason: Annotated[str, typer.Option(help="Why a feed is closed, or the night given up.")] = "",
    abandon: Annotated[
        bool,
        typer.Option(
            "--abandon", help="Give up the running attempt of this night; needs --reason."
        ),
    ] = False,
    without_airflow: Annotated[
        bool,
        typer.Option(
            "--without-airflow", help="Run the same steps in this process, without Airflow."
        ),
    ] = False,
) -> None:
    """Run one night from its landing to published lists; the same date again is safe at any time.

    Nights run in order. The landing of the date must be in the inbox, or in the archive when the
    night ran before.
    """
    from dags.pipeline_support import practice

    if (feed_missing or abandon) and not reason.strip():
        raise typer.BadParameter("say why, for the record", param_hint="--reason")
    if abandon:
        typer.echo(practice.abandon_night(_started(), night.date(), reason))
        return
    with _speaking() as say:
        practice.run_one_night(
            _started(),
            night.date(),
            missing_feeds={feed: reason for feed in feed_missing or []},
            without_airflow=without_airflow,
            say=say,
        )


@app.command()
def status(night: OptionalNight = None) -> None:
    """What the last night (or --date) produced and refused, and where to look."""
    from dags.pipeline_support.summary import summarise

    typer.echo(summarise(_started(), _date(night)))


@app.command()
def explain(
    customer: Annotated[str | None, typer.Option(help="customer_id, C and 15 hex digits")] = None,
    strategy: Annotated[
        str | None, typer.Option(help="Strategy id: a file name in campaigns/strategies.")
    ] = None,
    night: OptionalNight = None,
    list_row: Annotated[
        str | None, typer.Option(help="A list_row_id, instead of the three others.")
    ] = None,
) -> None:
    """Say in words, English and Chinese, why a customer is or is not on a list.

    Either --customer, --strategy and --date, or the --list-row of a published list.
    """
    from dags.pipeline_support import explaining

    if list_row:
        typer.echo(explaining.explain_list_row(_started(), list_row))
    elif customer and strategy and night:
        typer.echo(explaining.explain_decision(_started(), customer, strategy, night.date()))
    else:
        raise typer.BadParameter("give --customer, --strategy and --date, or give --list-row")


@app.command()
def allocate(
    options: Annotated[
        Path,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="CSV or parquet: customer_id, option_id, value, and columns of resources.",
        ),
    ],
    capacities: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="CSV or parquet: resource, limit.")
    ],
    out: Annotated[
        Path, typer.Option(file_okay=False, help="Folder for the picks and the report.")
    ],
    per_customer: Annotated[
        int, typer.Option(min=1, help="How many options a customer may get.")
    ] = 1,
) -> None:
    """Choose among the options of a file what is worth most under shared capacities.

    Needs no warehouse. Writes what was chosen, what was not and why, and a report with an upper
    bound, the gap to it and a price for every resource. docs/allocation.md describes the files.
    """
    from campaigns.allocation.files import allocate_files

    typer.echo(allocate_files(options, capacities, out, per_customer))


@app.command()
def customer(
    customer: Annotated[str, typer.Option("--id", help="A party_id or a customer_id.")],
    night: Night,
) -> None:
    """One page about a customer on a day: stage and why, tier, groups, tags, and what changed.

    The key of a merged customer leads to the customer it is now.
    """
    from dags.pipeline_support.customer_page import customer_page, print_page

    print_page(customer_page(_started(), customer, night.date()))


@app.command()
def erase(
    party: Annotated[
        list[str] | None, typer.Option(help="party_id as the source writes it; repeatable.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="One party_id a line.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why, for the record; without personal data.")] = "",
    prove: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PARTY", help="Erase nobody; show what is left of this party. Repeatable."
        ),
    ] = None,
) -> None:
    """Erase customers: their data keys are destroyed for ever, with all parties of each of them.

    Facts stay (keys, amounts, dates); attributes, features, scores, tags and open list rows go, and
    later rows of these parties are quarantined. A legal hold refuses. Doing it again is safe. Exit
    code 2 also where --prove finds something left. See docs/dags/erasure.md.
    """
    from dags.pipeline_support import erasing, proving

    if prove:
        typer.echo(str(proving.require_proof(_started(), prove)))
        return
    listed = erasing.read_parties(file.read_text(encoding="utf-8")) if file else []
    typer.echo(str(erasing.erase(_started(), [*(party or []), *listed], reason)))


@app.command()
def backfill(
    first: Annotated[
        datetime,
        typer.Option("--from", formats=["%Y-%m-%d"], help="First night to live again."),
    ],
    publish: Annotated[
        bool, typer.Option("--publish", help="Let the bank take over the result.")
    ] = False,
) -> None:
    """Live the nights from a date to the last one again, in a second database, and compare.

    Reads corrected deliveries from the inbox, the others from the archive, under the rules as they
    are now. The report says what would change; without --publish the bank is not touched.
    docs/dags/backfill.md has the whole story.
    """
    from dags.pipeline_support import backfill as backfilling
    from dags.pipeline_support.params import BackfillParams

    with _speaking() as say:
        for line in backfilling.run(
            _started(), BackfillParams(from_date=first.date(), publish=publish)
        ):
            say(line)


@app.command(
    "dbt",
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    no_args_is_help=True,
)
def dbt_by_hand(context: typer.Context) -> None:
    """Run dbt on this bank's warehouse: everything after `dbt` is dbt's own.

    `bankloop dbt ls --select +customer_tags`, `bankloop dbt docs generate --static` (one page, its
    place is printed), `bankloop dbt run --full-refresh --select …` (docs/history.md says which).
    What writes waits for no night and is refused while one runs. Results: var/<source>/dbt/.
    """
    from dags.pipeline_support import dbt

    settings = _started()
    code = dbt.by_hand(settings, context.args)
    page = dbt.by_hand_dir(settings) / "static_index.html"
    if code == 0 and context.args[0] == "docs" and page.exists():
        typer.echo(f"dbt docs: {page}")
    raise typer.Exit(code)


@app.command()
def attribute(
    paths: Annotated[
        Path,
        typer.Option(exists=True, dir_okay=False, help="Aggregated paths: csv, csv.gz or parquet."),
    ],
    out: Annotated[
        Path, typer.Option(help="Table of credits (csv, csv.gz, parquet), or a folder for all.")
    ],
    models: Annotated[
        str, typer.Option(help="first, last, linear, position, markov, shapley; by commas.")
    ] = "first,last,linear,position,markov,shapley",
    order: Annotated[
        str, typer.Option(help="Touches that a Markov state remembers, or auto: best of 1 to 4.")
    ] = "1",
    with_null_paths: Annotated[
        bool,
        typer.Option(
            "--with-null-paths", help="Let the chain know journeys that did not convert too."
        ),
    ] = False,
    separator: Annotated[str, typer.Option(help="What stands between two touches.")] = " > ",
) -> None:
    """Attribute conversions and value to channels, from a file of aggregated paths.

    Columns path, total_conversions, total_conversion_value and, with null paths, total_null. Needs
    no warehouse. A folder as --out also receives removal effects, transitions and the comparison
    of orders. docs/attribution-and-lift.md explains every number.
    """
    from dags.pipeline_support import attributing

    attributing.require_target(out)
    result = attributing.attribute_file(
        paths,
        [model.strip() for model in models.split(",")],
        order,
        with_null_paths=with_null_paths,
        separator=separator,
    )
    typer.echo(result)
    for file in attributing.write(result, out):
        typer.echo(f"written: {file}")


@app.command()
def lift(
    data: Annotated[
        Path,
        typer.Option(
            exists=True, dir_okay=False, help="One row a customer: csv, csv.gz or parquet."
        ),
    ],
    arm: Annotated[str, typer.Option(metavar="COLUMN", help="Column of the assigned arm.")],
    control: Annotated[str, typer.Option(metavar="VALUE", help="What it says for the control.")],
    outcome: Annotated[str, typer.Option(metavar="COLUMN", help="0 or 1, or an amount.")],
    out: Annotated[Path, typer.Option(help="Where to write the result, a .json file.")],
    covariate: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Known at launch, for CUPED; also gives the cap."),
    ] = None,
    unit: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Key that may occur only once.")
    ] = None,
    cap: Annotated[
        float | None, typer.Option(help="Cut amounts to this, fixed before launch.")
    ] = None,
    share: Annotated[
        list[str] | None,
        typer.Option(help="Planned share of the treated arm, or ARM=SHARE for every arm."),
    ] = None,
    interim: Annotated[
        bool, typer.Option("--interim", help="Before the end: always-valid, to be looked at often.")
    ] = False,
    planned: Annotated[
        int | None,
        typer.Option(min=100, help="With --interim: customers planned in both arms, fixed once."),
    ] = None,
) -> None:
    """Measure the lift of every arm over the control, from any experiment file.

    Tells rates (0 and 1) from amounts. Shows an interval only where there is enough data and the
    arms were filled as planned. Needs no warehouse. docs/attribution-and-lift.md explains it.
    """
    from dags.pipeline_support.data_files import require_writable
    from dags.pipeline_support.lift_report import Request, report_lift

    require_writable(out, (".json",))
    report = report_lift(
        Request(data, arm, control, outcome, covariate, unit, cap, share or (), interim, planned)
    )
    report.write(out)
    typer.echo(f"{report}\n\nwritten: {out}")


@app.command()
def feeds(
    write: Annotated[
        bool, typer.Option("--write", help="Write docs/feeds.md instead of printing it.")
    ] = False,
) -> None:
    """The landing contract of every feed, made from ingestion/contracts/."""
    from ingestion.documentation import PAGE, render

    _show_page(PAGE, render(), write=write)


@app.command()
def tags(
    write: Annotated[
        bool, typer.Option("--write", help="Write docs/tags.md instead of printing it.")
    ] = False,
) -> None:
    """The catalogue of tags, made from the YAML of dbt_project/models/tags/families/."""
    from dags.pipeline_support.tag_page import PAGE, render

    _show_page(PAGE, render(), write=write)


@app.command()
def dictionary(
    write: Annotated[
        bool, typer.Option("--write", help="Write docs/bi-dictionary.md instead of printing it.")
    ] = False,
) -> None:
    """Every column that BI may read, made from the contracts of dbt_project/models/bi/."""
    from dags.pipeline_support.bi_page import PAGE, render

    _show_page(PAGE, render(), write=write)


@warehouse_app.command("start")
def warehouse_start() -> None:
    """Start the embedded server and prepare this source's database; safe to repeat."""
    typer.echo(f"warehouse ready: database {_started().database_name}")


@warehouse_app.command("stop")
def warehouse_stop() -> None:
    """Stop the embedded server."""
    from warehouse import embedded

    embedded.stop(get_settings())
    typer.echo("warehouse stopped")


@warehouse_app.command("url")
def warehouse_url() -> None:
    """Print the connection URL with its password, for psql or a BI tool on this machine."""
    from warehouse.connection import libpq_uri

    typer.echo(libpq_uri(_started()))


@simulate_app.command("history")
def simulate_history() -> None:
    """Write the historic landing of the practice bank."""
    from simulator import simulate_history as write_history

    typer.echo(f"written: {write_history(get_settings())}")


@simulate_app.command("day")
def simulate_day(night: Night) -> None:
    """Write one day; listed customers of the night before are contacted and some respond."""
    from dags.pipeline_support import practice

    typer.echo(f"written: {practice.land_simulated_day(_started(), night.date())}")


@campaign_app.command("validate")
def campaign_validate(
    folder: Annotated[
        Path | None, typer.Argument(help="Folder of strategies; default campaigns/strategies.")
    ] = None,
) -> None:
    """Check every strategy file; prints file, line and reason of each fault."""
    from dags.pipeline_support.strategies import validate_folder

    typer.echo(validate_folder(_started(), folder))


@lifetime_value_app.command("fit")
def lifetime_value_fit(
    transactions: Annotated[
        Path,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="Purchases, one a line: CSV, columns set apart by blanks, or *.parquet.",
        ),
    ],
    out: Annotated[
        Path, typer.Option(file_okay=False, help="Folder for customers.csv and model.json.")
    ],
    customer: Annotated[
        str,
        typer.Option("--id", help="Customer's column: its name, or its number without a header."),
    ] = "customer_id",
    day: Annotated[str, typer.Option("--date", help="Column of the date.")] = "date",
    amount: Annotated[str, typer.Option(help="Column of the amount.")] = "amount",
    grain: Annotated[
        Unit, typer.Option(help="All of a customer's within it is one purchase.")
    ] = "day",
    week_start: Annotated[
        Weekday, typer.Option(help="First day of a week, as a grain.")
    ] = "monday",
    unit: Annotated[Unit, typer.Option(help="Unit of time.")] = "week",
    end: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], help="Last day observed; default: that of the last purchase."
        ),
    ] = None,
    calibration_end: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="Fit up to this day, and hold later purchases against the forecast.",
        ),
    ] = None,
    horizon: Annotated[
        float | None, typer.Option(min=0, help="Length of the forecast in units; default a year.")
    ] = None,
) -> None:
    """Fit BG/NBD and gamma-gamma to a file of purchases and score its customers.

    Needs no warehouse. docs/lifetime-value.md has the models, the columns written and an example.
    """
    from models_ml.lifetime_value.fit_file import Request, fit_file
    from models_ml.lifetime_value.purchase_log import Columns
    from models_ml.lifetime_value.summary import Grain

    request = Request(
        transactions,
        Columns(customer, day, amount),
        Grain(grain, week_start),
        unit,
        _date(end),
        _date(calibration_end),
        horizon,
    )
    typer.echo(fit_file(request, out))


@airflow_app.command("up")
def airflow_up() -> None:
    """Start scheduler, DAG processor and UI; says where the UI and its password are."""
    from dags.pipeline_support import airflow_services
    from dags.pipeline_support.airflow_home import password_file

    with _speaking() as say:
        settings = _started()
        say(f"Airflow: {airflow_services.start_services(settings)}")
        say(f"user admin, password in {password_file(settings)}")
        say("stop with: make down")


@airflow_app.command("down")
def airflow_down() -> None:
    """Stop Airflow's services."""
    from dags.pipeline_support.airflow_services import stop_services

    stop_services(get_settings())
    typer.echo("Airflow stopped")


@contextmanager
def _speaking() -> Iterator[Callable[[str], None]]:
    """Lines of long work, with a clock on a terminal."""
    from dags.pipeline_support.console import Speaker

    speaker = Speaker()
    with speaker.working():
        yield speaker


def _show_page(page: Path, text: str, *, write: bool) -> None:
    """Print a generated page, or write it to its place under docs/."""
    if write:
        page.write_text(text, encoding="utf-8")
    typer.echo(f"written: docs/{page.name}" if write else text)


def _started() -> Settings:
    from dags.pipeline_support.practice import prepare_warehouse

    settings = get_settings()
    prepare_warehouse(settings)
    return settings


def _date(night: datetime | None) -> date | None:
    return night.date() if night else None


def _is_worth_showing(record: logging.LogRecord) -> bool:
    least = logging.WARNING if record.name.partition(".")[0] in OWN_PACKAGES else logging.ERROR
    return record.levelno >= least


if __name__ == "__main__":
    main()
