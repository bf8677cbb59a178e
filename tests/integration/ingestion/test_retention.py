"""Periods are counted in business dates; what is as old as its period is kept, a day more goes."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from dags.pipeline_support import steps
from dags.pipeline_support.params import NightlyParams
from ingestion.retention import remove_expired
from warehouse import ledger
from warehouse.connection import connect
from warehouse.settings import Settings
from warehouse.vault import Vault

NIGHT = date(2024, 5, 31)


def folder(place: Path, last: date, first: date | None = None) -> Path:
    name = f"{first}_{last}" if first else str(last)
    (place / name).mkdir(parents=True)
    return place / name


def test_archived_nights_and_originals_go_by_their_last_day(bank: Any) -> None:
    settings: Settings = bank.settings.model_copy(update={"archive_days": 35, "original_days": 3})
    done = settings.landing_dir.with_name("landing_done")
    due, late = NIGHT - timedelta(days=35), NIGHT - timedelta(days=36)
    kept = [folder(settings.archive_dir, due), folder(done, NIGHT - timedelta(days=3))]
    long_one = folder(settings.archive_dir, due + timedelta(days=1), first=date(2023, 1, 1))
    gone = [
        folder(settings.archive_dir, late, first=date(2023, 1, 1)),
        folder(settings.archive_dir, late),
        folder(done, NIGHT - timedelta(days=4)),
    ]
    assert remove_expired(bank.settings, NIGHT) == []
    assert set(remove_expired(settings, NIGHT)) == set(gone)
    assert [path.exists() for path in (*kept, long_one, *gone)] == [True] * 3 + [False] * 3


@pytest.mark.parametrize(("age", "is_kept"), [(30, True), (31, False)])
def test_a_night_destroys_quarantine_keys_after_their_period(
    bank: Any, age: int, is_kept: bool
) -> None:
    arrived = NIGHT - timedelta(days=age)
    with connect(bank.settings) as connection:
        vault = Vault(bank.settings, connection)
        sealed = vault.encrypt_for_quarantine(arrived, [None], [b"refused"])
        connection.commit()
        run = ledger.start_run(bank.settings, "night", NIGHT)
        with ledger.working(bank.settings, run, "prepare") as own:
            steps.prepare_tables(own)
        line = steps.forget_expired(bank.settings, NIGHT, NightlyParams())
        assert line.startswith("0 quarantine keys" if is_kept else "1 quarantine keys")
        expected = [b"refused"] if is_kept else [None]
        assert vault.decrypt_quarantined(arrived, sealed, "test") == expected
