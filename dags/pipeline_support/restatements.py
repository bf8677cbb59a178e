"""What late and corrected data change in numbers that were published before: `ops.restatements`.

A table of aggregates says in its `meta` (`restated`: dimensions and measures) that its past days
are computed again. Before tonight's publication is shown, every such number is compared with the
one in force. Within the restatement days it is published again; older ones are recorded only.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

from dags.pipeline_support import dbt
from warehouse.ledger import Run
from warehouse.settings import Settings

_VALUES = """
    select t.as_of_date, concat_ws(' · ', {dimensions}) as dimension, v.measure, v.amount
    from {table} as t cross join lateral (values {measures}) as v (measure, amount)
    where {condition}
"""
_BEFORE_TONIGHT = sql.SQL("t.as_of_date < %(night)s")
_CHANGED = """
with fresh as ({fresh}), covered as (select distinct as_of_date from fresh),
shown as (select * from ({shown}) as t where as_of_date in (select as_of_date from covered)),
first_attempt as (
    select as_of_date, dimension, measure, published_value as amount from ops.restatements
    where table_name = %(table)s and business_date = %(night)s
),
recorded as (
    select distinct on (as_of_date, dimension, measure)
        as_of_date, dimension, measure, restated_value as amount
    from ops.restatements
    where table_name = %(table)s and business_date < %(night)s and not is_republished
    order by as_of_date, dimension, measure, business_date desc
),
compared as (
    select as_of_date, dimension, measure, fresh.amount as restated,
        case when f.measure is null then shown.amount else f.amount end as published,
        case when r.measure is not null then r.amount
            when f.measure is not null then f.amount else shown.amount end as before
    from fresh full join shown using (as_of_date, dimension, measure)
    left join first_attempt as f using (as_of_date, dimension, measure)
    left join recorded as r using (as_of_date, dimension, measure)
    where as_of_date in (select as_of_date from shown)
),
forgotten as (
    delete from ops.restatements where table_name = %(table)s and business_date = %(night)s
)
select %(run_id)s, %(night)s::date, %(table)s, as_of_date, dimension, measure, published, restated,
    as_of_date > %(night)s::date - %(days)s::int
from compared where before is distinct from restated
"""
_COLUMNS = (
    "run_id, business_date, table_name, as_of_date, dimension, measure, published_value, "
    "restated_value, is_republished"
)


def record(settings: Settings, connection: psycopg.Connection, run: Run) -> int:
    """Compare what dbt built tonight with what is in force; call before the pointers move.

    A second attempt of the night replaces what the first one recorded, and compares with what was
    published before the first. The caller commits.

    Returns:
        How many published numbers tonight's data change.
    """
    return sum(
        _record_table(settings, connection, run, table, meta)
        for table, meta in restated_tables(settings).items()
    )


def restated_tables(settings: Settings) -> dict[str, dict[str, list[str]]]:
    """Published tables whose past is computed again, with their dimensions and measures."""
    nodes = dbt.manifest(settings)["nodes"].values()
    return {
        f"{node['schema']}.{node['name']}": node["config"]["meta"]["restated"]
        for node in nodes
        if node["resource_type"] == "model" and "restated" in node["config"].get("meta", {})
    }


def _record_table(
    settings: Settings,
    connection: psycopg.Connection,
    run: Run,
    table: str,
    meta: dict[str, list[str]],
) -> int:
    values: dict[str, Any] = {
        "table": table, "night": run.business_date, "run_id": run.run_id,
        "days": settings.restatement_days,
    }  # fmt: skip
    query = sql.SQL(_CHANGED).format(
        fresh=values_of(f"{table}__build", meta, _BEFORE_TONIGHT),
        shown=values_of(table, meta, _BEFORE_TONIGHT),
    )
    changed = connection.execute(query, values).fetchall()
    with connection.cursor() as cursor:
        cursor.executemany(
            f"insert into ops.restatements ({_COLUMNS}) values "
            "(%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            changed,
        )
    return len(changed)


def values_of(table: str, meta: dict[str, list[str]], condition: sql.SQL) -> sql.Composed:
    """A query of (as_of_date, dimension, measure, amount): one row a day, dimension and measure.

    Args:
        table: `schema.name`, read as t.
        meta: its dimensions and measures, see `restated_tables`.
        condition: which of its rows.
    """
    return sql.SQL(_VALUES).format(
        table=sql.Identifier(*table.split(".")),
        dimensions=sql.SQL(", ").join(sql.Identifier("t", name) for name in meta["dimensions"]),
        measures=sql.SQL(", ").join(
            sql.SQL("({}, {}::numeric)").format(sql.Literal(name), sql.Identifier("t", name))
            for name in meta["measures"]
        ),
        condition=condition,
    )
