"""Erasing customers between two nights: `bankloop erase` and the DAG `erasure`."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

import psycopg

from campaigns import forgetting
from dags.pipeline_support import backfill
from ingestion.legal_hold import held_parties
from warehouse import erasure, ledger
from warehouse.erasure import Subject
from warehouse.errors import LegalHoldError, RunOrderError, WarehouseError
from warehouse.settings import Settings
from warehouse.vault import Vault

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Erased:
    """What an erasure did, in counts."""

    parties: int
    customers: int
    keys: int
    rows_removed: int
    rows_blanked: int
    list_rows: int
    files: int
    was_repeated: bool

    def __str__(self) -> str:
        again = " (erased before; looked through again)" if self.was_repeated else ""
        return (
            f"{self.parties} parties of {self.customers} customers erased{again}: "
            f"{self.keys} data keys destroyed, {self.rows_removed:,} derived rows removed, "
            f"{self.rows_blanked:,} rows blanked, {self.list_rows} list rows withdrawn, "
            f"{self.files} export files removed"
        )


def erase(settings: Settings, parties: Iterable[str], reason: str) -> Erased:
    """Erase the customers of these parties: all their parties, or nobody.

    In one transaction under the writer lock; export files go after it. The second database of a
    backfill goes before it: it holds a copy of the vault, and cannot be made again meanwhile. Doing
    it again is safe and finishes what a killed attempt left.

    Raises:
        LegalHoldError: one of the parties must be kept; the refusal is recorded.
        RunOrderError: a night is unfinished, or none was loaded yet.
        WarehouseError: a party is unknown, or no reason is given.
    """
    asked = list(dict.fromkeys(party.strip() for party in parties if party.strip()))
    if not asked or not reason.strip():
        raise WarehouseError(
            expected="at least one party and a reason",
            found="no party" if not asked else "no reason",
            where="bankloop erase",
            remedy="bankloop erase --party PARTY --reason TEXT (without personal data)",
        )
    with ledger.between_nights(settings, "erasure") as connection:
        day = _day(connection)
        subject = erasure.subject_of(connection, asked)
        held = held_parties(connection, subject.parties, day)
        if not held:
            backfill.forget_copy(settings)
            done = _erase(settings, connection, subject, day, reason)
        else:
            _refuse(connection, subject, day, reason, len(held))
    if held:
        raise _held(len(held), day)
    files = forgetting.remove_exports(settings, subject.parties)
    return replace(done, files=files)


def read_parties(text: str) -> list[str]:
    """Party ids from a file's text: one a line, empty lines and `#` comments left out."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return [line for line in lines if line]


def _erase(
    settings: Settings, connection: psycopg.Connection, subject: Subject, day: date, reason: str
) -> Erased:
    vault = Vault(settings, connection)
    was_repeated = vault.erased(subject.parties) == set(subject.parties)
    keys = vault.erase_parties(subject.parties, day, reason)
    erasure.remember_accounts(connection, subject)
    done = Erased(
        parties=len(subject.parties),
        customers=len(subject.customers),
        keys=keys,
        list_rows=forgetting.withdraw_erased(connection, day, subject.customers, subject.parties),
        rows_removed=erasure.remove_derived(connection, subject),
        rows_blanked=erasure.blank_attributes(connection, subject),
        files=0,
        was_repeated=was_repeated,
    )
    erasure.record(
        connection,
        business_date=day,
        outcome="repeated" if was_repeated else "erased",
        reason=reason,
        parties=done.parties,
        customers=done.customers,
        keys_destroyed=keys,
        rows_removed=done.rows_removed,
        rows_blanked=done.rows_blanked,
        list_rows_withdrawn=done.list_rows,
    )
    return done


def _refuse(
    connection: psycopg.Connection, subject: Subject, day: date, reason: str, held: int
) -> None:
    erasure.record(
        connection,
        business_date=day,
        outcome="refused",
        reason=reason,
        detail=f"legal_hold on {held} parties",
        parties=len(subject.parties),
        customers=len(subject.customers),
    )


def _day(connection: psycopg.Connection) -> date:
    day = erasure.last_night(connection)
    if day is None:
        raise RunOrderError(
            expected="a published night: its business date is the date of the erasure",
            found="no run yet",
            where="ops.runs",
            remedy="load the history first",
        )
    return day


def _held(count: int, day: date) -> LegalHoldError:
    return LegalHoldError(
        expected="parties that no legal hold protects",
        found=f"a legal_hold on {count} of them on {day}",
        where="suppressions; the refusal is recorded in ops.erasures",
        remedy="erase again once the hold has ended at the source (valid_to)",
    )
