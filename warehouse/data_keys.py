"""Data keys: one per party, one per night for refused rows; kept wrapped by the master key."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import date

import psycopg
import pyarrow as pa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from warehouse.bulk import copy_arrow
from warehouse.keys import KEY_BYTES, KeyRing


class DataKeys:
    """Ciphers by party, by key number and by night, read and made in bulk."""

    def __init__(self, connection: psycopg.Connection, keys: KeyRing) -> None:
        self._connection = connection
        self._keys = keys
        self._parties: dict[str, AESGCM] = {}

    def load(self, parties: set[str]) -> None:
        """Have the ciphers of all `parties` at hand, making data keys for new ones."""
        missing = sorted(parties - self._parties.keys())
        self._fetch(missing)
        new = [party for party in missing if party not in self._parties]
        if not new:
            return
        material = os.urandom(KEY_BYTES * len(new))
        keys = [material[at : at + KEY_BYTES] for at in range(0, len(material), KEY_BYTES)]
        wrapped = [self._keys.wrap(key, party) for key, party in zip(keys, new, strict=True)]
        rows = pa.table({"party_id": new, "wrapped_key": wrapped})
        copy_arrow(self._connection, "vault.data_keys", rows)
        self._parties.update(zip(new, map(AESGCM, keys), strict=True))

    def of_party(self, party: str) -> AESGCM:
        """Cipher of a party that was loaded."""
        return self._parties[party]

    def numbers(self, parties: set[str]) -> dict[str, int]:
        """Key numbers of parties that were loaded."""
        rows = self._connection.execute(
            "select party_id, key_id from vault.data_keys where party_id = any(%s::text[])",
            [text_array(parties)],
        )
        return dict(rows.fetchall())

    def by_number(self, key_id: int) -> AESGCM | None:
        """Cipher with this key number, or None when the key was destroyed."""
        row = self._connection.execute(
            "select party_id, wrapped_key from vault.data_keys where key_id = %s", [key_id]
        ).fetchone()
        return None if row is None else self._keys.unwrap(row[1], row[0])

    def for_night(self, arrived_date: date) -> AESGCM:
        """The quarantine cipher of a night; its key is made when first needed."""
        self._connection.execute(
            "insert into vault.quarantine_keys (arrived_date, wrapped_key) values (%s, %s) "
            "on conflict do nothing",
            [arrived_date, self._keys.wrap(os.urandom(KEY_BYTES), _night(arrived_date))],
        )
        cipher = self.of_night(arrived_date)
        assert cipher is not None
        return cipher

    def of_night(self, arrived_date: date) -> AESGCM | None:
        """The quarantine cipher of a night, or None when its key was destroyed."""
        row = self._connection.execute(
            "select wrapped_key from vault.quarantine_keys where arrived_date = %s",
            [arrived_date],
        ).fetchone()
        return None if row is None else self._keys.unwrap(row[0], _night(arrived_date))

    def destroy_parties(self, parties: Iterable[str]) -> int:
        """Destroy the data keys of parties; returns how many there were."""
        gone = sorted(set(parties))
        for party in gone:
            self._parties.pop(party, None)
        return self._connection.execute(
            "delete from vault.data_keys where party_id = any(%s)", [gone]
        ).rowcount

    def destroy_nights(self, before: date) -> int:
        """Destroy the quarantine keys of nights earlier than `before`; returns how many."""
        return self._connection.execute(
            "delete from vault.quarantine_keys where arrived_date < %s", [before]
        ).rowcount

    def _fetch(self, parties: list[str]) -> None:
        rows = self._connection.execute(
            "select party_id, wrapped_key from vault.data_keys where party_id = any(%s::text[])",
            [text_array(parties)],
        )
        for party, wrapped in rows:
            self._parties[party] = self._keys.unwrap(wrapped, party)


def text_array(values: Iterable[str]) -> str:
    """An array literal: psycopg writes long lists element by element, far more slowly."""
    texts = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return '{"' + '","'.join(texts) + '"}' if values else "{}"


def _night(arrived_date: date) -> str:
    return f"quarantine {arrived_date.isoformat()}"
