"""What consumers see: BI tables and lists, attached unseen, then shown in one transaction."""

from __future__ import annotations

from datetime import timedelta

import psycopg

from campaigns.lists import PUBLISHED_TABLES
from campaigns.reading import renew_reading
from dags.pipeline_support import restatements
from warehouse import publish
from warehouse.ledger import Run
from warehouse.roles import BI_READER, CUSTOMER_READER
from warehouse.settings import Settings

BUILD_SUFFIX = "__build"
CUSTOMER_LEVEL = {"bi.bi_customers"}


def stage_bi(settings: Settings, connection: psycopg.Connection, run: Run) -> str:
    """Copy what dbt built as `bi.<name>__build` into publications beside those in force.

    Days that are too old to be published again stay behind: what changed in them is recorded
    (`restatements.record`).
    """
    tables = bi_tables(connection)
    oldest = run.business_date - timedelta(days=settings.restatement_days)
    for table in tables:
        reader = CUSTOMER_READER if table in CUSTOMER_LEVEL else BI_READER
        publish.declare(connection, table, _columns(connection, table), readers=[reader])
        fresh = f"select * from {table}{BUILD_SUFFIX} where as_of_date > '{oldest}'"
        publish.stage(connection, run, table, fresh)
    found = restatements.record(settings, connection, run)
    return f"{len(tables)} tables staged; {found:,} published numbers restated"


def move_pointers(connection: psycopg.Connection, run: Run) -> list[str]:
    """Show tonight's lists and BI tables in one transaction; the caller commits."""
    tables = [*PUBLISHED_TABLES, *bi_tables(connection)]
    publish.move_pointers(connection, run, tables)
    renew_reading(connection, run)
    return tables


def bi_tables(connection: psycopg.Connection) -> list[str]:
    """Names of the published BI tables, `bi.<name>`."""
    rows = connection.execute(
        "select 'bi.' || left(tablename, -length(%(suffix)s)) from pg_tables "
        "where schemaname = 'bi' and right(tablename, length(%(suffix)s)) = %(suffix)s order by 1",
        {"suffix": BUILD_SUFFIX},
    )
    return [name for (name,) in rows]


def _columns(connection: psycopg.Connection, table: str) -> str:
    rows = connection.execute(
        "select quote_ident(attname) || ' ' || format_type(atttypid, atttypmod) "
        "from pg_attribute where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped "
        "order by attnum",
        [f"{table}{BUILD_SUFFIX}"],
    )
    return ", ".join(name for (name,) in rows)
