"""A small bank with a history and one delivered day, under a real scheduler."""

import secrets
import shutil
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import psutil
import pyarrow.parquet as pq
import pytest
from factories.landing_changes import add_rows
from factories.scheduled import BANK, NIGHT, Services

from dags.pipeline_support import airflow_home, airflow_services
from dags.pipeline_support.historic import run as run_historic
from dags.pipeline_support.params import NightlyParams
from simulator import canaries, simulate_day, simulate_history
from simulator.lists import published_lists
from warehouse.connection import clone_database, drop_database
from warehouse.settings import Settings


@pytest.fixture(scope="module")
def bank(
    server: Settings, empty_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    """Loaded up to the day before NIGHT; NIGHT is in the inbox."""
    name = f"scheduled_{secrets.token_hex(4)}"
    settings = server.model_copy(
        update={
            **BANK,
            "database": name,
            "airflow_database": f"{name}_airflow",
            "mlflow_database": f"{name}_mlflow",
            "var_dir": tmp_path_factory.mktemp("scheduled") / "var",
            "server_dir": server.var_dir,
        }
    )
    clone_database(server, empty_template, name)
    folder = simulate_history(settings)
    birds = _canary_rows(settings, folder)
    _load(settings, folder)
    day = simulate_day(settings, NIGHT, published_lists(settings, NIGHT))
    add_rows(day, "customers", birds)
    yield settings
    for database in (name, settings.airflow_database, settings.mlflow_database):
        drop_database(server, database)
    shutil.rmtree(settings.var_dir)


@pytest.fixture(scope="module")
def services(bank: Settings) -> Iterator[Services]:
    """Started for the tests of a module, and stopped whatever happens."""
    _choose_free_port(bank)
    try:
        address = airflow_services.start_services(bank)
        yield Services(bank, address, _processes(bank))
    finally:
        airflow_services.stop_services(bank)


def _load(settings: Settings, folder: Path) -> None:
    """Everything but the training of models: the rules score the night."""
    for line in run_historic(settings, folder, NightlyParams(data_tests=False)):
        if line.startswith("finish_night"):
            return


def _canary_rows(settings: Settings, folder: Path) -> list[dict[str, Any]]:
    """The canaries as the source would send them again with a change of the night."""
    names = [bird.party_id for bird in canaries(settings.seed)]
    sent = pq.read_table(folder / "customers.parquet").to_pylist()
    latest = {row["party_id"]: row for row in sent if row["party_id"] in names}
    changed = datetime.combine(NIGHT, time(3), UTC)
    return [
        {name: value for name, value in row.items() if name != "arrived_date"}
        | {"updated_at": changed}
        for row in latest.values()
    ]


def _choose_free_port(settings: Settings) -> None:
    kept = settings.airflow_dir / airflow_home.API_PORT_FILE
    kept.parent.mkdir(parents=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        kept.write_text(str(probe.getsockname()[1]))


def _processes(settings: Settings) -> tuple[psutil.Process, ...]:
    parents = [
        psutil.Process(int(file.read_text())) for file in Path(settings.airflow_dir).glob("*.pid")
    ]
    return tuple(p for parent in parents for p in (parent, *parent.children(recursive=True)))
