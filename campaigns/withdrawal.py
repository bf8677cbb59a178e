"""The withdrawal path: the first step of a night, whatever happens to the rest of it.

It reads raw rows of five feeds and the alias table that was last published, nothing that the
night has still to build. A withdrawal, once published, is never undone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import psycopg

from campaigns.statements import LIST_TABLE, statement
from warehouse.errors import PublicationError
from warehouse.ledger import Run
from warehouse.publish import in_force

WITHDRAWAL_FEEDS = ("customers", "consents", "suppressions", "contacts", "responses")
"""Feeds that must be verified and loaded, each alone, before lists may be read again."""

_BLOCK = """
    update ops.publication_state
    set lists = 'blocked', run_id = %(run_id)s, reason = %(reason)s,
        changed_at = clock_timestamp()
"""
_UNBLOCK = """
    update ops.publication_state
    set lists = 'open', run_id = %(run_id)s, reason = 'withdrawals are published',
        changed_at = clock_timestamp()
"""
_STATUSES = """
    select feed, status from ops.feed_status
    where arrived_date = %(night)s and feed = any(%(feeds)s)
"""
_COUNTS = """
    select reason, count(*) from publication.withdrawals
    where withdrawn_date = %(night)s group by reason order by reason
"""


@dataclass(frozen=True)
class WithdrawalSummary:
    """Withdrawals of the night in all and by reason; `new_rows` were added by this attempt."""

    new_rows: int
    by_reason: dict[str, int]

    def __str__(self) -> str:
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in self.by_reason.items())
        return f"{self.new_rows:,} withdrawals added; of the night: {reasons or 'none'}"


def block_lists(connection: psycopg.Connection[Any], run: Run) -> None:
    """Close all lists: no row can be read until the withdrawal path of this run has passed.

    To be committed before anything else of the night is done, so that a kill leaves them closed.
    """
    reason = f"{run.kind} {run.business_date}: withdrawals are not published yet"
    connection.execute(_BLOCK, {"run_id": run.run_id, "reason": reason})


def withdraw(
    connection: psycopg.Connection[Any],
    run: Run,
    refused_feeds: Iterable[str] = (),
) -> WithdrawalSummary:
    """Publish withdrawals against all published rows and open the lists, in one transaction.

    Args:
        connection: the transaction in which the five feeds' rows of the night were loaded.
        run: the night.
        refused_feeds: feeds of the five that could not be verified.

    Raises:
        PublicationError: a feed was refused, or has neither a delivery nor a declared absence on
            record; the lists stay blocked.
    """
    refused = sorted(set(refused_feeds) & set(WITHDRAWAL_FEEDS))
    if refused:
        raise _stays_blocked(run, f"refused: {', '.join(refused)}")
    parameters: dict[str, Any] = {"night": run.business_date, "feeds": list(WITHDRAWAL_FEEDS)}
    known = {row[0] for row in connection.execute(_STATUSES, parameters).fetchall()}
    unknown = [feed for feed in WITHDRAWAL_FEEDS if feed not in known]
    if unknown:
        raise _stays_blocked(run, f"without a status: {', '.join(unknown)}")
    new_rows = _publish(connection, parameters)
    connection.execute(_UNBLOCK, {"run_id": run.run_id})
    return WithdrawalSummary(new_rows, dict(connection.execute(_COUNTS, parameters).fetchall()))


def _publish(connection: psycopg.Connection[Any], parameters: dict[str, Any]) -> int:
    if not in_force(connection, LIST_TABLE):
        return 0
    return connection.execute(statement("withdraw"), parameters).rowcount


def _stays_blocked(run: Run, found: str) -> PublicationError:
    return PublicationError(
        expected=f"{', '.join(WITHDRAWAL_FEEDS)} of {run.business_date}, each verified",
        found=found,
        where="withdrawal path; lists stay blocked",
        remedy="have the feed delivered again, or close it: `--feed-missing FEED --reason …`",
    )
