"""List files for the channels: the only place where contact details leave the vault."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import shutil
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg

from warehouse.ledger import Run
from warehouse.settings import Settings
from warehouse.vault import Vault

_ROWS = """
    select
        list_rows.channel,
        coalesce(list_rows.branch_id, 'none') as branch_id,
        list_rows.list_row_id,
        list_rows.campaign_id,
        list_rows.wave,
        list_rows.attempt,
        list_rows.party_id,
        list_rows.relationship_manager_id,
        list_rows.product_id,
        list_rows.benefit_code,
        list_rows.script_id,
        list_rows.priority,
        list_rows.expires_date,
        customers.name_token,
        case channels.contact_field
            when 'mobile' then customers.mobile_token
            when 'email' then customers.email_token
        end as contact_token
    from publication.open_rows as list_rows
    inner join activation.act_channels as channels on list_rows.channel = channels.channel
    left join activation.act_customers as customers
        on list_rows.customer_id = customers.customer_id
    where list_rows.night_date = %(night)s
    order by list_rows.channel, branch_id, list_rows.priority, list_rows.list_row_id
"""
_WITHDRAWALS = """
    select channel, coalesce(branch_id, 'none') as branch_id, list_row_id, reason, withdrawn_date
    from publication.withdrawals
    where withdrawn_date = %(night)s
    order by channel, branch_id, list_row_id, reason
"""
_AUDIT = """
    insert into ops.export_audit (run_id, purpose, row_count, detail) values (%s, %s, %s, %s)
"""
_ADDITION_COLUMNS = (
    "list_row_id",
    "campaign_id",
    "wave",
    "attempt",
    "party_id",
    "relationship_manager_id",
    "product_id",
    "benefit_code",
    "script_id",
    "priority",
    "expires_date",
    "name",
    "contact",
)
_WITHDRAWAL_COLUMNS = ("list_row_id", "reason", "withdrawn_date")
Rows = dict[tuple[str, str], list[list[Any]]]


@dataclass(frozen=True)
class ExportSummary:
    """Folder of the files, how many there are, and the rows in them."""

    folder: Path
    files: int
    rows: int

    def __str__(self) -> str:
        return f"{self.files} files, {self.rows:,} rows in {self.folder.parent.name}"


def export(settings: Settings, connection: psycopg.Connection[Any], run: Run) -> ExportSummary:
    """Write the night's new list rows, with contact details, one file per channel and branch.

    To be called after the pointers moved. Files and folder are private to the user; a re-run
    replaces the folder as a whole.
    Rows of customers without the contact detail that the channel needs are written with an empty
    contact and counted in the manifest as `unreachable`.
    """
    found = connection.execute(_ROWS, {"night": run.business_date}).fetchall()
    tokens = {token for row in found for token in row[-2:] if token}
    purpose = f"list export {run.business_date}"
    values = Vault(settings, connection).reveal(tokens, purpose) if tokens else {}
    grouped: Rows = defaultdict(list)
    for channel, branch, *fields, name_token, contact_token in found:
        name, contact = values.get(name_token, ""), values.get(contact_token, "")
        needs_contact = contact_token is not None
        grouped[channel, branch].append([*fields, name if needs_contact else "", contact])
    summary = _write(settings, run, "additions", _ADDITION_COLUMNS, grouped)
    _audit(connection, run, summary, "additions")
    return summary


def export_withdrawals(
    settings: Settings, connection: psycopg.Connection[Any], run: Run
) -> ExportSummary:
    """Write the night's withdrawals, one file per channel and branch; no personal data in them.

    To be called as soon as the withdrawal path has committed: whoever works with files must not
    wait for the rest of the night.
    """
    grouped: Rows = defaultdict(list)
    for channel, branch, *fields in connection.execute(
        _WITHDRAWALS, {"night": run.business_date}
    ).fetchall():
        grouped[channel, branch].append(list(fields))
    summary = _write(settings, run, "withdrawals", _WITHDRAWAL_COLUMNS, grouped)
    _audit(connection, run, summary, "withdrawals")
    return summary


def delete_expired(settings: Settings, night: date) -> list[Path]:
    """Delete export folders older than `export_days`, counted in business dates."""
    if not settings.export_dir.is_dir():
        return []
    oldest = (night - timedelta(days=settings.export_days)).isoformat()
    expired = [
        folder
        for folder in sorted(settings.export_dir.iterdir())
        if folder.is_dir() and folder.name < oldest
    ]
    for folder in expired:
        shutil.rmtree(folder)
    return expired


def _write(
    settings: Settings, run: Run, kind: str, columns: Sequence[str], grouped: Rows
) -> ExportSummary:
    target = settings.export_dir / run.business_date.isoformat() / kind
    beside = target.with_name(f".{kind}.new")
    target.parent.mkdir(parents=True, exist_ok=True)
    for folder in (settings.export_dir, target.parent):
        folder.chmod(0o700)
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(mode=0o700)
    files = [
        _write_file(beside, channel, branch, columns, rows)
        for (channel, branch), rows in sorted(grouped.items())
    ]
    manifest = {
        "version": 1,
        "source": settings.source,
        "business_date": run.business_date.isoformat(),
        "kind": kind,
        "files": files,
    }
    _write_private(beside / "manifest.json", json.dumps(manifest, indent=2).encode() + b"\n")
    _replace(target, beside)
    return ExportSummary(target, len(files), sum(int(one["rows"]) for one in files))


def _write_file(
    folder: Path, channel: str, branch: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> dict[str, Any]:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    rows = list(rows)
    writer.writerows([_safe(value) for value in row] for row in rows)
    content = text.getvalue().encode()
    name = f"{channel}__{_file_part(branch)}.csv"
    _write_private(folder / name, content)
    described: dict[str, Any] = {
        "file": name,
        "channel": channel,
        "branch_id": branch,
        "format": "csv",
        "encoding": "UTF-8",
        "rows": len(rows),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    if columns[-1] == "contact":
        described["unreachable"] = sum(1 for row in rows if not row[-1])
    return described


def _safe(value: object) -> object:
    """A text that a spreadsheet would run as a formula gets a leading apostrophe."""
    if isinstance(value, str) and value[:1] in ("=", "@", "\t", "\r"):
        return f"'{value}"
    return value


def _file_part(branch: str) -> str:
    return "".join(sign if sign.isalnum() or sign in "-_" else "_" for sign in branch)


def _write_private(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def _replace(target: Path, beside: Path) -> None:
    old = target.with_name(f".{target.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    beside.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def _audit(
    connection: psycopg.Connection[Any], run: Run, summary: ExportSummary, kind: str
) -> None:
    detail = f"{summary.files} files of {kind}"
    connection.execute(_AUDIT, [run.run_id, f"list export {kind}", summary.rows, detail])
