from datetime import date

import numpy as np
import pyarrow as pa
from factories.landing import valid_rows
from hypothesis import given
from hypothesis import strategies as st

from ingestion.contracts import load_contracts
from ingestion.hashes import contained, key_hashes, repeated

DAY = date(2024, 5, 1)


def batch(feed: str, rows: list[dict[str, object]]) -> pa.RecordBatch:
    contract = load_contracts()[feed]
    schema = pa.schema([(column.name, column.arrow_type) for column in contract.columns])
    return pa.RecordBatch.from_pylist(rows, schema)


@given(st.lists(st.text(max_size=12), min_size=1, max_size=40))
def test_equal_keys_have_equal_hashes_and_others_differ(ids: list[str]) -> None:
    rows = [row | {"account_id": key} for row, key in zip(
        valid_rows("accounts", len(ids), DAY), ids, strict=True)]  # fmt: skip
    for row in rows:
        row["updated_at"] = rows[0]["updated_at"]
    contract = load_contracts()["accounts"]
    whole = key_hashes(batch("accounts", rows), contract)
    by_key = dict(zip(ids, whole.tolist(), strict=True))
    assert [by_key[key] for key in ids] == whole.tolist()
    assert len(set(by_key.values())) == len(by_key)
    assert repeated([whole]).tolist() == sorted({by_key[k] for k in ids if ids.count(k) > 1})


def test_hashes_do_not_depend_on_where_a_batch_begins() -> None:
    contract = load_contracts()["consents"]
    whole = batch("consents", valid_rows("consents", 50, DAY))
    parts = [key_hashes(whole.slice(start, 10), contract) for start in range(0, 50, 10)]
    assert np.concatenate(parts).tolist() == key_hashes(whole, contract).tolist()


def test_every_part_of_the_key_and_the_version_counts() -> None:
    contract = load_contracts()["daily_balances"]
    (row,) = valid_rows("daily_balances", 1, DAY)
    other = valid_rows("daily_balances", 2, date(2024, 5, 2))[1]
    rows = [row, *({**row, name: other[name]} for name in (*contract.key, contract.version))]
    assert len(set(key_hashes(batch("daily_balances", rows), contract).tolist())) == 4


def test_membership_in_a_sorted_set() -> None:
    wanted = np.array([3, 9], np.uint64)
    assert contained(np.array([9, 1, 3, 10], np.uint64), wanted).tolist() == [1, 0, 1, 0]
    assert contained(np.array([9], np.uint64), np.empty(0, np.uint64)).tolist() == [False]
