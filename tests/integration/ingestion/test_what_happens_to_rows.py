"""Each row is loaded, deferred, de-duplicated or quarantined, and the balance is exact."""

from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest
from factories.landing import valid_row, valid_rows

from warehouse.connection import connect
from warehouse.vault import Vault

DAY = date(2024, 5, 1)
NEXT = DAY + timedelta(days=1)


def test_all_feeds_load_with_tokens_in_place_of_people(bank) -> None:
    builder = bank.landing(DAY)
    rows = valid_rows("customers", 2, DAY, name="王小明", mobile=None)
    builder.add("customers", rows).add("app_events", valid_rows("app_events", 2, DAY)).write()
    bank.load(DAY)
    found = bank.rows(
        "select party_id, name_token, mobile_token, branch_id, arrived_date, enters_date, "
        "source_file from raw.customers order by 1"
    )
    with connect(bank.settings) as connection:
        vault = Vault(bank.settings, connection)
        token = vault.token("name", "王小明")
        assert vault.reveal([token], "test") == {token: "王小明"}
    assert found == [
        (f"P000000{n}", token, None, f"branch_id-{n}", DAY, DAY, "customers.parquet")
        for n in (1, 2)
    ]
    ((device,),) = bank.rows(
        "select count(*) from vault.personal_values where column_name = 'device_id'"
    )
    assert device == 0
    assert bank.rows("select count(distinct device_id_token) from raw.app_events") == [(2,)]


@pytest.mark.parametrize(
    ("changes", "reason", "detail"),
    [
        ({"amount": "12,50"}, "wrong_type", "column amount"),
        ({"booked_at": "soon"}, "wrong_type", "column booked_at"),
        ({"transaction_type": "gift"}, "value_not_allowed", "column transaction_type"),
        ({"currency_code": "XXX"}, "unknown_currency", "column currency_code"),
        ({"account_id": None}, "null_not_allowed", "column account_id"),
        ({"merchant_category": "\x00"}, "undecodable_field", "column merchant_category"),
    ],
)
def test_a_bad_row_is_quarantined_alone(bank, changes, reason: str, detail: str) -> None:
    rows = [*valid_rows("transactions", 150, DAY), valid_row("transactions", 151, DAY, **changes)]
    bank.landing(DAY).add("transactions", rows, file_format="csv").write()
    bank.load(DAY)
    assert bank.balance("transactions") == (151, 150, 1, 0, 0)
    assert bank.quarantine("transactions") == [(151, reason, detail)]


@pytest.mark.parametrize("encoding", ["UTF-8", "GB18030"])
def test_bad_bytes_cost_one_row_in_any_encoding(bank, encoding: str) -> None:
    rows = valid_rows("customers", 150, DAY, name="欧阳锋", occupation="老师")
    builder = bank.landing(DAY).add("customers", rows, file_format="csv", encoding=encoding)
    entry = builder.entries.pop()
    content = builder.contents.pop("customers.csv")
    lines = content.replace("老师".encode(encoding), b"\x81\xff", 1).split(b"\n")
    lines[3] = lines[3] + b",one,too,many"
    del entry["sha256"]
    builder.add_bytes("customers.csv", b"\n".join(lines), entry)
    bank.settings = bank.settings.model_copy(update={"quarantine_share_limit": 0.02})
    builder.write()
    bank.load(DAY)
    assert bank.balance("customers") == (150, 148, 2, 0, 0)
    assert bank.quarantine("customers") == [
        (1, "undecodable_field", "column occupation"),
        (3, "malformed_line", "number of fields"),
    ]


def test_the_quarantined_text_is_encrypted_under_the_party_else_the_night(bank) -> None:
    rows = valid_rows("consents", 300, DAY)
    rows[0]["status"] = "perhaps"
    rows[1] |= {"status": "perhaps", "party_id": None}
    bank.landing(DAY).add("consents", rows).write()
    bank.load(DAY)
    ciphers = bank.rows("select ciphertext from quarantine.rows order by source_row")
    with connect(bank.settings) as connection:
        vault = Vault(bank.settings, connection)
        sealed = [bytes(cipher) for (cipher,) in ciphers]
        texts = vault.decrypt_quarantined(DAY, sealed, "test")
        assert [b'"status": "perhaps"' in (text or b"") for text in texts] == [True, True]
        assert bank.rows("select party_token from quarantine.rows order by source_row") == [
            (vault.token("party_id", "P0000001"),),
            (None,),
        ]
        vault.destroy_quarantine_keys(NEXT)
        assert [text is None for text in vault.decrypt_quarantined(DAY, sealed, "test")] == [0, 1]
        vault.erase_parties(["P0000001"], NEXT, "test")
        assert vault.decrypt_quarantined(DAY, sealed, "test") == [None, None]


def test_an_unreadable_control_value_leaves_the_total_unverified(bank) -> None:
    rows = [*valid_rows("transactions", 150, DAY), valid_row("transactions", 151, DAY, amount="x")]
    totals = {"amount": 999_999}
    bank.landing(DAY).add("transactions", rows, file_format="csv", control_totals=totals).write()
    bank.load(DAY)
    found = sum(100 * number for number in range(1, 151))
    assert bank.rows(
        "select control_column, control_declared, control_found, unverified_total "
        "from ops.load_audit"
    ) == [("amount", 999_999, found, True)]


def test_copies_within_a_delivery_are_loaded_once(bank) -> None:
    rows = valid_rows("transactions", 5, DAY)
    builder = bank.landing(DAY).add("transactions", [*rows, rows[2], rows[2]])
    builder.add("transactions", [rows[4]], file="again.parquet").write()
    bank.load(DAY)
    assert bank.balance("transactions") == (8, 5, 0, 3, 0)
    assert bank.rows("select count(*), count(distinct transaction_id) from raw.transactions") == [
        (5, 5)
    ]


def test_contradictory_copies_of_one_day_are_all_refused(bank) -> None:
    rows = valid_rows("transactions", 400, DAY)
    bad = [rows[2] | {"amount": 1}, rows[2]]
    bank.landing(DAY).add("transactions", [*rows, *bad]).write()
    bank.load(DAY)
    assert bank.balance("transactions") == (402, 399, 3, 0, 0)
    assert bank.quarantine("transactions") == [
        (place, "conflicting_duplicate", "copies differ") for place in (3, 401, 402)
    ]


def test_a_new_version_is_loaded_beside_the_old_one(bank) -> None:
    old = valid_row("accounts", 1, DAY)
    new = old | {"status": "closed", "updated_at": old["updated_at"] + timedelta(hours=1)}
    bank.landing(DAY).add("accounts", [old, new]).write()
    bank.load(DAY)
    assert bank.balance("accounts") == (2, 2, 0, 0, 0)


def test_what_was_loaded_on_an_earlier_day_is_not_loaded_again(bank) -> None:
    first = valid_rows("transactions", 300, DAY)
    bank.landing(DAY).add("transactions", first).write()
    bank.load(DAY)
    second = [*valid_rows("transactions", 300, NEXT), first[0], first[7] | {"amount": 1}]
    for number, row in enumerate(second[:300]):
        row["transaction_id"] = f"N{number}"
    bank.landing(NEXT).add("transactions", second).write()
    bank.load(NEXT)
    assert bank.balance("transactions") == (602, 600, 1, 1, 0)
    assert bank.quarantine("transactions") == [
        (302, "conflicting_duplicate", f"differs from the row loaded on {DAY}")
    ]
    assert bank.rows("select amount from raw.transactions where transaction_id = %s",
                     first[7]["transaction_id"]) == [(800,)]  # fmt: skip


def test_a_night_sent_again_as_a_whole_is_de_duplicated(bank) -> None:
    rows = {feed: valid_rows(feed, 200, DAY) for feed in ("customers", "transactions", "consents")}
    for day in (DAY, NEXT):
        builder = bank.landing(day)
        for feed, listed in rows.items():
            builder.add(feed, listed)
        builder.write()
        bank.load(day)
    for feed in rows:
        assert bank.balance(feed) == (400, 200, 0, 200, 0)


def test_only_days_whose_versions_overlap_are_looked_at(bank, monkeypatch) -> None:
    looked: list[list[date]] = []
    from ingestion.duplicates import EarlierVersions

    original = EarlierVersions.days_of

    def days_of(self, versions):
        looked.append(original(self, versions))
        return list(looked[-1])

    monkeypatch.setattr(EarlierVersions, "days_of", days_of)
    days = [DAY + timedelta(days=number) for number in range(4)]
    for day in days:
        rows = valid_rows("transactions", 20, day)
        for row in rows:
            row["transaction_id"] += f"-{day}"
        if day == days[3]:
            rows.append(
                valid_row("transactions", 5, days[1], transaction_id=f"transaction_id-5-{days[1]}")
            )
        bank.landing(day).add("transactions", rows).write()
        bank.load(day)
    assert looked == [[days[1]]]
    assert bank.balance("transactions") == (81, 80, 0, 1, 0)


def test_rows_dated_later_are_stored_and_enter_on_their_date(bank) -> None:
    evening = datetime(2024, 5, 1, 15, 59, tzinfo=UTC)
    rows = [
        valid_row("transactions", 1, DAY, booked_at=evening),
        valid_row("transactions", 2, DAY, booked_at=evening + timedelta(minutes=1)),
    ]
    bank.landing(DAY).add("transactions", rows).write()
    bank.load(DAY)
    assert bank.balance("transactions") == (2, 1, 0, 0, 1)
    assert bank.rows("select arrived_date, enters_date from raw.transactions order by 2") == [
        (DAY, DAY), (DAY, NEXT),
    ]  # fmt: skip
    bank.landing(NEXT).add("transactions", [rows[1]]).write()
    bank.load(NEXT)
    assert bank.balance("transactions") == (3, 1, 0, 1, 1)


def test_feeds_without_an_effective_date_never_defer(bank) -> None:
    rows = [valid_row("suppressions", 1, DAY, valid_from=NEXT)]
    bank.landing(DAY).add("suppressions", rows).write()
    bank.load(DAY)
    assert bank.balance("suppressions") == (1, 1, 0, 0, 0)


def test_later_rows_of_an_erased_party_are_quarantined(bank) -> None:
    bank.landing(DAY).add("customers", valid_rows("customers", 3, DAY)).write()
    bank.load(DAY, archived=True)
    with connect(bank.settings) as connection:
        Vault(bank.settings, connection).erase_parties(["P0000002"], DAY, "asked for")
    rows = valid_rows("customers", 3, NEXT)
    bank.landing(NEXT).add("customers", rows).write()
    bank.load(NEXT)
    assert bank.quarantine("customers") == [(2, "erased", "column party_id")]
    assert bank.balance("customers") == (6, 5, 1, 0, 0)


def test_the_database_refuses_a_balance_that_does_not_add_up(bank) -> None:
    bank.landing(DAY).add("leads", valid_rows("leads", 2, DAY)).write()
    bank.load(DAY)
    with pytest.raises(psycopg.errors.CheckViolation):
        bank.execute("update ops.load_audit set rows_loaded = 1")


def test_feed_status_says_what_came(bank) -> None:
    bank.landing(DAY).add("leads", valid_rows("leads", 2, DAY)).write()
    bank.load(DAY)
    found = bank.rows("select status, reason, count(*)::int from ops.feed_status group by 1, 2")
    assert sorted(found) == [("absent", "not in this test", 24), ("delivered", "", 1)]
