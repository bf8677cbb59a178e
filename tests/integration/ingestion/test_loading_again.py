"""Loading is idempotent, restartable, and the same whether days come together or one by one."""

import os
import signal
import subprocess
import sys
from datetime import date, timedelta

import pytest
from factories.landing import Row, valid_row, valid_rows

from ingestion.closing import close_day, close_feed, reopen_feed
from warehouse.connection import connect
from warehouse.errors import LandingError
from warehouse.ledger import finish_run, start_run

DAY = date(2024, 5, 1)
NEXT = DAY + timedelta(days=1)
FEEDS = ("customers", "accounts", "transactions", "consents", "app_events")


def write_night(bank, day: date, count: int = 120) -> None:
    builder = bank.landing(day)
    for feed in FEEDS:
        rows = valid_rows(feed, count, day)
        rows += [rows[0], valid_row(feed, 1, day, updated_at=None)]
        builder.add(feed, rows, file_format="csv")
    builder.write()


def test_the_same_night_twice_is_the_same(bank) -> None:
    write_night(bank, DAY)
    bank.load(DAY)
    once = bank.content()
    bank.load(DAY)
    assert bank.content() == once
    assert once["audit"]


def test_a_corrected_delivery_replaces_the_night(bank) -> None:
    write_night(bank, DAY, count=120)
    bank.load(DAY)
    write_night(bank, DAY, count=110)
    bank.load(DAY)
    assert bank.balance("accounts") == (112, 110, 1, 1, 0)
    assert bank.rows("select count(*) from raw.accounts") == [(110,)]


def test_a_feed_no_longer_delivered_leaves_nothing_behind(bank) -> None:
    write_night(bank, DAY)
    bank.load(DAY)
    bank.landing(DAY).add("accounts", valid_rows("accounts", 5, DAY)).write()
    bank.load(DAY)
    assert bank.rows("select count(*) from raw.transactions") == [(0,)]
    assert bank.balance("transactions") == (0, 0, 0, 0, 0)


def test_neighbouring_days_stay_when_one_is_loaded_again(bank) -> None:
    for day in (DAY, NEXT):
        write_night(bank, day)
        bank.load(day)
    before = bank.content()
    bank.load(NEXT)
    assert bank.content() == before
    assert len(bank.rows("select distinct arrived_date from raw.accounts")) == 2


def test_withdrawal_feeds_loaded_early_are_replaced_by_the_night(bank) -> None:
    write_night(bank, DAY)
    bank.load(DAY)
    undisturbed = bank.content()
    run = start_run(bank.settings, "night", DAY)
    bank.load_as(run, DAY, None, ("customers", "consents"), archived=False)
    bank.load(DAY)
    assert bank.content() == undisturbed


def history() -> list[Row]:
    """Postings of four days: copies, corrections and contradictions across days."""
    days = [date(2024, 4, 29) + timedelta(days=number) for number in range(4)]
    rows = [
        valid_row("transactions", number, day, transaction_id=f"{day}-{number}", arrived_date=day)
        for day in days
        for number in range(1, 150)
    ]
    first, second, third, last = days
    copied, contradicted, twice = rows[0], rows[1], rows[200]
    rows += [
        copied | {"arrived_date": second},
        contradicted | {"arrived_date": third, "amount": 1},
        twice | {"amount": 2},
        twice | {"arrived_date": third, "amount": 2},
        twice | {"arrived_date": last, "amount": 3},
        valid_row("transactions", 999, last, arrived_date=first),
        valid_row("transactions", 998, last, arrived_date=first, currency_code="XXX"),
    ]
    return rows


def test_a_historic_landing_is_the_same_as_its_days(bank, clone, raw_template) -> None:
    rows = history()
    days = sorted({row["arrived_date"] for row in rows})
    rows.sort(key=lambda row: row["arrived_date"])
    bank.settings = bank.settings.model_copy(update={"quarantine_share_limit": 0.05})
    bank.landing(days[0], days[-1]).add("transactions", rows).write()
    bank.load(days[0], days[-1])
    daily = type(bank)(clone(raw_template, quarantine_share_limit=0.05))
    for day in days:
        today = [row for row in rows if row["arrived_date"] == day]
        daily.landing(day).add("transactions", today).write()
        daily.load(day)
    assert bank.balance("transactions") == daily.balance("transactions")
    raw = "select to_jsonb(t) - 'run_id' - 'loaded_at' from raw.transactions as t order by 1"
    assert bank.rows(raw) == daily.rows(raw)
    audit = (
        "select arrived_date, rows_read, rows_loaded, rows_quarantined, rows_deduplicated, "
        "rows_deferred, control_found from ops.load_audit order by 1"
    )
    assert bank.rows(audit) == daily.rows(audit)
    reasons = "select arrived_date, reason, detail from quarantine.rows order by 1, 2, 3"
    assert bank.rows(reasons) == daily.rows(reasons)
    assert len(bank.rows(reasons)) == 5


def test_partitions_are_made_for_the_months_in_which_rows_arrive(bank) -> None:
    test_days = (date(2023, 12, 31), date(2024, 1, 1))
    rows = [valid_row("leads", n, day, arrived_date=day) for n, day in enumerate(test_days)]
    bank.landing(date(2023, 11, 1), date(2024, 2, 1)).add("leads", rows).write()
    bank.load(date(2023, 11, 1), date(2024, 2, 1))
    made = bank.rows(
        "select c.relname from pg_inherits join pg_class c on c.oid = inhrelid "
        "where c.relkind = 'r' order by 1"
    )
    assert made == [("leads__202312",), ("leads__202401",)]


_LOAD_AND_DIE = """
import os, signal, sys
from datetime import date
from ingestion import load
from ingestion.landing import find_landing
from ingestion.verification import verify
from warehouse.ledger import current_run, working
from warehouse.settings import get_settings

settings, day, calls = get_settings(), date.fromisoformat(sys.argv[1]), int(sys.argv[2])
copy = load.copy_arrow

def dying(*arguments):
    global calls
    calls -= 1
    if calls == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return copy(*arguments)

load.copy_arrow = dying
run = current_run(settings, day)
landing = verify(settings, find_landing(settings.landing_dir, settings.archive_dir, day, day), day)
with working(settings, run, "load") as connection:
    load.load_feeds(settings, run, connection, landing)
    if calls == 1:
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("calls", [1, 3, 6])
def test_killed_in_the_middle_then_run_again(bank, clone, raw_template, calls: int) -> None:
    undisturbed = type(bank)(clone(raw_template, master_key=bank.settings.master_key))
    write_night(undisturbed, DAY)
    undisturbed.load(DAY)
    write_night(bank, DAY)
    start_run(bank.settings, "night", DAY)
    killed = subprocess.run(
        [sys.executable, "-c", _LOAD_AND_DIE, DAY.isoformat(), str(calls)],
        env=os.environ | bank.settings.environment(),
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    assert bank.rows("select count(*) from ops.load_audit") == [(0,)]
    assert bank.rows("select count(*) from raw.accounts") == [(0,)]
    bank.load(DAY)
    assert bank.content() == undisturbed.content()


def test_a_closed_feed_is_not_read_and_stays_closed(bank) -> None:
    builder = bank.landing(DAY).add("accounts", valid_rows("accounts", 1, DAY))
    builder.add("leads", valid_rows("leads", 1, DAY), sha256="0" * 64).write()
    with connect(bank.settings) as connection:
        close_feed(connection, DAY, "leads", "broken file, source informed")
    for _ in range(2):
        bank.load(DAY)
        assert bank.rows("select feed, reason from ops.feed_status where status = 'closed'") == [
            ("leads", "broken file, source informed")
        ]
    assert bank.rows("select count(*) from raw.leads") == [(0,)]
    with connect(bank.settings) as connection:
        reopen_feed(connection, DAY, "leads")
    with pytest.raises(LandingError):
        bank.load(DAY)


def test_a_day_without_a_delivery_can_be_closed(bank) -> None:
    with connect(bank.settings) as connection:
        close_day(connection, DAY, "public holiday of the source")
    assert bank.load(DAY, archived=True) == []
    assert bank.rows("select count(*)::int from ops.feed_status where status = 'closed'") == [(25,)]


@pytest.mark.parametrize(("feed", "reason"), [("astrology", "x"), ("leads", " ")])
def test_closing_needs_a_feed_and_a_reason(bank, feed: str, reason: str) -> None:
    with connect(bank.settings) as connection, pytest.raises(LandingError):
        close_feed(connection, DAY, feed, reason)


def test_a_second_writer_does_not_exist(bank) -> None:
    run = start_run(bank.settings, "night", DAY)
    finish_run(bank.settings, run, "failed")
    write_night(bank, DAY)
    bank.load(DAY)
    assert bank.balance("accounts")[0] == 122
