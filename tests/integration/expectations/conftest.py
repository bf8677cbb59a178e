"""A database with one sound night in every layer that a gate reads, and its run."""

from collections.abc import Callable, Iterator

import pytest

from campaigns.schema import prepare
from ingestion.raw_tables import create_raw_tables
from models_ml.slots import slots
from models_ml.tables import create_prediction_tables, ensure_month
from tests.integration.expectations import sound_night
from warehouse.connection import clone_database, connect, drop_database
from warehouse.ledger import Run, start_run
from warehouse.publish import stage
from warehouse.settings import Settings

SOUND = "template_sound_night"


@pytest.fixture(scope="session")
def sound_template(server: Settings, empty_template: str) -> Iterator[str]:
    """A database with one sound night in raw, marts, predictions and activation."""
    clone_database(server, empty_template, SOUND)
    settings = server.model_copy(update={"database": SOUND})
    run = start_run(settings, "night", sound_night.NIGHT)
    with connect(settings) as connection:
        create_raw_tables(connection)
        create_prediction_tables(connection)
        for slot in slots().values():
            ensure_month(connection, slot, sound_night.NIGHT)
        prepare(connection)
        for statements in (
            sound_night.MARTS,
            sound_night.RAW,
            sound_night.PREDICTIONS,
            sound_night.DECISIONS,
        ):
            connection.execute(statements.encode())
        rows = (
            f"select *, date '{sound_night.NIGHT}' as as_of_date from activation.tonight_list_rows"
        )
        stage(connection, run, "publication.list_rows", rows)
    yield SOUND
    drop_database(server, SOUND)


@pytest.fixture
def night(clone: Callable[..., Settings], sound_template: str) -> Settings:
    """Settings of a copy of the sound night."""
    return clone(sound_template)


@pytest.fixture
def run(night: Settings) -> Run:
    """The running run of the sound night."""
    with connect(night) as connection:
        return sound_night.run_of(connection)
