"""After an erasure, what each night left behind equals what is rebuilt from the archive."""

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest
from factories.copies import WORKING
from factories.days import content, load_span
from factories.equality import Content, differences
from factories.nights import rows

from dags.pipeline_support import erasing, practice
from simulator import simulate_day, simulate_history
from simulator.lists import published_lists
from warehouse.connection import connect, drop_database
from warehouse.settings import Settings

FIRST = date(2024, 2, 27)
LAST = FIRST + timedelta(days=2)
NIGHT = LAST + timedelta(days=1)
KNOWN = ("vault.erased_parties", "vault.erased_accounts")
Rows = dict[str, list[tuple[object, ...]]]


def lived(settings: Settings) -> tuple[Content, Rows]:
    """Three days in one pass, an erasure, a night; returns the content and who was erased."""
    practice.prepare_warehouse(settings)
    simulate_history(settings)
    load_span(settings, "historic", FIRST, LAST, archived=True)
    busiest = rows(
        settings, "select party_id from marts.fct_app_events group by 1 order by count(*) desc, 1"
    )
    done = erasing.erase(settings, [busiest[0][0], busiest[1][0]], "asked for")
    assert done.rows_blanked > 10
    simulate_day(settings, NIGHT, published_lists(settings, NIGHT))
    load_span(settings, "night", NIGHT, NIGHT, archived=True)
    return content(settings, NIGHT), {
        table: rows(settings, f"select * from {table}") for table in KNOWN
    }


def rebuilt(settings: Settings, archive: Path, erased: Rows) -> Content:
    """The same days from the archive in a new warehouse that knows of the erasure."""
    practice.prepare_warehouse(settings)
    shutil.copytree(archive, settings.archive_dir)
    with connect(settings) as connection:
        for table, known in erased.items():
            marks = ", ".join(["%s"] * len(known[0]))
            connection.cursor().executemany(f"insert into {table} values ({marks})", known)
    load_span(settings, "historic", FIRST, LAST)
    load_span(settings, "night", NIGHT, NIGHT)
    return content(settings, NIGHT)


@pytest.mark.long
def test_a_rebuild_knows_as_little_as_the_nights(server: Settings, tmp_path: Path) -> None:
    bank = server.model_copy(update={
        "database": WORKING, "server_dir": server.var_dir, "customers": 60, "history_days": 3,
        "first_date": FIRST, "var_dir": tmp_path / "lived", "score_trigger_from": date(2025, 1, 1),
    })  # fmt: skip
    try:
        nights, erased = lived(bank)
        drop_database(server, WORKING)
        again = bank.model_copy(update={"var_dir": tmp_path / "rebuilt"})
        whole = rebuilt(again, bank.archive_dir, erased)
    finally:
        drop_database(server, WORKING)
    assert len(erased["vault.erased_parties"]) >= 2
    assert differences(nights, whole) == {}
