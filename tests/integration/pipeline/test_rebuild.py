"""What nights keep up to date is what a rebuild from raw makes; any night can be reproduced."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from factories.copies import WORKING, copy_of
from factories.equality import Content, differences, everything
from factories.history import LAST, NIGHTS, History
from factories.nights import QUICK, land, play, rows, value

from dags.pipeline_support import dbt, historic, practice, rebuilding
from simulator import simulate_history
from simulator.lists import published_lists
from warehouse.connection import drop_database
from warehouse.settings import Settings

REBUILT = ("marts.", "features.", "tags.")
WINDOWS = "ftr_customers__windows"
"""Kept for three nights and made for one: a rebuild makes the last night's."""
FAULTS = (
    ("late_rows", "corrected_rows"),
    ("duplicate_rows", "resent_rows"),
    (),
    ("late_rows", "dated_after_night"),
    (),
)
"""What is wrong with the deliveries of a long life, night by night and over again."""


def check_rebuild(bank: Settings, lived: Content, last: date) -> None:
    """Make what is as now known again, in place, and from it what the last night published."""
    rebuilding.rebuild(bank)
    dbt.call(bank, ["run", "--full-refresh", "--select", WINDOWS])
    dbt.call(bank, ["run", "--select", rebuilding.AS_PUBLISHED, "--exclude", WINDOWS])
    rebuilt = everything(bank)
    earlier = [name for name in lived if f".{WINDOWS} " in name and not name.endswith(f"{last}")]
    kept = {name: content for name, content in lived.items() if name not in earlier}
    assert differences(kept, rebuilt) == {}
    assert len([name for name in rebuilt if name.startswith(REBUILT)]) > 100
    assert rebuilt[f"features.{WINDOWS} {last}"][0] > 0


def test_a_rebuild_equals_what_the_nights_made(history: History, tmp_path: Path) -> None:
    """400 days in one pass and twelve nights with late, corrected and reversed rows."""
    with copy_of(history.settings, tmp_path / "var") as bank:
        check_rebuild(bank, history.undisturbed, LAST)


@pytest.mark.long
@pytest.mark.parametrize(
    ("customers", "days", "nights"),
    [pytest.param(300, 100, 6, id="small"), pytest.param(20_000, 400, 60, id="full")],
)
def test_a_rebuild_equals_what_many_nights_made(
    customers: int, days: int, nights: int, server: Settings, tmp_path: Path
) -> None:
    """The small one comes first: what it finds need not be waited for."""
    bank = server.model_copy(update={
        "database": WORKING, "mlflow_database": "mlflow_of_rebuild", "server_dir": server.var_dir,
        "var_dir": tmp_path / "var", "customers": customers, "history_days": days,
        "first_date": LAST - timedelta(days=days + nights - 1),
    })  # fmt: skip
    try:
        practice.prepare_warehouse(bank)
        for _ in historic.run(bank, simulate_history(bank), QUICK):
            pass
        for number in range(nights):
            night = LAST - timedelta(days=nights - 1 - number)
            land(bank, night, published_lists(bank, night), *FAULTS[number % len(FAULTS)])
            assert play(bank, night).error is None
        check_rebuild(bank, everything(bank), LAST)
    finally:
        for name in (WORKING, bank.mlflow_database):
            drop_database(server, name)


@pytest.mark.parametrize(
    ("function", "columns", "table"),
    [
        ("marts.customers_as_of", "customer_id, party_type, region, branch_id, first_opened_date, "
         "closed_date, is_deceased, is_authorised_only, mobile_token", "marts.dim_customers"),
        ("tags.stages_as_of", "customer_id, stage", "tags.lifecycle_current"),
    ],
)  # fmt: skip
def test_the_history_as_of_the_last_night_is_the_table_of_that_night(
    function: str, columns: str, table: str, history: History
) -> None:
    then = rows(history.settings, f"select {columns} from {function}(%s) order by 1", LAST)
    assert then == rows(history.settings, f"select {columns} from {table} order by 1")
    assert len(then) > 900


def test_consents_as_of_the_last_night_are_those_of_that_night(history: History) -> None:
    then = rows(history.settings, "select customer_id, purpose, channel, status, revoked_at "
                "from marts.consents_as_of(%s) order by 1, 2, 3", LAST)  # fmt: skip
    now = rows(history.settings, "select customer_id, purpose, channel, status, revoked_at "
               "from marts.dim_customer_consents order by 1, 2, 3")  # fmt: skip
    assert then == now
    changed = value(history.settings, "select count(*) from marts.dim_customer_consents_history "
                    "where valid_from >= %s", NIGHTS[0])  # fmt: skip
    assert changed > 0


def test_tags_as_of_every_night_are_those_that_were_published(history: History) -> None:
    """Codes, bands and booleans; the wide rows of all twelve nights are kept."""
    for night in NIGHTS:
        for tag in ("lifecycle_stage", "aum_band", "is_digital", "value_tier"):
            then = rows(history.settings, "select customer_id, tag_value from tags.tags_as_of(%s) "
                        "where tag_code = %s order by 1", night, tag)  # fmt: skip
            wide = rows(
                history.settings,
                f"select customer_id, {tag}::text from tags.customer_tags"
                f" where as_of_date = %s and {tag} is not null order by 1",
                night,
            )
            assert then == wide, (night, tag)
    intervals = value(history.settings, "select count(*) from tags.customer_tag_history")
    evaluated = value(history.settings, "select count(*) from tags.customer_tags "
                      "where as_of_date between %s and %s", NIGHTS[0], LAST)  # fmt: skip
    assert intervals < 20 * evaluated


def test_the_tier_as_of_the_last_night_is_the_tag(history: History) -> None:
    then = rows(history.settings, "select customer_id, value_tier from tags.value_tiers_as_of(%s) "
                "order by 1", LAST)  # fmt: skip
    tag = rows(history.settings, "select customer_id, value_tier from tags.customer_tags "
               "where as_of_date = %s and value_tier is not null order by 1", LAST)  # fmt: skip
    assert then == tag
    rated = rows(history.settings, "select distinct valid_from from tags.value_tier_history")
    assert {day for (day,) in rated if day.day != 1} == set()
