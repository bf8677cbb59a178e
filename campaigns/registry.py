"""The strategies of tonight, written as tables that the decision joins."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import sql

from campaigns.strategy import Benefit, Strategy
from campaigns.strategy_files import CheckedStrategy
from warehouse.ledger import Run

HEAD_OFFICE = "*"
_USAGE = """
    insert into tags.tag_usage (as_of_date, strategy_id, rule_version, tag_code)
    values (%s, %s, %s, %s)
"""
_TABLES = ("tonight_strategies", "tonight_channels", "tonight_waves", "tonight_terms")
_VERSION = """
    insert into activation.strategy_versions (
        strategy_id, rule_version, first_night, label_en, label_zh, audience, definition
    )
    values (%s, %s, %s, %s, %s, %s, %s)
    on conflict (strategy_id, rule_version) do nothing
"""


def strategies_in_force(strategies: Iterable[CheckedStrategy], run: Run) -> list[CheckedStrategy]:
    """Those whose validity covers the night, ordered by id."""
    night = run.business_date
    found = [
        one
        for one in strategies
        if one.strategy.validity.from_date <= night <= one.strategy.validity.to_date
    ]
    return sorted(found, key=lambda one: one.strategy.id)


def write_registry(
    connection: psycopg.Connection[Any],
    run: Run,
    strategies: Sequence[CheckedStrategy],
    max_audience_change: Decimal,
) -> None:
    """Replace tonight's strategies, channels, waves and terms; keep every version ever used.

    `tags.tag_usage` gets tonight's pairs of strategy and tag, replacing those of a first attempt.
    """
    connection.execute("delete from tags.tag_usage where as_of_date >= %s", [run.business_date])
    for table in _TABLES:
        connection.execute(sql.SQL("truncate {}").format(sql.Identifier("activation", table)))
    with connection.cursor() as cursor:
        for one in strategies:
            strategy = one.strategy
            cursor.execute(_VERSION, _version(strategy, run))
            _insert(cursor, "tonight_strategies", [_strategy(strategy, max_audience_change)])
            _insert(cursor, "tonight_channels", _channels(strategy))
            _insert(cursor, "tonight_waves", _waves(strategy))
            _insert(cursor, "tonight_terms", _terms(strategy))
            cursor.executemany(_USAGE, _usage(one, run))


def _insert(cursor: psycopg.Cursor[Any], table: str, rows: Iterable[tuple[Any, ...]]) -> None:
    rows = list(rows)
    places = sql.SQL(", ").join([sql.Placeholder()] * len(rows[0]))
    target = sql.Identifier("activation", table)
    cursor.executemany(sql.SQL("insert into {} values ({})").format(target, places), rows)


def _version(strategy: Strategy, run: Run) -> tuple[Any, ...]:
    return (
        strategy.id,
        strategy.rule_version,
        run.business_date,
        strategy.label_en,
        strategy.label_zh,
        strategy.audience,
        strategy.model_dump_json(),
    )


def _usage(one: CheckedStrategy, run: Run) -> list[tuple[Any, ...]]:
    head = (run.business_date, one.strategy.id, one.strategy.rule_version)
    return [(*head, tag) for tag in sorted(one.audience.tags)]


def _strategy(strategy: Strategy, max_audience_change: Decimal) -> tuple[Any, ...]:
    return (
        strategy.id,
        strategy.rule_version,
        strategy.priority,
        strategy.personalised,
        strategy.is_dual_recording,
        strategy.closing_goal,
        len(strategy.waves),
        strategy.limits.min_wave_gap_days,
        strategy.cool_down_days,
        strategy.max_attempts,
        strategy.outcome_window_days,
        strategy.limits.max_audience_change or max_audience_change,
        strategy.value.contribution_amount if strategy.value else None,
        strategy.value.success_rate if strategy.value else None,
    )


def _channels(strategy: Strategy) -> list[tuple[Any, ...]]:
    return [
        (strategy.id, channel, rank, strategy.scripts[channel].id)
        for rank, channel in enumerate(strategy.channels, start=1)
    ]


def _waves(strategy: Strategy) -> list[tuple[Any, ...]]:
    return [
        (strategy.id, number, wave.day, wave.channel, wave.condition)
        for number, wave in enumerate(strategy.waves, start=1)
    ]


def _terms(strategy: Strategy) -> list[tuple[Any, ...]]:
    head = (strategy.product, *_benefit(strategy.benefit), strategy.control_share)
    rows: list[tuple[Any, ...]] = [(strategy.id, HEAD_OFFICE, *head)]
    for part in strategy.branch_overrides:
        terms = (
            part.product_id or strategy.product,
            *_benefit(part.benefit or strategy.benefit),
            strategy.control_share if part.control_share is None else part.control_share,
        )
        rows.extend((strategy.id, branch, *terms) for branch in part.branch_ids)
    return rows


def _benefit(benefit: Benefit | None) -> tuple[str | None, int]:
    return (benefit.code, benefit.cost_amount) if benefit else (None, 0)
