"""Taking an erased customer off the lists: open rows withdrawn, files that name it removed."""

from __future__ import annotations

import csv
import json
from collections.abc import Collection
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg

from campaigns.statements import LIST_TABLE
from warehouse.connection import relation_exists
from warehouse.publish import in_force
from warehouse.settings import Settings

REASON = "erased"
_WITHDRAW = """
    insert into publication.withdrawals (
        list_row_id, reason, withdrawn_date, night_date, channel, branch_id
    )
    select list_row_id, %(reason)s, %(told)s, night_date, channel, branch_id
    from publication.list_rows
    where (customer_id = any(%(customers)s) or party_id = any(%(parties)s))
        and expires_date >= %(day)s and as_of_date > %(day)s - 400
    on conflict (list_row_id, reason) do nothing
"""


def withdraw_erased(
    connection: psycopg.Connection[Any],
    day: date,
    customers: Collection[str],
    parties: Collection[str],
) -> int:
    """Withdraw every published row of these customers that is not over; returns how many.

    Nobody can read them from now on. They are dated with the next business date, so that its file
    of withdrawals tells those who have loaded the rows already.
    """
    if not (
        relation_exists(connection, "publication.withdrawals") and in_force(connection, LIST_TABLE)
    ):
        return 0
    values = {
        "reason": REASON,
        "day": day,
        "told": day + timedelta(days=1),
        "customers": sorted(customers),
        "parties": sorted(parties),
    }
    return connection.execute(_WITHDRAW, values).rowcount


def remove_exports(settings: Settings, parties: Collection[str]) -> int:
    """Delete export files that name one of the parties, and their manifest's entry.

    Returns:
        The number of files deleted.
    """
    wanted, removed = set(parties), 0
    for manifest_path in sorted(settings.export_dir.glob("*/*/manifest.json")):
        manifest = json.loads(manifest_path.read_text())
        naming = [
            entry["file"]
            for entry in manifest["files"]
            if _names(manifest_path.parent / entry["file"], wanted)
        ]
        if not naming:
            continue
        for name in naming:
            (manifest_path.parent / name).unlink(missing_ok=True)
        manifest["files"] = [one for one in manifest["files"] if one["file"] not in naming]
        manifest["removed_files"] = len(naming) + int(manifest.get("removed_files", 0))
        manifest_path.write_text(json.dumps(manifest, indent=2) + "\n")
        removed += len(naming)
    return removed


def files_naming(settings: Settings, parties: Collection[str]) -> list[Path]:
    """Export files that still name one of the parties."""
    wanted = set(parties)
    return [path for path in sorted(settings.export_dir.glob("*/*/*.csv")) if _names(path, wanted)]


def _names(path: Path, parties: set[str]) -> bool:
    if not path.exists():
        return False
    with path.open(newline="", encoding="utf-8") as file:
        return any(row.get("party_id") in parties for row in csv.DictReader(file))
