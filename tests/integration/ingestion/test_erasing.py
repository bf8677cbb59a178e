"""Erasing loaded parties: holds, unknown parties, repetition, and what the proof finds."""

from datetime import date, timedelta
from typing import Any

import pytest
from factories.landing import valid_row, valid_rows

from dags.pipeline_support import erasing, proving
from warehouse.connection import connect
from warehouse.errors import ErasureError, LegalHoldError, RunOrderError, WarehouseError
from warehouse.ledger import start_run
from warehouse.vault import Vault

DAY = date(2024, 5, 1)
NEXT = DAY + timedelta(days=1)
ONE, TWO = "P0000001", "P0000002"


@pytest.fixture
def loaded(bank: Any) -> Any:
    """A bank with two customers, accounts of theirs, a refused row and an archived night."""
    builder = bank.landing(DAY)
    bad = valid_row("contacts", 3, DAY, party_id=TWO, channel="pigeon")
    builder.add("customers", valid_rows("customers", 2, DAY))
    builder.add("account_parties", valid_rows("account_parties", 2, DAY))
    builder.add("transactions", valid_rows("transactions", 2, DAY))
    builder.add("contacts", [*valid_rows("contacts", 199, DAY, party_id=ONE), bad]).write()
    bank.load(DAY, archived=True)
    return bank


def outcomes(bank: Any) -> list[tuple[Any, ...]]:
    return bank.rows(
        "select outcome, reason, detail, parties, keys_destroyed, business_date from ops.erasures "
        "order by erasure_id"
    )


def found_of(bank: Any, *parties: str) -> set[str]:
    return {check.place for check in proving.prove(bank.settings, parties).findings}


def test_the_keys_go_and_the_proof_says_so(loaded: Any) -> None:
    before = {"vault.data_keys", "vault.personal_values", "vault.erased_parties", "quarantine.rows"}
    assert found_of(loaded, TWO) == {*before, "archive/2024-05-01"}
    done = erasing.erase(loaded.settings, [TWO], "case 1")
    assert (done.parties, done.keys, done.was_repeated) == (1, 1, False)
    assert found_of(loaded, TWO) == set()
    assert found_of(loaded, ONE) >= {"vault.data_keys"}
    proof = proving.require_proof(loaded.settings, [TWO])
    assert proof.remaining["raw.customers"] == 1
    assert loaded.rows("select account_id from vault.erased_accounts") == [("account_id-2",)]
    assert outcomes(loaded) == [("erased", "case 1", "", 1, 1, DAY)]


def test_doing_it_again_changes_nothing(loaded: Any) -> None:
    erasing.erase(loaded.settings, [TWO], "case 1")
    again = erasing.erase(loaded.settings, [TWO, TWO], "case 1")
    assert (again.keys, again.was_repeated) == (0, True)
    assert loaded.rows("select erased_date from vault.erased_parties") == [(DAY,)]
    assert [row[0] for row in outcomes(loaded)] == ["erased", "repeated"]


@pytest.mark.parametrize(
    ("valid_from", "valid_to", "reason", "is_held"),
    [
        (DAY, None, "legal_hold", True),
        (DAY, DAY, "legal_hold", True),
        (NEXT, None, "legal_hold", False),
        (DAY - timedelta(days=9), DAY - timedelta(days=1), "legal_hold", False),
        (DAY, None, "opt_out", False),
    ],
)
def test_a_legal_hold_refuses_on_its_days(
    bank: Any, valid_from: date, valid_to: date | None, reason: str, is_held: bool
) -> None:
    hold = valid_row("suppressions", 1, DAY, party_id=TWO, reason=reason)
    hold |= {"valid_from": valid_from, "valid_to": valid_to}
    builder = bank.landing(DAY).add("customers", valid_rows("customers", 2, DAY))
    builder.add("suppressions", [hold]).write()
    bank.load(DAY)
    if not is_held:
        assert erasing.erase(bank.settings, [ONE, TWO], "case 2").parties == 2
        return
    with pytest.raises(LegalHoldError, match="legal_hold on 1 of them"):
        erasing.erase(bank.settings, [ONE, TWO], "case 2")
    assert outcomes(bank) == [("refused", "case 2", "legal_hold on 1 parties", 2, 0, DAY)]
    assert bank.rows("select count(*) from vault.data_keys") == [(2,)]


def test_a_hold_that_was_lifted_refuses_no_longer(bank: Any) -> None:
    for day, until in ((DAY, None), (NEXT, DAY)):
        hold = valid_row("suppressions", 1, day, party_id=TWO, reason="legal_hold")
        rows = [hold | {"valid_from": DAY, "valid_to": until}]
        builder = bank.landing(day).add("suppressions", rows)
        builder.add("customers", valid_rows("customers", 2, DAY)).write()
        bank.load(day)
    assert erasing.erase(bank.settings, [TWO], "case 2").parties == 1


def test_an_unknown_party_erases_nobody(loaded: Any) -> None:
    with pytest.raises(WarehouseError, match="1 of 2 unknown: number 2"):
        erasing.erase(loaded.settings, [TWO, "P9999999"], "case 3")
    assert loaded.rows("select count(*) from vault.erased_parties") == [(0,)]
    with pytest.raises(WarehouseError, match="no reason"):
        erasing.erase(loaded.settings, [TWO], " ")
    with pytest.raises(WarehouseError, match="no party"):
        erasing.erase(loaded.settings, erasing.read_parties("# nobody\n\n"), "case 3")


def test_no_erasure_before_a_night_or_during_one(loaded: Any, warehouse: Any) -> None:
    start_run(loaded.settings, "night", NEXT)
    with pytest.raises(RunOrderError, match="is unfinished"):
        erasing.erase(loaded.settings, [TWO], "case 4")
    with pytest.raises(RunOrderError, match="no run yet"):
        erasing.erase(warehouse, [TWO], "case 4")


def test_of_later_rows_nothing_can_be_read(loaded: Any) -> None:
    erasing.erase(loaded.settings, [TWO], "case 5")
    bad = valid_row("contacts", 7, NEXT, party_id=TWO, channel="pigeon")
    good = valid_rows("contacts", 199, NEXT, party_id=ONE)
    builder = loaded.landing(NEXT).add("customers", valid_rows("customers", 2, NEXT))
    folder = builder.add("contacts", [*good, bad]).write()
    assert found_of(loaded, TWO) == {"landing/2024-05-02"}
    with pytest.raises(ErasureError, match="2 files in clear that name a party"):
        proving.require_proof(loaded.settings, [TWO])
    loaded.load(NEXT, archived=True)
    assert not folder.exists()
    assert loaded.quarantine("customers") == [(2, "erased", "column party_id")]
    assert found_of(loaded, TWO) == set()
    with connect(loaded.settings) as connection:
        vault = Vault(loaded.settings, connection)
        sealed = connection.execute(
            "select ciphertext from quarantine.rows where arrived_date = %s", [NEXT]
        ).fetchall()
        texts = vault.decrypt_quarantined(NEXT, [bytes(text) for (text,) in sealed], "test")
    assert texts == [b"", b""]


def test_the_proof_sees_what_is_planted(loaded: Any) -> None:
    erasing.erase(loaded.settings, [TWO], "case 6")
    settings = loaded.settings
    exports = settings.export_dir / "2024-05-01" / "additions"
    exports.mkdir(parents=True)
    (exports / "sms__none.csv").write_text(f"list_row_id,party_id\nL1,{TWO}\n")
    settings.log_dir.mkdir(parents=True)
    (settings.log_dir / "night.log").write_text(f"contacted {TWO}")
    kept = settings.landing_dir.with_name("landing_done")
    loaded.landing(NEXT).add("customers", valid_rows("customers", 2, NEXT)).write()
    settings.landing_dir.rename(kept)
    loaded.execute("create table marts.fct_app_events (party_id text, page text)")
    loaded.execute("insert into marts.fct_app_events values (%s, 'home')", TWO)
    assert found_of(loaded, TWO) == {
        "exports", "logs", "landing_done/2024-05-02", "marts.fct_app_events",
    }  # fmt: skip
