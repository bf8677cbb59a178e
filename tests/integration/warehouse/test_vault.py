from datetime import date

import psycopg
import pyarrow as pa
import pytest
from pydantic import SecretStr

from warehouse.connection import connect
from warehouse.errors import WarehouseError
from warehouse.settings import Settings
from warehouse.vault import Vault

NIGHT = date(2024, 2, 1)
PARTIES = pa.array(["P1", "P2", "P1", None, "P3", 'P"4\\'])
MOBILES = pa.array(["138 0001", "1380002", "1380001", "1380003", None, "1380001"])


def rows(connection: psycopg.Connection, query: str) -> list[tuple[object, ...]]:
    return connection.execute(query).fetchall()


def test_tokens_stand_for_values_and_reveal_brings_them_back(warehouse: Settings) -> None:
    with connect(warehouse) as connection:
        vault = Vault(warehouse, connection)
        tokens = vault.protect(PARTIES, "mobile", MOBILES).to_pylist()
        assert tokens[4] is None
        assert tokens[2] == tokens[5] == vault.token("mobile", " 1380001")
        assert len(set(tokens)) == 5
        revealed = vault.reveal([tokens[0], tokens[2]], "test")
        assert revealed == {tokens[0]: "138 0001", tokens[2]: "1380001"}
        stored = rows(connection, "select party_id, token from vault.personal_values order by 1, 2")
        assert len(stored) == 4
        assert tokens[3] not in {token for _, token in stored}


def test_one_ciphertext_per_party_column_and_value_however_often_loaded(
    warehouse: Settings,
) -> None:
    kept = "select token, party_id, ciphertext, value_hmac from vault.personal_values order by 1, 2"
    with connect(warehouse) as connection:
        first = Vault(warehouse, connection).protect(PARTIES, "mobile", MOBILES)
        before = rows(connection, kept)
        again = Vault(warehouse, connection).protect(PARTIES, "mobile", MOBILES)
        assert first == again
        assert rows(connection, kept) == before
        Vault(warehouse, connection).protect(pa.array(["P1"]), "name", pa.array(["1380001"]))
        assert len(rows(connection, kept)) == len(before) + 1


def test_two_vaults_of_one_master_key_compare_by_token_and_hmac(
    warehouse: Settings, clone, empty_template: str
) -> None:
    compared = "select token, party_id, value_hmac from vault.personal_values order by 1, 2"
    found = []
    for settings in (warehouse, clone(empty_template)):
        with connect(settings) as connection:
            Vault(settings, connection).protect(PARTIES, "mobile", MOBILES)
            found.append(rows(connection, compared))
    assert found[0] == found[1]


def test_tokens_without_parties_store_nothing(warehouse: Settings) -> None:
    with connect(warehouse) as connection:
        tokens = Vault(warehouse, connection).protect(None, "counterparty", MOBILES)
        assert tokens.null_count == 1
        assert rows(connection, "select * from vault.personal_values") == []


def test_nothing_in_the_vault_is_readable(warehouse: Settings) -> None:
    with connect(warehouse) as connection:
        Vault(warehouse, connection).protect(pa.array(["P1"]), "name", pa.array(["Canary"]))
        text = str(
            rows(
                connection,
                "select v::text, k::text from vault.personal_values v, vault.data_keys k",
            )
        )
        assert "Canary" not in text
        assert b"Canary".hex() not in text


def test_a_read_is_audited_even_when_the_reader_rolls_back(warehouse: Settings) -> None:
    with connect(warehouse) as connection:
        vault = Vault(warehouse, connection)
        tokens = vault.protect(PARTIES, "mobile", MOBILES)
        vault.reveal([tokens[0].as_py()], "export to sms")
        connection.rollback()
        found = rows(connection, "select purpose, row_count from ops.export_audit")
    assert found == [("export to sms", 1)]


def test_erasing_a_party_makes_its_values_unreadable_and_unwelcome(warehouse: Settings) -> None:
    with connect(warehouse) as connection:
        vault = Vault(warehouse, connection)
        tokens = vault.protect(PARTIES, "mobile", MOBILES).to_pylist()
        refused = vault.encrypt_for_quarantine(NIGHT, ["P1", "P2"], [b"row of P1", b"row of P2"])
        assert vault.erase_parties(["P1", "P9"], NIGHT, "asked for") == 1
        revealed = vault.reveal([token for token in tokens if token], "test")
        assert revealed == {tokens[1]: "1380002", tokens[5]: "1380001"}
        assert vault.decrypt_quarantined(NIGHT, refused, "test") == [None, b"row of P2"]
        assert vault.erased(["P1", "P2", "P9"]) == {"P1", "P9"}
        with pytest.raises(WarehouseError, match="1 erased parties"):
            vault.protect(pa.array(["P1"]), "mobile", pa.array(["1389999"]))
        again = vault.encrypt_for_quarantine(NIGHT, ["P1"], [b"late row"])
        assert vault.decrypt_quarantined(NIGHT, again, "test") == [b""]
        assert vault.destroy_quarantine_keys(date(2024, 2, 2)) == 1
        assert vault.decrypt_quarantined(NIGHT, again, "test") == [None]


def test_the_night_s_quarantine_key_dies_alone(warehouse: Settings) -> None:
    other = date(2024, 3, 1)
    with connect(warehouse) as connection:
        vault = Vault(warehouse, connection)
        old = vault.encrypt_for_quarantine(NIGHT, [None, "P1"], [b"", b"b"])
        new = vault.encrypt_for_quarantine(other, [None], [b"c"])
        assert vault.decrypt_quarantined(NIGHT, old, "test") == [b"", b"b"]
        assert vault.destroy_quarantine_keys(other) == 1
        fresh = Vault(warehouse, connection)
        assert fresh.decrypt_quarantined(NIGHT, old, "test") == [None, b"b"]
        assert fresh.decrypt_quarantined(other, new, "test") == [b"c"]


def test_another_master_key_is_refused(warehouse: Settings) -> None:
    with connect(warehouse) as connection:
        Vault(warehouse, connection).protect(PARTIES, "mobile", MOBILES)
        wrong = warehouse.model_copy(update={"master_key": SecretStr("another master key" * 3)})
        with pytest.raises(WarehouseError, match="another master key"):
            Vault(wrong, connection)


def test_an_empty_batch_is_fine(warehouse: Settings) -> None:
    empty = pa.array([], pa.string())
    with connect(warehouse) as connection:
        vault = Vault(warehouse, connection)
        assert len(vault.protect(empty, "mobile", empty)) == 0
        assert (
            len(vault.protect(pa.array([None], pa.string()), "m", pa.array([None], pa.string())))
            == 1
        )
        assert vault.reveal([], "test") == {}
        assert vault.encrypt_for_quarantine(NIGHT, [], []) == []
