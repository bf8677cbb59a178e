"""How long options and decisions are kept, by business date."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import psycopg

from warehouse.ledger import Run

_OPTIONS = """
    delete from activation.options as options
    where options.night_date < %(excluded)s
        and not exists (
            select from activation.decisions as decisions
            where decisions.night_date = options.night_date
                and decisions.strategy_id = options.strategy_id
                and decisions.customer_id = options.customer_id
                and decisions.outcome in ('listed', 'control')
                and decisions.night_date >= %(assigned)s
        )
"""
_DECISIONS = """
    delete from activation.decisions
    where night_date < %(excluded)s
        and (outcome not in ('listed', 'control') or night_date < %(assigned)s)
"""


def forget_old_decisions(
    connection: psycopg.Connection[Any],
    run: Run,
    *,
    excluded_days: int,
    assigned_years: int,
) -> int:
    """Delete excluded rows after some days, listed and control rows after some years of 365.

    The funnel's daily counts stay for ever.

    Returns:
        The number of decisions deleted.
    """
    night = run.business_date
    parameters: dict[str, date] = {
        "excluded": night - timedelta(days=excluded_days),
        "assigned": night - timedelta(days=365 * assigned_years + 1),
    }
    connection.execute(_OPTIONS, parameters)
    return connection.execute(_DECISIONS, parameters).rowcount
