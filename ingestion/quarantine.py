"""Rows that could not be loaded: kept with their reason, their text encrypted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import psycopg
import pyarrow as pa

from ingestion.parsing import Reject
from warehouse.bulk import copy_arrow
from warehouse.errors import LandingError
from warehouse.settings import Settings
from warehouse.vault import Vault

ERASED = "erased"
CONFLICT = "conflicting_duplicate"


def counts_for_limit(rejects: Iterable[Reject]) -> int:
    """Rejects that speak against the delivery: a row of an erased party is no fault of it."""
    return sum(reject.reason != ERASED for reject in rejects)


def refuse_above_limit(settings: Settings, feed: str, rows: int, rejected: int, where: str) -> None:
    """Stop the night when more of a feed is unusable than the setting allows.

    Raises:
        LandingError: the quarantined share is above `BANKLOOP_QUARANTINE_SHARE_LIMIT`.
    """
    if rejected <= settings.quarantine_share_limit * rows:
        return
    raise LandingError(
        expected=f"at most {settings.quarantine_share_limit:.2%} of {feed} in quarantine",
        found=f"{rejected} of {rows} rows ({rejected / rows:.2%})",
        where=f"{where}: {feed}",
        remedy="have the source correct the feed; or close it for this night; or, if the rows "
        "may be missed, raise BANKLOOP_QUARANTINE_SHARE_LIMIT",
    )


def seal(vault: Vault, rejects: Sequence[Reject]) -> list[bytes]:
    """Encrypted texts, in order: under the party's key, else the key of the row's night."""
    sealed = [reject.text for reject in rejects]
    by_night = defaultdict(list)
    for place, reject in enumerate(rejects):
        if not reject.is_sealed:
            by_night[reject.arrived_date].append(place)
    for night, places in by_night.items():
        texts = vault.encrypt_for_quarantine(
            night,
            [rejects[place].party_id for place in places],
            [rejects[place].text for place in places],
        )
        for place, text in zip(places, texts, strict=True):
            sealed[place] = text
    return sealed


def write_rejects(
    connection: psycopg.Connection,
    vault: Vault,
    feed: str,
    source_file: str,
    run_id: str,
    rejects: Sequence[Reject],
) -> None:
    """Append rejects of one file to `quarantine.rows`."""
    if not rejects:
        return
    rows: dict[str, Sequence[Any]] = {
        "feed": [feed] * len(rejects),
        "arrived_date": [reject.arrived_date for reject in rejects],
        "source_file": [source_file] * len(rejects),
        "source_row": [reject.source_row for reject in rejects],
        "reason": [reject.reason for reject in rejects],
        "detail": [reject.detail for reject in rejects],
        "party_token": [party_token(vault, reject) for reject in rejects],
        "ciphertext": seal(vault, rejects),
        "run_id": [run_id] * len(rejects),
    }
    copy_arrow(connection, "quarantine.rows", pa.table(rows))


def party_token(vault: Vault, reject: Reject) -> str | None:
    """Token of the party a reject belongs to, if it names one."""
    if reject.is_sealed or reject.party_id is None:
        return reject.party_id
    return vault.token("party_id", reject.party_id)
