"""Personal columns to tokens; rows of erased parties out of the way."""

from __future__ import annotations

from datetime import date

import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.archived import ciphertext_name, hmac_name
from ingestion.arrow_text import Values
from ingestion.contracts import ARRIVED, Contract
from ingestion.parsing import SOURCE_ROW, Reject
from ingestion.quarantine import ERASED
from warehouse.vault import Vault


def tokenised(vault: Vault, rows: pa.RecordBatch, contract: Contract) -> pa.RecordBatch:
    """Replace personal columns by `<column>_token`; direct ones are kept encrypted in the vault.

    Rows read from the archive carry their tokens already and are returned as they are.
    """
    for column in contract.personal:
        if column.name not in rows.schema.names:
            continue
        party: Values = rows.column(contract.party) if contract.party else None
        owner = party if column.pii == "direct" else None
        place = rows.schema.get_field_index(column.name)
        tokens = vault.protect(owner, column.name, rows.column(place))
        rows = rows.set_column(place, column.raw_name, tokens)
    return rows


def erased_parties(connection: psycopg.Connection) -> dict[str, date]:
    """All erased parties with the date of their erasure (few, and read once per load)."""
    rows = connection.execute("select party_id, erased_date from vault.erased_parties")
    return dict(rows.fetchall())


def without_erased(
    rows: pa.RecordBatch, contract: Contract, erased: dict[str, date], *, is_archived: bool
) -> tuple[pa.RecordBatch, tuple[Reject, ...]]:
    """Split off rows of erased parties.

    Archived rows that arrived until the erasure stay: facts are kept, only their personal columns
    can no longer be read. Of the rows split off nothing is kept but that they were delivered.
    """
    if not erased or contract.party is None:
        return rows, ()
    parties: Values = rows.column(contract.party)
    hit: Values = pc.is_in(parties, value_set=pa.array(list(erased), pa.string()))
    places = [
        place
        for place in np.flatnonzero(hit.to_numpy(False)).tolist()
        if not is_archived or rows.column(ARRIVED)[place].as_py() > erased[parties[place].as_py()]
    ]
    if not places:
        return rows, ()
    keep = np.ones(rows.num_rows, np.bool_)
    keep[places] = False
    gone = rows.take(pa.array(places, pa.int64())).to_pylist()
    rejects = tuple(
        Reject(
            source_row=row[SOURCE_ROW],
            arrived_date=row[ARRIVED],
            reason=ERASED,
            detail=f"column {contract.party}",
            text=b"",
            party_id=row[contract.party],
            control_value=row[contract.control_column] if contract.control_column else None,
        )
        for row in gone
    )
    return rows.filter(pa.array(keep)), rejects


def restore_values(
    connection: psycopg.Connection, rows: pa.RecordBatch, contract: Contract
) -> None:
    """Put ciphertexts of the archive back into a vault that lacks them but has the data keys."""
    for column in contract.personal:
        if ciphertext_name(column.name) not in rows.schema.names or contract.party is None:
            continue
        names = (column.raw_name, contract.party)
        sealed = (ciphertext_name(column.name), hmac_name(column.name))
        values = [rows.column(name).to_pylist() for name in (*names, *sealed)]
        connection.execute(
            "insert into vault.personal_values "
            "(token, party_id, column_name, ciphertext, value_hmac) "
            "select distinct on (token, party_id) token, party_id, %s, ciphertext, value_hmac "
            "from unnest(%s::text[], %s::text[], %s::bytea[], %s::bytea[]) "
            "as v (token, party_id, ciphertext, value_hmac) "
            "join vault.data_keys using (party_id) "
            "where ciphertext is not null on conflict do nothing",
            [column.name, *values],
        )
