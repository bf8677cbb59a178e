"""A source database read by watermark and key: a second real PostgreSQL beside the warehouse."""

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pyarrow.parquet as pq
import pytest
from pydantic import SecretStr

from ingestion.connectors.mapping import land_mapped
from ingestion.parsing import Span
from warehouse.connection import connect, drop_database, ensure_database, sqlalchemy_url
from warehouse.errors import BankloopError, ContractError, LandingError, SettingsError
from warehouse.settings import PROJECT_DIR, Settings

MAPPING = PROJECT_DIR / "docs" / "examples" / "lakeside" / "database.yml"
DAY, NEXT, THIRD = date(2024, 4, 28), date(2024, 4, 29), date(2024, 4, 30)
CORE = """
    create schema core;
    create table core.holder (
        number text primary key, full_name text, born date, since date,
        changed_at timestamptz not null
    );
    create table core.address (holder text primary key, town text);
    create table core.posting (
        id bigint primary key, account text, booked_at timestamp, amount numeric(15, 2),
        currency text, kind text, written_at timestamp
    );
    insert into core.holder
    select 'K' || n, 'Sample ' || n, date '1980-01-01' + n, date '2020-01-01', '2024-04-01T00:00Z'
    from generate_series(1, 3) as n;
    insert into core.address values ('K1', 'Lake Shore');
    -- ten postings with one watermark, so that every page border lies between equal ones
    insert into core.posting
    select n, 'A' || n % 3, timestamp '2024-04-28 10:00', n + 0.25, 'CNY', 'SAL',
        timestamp '2024-04-28 12:00'
    from generate_series(1, 10) as n;
    insert into core.posting
    select n, 'A' || n % 3, timestamp '2024-04-28 11:00', -n, 'CNY', 'POS',
        timestamp '2024-04-28 12:00' + n * interval '1 minute'
    from generate_series(11, 20) as n;
"""


class Core:
    """The source database, its mapping file and the bank that reads it."""

    def __init__(self, bank: Any, name: str, folder: Path) -> None:
        self.name = name
        self.bank = bank
        self.mapping = folder / "database.yml"
        self.remap(("page_rows: 10000", "page_rows: 3"))
        url = SecretStr(sqlalchemy_url(bank.settings, name))
        bank.settings = bank.settings.model_copy(update={"source": "lakeside", "source_url": url})

    @property
    def settings(self) -> Settings:
        return self.bank.settings

    def remap(self, *changes: tuple[str, str], base: Path = MAPPING) -> None:
        """Write the mapping anew, as the example with some texts changed."""
        text = base.read_text(encoding="utf-8")
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        self.mapping.write_text(text, encoding="utf-8")

    def execute(self, statement: str) -> None:
        with connect(self.settings, database=self.name) as connection:
            connection.execute(statement)

    def land(self, day: date, first: date | None = None) -> Path:
        span = Span(first or day, day, is_historic=first is not None)
        return land_mapped(self.settings, self.mapping, span)

    def ids(self, folder: Path) -> list[int]:
        """Keys of the postings as delivered, in the order of the files."""
        files = sorted(folder.glob("transactions-*.parquet"))
        columns = [pq.read_table(file)["transaction_id"].to_pylist() for file in files]
        return [int(value) for column in columns for value in column]


@pytest.fixture
def core(bank: Any, tmp_path: Path) -> Iterator[Core]:
    name = f"core_{secrets.token_hex(6)}"
    ensure_database(bank.settings, name)
    found = Core(bank, name, tmp_path)
    found.execute(CORE)
    yield found
    drop_database(bank.settings, name)


def test_a_history_and_nights_hold_every_row_once(core: Core) -> None:
    history = core.land(DAY, first=date(2024, 4, 20))
    assert core.ids(history) == list(range(1, 21))
    assert len(list(history.glob("transactions-*.parquet"))) == 7
    bank = core.bank
    bank.load(date(2024, 4, 20), DAY)
    assert bank.balance("transactions") == (20, 20, 0, 0, 0)
    core.execute(
        "update core.posting set amount = 99, written_at = '2024-04-29 08:00' where id = 4; "
        "insert into core.posting values (21, 'A1', '2024-04-29 09:00', 1, 'CNY', 'SAL', "
        "'2024-04-29 09:00'), (22, 'A1', '2024-04-30 00:00', 1, 'CNY', 'SAL', '2024-04-30 00:00')"
    )
    night = core.land(NEXT)
    assert core.ids(night) == [4, 21]
    bank.load(NEXT)
    assert bank.rows(
        "select amount from raw.transactions where transaction_id = '4' order by 1"
    ) == [
        (425,),
        (9900,),
    ]
    assert core.ids(core.land(THIRD)) == [22]


def test_the_query_of_the_example_is_read_too(core: Core) -> None:
    core.land(DAY)
    bank = core.bank
    bank.load(DAY)
    assert bank.rows("select party_id, region, opened_date from raw.customers order by 1") == [
        ("K1", "Lake Shore", date(2020, 1, 1)),
        ("K2", None, date(2020, 1, 1)),
        ("K3", None, date(2020, 1, 1)),
    ]
    assert bank.balance("transactions") == (20, 20, 0, 0, 0)


def test_rows_changed_while_reading_are_neither_lost_nor_repeated(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ingestion.connectors.sql_landing import TableReading

    write = TableReading._write
    changes = iter(
        [
            # one that is read, one that is not; one is deleted, one arrives behind the position
            "update core.posting set written_at = '2024-04-29 01:00' where id in (2, 15); "
            "delete from core.posting where id = 16",
        ]
    )

    def change_after_first(self, number: int, *others):
        path = write(self, number, *others)
        if self.stem.startswith("transactions"):
            core.execute(next(changes, "select 1"))
        return path

    monkeypatch.setattr(TableReading, "_write", change_after_first)
    first = core.ids(core.land(DAY))
    assert first == [n for n in range(1, 21) if n not in (15, 16)]
    assert core.ids(core.land(NEXT)) == [2, 15]


def test_a_killed_read_goes_on_where_it_stopped(core: Core) -> None:
    """The reader waits for a lock in the middle of its pages and is killed there."""
    with connect(core.settings, database=core.name) as holder:
        process = _reading(core, holder)
        process.send_signal(signal.SIGKILL)
        process.wait()
    partial = core.settings.landing_dir / ".partial-2024-04-28"
    kept = {path.name: path.stat().st_mtime_ns for path in partial.glob("transactions-*.parquet")}
    assert 0 < len(kept) < 7
    with pytest.raises(LandingError, match="2024-04-28 was begun and not finished"):
        core.land(NEXT)
    folder = core.land(DAY)
    assert core.ids(folder) == list(range(1, 21))
    for name, written in kept.items():
        assert (folder / name).stat().st_mtime_ns == written
    assert core.ids(core.land(NEXT)) == []


def test_another_mapping_reads_the_same_window_anew(core: Core) -> None:
    assert core.ids(core.land(DAY)) == list(range(1, 21))
    core.execute(
        "insert into core.posting values (30, 'A1', '2024-04-29 09:00', 1, 'CNY', 'SAL', "
        "'2024-04-29 09:00')"
    )
    core.remap(("page_rows: 10000", "page_rows: 7"))
    folder = core.land(DAY)
    assert core.ids(folder) == list(range(1, 21))
    assert len(list(folder.glob("transactions-*.parquet"))) == 3


def test_numbers_as_watermark_and_an_overlap(core: Core) -> None:
    core.remap(("watermark: written_at", "watermark: id\n    overlap: 2"))
    assert core.ids(core.land(DAY)) == list(range(1, 21))
    core.execute(
        "insert into core.posting values (25, 'A1', '2024-04-29 09:00', 1, 'CNY', 'SAL', "
        "'2024-04-29 09:00')"
    )
    assert core.ids(core.land(NEXT)) == [19, 20, 25]


@pytest.mark.parametrize(
    ("changes", "statement", "error", "text"),
    [
        ([("from: amount,", "from: betrag,")], "", ContractError, "the columns betrag"),
        ([("core.posting", "core.postings")], "", LandingError, "UndefinedTable"),
        (
            [("booked_at: booked_at", "booked_at: {from: flag}")],
            "alter table core.posting add flag boolean default true",
            ContractError,
            "flag holds bool",
        ),
        (
            [("{from: amount, decimals: 2}", "amount")],
            "alter table core.posting alter amount type double precision",
            ContractError,
            "amount holds double",
        ),
        (
            [],
            "update core.posting set written_at = null where id = 7",
            ContractError,
            "written_at: rows without one",
        ),
        ([("watermark: written_at", "watermark: kind")], "", ContractError, "values of type str"),
        ([("key: id", "key: kind")], "", ContractError, "the same key twice"),
    ],
)
def test_what_is_wrong_with_a_source_is_said(
    core: Core, changes, statement: str, error: type[BankloopError], text: str
) -> None:
    core.remap(*changes)
    if statement:
        core.execute(statement)
    with pytest.raises(error) as caught:
        core.land(DAY)
    assert text in str(caught.value)
    assert not (core.settings.landing_dir / "2024-04-28").exists()


def test_a_day_that_still_runs_is_refused(core: Core) -> None:
    with pytest.raises(LandingError, match="the day still runs"):
        core.land(date(2999, 1, 1))


def test_the_address_is_in_no_message(core: Core) -> None:
    wrong = SecretStr("postgresql+psycopg://reader:hunter2@127.0.0.1:1/bank")
    core.bank.settings = core.settings.model_copy(update={"source_url": wrong})
    with pytest.raises(LandingError) as caught:
        core.land(DAY)
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None
    core.bank.settings = core.settings.model_copy(update={"source_url": None})
    with pytest.raises(SettingsError, match="BANKLOOP_SOURCE_URL"):
        core.land(DAY)


def _reading(core: Core, holder: psycopg.Connection) -> subprocess.Popen[bytes]:
    """A process that reads the postings and waits for a row that `holder` has locked away."""
    core.execute(
        "create function core.slow(bigint, text) returns text language plpgsql stable as $$ begin "
        "if $1 = 14 then perform pg_advisory_lock(814); end if; return $2; end $$;"
    )
    core.remap(
        ("page_rows: 10000", "page_rows: 3"),
        (
            "table: core.posting",
            "query: select id, core.slow(id, account) as account, booked_at, amount, currency, "
            "kind, written_at from core.posting",
        ),
    )
    holder.execute("select pg_advisory_lock(814)")
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "bankloop",
            "land",
            "--mapping",
            str(core.mapping),
            "--date",
            "2024-04-28",
        ],
        cwd=PROJECT_DIR,
        env=os.environ | core.settings.environment(),
    )
    deadline = time.monotonic() + 60
    with connect(core.settings, database=core.name, autocommit=True) as watcher:
        while not watcher.execute(
            "select 1 from pg_locks where locktype = 'advisory' and not granted"
        ).fetchone():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
    return process
