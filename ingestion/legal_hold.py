"""Who may not be erased: parties under a legal hold."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

import psycopg

_HELD = """
    select distinct party_id
    from (
        select distinct on (suppression_id) *
        from raw.suppressions
        where suppression_id in (
            select suppression_id from raw.suppressions where party_id = any(%(parties)s)
        )
        order by suppression_id, updated_at desc, arrived_date desc
    ) as latest
    where party_id = any(%(parties)s) and reason = 'legal_hold'
        and valid_from <= %(day)s and (valid_to is null or valid_to >= %(day)s)
"""


def held_parties(connection: psycopg.Connection, parties: Collection[str], day: date) -> list[str]:
    """Those of `parties` that a `legal_hold` suppression protects on a business date."""
    values = {"parties": sorted(parties), "day": day}
    return [party for (party,) in connection.execute(_HELD, values)]
