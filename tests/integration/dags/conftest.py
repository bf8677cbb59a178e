"""A small bank with a history and one delivered day, under a real scheduler."""

import secrets
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from factories.scheduled import BANK, NIGHT, Services

from dags.pipeline_support import airflow_home, airflow_services
from dags.pipeline_support.night import run_historic
from simulator import simulate_day, simulate_history
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
    _load_history(settings)
    simulate_day(settings, NIGHT, published_lists(settings, NIGHT))
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


def _load_history(settings: Settings) -> None:
    """Everything but the training of models: the rules score the night."""
    for line in run_historic(settings, simulate_history(settings)):
        if line.startswith("finish_night"):
            return


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
