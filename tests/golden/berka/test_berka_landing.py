"""The Berka data set as a landing: every count that the design states, from what was loaded."""

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ingestion.connectors.berka import LAST_DATE, write_landing
from ingestion.load import load_feeds
from ingestion.raw_tables import create_raw_tables
from ingestion.verification import verify
from warehouse.connection import clone_database, connect, drop_database
from warehouse.ledger import start_run, working
from warehouse.settings import Settings

PROJECT = Path(__file__).resolve().parents[3]
DATA = Path(os.environ.get("BANKLOOP_DATA_BERKA", PROJECT.parent / "shared" / "data" / "berka"))
FIRST_DATE = date(1993, 1, 1)
DATABASE = "golden_berka"

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(
        not (DATA / "account.asc").exists(),
        reason="the Berka data set is not there; set BANKLOOP_DATA_BERKA to its folder",
    ),
]


@pytest.fixture(scope="module")
def loaded(
    server: Settings, empty_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    folder = tmp_path_factory.mktemp("berka")
    settings = server.model_copy(
        update={
            "source": "berka",
            "time_zone": "Europe/Prague",
            "currency_code": "CZK",
            "database": DATABASE,
            "var_dir": folder,
            "server_dir": server.var_dir,
        }
    )
    clone_database(server, empty_template, DATABASE)
    with connect(settings) as connection:
        create_raw_tables(connection)
    landing = verify(settings, write_landing(DATA, settings.landing_dir), LAST_DATE)
    run = start_run(settings, "historic", LAST_DATE, FIRST_DATE)
    with working(settings, run, "load") as connection:
        load_feeds(settings, run, connection, landing)
    yield settings
    drop_database(server, DATABASE)


def rows(settings: Settings, query: str) -> list[tuple[Any, ...]]:
    with connect(settings) as connection:
        return connection.execute(query).fetchall()


@pytest.mark.parametrize(
    ("source_file", "read", "loaded_rows", "deferred"),
    [
        ("account.asc", 4500, 1229, 3271),
        ("client.asc", 5369, 1489, 3880),
        ("disp.asc", 5369, 1489, 3880),
        ("loan.asc", 682, 38, 644),
        ("card.asc", 892, 6, 886),
        ("order.asc", 6471, 1748, 4723),
        ("trans.asc", 49102, 49102, 0),
    ],
)
def test_each_source_file_is_accounted_for(
    loaded: Settings, source_file: str, read: int, loaded_rows: int, deferred: int
) -> None:
    found = rows(
        loaded,
        "select sum(rows_read)::int, sum(rows_loaded)::int, sum(rows_deferred)::int, "
        "sum(rows_quarantined + rows_deduplicated)::int "
        f"from ops.load_audit where source_file = '{source_file}'",
    )
    assert found == [(read, loaded_rows, deferred, 0)]


def test_owners_and_authorised_parties_of_the_accounts_opened_by_then(loaded: Settings) -> None:
    found = rows(
        loaded,
        "select role, count(*)::int from raw.account_parties "
        "where source_file = 'disp.asc' and enters_date <= date '1994-03-31' group by 1 order by 1",
    )
    assert found == [("authorised", 260), ("owner", 1229)]


def test_postings_run_over_fifteen_months_in_the_banks_time_zone(loaded: Settings) -> None:
    found = rows(
        loaded,
        "select count(*)::int, count(distinct account_id)::int, "
        "min((booked_at at time zone 'Europe/Prague')::date), "
        "max((booked_at at time zone 'Europe/Prague')::date), "
        "count(*) filter (where is_customer_initiated)::int from raw.transactions",
    )
    assert found == [(49102, 1229, date(1993, 1, 1), date(1994, 3, 31), 23899)]


def test_what_starts_by_itself_is_not_customer_initiated(loaded: Settings) -> None:
    found = rows(
        loaded,
        "select distinct transaction_type from raw.transactions where is_customer_initiated "
        "order by 1",
    )
    assert found == [("deposit",), ("withdrawal",)]


def test_signs_follow_the_kind_of_posting(loaded: Settings) -> None:
    found = rows(
        loaded,
        "select transaction_type from raw.transactions "
        "group by 1 having min(amount) > 0 order by 1",
    )
    assert found == [("deposit",), ("interest",), ("pension",), ("transfer_in",)]
    assert rows(
        loaded,
        "select transaction_id, amount from raw.transactions where account_id = 'A2378' "
        "order by booked_at limit 1",
    ) == [("T695247", 70000)]


def test_four_days_with_many_postings_are_estimated(loaded: Settings) -> None:
    found = rows(
        loaded,
        "with days as (select account_id, (booked_at at time zone 'Europe/Prague')::date as day "
        "from raw.transactions group by 1, 2 having count(*) > 1) "
        "select count(*)::int, count(*) filter (where is_estimated)::int from days "
        "left join raw.daily_balances b on b.account_id = days.account_id and balance_date = day",
    )
    assert found == [(8285, 4)]
    assert rows(loaded, "select count(*)::int from raw.daily_balances where is_estimated") == [(4,)]


def test_balances_are_stored_only_when_they_changed(loaded: Settings) -> None:
    found = rows(
        loaded,
        "select count(*)::int from (select ledger_balance, is_estimated, lag(ledger_balance) "
        "over (partition by account_id order by balance_date) as previous "
        "from raw.daily_balances) as b where previous = ledger_balance and not is_estimated",
    )
    assert found == [(0,)]


def test_women_are_known_by_their_birth_number(loaded: Settings) -> None:
    found = rows(loaded, "select count(*)::int from raw.customers where gender = 'female'")
    assert found == [(2645,)]
    assert rows(
        loaded, "select birth_date, gender, region from raw.customers where party_id = 'P1'"
    ) == [(date(1970, 12, 13), "female", "south Bohemia")]


def test_people_have_no_personal_columns_at_all(loaded: Settings) -> None:
    columns = "coalesce(name_token, document_no_token, mobile_token, email_token, address_token)"
    assert rows(loaded, f"select count(*)::int from raw.customers where {columns} is not null") == [
        (0,)
    ]
    assert rows(loaded, "select count(*)::int from vault.personal_values") == [(0,)]


def test_the_later_outcome_of_a_loan_is_not_read(loaded: Settings) -> None:
    assert rows(
        loaded,
        "select status, closed_date, maturity_date, contract_amount from raw.accounts "
        "where account_id = 'L5314'",
    ) == [("open", None, date(1994, 7, 5), 9639600)]


def test_what_the_source_lacks_is_said_to_be_absent(loaded: Settings) -> None:
    found = rows(loaded, "select distinct feed from ops.feed_status where status = 'absent'")
    absent = {feed for (feed,) in found}
    assert {"consents", "suppressions", "risk_assessments", "credit_status"} <= absent
    assert len(absent) == 18


def test_the_catalogue_is_marked_as_configuration(loaded: Settings) -> None:
    assert rows(loaded, "select distinct source_file from raw.products") == [("configuration",)]


def test_the_manifest_states_its_basis_for_profiling(tmp_path: Path, loaded: Settings) -> None:
    landing = verify(loaded, loaded.landing_dir / "1993-01-01_1994-03-31", LAST_DATE)
    assert "research release" in (landing.profiling_basis or "")
    assert "no marketing consent" in (landing.profiling_basis or "")
