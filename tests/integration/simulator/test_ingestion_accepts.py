"""What the simulator delivers passes the verification of landings, and its faults do not."""

import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from ingestion import verification
from simulator import BadInput, Bank, simulate_day
from simulator.faults import spoil
from tests.integration.simulator.conftest import DAYS, FIRST, Simulated, bank_under
from warehouse.errors import LandingError
from warehouse.settings import Settings

NIGHT = FIRST + timedelta(days=1)
Spoiled = Callable[[BadInput], Path]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(var_dir=tmp_path)


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Bank:
    bank = bank_under(tmp_path_factory.mktemp("clean"), days=1)
    for day in (FIRST, NIGHT):
        simulate_day(bank, day)
    return bank


@pytest.fixture
def spoiled(clean: Bank, tmp_path: Path) -> Spoiled:
    def copy(knobs: BadInput) -> Path:
        folder = tmp_path / NIGHT.isoformat()
        shutil.copytree(clean.landing_dir / NIGHT.isoformat(), folder)
        spoil(clean, folder, NIGHT, knobs)
        return folder

    return copy


def verify(settings: Settings, folder: Path, night: date = NIGHT):  # type: ignore[no-untyped-def]
    return verification.verify(settings, folder, night, closed={})


def test_history_is_accepted_whole(settings: Settings, simulated: Simulated) -> None:
    landing = verify(settings, simulated.history, FIRST + timedelta(days=DAYS - 1))
    assert len(landing.deliveries) == 25
    assert {
        feed for feed, d in landing.deliveries.items() if d.rejected or d.suspects.size
    } == set()


def test_a_day_is_accepted_whole(settings: Settings, clean: Bank) -> None:
    landing = verify(settings, clean.landing_dir / NIGHT.isoformat())
    assert {feed for feed, d in landing.deliveries.items() if d.rejected} == set()


STOPPING = {
    "missing_manifest": "no manifest",
    "malformed_manifest": "JSON",
    "missing_feed": "surveys",
    "unknown_feed": "horoscopes",
    "wrong_hash": "leads",
    "wrong_row_count": "app_events",
    "wrong_control_total": "transactions",
    "missing_column": "branch_id",
    "bad_encoding": "branch_visits",
}


@pytest.mark.parametrize("fault", STOPPING)
def test_faults_that_stop_the_night(fault: str, settings: Settings, spoiled: Spoiled) -> None:
    folder = spoiled(BadInput(**{fault: True}))
    with pytest.raises(LandingError, match=STOPPING[fault]):
        verify(settings, folder)


QUARANTINED = {
    "malformed_value": ("transactions", 1),
    "wrong_type": ("transactions", 1),
    "undecodable_field": ("transactions", 1),
    "unknown_currency": ("daily_balances", 1),
}


@pytest.mark.parametrize("fault", QUARANTINED)
def test_faults_that_cost_a_row(fault: str, settings: Settings, spoiled: Spoiled) -> None:
    landing = verify(settings, spoiled(BadInput(**{fault: True})))
    rejected = {feed: d.rejected for feed, d in landing.deliveries.items() if d.rejected}
    feed, rows = QUARANTINED[fault]
    assert rejected == {feed: rows}


HARMLESS = (
    "duplicate_rows", "conflicting_key", "late_rows", "corrected_rows", "resent_rows", "gb18030",
    "compressed_csv", "empty_file", "dated_after_night",
)  # fmt: skip


@pytest.mark.parametrize("fault", HARMLESS)
def test_faults_that_verification_lets_through(
    fault: str, settings: Settings, spoiled: Spoiled
) -> None:
    landing = verify(settings, spoiled(BadInput(**{fault: True})))
    assert {feed for feed, d in landing.deliveries.items() if d.rejected} == set()


def test_every_knob_is_covered() -> None:
    covered = {*STOPPING, *QUARANTINED, *HARMLESS}
    assert covered == set(BadInput.__dataclass_fields__)


def test_knobs_can_be_combined(settings: Settings, spoiled: Spoiled) -> None:
    folder = spoiled(BadInput(**dict.fromkeys((*QUARANTINED, *HARMLESS), True)))
    landing = verify(settings, folder)
    rejected = {feed: d.rejected for feed, d in landing.deliveries.items() if d.rejected}
    assert rejected == {"transactions": 3, "daily_balances": 1}


def test_simulate_day_takes_knobs(tmp_path: Path, settings: Settings) -> None:
    bank = bank_under(tmp_path, customers=50)
    folder = simulate_day(bank, FIRST, None, BadInput(wrong_hash=True))
    with pytest.raises(LandingError, match="sha256"):
        verify(settings, folder, FIRST)
