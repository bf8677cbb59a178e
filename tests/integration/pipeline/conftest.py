"""One bank with a history for all tests of the pipeline: built once, copied where it is changed."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from factories.copies import WORKING, copy_of, keep
from factories.equality import Content, everything
from factories.history import CUSTOMERS, FIRST, HISTORY_DAYS, NEXT, History, build
from factories.next_night import NextNight, prepare
from factories.nights import play

from warehouse.settings import Settings


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker runs all tests that share the history."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("pipeline"))


@pytest.fixture(scope="session")
def history(server: Settings, tmp_path_factory: pytest.TempPathFactory) -> History:
    """The finished bank, to be read only; its database is the template of the copies."""
    bank = {"customers": CUSTOMERS, "history_days": HISTORY_DAYS, "first_date": FIRST}
    places = {
        "database": WORKING,
        "mlflow_database": "mlflow_of_history",
        "var_dir": tmp_path_factory.mktemp("history") / "var",
        "server_dir": server.var_dir,
    }
    finished = build(server.model_copy(update={**bank, **places}))
    finished.settings = keep(finished.settings)
    return finished


@pytest.fixture(scope="session")
def next_night(history: History, tmp_path_factory: pytest.TempPathFactory) -> NextNight:
    """What is delivered for the night after the history, kept outside the bank."""
    return prepare(history, tmp_path_factory.mktemp("next") / "var")


@pytest.fixture
def bank(history: History, next_night: NextNight, tmp_path: Path) -> Iterator[Settings]:
    """A copy of the bank with the next night's delivery in its inbox."""
    with copy_of(history.settings, tmp_path / "var") as settings:
        shutil.copytree(next_night.delivery, settings.landing_dir / NEXT.isoformat())
        yield settings


@pytest.fixture(scope="session")
def undisturbed(
    history: History, next_night: NextNight, tmp_path_factory: pytest.TempPathFactory
) -> Content:
    """Content of the bank after the next night, when nothing gets in its way."""
    folder = tmp_path_factory.mktemp("undisturbed") / "var"
    with copy_of(history.settings, folder) as settings:
        shutil.copytree(next_night.delivery, settings.landing_dir / NEXT.isoformat())
        assert play(settings, NEXT).error is None
        return everything(settings)
