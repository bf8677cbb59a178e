"""Reads aggregated paths, has `measurement` solve the chains, writes credits and transitions."""

from __future__ import annotations

import psycopg

from measurement.attribution import attribute_paths, transition_matrix
from warehouse.bulk import copy_arrow, read_arrow_table
from warehouse.ledger import Run
from warehouse.settings import Settings

_FIRST = "(select min(first_period) from attribution.attr_periods_touched)"
_PATHS = f"""
    select period_month, goal_type, window_days, path, conversion_count, value_amount, null_count
    from attribution.attr_paths where period_month >= {_FIRST}
    order by period_month, goal_type, window_days, path
"""


def write_credits(settings: Settings, connection: psycopg.Connection, run: Run) -> str:
    """Replace the Markov credits of the months that tonight touches; the caller commits."""
    paths = read_arrow_table(settings, _PATHS)
    for table, rows in (
        ("attribution.markov_credits", attribute_paths(paths)),
        ("attribution.markov_transitions", transition_matrix(paths)),
    ):
        connection.execute(f"delete from {table} where period_month >= {_FIRST}")
        copy_arrow(connection, table, rows)
    return f"{paths.num_rows:,} paths solved for {run.business_date}"
