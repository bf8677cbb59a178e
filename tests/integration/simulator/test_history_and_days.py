"""One pass over many days, and each day alone, deliver the same rows."""

from datetime import timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from simulator import Bank, simulate_day
from simulator.landing import sha256
from simulator.schemas import FEEDS
from tests.integration.simulator.conftest import DAYS, FIRST, Simulated, bank_under, rows_of


@pytest.mark.parametrize("feed", FEEDS)
def test_history_equals_day_by_day(feed: str, simulated: Simulated, day_by_day: Bank) -> None:
    days = [FIRST + timedelta(days=ahead) for ahead in range(DAYS)]
    parts = []
    for day in days:
        table = pq.read_table(day_by_day.landing_dir / day.isoformat() / f"{feed}.parquet")
        arrived = pa.array([day] * table.num_rows, pa.date32())
        parts.append(table.append_column("arrived_date", arrived))
    assert rows_of(simulated.feed(feed)) == rows_of(pa.concat_tables(parts))


def test_every_feed_has_rows(simulated: Simulated) -> None:
    empty = {feed for feed in FEEDS if simulated.feed(feed).num_rows == 0}
    assert empty <= {"referrals"}


def test_the_next_day_continues_either_way(simulated: Simulated, day_by_day: Bank) -> None:
    following = FIRST + timedelta(days=DAYS)
    folders = [simulate_day(bank, following) for bank in (simulated.bank, day_by_day)]
    hashes = [{feed: sha256(folder / f"{feed}.parquet") for feed in FEEDS} for folder in folders]
    assert hashes[0] == hashes[1]


def test_a_day_run_again_gives_the_same_bytes(day_by_day: Bank) -> None:
    day = FIRST + timedelta(days=5)
    folder = day_by_day.landing_dir / day.isoformat()
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    simulate_day(day_by_day, day)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_day_without_the_day_before_is_refused(tmp_path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(FileNotFoundError, match="simulate the days before first"):
        simulate_day(bank_under(tmp_path), FIRST + timedelta(days=3))


def test_the_snapshot_of_another_bank_is_refused(tmp_path) -> None:  # type: ignore[no-untyped-def]
    simulate_day(bank_under(tmp_path, customers=20), FIRST)
    with pytest.raises(ValueError, match="expected the bank"):
        simulate_day(bank_under(tmp_path, customers=30), FIRST + timedelta(days=1))


def test_a_larger_bank_contains_the_smaller_one(tmp_path_factory, simulated: Simulated) -> None:  # type: ignore[no-untyped-def]
    """Numbers are keyed by customer, so who else banks here changes nothing."""
    larger = bank_under(tmp_path_factory.mktemp("larger"), customers=2 * 300)
    simulate_day(larger, FIRST)
    agents = simulated.bank.customers // 10 * 13
    for feed in ("transactions", "daily_balances"):
        table = pq.read_table(larger.landing_dir / FIRST.isoformat() / f"{feed}.parquet")
        inside = [int(account[1:8]) < agents for account in table["account_id"].to_pylist()]
        small = simulated.feed(feed)
        first_day = [arrived == FIRST for arrived in small["arrived_date"].to_pylist()]
        assert rows_of(table.filter(pa.array(inside))) == rows_of(
            small.filter(pa.array(first_day)).drop_columns("arrived_date")
        )
