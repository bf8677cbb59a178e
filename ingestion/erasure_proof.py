"""What archive, quarantine and inbox still hold of erased parties: can anything be read?"""

from __future__ import annotations

import gzip
from collections.abc import Collection, Iterator
from pathlib import Path

import psycopg
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingestion.archived import ciphertext_name
from ingestion.contracts import Contract, load_contracts
from ingestion.manifest import MANIFEST, Manifest, read_manifest
from warehouse.erasure_proof import Check
from warehouse.settings import Settings
from warehouse.vault import Vault

_PURPOSE = "proof of an erasure"


def checks_of_files(
    settings: Settings, connection: psycopg.Connection, parties: Collection[str]
) -> Iterator[Check]:
    """Quarantine, every archived night, what waits in the inbox, originals that were kept."""
    vault = Vault(settings, connection)
    tokens = {vault.token("party_id", party) for party in parties}
    yield _quarantine(connection, vault, parties, tokens)
    for folder in sorted(settings.archive_dir.glob("[0-9]*")):
        yield from _archived(vault, folder, parties, tokens)
    for place in (settings.landing_dir, settings.originals_dir):
        for folder in sorted(place.glob("[0-9]*")):
            yield from _delivered(place.name, folder, parties)


def _quarantine(
    connection: psycopg.Connection, vault: Vault, parties: Collection[str], tokens: set[str]
) -> Check:
    """Rows of the parties, and rows under a night's key whose text names one of them."""
    readable = 0
    rows = connection.execute(
        "select arrived_date, ciphertext from quarantine.rows "
        "where party_token is null or party_token = any(%s) order by 1",
        [sorted(tokens)],
    ).fetchall()
    for night in sorted({arrived for arrived, _ in rows}):
        sealed = [bytes(text) for arrived, text in rows if arrived == night]
        texts = vault.decrypt_quarantined(night, sealed, _PURPOSE)
        readable += sum(_names(text, parties) for text in texts if text)
    return Check("quarantine.rows", readable, "rows that can be read and name a party")


def _archived(
    vault: Vault, folder: Path, parties: Collection[str], tokens: set[str]
) -> Iterator[Check]:
    manifest = read_manifest(folder)
    place = f"archive/{folder.name}"
    contracts = {entry.file: load_contracts()[entry.feed] for entry in manifest.files}
    alive = vault.readable_parties(parties)
    clear = sealed = 0
    for kept in manifest.archived or ():
        contract = contracts[kept.file]
        sealed += _readable_values(folder / kept.rows_file, contract, alive)
        clear += _readable_rejects(vault, folder / kept.rejects_file, parties, tokens)
    yield Check(place, sealed, "encrypted values whose key still exists")
    yield Check(place, clear, "refused rows that can be read and name a party")


def _readable_values(path: Path, contract: Contract, alive: Collection[str]) -> int:
    sealed = [ciphertext_name(c.name) for c in contract.personal if c.pii == "direct"]
    if not alive or contract.party is None or not sealed:
        return 0
    table = pq.read_table(path, columns=[contract.party, *sealed])
    wanted = table.filter(pc.is_in(table[contract.party], value_set=pa.array(sorted(alive))))
    return sum(len(column) - column.null_count for column in wanted.select(sealed).columns)


def _readable_rejects(vault: Vault, path: Path, parties: Collection[str], tokens: set[str]) -> int:
    rows = [
        row
        for row in pq.read_table(path, columns=["arrived_date", "party_id", "text"]).to_pylist()
        if row["party_id"] is None or row["party_id"] in tokens
    ]
    found = 0
    for night in sorted({row["arrived_date"] for row in rows}):
        sealed = [row["text"] for row in rows if row["arrived_date"] == night]
        texts = vault.decrypt_quarantined(night, sealed, _PURPOSE)
        found += sum(_names(text, parties) for text in texts if text)
    return found


def _delivered(place: str, folder: Path, parties: Collection[str]) -> Iterator[Check]:
    """Deliveries in clear: those that wait for their night, and originals that were kept."""
    if not (folder / MANIFEST).exists():
        return
    manifest: Manifest = read_manifest(folder)
    naming = sum(_file_names(folder / entry.file, parties) for entry in manifest.files)
    yield Check(f"{place}/{folder.name}", naming, "files in clear that name a party")


def _file_names(path: Path, parties: Collection[str]) -> bool:
    if path.suffix == ".parquet":
        with pq.ParquetFile(path) as file:
            names = [field.name for field in file.schema_arrow if field.name.endswith("party_id")]
            wanted = pa.array(sorted(parties))
            return any(
                pc.any(pc.is_in(column.cast(pa.string()), value_set=wanted)).as_py()
                for batch in file.iter_batches(columns=names)
                for column in batch.columns
            )
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return _names(content, parties)


def _names(text: bytes, parties: Collection[str]) -> bool:
    return any(party.encode() in text for party in parties)
