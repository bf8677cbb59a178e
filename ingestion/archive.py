"""A verified night out of the inbox: archived without personal data in clear, then removed.

Every step can be killed and done again: the archive folder appears by one rename, and the inbox
goes by one rename before anything in it is deleted.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.archived import REJECT_SCHEMA, archived_schema, ciphertext_name, hmac_name
from ingestion.contracts import Contract
from ingestion.landing import LandedFile, Landing
from ingestion.manifest import MANIFEST, ArchivedFile
from ingestion.parsing import ParsedChunk, Reject
from ingestion.protection import erased_parties, tokenised, without_erased
from ingestion.quarantine import party_token, seal
from ingestion.sources import parsed_chunks
from warehouse.connection import connect
from warehouse.settings import Settings
from warehouse.vault import Vault

_log = logging.getLogger(__name__)

Disposal = Literal["remove", "move"]
_PARTIAL, _REPLACED, _CONSUMED = ".partial-", ".replaced-", ".consumed-"


def archive(settings: Settings, landing: Landing, disposal: Disposal = "remove") -> Path:
    """Write `archive/<D>/` and clear the inbox; returns the archive folder.

    Args:
        landing: verified and loaded; one that is read from the archive is left as it is.
        disposal: `remove` deletes the inbox folder, `move` keeps it beside as
            `landing_done/<D>` (clear personal data: for banks that must keep originals).
    """
    target = settings.archive_dir / landing.folder.name
    _finish_removals(settings)
    if landing.is_archived or landing.manifest is None:
        return target
    partial = settings.archive_dir / f"{_PARTIAL}{target.name}"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True, mode=0o700)
    with connect(settings) as connection:
        kept = _Writer(settings, connection, landing, partial).write_all()
    manifest = landing.manifest.model_copy(update={"archived": tuple(kept)})
    _write_durably(partial / MANIFEST, manifest.model_dump_json(indent=1).encode())
    _replace(partial, target)
    _dispose(settings, landing.folder, disposal)
    _log.info("%s archived: %d files", landing.folder.name, len(kept))
    return target


class _Writer:
    """Writes the files of one landing without personal data in clear."""

    def __init__(
        self, settings: Settings, connection: psycopg.Connection, landing: Landing, folder: Path
    ) -> None:
        self._connection = connection
        self._vault = Vault(settings, connection)
        self._erased = erased_parties(connection)
        self._landing = landing
        self._folder = folder

    def write_all(self) -> list[ArchivedFile]:
        """Write the files of all verified feeds."""
        return [
            self._write(number, landed, delivery.contract)
            for delivery in self._landing.deliveries.values()
            for number, landed in enumerate(delivery.files)
        ]

    def _write(self, number: int, landed: LandedFile, contract: Contract) -> ArchivedFile:
        rows_path = self._folder / f"{contract.feed}-{number:04d}.parquet"
        rejects_path = self._folder / f"{contract.feed}-{number:04d}.rejects.parquet"
        schema = archived_schema(contract)
        rejects: list[Reject] = []
        with pq.ParquetWriter(rows_path, schema, compression="zstd") as writer:
            for chunk in parsed_chunks(landed, contract, self._landing.span):
                rows, erased = self._safe(chunk, contract)
                rejects += [*chunk.rejects, *erased]
                writer.write_batch(rows.select(schema.names).cast(schema))
        pq.write_table(self._reject_table(rejects), rejects_path)
        for path in (rows_path, rejects_path):
            _sync(path)
        return ArchivedFile(
            file=landed.entry.file,
            rows_file=rows_path.name,
            rejects_file=rejects_path.name,
            rows_sha256=_sha256(rows_path),
            rejects_sha256=_sha256(rejects_path),
        )

    def _safe(
        self, chunk: ParsedChunk, contract: Contract
    ) -> tuple[pa.RecordBatch, tuple[Reject, ...]]:
        rows, erased = without_erased(chunk.rows, contract, self._erased, is_archived=False)
        rows = tokenised(self._vault, rows, contract)
        for column in contract.personal:
            if column.pii == "direct" and contract.party:
                tokens = rows.column(column.raw_name).to_pylist()
                sealed = self._sealed(tokens, rows.column(contract.party).to_pylist())
                ciphers = pa.array([pair[0] for pair in sealed], pa.binary())
                hmacs = pa.array([pair[1] for pair in sealed], pa.binary())
                rows = rows.append_column(ciphertext_name(column.name), ciphers)
                rows = rows.append_column(hmac_name(column.name), hmacs)
        return rows, erased

    def _sealed(
        self, tokens: Sequence[str | None], parties: Sequence[str | None]
    ) -> list[tuple[bytes | None, bytes | None]]:
        found = self._connection.execute(
            "select token, party_id, ciphertext, value_hmac from vault.personal_values "
            "where token = any(%s)",
            [sorted({token for token in tokens if token})],
        )
        known: dict[tuple[str | None, str | None], tuple[bytes, bytes]]
        known = {(token, party): (cipher, hmac) for token, party, cipher, hmac in found}
        return [known.get(pair, (None, None)) for pair in zip(tokens, parties, strict=True)]

    def _reject_table(self, rejects: Sequence[Reject]) -> pa.Table:
        texts = seal(self._vault, rejects)
        rows: list[dict[str, Any]] = []
        for reject, text in zip(rejects, texts, strict=True):
            row = {name: getattr(reject, name) for name in REJECT_SCHEMA.names}
            rows.append({**row, "text": text, "party_id": party_token(self._vault, reject)})
        return pa.Table.from_pylist(rows, schema=REJECT_SCHEMA)


def _replace(partial: Path, target: Path) -> None:
    """Put the new archive folder in place of an older one of the same night."""
    replaced = target.parent / f"{_REPLACED}{target.name}"
    shutil.rmtree(replaced, ignore_errors=True)
    if target.exists():
        target.rename(replaced)
    partial.rename(target)
    _sync(target.parent)
    shutil.rmtree(replaced, ignore_errors=True)


def _dispose(settings: Settings, folder: Path, disposal: Disposal) -> None:
    if disposal == "move":
        done = settings.originals_dir / folder.name
        done.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.rmtree(done, ignore_errors=True)
        folder.rename(done)
        return
    folder.rename(folder.with_name(f"{_CONSUMED}{folder.name}"))
    _finish_removals(settings)


def _finish_removals(settings: Settings) -> None:
    """Delete inbox folders that were taken out of it, also by an attempt that was killed."""
    for leftover in settings.landing_dir.glob(f"{_CONSUMED}*"):
        shutil.rmtree(leftover)


def _write_durably(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    _sync(path)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
