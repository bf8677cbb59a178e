"""Tables and views that this package writes: made once, every statement idempotent."""

from __future__ import annotations

from typing import Any

import psycopg

from campaigns.reading import create_reading_views
from campaigns.reasons import REASONS
from campaigns.statements import LIST_TABLE, PARTY_TABLE, statement
from warehouse.publish import declare
from warehouse.settings import get_settings

_LIST_COLUMNS = """
    list_row_id text not null,
    night_date date not null,
    campaign_id text not null,
    strategy_id text not null,
    cycle integer not null,
    wave integer not null,
    attempt integer not null,
    customer_id text not null,
    party_id text not null,
    channel text not null,
    branch_id text,
    relationship_manager_id text,
    product_id text,
    benefit_code text,
    script_id text not null,
    priority integer not null,
    expected_value_amount bigint not null,
    reason_code text not null,
    consent_checked_at timestamptz not null,
    expires_date date not null,
    model_version text,
    rule_version text not null,
    night_id text
"""
_PARTY_COLUMNS = """
    party_id text not null,
    customer_id text not null,
    valid_from date not null,
    valid_to date not null
"""
_INSERT_REASON = """
    insert into activation.reasons (failed_mask, check_number, reason, label_en, label_zh)
    values (%s, %s, %s, %s, %s)
    on conflict (failed_mask) do update set
        check_number = excluded.check_number,
        reason = excluded.reason,
        label_en = excluded.label_en,
        label_zh = excluded.label_zh
"""


def prepare(connection: psycopg.Connection[Any], clock: str | None = None) -> None:
    """Create the decision's tables, declare the published ones, and create the reading views.

    Args:
        connection: to the warehouse; the caller commits.
        clock: `business` or `wall`, which of them ends the life of a list row for readers;
            default: the setting `BANKLOOP_CLOCK`.
    """
    connection.execute(statement("tables"))
    rows = [(one.mask, one.check, one.text, one.label_en, one.label_zh) for one in REASONS]
    with connection.cursor() as cursor:
        cursor.executemany(_INSERT_REASON, rows)
    declare(connection, LIST_TABLE, _LIST_COLUMNS)
    declare(connection, PARTY_TABLE, _PARTY_COLUMNS)
    create_reading_views(connection, clock or get_settings().clock)
