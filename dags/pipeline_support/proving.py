"""The proof of an erasure: every schema, archive, quarantine, inbox, exports and logs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from campaigns.forgetting import files_naming
from ingestion.erasure_proof import checks_of_files
from warehouse import erasure, erasure_proof
from warehouse.connection import connect
from warehouse.erasure import Subject
from warehouse.erasure_proof import Check
from warehouse.errors import ErasureError
from warehouse.settings import Settings


@dataclass(frozen=True)
class Proof:
    """What was looked at, and the rows that stay as facts."""

    subject: Subject
    checks: tuple[Check, ...]
    remaining: dict[str, int]

    @property
    def findings(self) -> tuple[Check, ...]:
        """Places where something is left that must not be."""
        return tuple(check for check in self.checks if not check.is_clean)

    def __str__(self) -> str:
        lines = [
            f"{len(self.subject.parties)} parties, {len(self.subject.customers)} customers, "
            f"{len(self.subject.accounts)} accounts; {len(self.checks)} places looked at"
        ]
        lines += [f"  LEFT  {one.place}: {one.rows:,} {one.note}" for one in self.findings]
        if not self.findings:
            lines.append("  nothing that can be read or decrypted is left")
        total = sum(self.remaining.values())
        lines.append(f"  facts that stay (keys, amounts, dates): {total:,} rows")
        lines += [f"    {name}: {rows:,}" for name, rows in self.remaining.items()]
        return "\n".join(lines)


def prove(settings: Settings, parties: Iterable[str]) -> Proof:
    """Look for everything that is left of the customers of `parties`.

    Reads only; what is decrypted for it is audited.

    Raises:
        WarehouseError: a party is unknown.
    """
    with connect(settings) as connection:
        subject = erasure.subject_of(connection, parties)
        checks = [
            *erasure_proof.checks_of_warehouse(connection, subject),
            *checks_of_files(settings, connection, subject.parties),
            *_outside(settings, subject),
        ]
        remaining = erasure_proof.remaining_rows(connection, subject)
    return Proof(subject, tuple(checks), remaining)


def require_proof(settings: Settings, parties: Iterable[str]) -> Proof:
    """`prove`, and an error where something is left.

    Raises:
        ErasureError: something can still be read; the places are named.
    """
    proof = prove(settings, parties)
    if proof.findings:
        places = "; ".join(f"{one.place}: {one.rows} {one.note}" for one in proof.findings)
        raise ErasureError(
            expected="nothing that can be read or decrypted",
            found=places,
            where="proof of the erasure",
            remedy="erase again (bankloop erase --party …); deliveries in clear go with their "
            "night, originals in landing_done are the bank's to delete",
        )
    return proof


def _outside(settings: Settings, subject: Subject) -> Iterator[Check]:
    files = files_naming(settings, subject.parties)
    yield Check("exports", len(files), "files that name a party")
    names = [party.encode() for party in subject.parties]
    logs = (path.read_bytes() for path in settings.log_dir.rglob("*") if path.is_file())
    naming = sum(any(name in content for name in names) for content in logs)
    yield Check("logs", naming, "files that name a party")
