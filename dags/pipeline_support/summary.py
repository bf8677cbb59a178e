"""The dozen lines after a night: what was produced, what was refused, and where to look."""

from __future__ import annotations

from datetime import date
from typing import Any

import psycopg

from warehouse.connection import connect
from warehouse.settings import Settings


def summarise(settings: Settings, night: date | None) -> str:
    """Summary of one night, default the last one that ran, in about a dozen lines."""
    with connect(settings) as connection:
        run = _run(connection, night)
        if run is None:
            return f"no night has run in {settings.database_name} yet: make nightly"
        lines = [_headline(run)]
        for label, query in _QUERIES.items():
            lines.append(f"{label:<10} {_answer(connection, query, run)}")
    return "\n".join([*lines, _where_to_look(settings)])


_QUERIES = {
    "time": """
        select format('%%s s of work in %%s steps, longest %%s %%s s, peak memory %%s MB',
            round(sum(seconds)), count(*), (array_agg(step order by seconds desc))[1],
            round(max(seconds)), max(peak_memory_mb))
        from ops.step_runs where run_id = %(run_id)s having count(*) > 0""",
    "landed": """
        select format(
            '%%s rows read = %%s loaded + %%s quarantined + %%s de-duplicated + %%s deferred',
            to_char(sum(rows_read), 'FM999,999,999'), to_char(sum(rows_loaded), 'FM999,999,999'),
            sum(rows_quarantined), sum(rows_deduplicated),
            to_char(sum(rows_deferred), 'FM999,999,999'))
        from ops.load_audit where arrived_date between %(span_from)s and %(night)s""",
    "refused": """
        select coalesce(
            string_agg(format('%%s %%s: %%s', feed, reason, n), '; ' order by n desc, feed, reason),
            'no rows in quarantine')
        from (select feed, reason, count(*) as n from quarantine.rows
            where arrived_date between %(span_from)s and %(night)s group by feed, reason
            order by n desc, feed, reason limit 5) as q""",
    "gates": """
        select format('%%s checks passed, %%s warned, %%s failed', count(*) filter (where passed),
            count(*) filter (where not passed and severity = 'warn'),
            count(*) filter (where not passed and severity = 'fail'))
        from ops.gate_results where run_id = %(run_id)s""",
    "stages": """
        select coalesce(
            string_agg(format('%%s %%s', stage, to_char(n, 'FM999,999,999')), ', ' order by n desc),
            'none')
        from (select stage, count(*) as n from tags.lifecycle_current group by stage) as s""",
    "personas": """
        select coalesce(
            string_agg(
                format('%%s %%s', persona_id, to_char(n, 'FM999,999,999')), ', ' order by n desc),
            'none')
        from (select persona_id, count(*) as n from predictions.clusters
            where as_of_date = %(night)s and is_champion group by persona_id) as p""",
    "decisions": """
        select coalesce(
            string_agg(
                format('%%s %%s', outcome, to_char(n, 'FM999,999,999')), ', ' order by n desc),
            'none')
        from (select outcome, count(*) as n from activation.decisions
            where night_date = %(night)s group by outcome) as d""",
    "excluded": """
        select coalesce(
            string_agg(
                format('%%s %%s', reason, to_char(n, 'FM999,999,999')), ', '
                order by n desc, reason),
            'nobody')
        from (select reason, count(*) as n from activation.decisions
            where night_date = %(night)s and outcome = 'excluded' group by reason
            order by n desc, reason limit 6) as d""",
    "lists": """
        select format('%%s, readable through %%s: %%s',
            lists, coalesce(valid_through::text, 'never'),
            (select coalesce(
                string_agg(format('%%s %%s', channel, n), ', ' order by n desc, channel),
                'no open row')
             from (select channel, count(*) as n from publication.open_rows group by channel) as c))
        from ops.publication_state""",
    "withdrawn": """
        select coalesce(
            string_agg(format('%%s %%s', reason, n), ', ' order by n desc, reason), 'no row')
        from (select reason, count(*) as n from publication.withdrawals
            where withdrawn_date = %(night)s group by reason) as w""",
    "attributed": """
        select coalesce(
            string_agg(format('%%s %%s', channel, credit), ', ' order by credit desc),
            'no conversion yet')
        from (select channel, round(sum(credit), 1) as credit from attribution.markov_credits
            where goal_type = 'product_opening' and model = 'markov_1' group by channel
            order by sum(credit) desc limit 6) as a""",
}


def _run(connection: psycopg.Connection, night: date | None) -> dict[str, Any] | None:
    row = connection.execute(
        "select run_id, kind, business_date, span_from, status, reason, "
        "extract(epoch from finished_at - started_at)::int from ops.runs "
        "where (%(night)s::date is null or business_date = %(night)s) order by fence desc limit 1",
        {"night": night},
    ).fetchone()
    names = ("run_id", "kind", "night", "span_from", "status", "reason", "seconds")
    return dict(zip(names, row, strict=True)) if row else None


def _headline(run: dict[str, Any]) -> str:
    seconds = f" in {run['seconds']} s" if run["seconds"] is not None else ""
    reason = f": {run['reason']}" if run["reason"] else ""
    return f"{run['kind']} {run['night']} {run['status']}{seconds} ({run['run_id']}){reason}"


def _answer(connection: psycopg.Connection, query: str, run: dict[str, Any]) -> str:
    """One line, or why there is none: a table that no night has made yet is no error here."""
    try:
        with connection.transaction():
            row = connection.execute(query, run).fetchone()
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn) as error:
        return f"not built yet ({error.diag.message_primary})"
    return str(row[0]) if row else "nothing"


def _where_to_look(settings: Settings) -> str:
    name = settings.source_dir.name
    return (
        f'look at    psql "$(bankloop warehouse url)"  schemas publication, bi, tags, activation; '
        f"files: var/{name}/export; gates: var/{name}/data_docs; bankloop explain --help; make up"
    )
