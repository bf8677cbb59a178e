"""Many days in one pass give the same windows, stages and histories as each day by itself."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from factories.copies import WORKING
from factories.days import content, day_by_day, in_one_pass
from factories.equality import differences

from warehouse.connection import drop_database
from warehouse.settings import Settings


def both_ways(server: Settings, folder: Path, customers: int, days: int) -> tuple[dict, dict, int]:
    """Content of the two warehouses, one after the other under one name, and the days loaded."""
    first = date(2024, 2, 27)
    last = first + timedelta(days=days - 1)
    bank = server.model_copy(update={
        "database": WORKING, "server_dir": server.var_dir, "customers": customers,
        "history_days": days, "first_date": first, "var_dir": folder / "pass",
        "score_trigger_from": last + timedelta(days=1),
    })  # fmt: skip
    try:
        landing = in_one_pass(bank)
        whole = content(bank, last)
        drop_database(server, WORKING)
        daily = bank.model_copy(update={"var_dir": folder / "days"})
        loaded = day_by_day(daily, landing)
        return whole, content(daily, last), len(loaded)
    finally:
        drop_database(server, WORKING)


def check(server: Settings, folder: Path, customers: int, days: int) -> None:
    whole, daily, loaded = both_ways(server, folder, customers, days)
    assert loaded == days
    assert len([name for name in whole if name.startswith("marts.fct_customer_aum")]) >= 1
    assert {name.split(".")[0] for name in whole} == {"marts", "features", "tags"}
    assert sum(rows for rows, _ in whole.values()) > customers * days
    assert differences(whole, daily) == {}


def test_four_days_over_a_leap_day(server: Settings, tmp_path: Path) -> None:
    check(server, tmp_path, customers=100, days=4)


@pytest.mark.long
def test_thirty_days(server: Settings, tmp_path: Path) -> None:
    check(server, tmp_path, customers=400, days=30)
