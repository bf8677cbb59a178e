"""Persons are visibly fake, and canaries are in the bank."""

from datetime import date

import numpy as np
import pyarrow.parquet as pq

from simulator import Bank, canaries, identities, simulate_day


def test_canaries_are_delivered_as_promised(tmp_path) -> None:  # type: ignore[no-untyped-def]
    bank = Bank.under(tmp_path, seed=9, customers=100, first_date=date(2024, 1, 1), history_days=1)
    table = pq.read_table(simulate_day(bank, bank.first_date) / "customers.parquet")
    rows = {row["party_id"]: row for row in table.to_pylist()}
    for canary in canaries(9):
        row = rows[canary.party_id]
        for name in ("name", "document_no", "mobile", "email", "address"):
            assert row[name] == getattr(canary, name)


def test_canaries_differ_by_seed_and_from_each_other() -> None:
    values = {canary.name for seed in (1, 2) for canary in canaries(seed)}
    values |= {canary.document_no for canary in canaries(1)}
    assert len(values) == 15


def test_documents_are_of_no_region_and_carry_a_valid_check_digit() -> None:
    agents = np.array([0, 999, 1000, 123_456])
    birth = np.array([np.datetime64("1980-02-29").astype(int)] * 4)
    found = identities.documents(agents, birth).to_pylist()
    assert len(set(found)) == 4
    for number in found:
        assert len(number) == 18
        assert number.startswith("999")
        assert number[6:14] == "19800229"
        weights = identities._CHECK_WEIGHTS
        total = sum(int(digit) * int(w) for digit, w in zip(number[:17], weights, strict=True))
        assert "10X98765432"[total % 11] == number[17]


def test_mobiles_are_unassigned_and_unique() -> None:
    numbers = identities.mobiles(np.arange(5_000)).to_pylist()
    assert len(set(numbers)) == 5_000
    assert all(len(n) == 11 and n.startswith("100") for n in numbers)
