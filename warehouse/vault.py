"""The vault: the only place with personal data, encrypted under one data key per party.

A token stands for a value everywhere else. Destroying a party's data key makes all that was
encrypted under it unreadable for ever, in the vault and in quarantine.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, cast

import psycopg
import pyarrow as pa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from warehouse.bulk import copy_arrow
from warehouse.connection import connect
from warehouse.data_keys import DataKeys, text_array
from warehouse.errors import WarehouseError
from warehouse.keys import NONCE_BYTES, KeyRing, master_key, wrong_master_key
from warehouse.settings import Settings

_CHUNK = 50_000
_NIGHT_KEY, _PARTY_KEY = b"\x00", b"\x01"
_HEADER_BYTES = 9


_COPY_ROWS = 10_000
_FIELDS: list[Any] = [
    ("token", pa.string()),
    ("party_id", pa.string()),
    ("column_name", pa.string()),
    ("ciphertext", pa.binary()),
    ("value_hmac", pa.binary()),
]
_PERSONAL_VALUES = pa.schema(_FIELDS)


class Vault:
    """Tokenise, encrypt and reveal personal values, inside the caller's transaction."""

    def __init__(self, settings: Settings, connection: psycopg.Connection) -> None:
        """Open the vault of a warehouse.

        Raises:
            SettingsError: there is no usable master key.
            WarehouseError: the vault was written with another master key.
        """
        self._settings = settings
        self._connection = connection
        self._keys = KeyRing(master_key(settings))
        self._data_keys = DataKeys(connection, self._keys)
        self._check_master_key()

    def protect(
        self, party_ids: pa.Array[Any] | None, column: str, values: pa.Array[Any]
    ) -> pa.Array[Any]:
        """Tokens of `values` (text, nulls stay null), which are kept encrypted per party.

        Equal values of one `column` have equal tokens, whoever owns them; a (party, column,
        value) is stored once, however often it is loaded. With `party_ids` None, and where a
        party is null, only tokens are made and nothing is stored.

        Raises:
            WarehouseError: a party was erased.
        """
        encoded: Any = pa.chunked_array([values]).cast(pa.string()).combine_chunks()
        encoded = encoded.dictionary_encode()
        distinct = encoded.dictionary.to_pylist()
        made = pa.array([self._keys.token(column, value) for value in distinct], pa.string())
        tokens: Any = pa.DictionaryArray.from_arrays(encoded.indices, made).cast(pa.string())
        if party_ids is not None:
            rows = pa.table({"party": party_ids, "token": tokens, "value": values})
            self._store(column, rows.drop_null())
        return tokens  # type: ignore[no-any-return]

    def token(self, column: str, value: str) -> str:
        """Token of one value; nothing is stored."""
        return self._keys.token(column, value)

    def reveal(self, tokens: Iterable[str], purpose: str) -> dict[str, str]:
        """Values of tokens; tokens whose keys were destroyed are left out.

        The read is written to `ops.export_audit` first, in a transaction of its own, so that no
        rollback of the caller can hide it.
        """
        wanted = sorted(set(tokens))
        self._audit(purpose, len(wanted), "reveal")
        revealed: dict[str, str] = {}
        for start in range(0, len(wanted), _CHUNK):
            rows = self._connection.execute(
                "select v.token, v.party_id, v.column_name, v.ciphertext, k.wrapped_key "
                "from vault.personal_values v join vault.data_keys k using (party_id) "
                "where v.token = any(%s::text[]) order by v.party_id desc",
                [text_array(wanted[start : start + _CHUNK])],
            )
            for token, party, column, ciphertext, wrapped in rows:
                cipher = self._keys.unwrap(wrapped, party)
                revealed[token] = _open(cipher, ciphertext, _aad(party, column, token)).decode()
        return revealed

    def encrypt_for_quarantine(
        self, arrived_date: date, party_ids: Sequence[str | None], payloads: Sequence[bytes]
    ) -> list[bytes]:
        """Encrypt refused rows: under the party's data key, or the night's quarantine key.

        A party that is None or erased counts as unusable; of an erased party nothing is kept but
        that there was a row. Keys are named inside the ciphertext.
        """
        erased = self.erased(party for party in party_ids if party)
        payloads = [
            b"" if party in erased else payload
            for party, payload in zip(party_ids, payloads, strict=True)
        ]
        usable = [party if party and party not in erased else None for party in party_ids]
        self._data_keys.load({party for party in usable if party})
        night = self._data_keys.for_night(arrived_date) if None in usable else None
        numbers = self._data_keys.numbers({party for party in usable if party})
        return [
            self._seal(night, party, numbers.get(party or "", 0), payload)
            for party, payload in zip(usable, payloads, strict=True)
        ]

    def decrypt_quarantined(
        self, arrived_date: date, ciphertexts: Sequence[bytes], purpose: str
    ) -> list[bytes | None]:
        """Decrypt refused rows (None where the key was destroyed); the read is audited."""
        self._audit(purpose, len(ciphertexts), f"quarantine of {arrived_date}")
        night = self._data_keys.of_night(arrived_date)
        return [self._unseal(night, ciphertext) for ciphertext in ciphertexts]

    def erased(self, party_ids: Iterable[str]) -> set[str]:
        """Those of `party_ids` that were erased."""
        rows = self._connection.execute(
            "select party_id from vault.erased_parties where party_id = any(%s::text[])",
            [text_array(set(party_ids))],
        )
        return {party for (party,) in rows}

    def readable_parties(self, party_ids: Iterable[str]) -> set[str]:
        """Those of `party_ids` that have a data key, so that what it encrypted can be read."""
        rows = self._connection.execute(
            "select party_id from vault.data_keys where party_id = any(%s::text[])",
            [text_array(set(party_ids))],
        )
        return {party for (party,) in rows}

    def erase_parties(self, party_ids: Iterable[str], erased_date: date, reason: str) -> int:
        """Destroy the data keys and values of parties and remember that they were erased.

        Returns:
            The number of data keys destroyed.
        """
        parties = sorted(set(party_ids))
        self._connection.execute(
            "insert into vault.erased_parties (party_id, erased_date, reason) "
            "select unnest(%s::text[]), %s, %s on conflict do nothing",
            [parties, erased_date, reason],
        )
        self._connection.execute(
            "delete from vault.personal_values where party_id = any(%s)", [parties]
        )
        return self._data_keys.destroy_parties(parties)

    def destroy_quarantine_keys(self, before: date) -> int:
        """Destroy the quarantine keys of nights earlier than `before`; returns how many."""
        return self._data_keys.destroy_nights(before)

    def _store(self, column: str, rows: pa.Table) -> None:
        """Encrypt the first value of each (party, token) that the vault does not hold yet.

        One COPY takes all batches: the server writes a batch while the next one is encrypted.
        """
        keys = ["party", "token"]
        firsts = rows.group_by(keys, use_threads=False).aggregate([("value", "first")])
        new = self._without_kept(firsts.sort_by("token"))
        parties = set(_texts(new, "party"))
        if not parties:
            return
        self._refuse_erased(parties)
        self._data_keys.load(parties)
        batches = (
            self._encrypted(column, part) for part in new.to_batches(max_chunksize=_COPY_ROWS)
        )
        reader = pa.RecordBatchReader.from_batches(_PERSONAL_VALUES, batches)
        copy_arrow(self._connection, "vault.personal_values", reader)

    def _without_kept(self, rows: pa.Table) -> pa.Table:
        parts = []
        for start in range(0, rows.num_rows, _CHUNK):
            part = rows.slice(start, _CHUNK)
            if kept := self._kept(_texts(part, "token")):
                pairs = zip(_texts(part, "party"), _texts(part, "token"), strict=True)
                part = part.filter(pa.array([pair not in kept for pair in pairs]))
            parts.append(part)
        return pa.concat_tables([rows.slice(0, 0), *parts])

    def _encrypted(self, column: str, rows: pa.RecordBatch) -> pa.RecordBatch:
        parties, tokens = _texts(rows, "party"), _texts(rows, "token")
        values = _texts(rows, "value_first")
        material = os.urandom(NONCE_BYTES * len(values))
        nonces = [material[at : at + NONCE_BYTES] for at in range(0, len(material), NONCE_BYTES)]
        of_party, value_hmac = self._data_keys.of_party, self._keys.value_hmac
        sealed = [
            nonce + of_party(party).encrypt(nonce, value.encode(), _aad(party, column, token))
            for nonce, party, token, value in zip(nonces, parties, tokens, values, strict=True)
        ]
        hmacs = [value_hmac(token, value) for token, value in zip(tokens, values, strict=True)]
        columns: list[list[Any]] = [tokens, parties, [column] * len(values), sealed, hmacs]
        arrays = [pa.array(data) for data in columns]
        return pa.RecordBatch.from_arrays(arrays, schema=_PERSONAL_VALUES)

    def _kept(self, tokens: list[str]) -> set[tuple[str, str]]:
        rows = self._connection.execute(
            "select party_id, token from vault.personal_values where token = any(%s::text[])",
            [text_array(tokens)],
        )
        return set(rows.fetchall())

    def _seal(self, night: AESGCM | None, party: str | None, number: int, payload: bytes) -> bytes:
        cipher = night if party is None else self._data_keys.of_party(party)
        assert cipher is not None
        kind = _NIGHT_KEY if party is None else _PARTY_KEY
        header = kind + number.to_bytes(_HEADER_BYTES - 1, "big")
        nonce = os.urandom(NONCE_BYTES)
        return header + nonce + cipher.encrypt(nonce, payload, header)

    def _unseal(self, night: AESGCM | None, ciphertext: bytes) -> bytes | None:
        header, sealed = ciphertext[:_HEADER_BYTES], ciphertext[_HEADER_BYTES:]
        number = int.from_bytes(header[1:], "big")
        is_night = header[:1] == _NIGHT_KEY
        cipher = night if is_night else self._data_keys.by_number(number)
        return None if cipher is None else _open(cipher, sealed, header)

    def _refuse_erased(self, parties: set[str]) -> None:
        count = len(self.erased(parties))
        if count:
            raise WarehouseError(
                expected="only parties that were not erased",
                found=f"{count} erased parties",
                where="vault.erased_parties",
                remedy="quarantine their rows with reason `erased` before they reach the vault",
            )

    def _check_master_key(self) -> None:
        self._connection.execute(
            "insert into vault.master_key_check (check_value) values (%s) on conflict do nothing",
            [self._keys.check_value],
        )
        row = self._connection.execute("select check_value from vault.master_key_check").fetchone()
        if row is None or bytes(row[0]) != self._keys.check_value:
            raise wrong_master_key("another master key")

    def _audit(self, purpose: str, row_count: int, detail: str) -> None:
        with connect(self._settings, database=self._connection.info.dbname) as connection:
            connection.execute(
                "insert into ops.export_audit (run_id, purpose, row_count, detail) select "
                "coalesce((select run_id from ops.current_night), ''), %s, %s, %s",
                [purpose, row_count, detail],
            )


def _texts(batch: pa.RecordBatch | pa.Table, name: str) -> list[str]:
    return cast("list[str]", batch.column(name).to_pylist())


def _aad(party: str, column: str, token: str) -> bytes:
    return f"{party}\x1f{column}\x1f{token}".encode()


def _open(cipher: AESGCM, sealed: bytes, aad: bytes) -> bytes:
    return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], aad)
