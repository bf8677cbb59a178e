"""One bank with a history for all tests of the pipeline: built once, copied where it is changed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from factories.copies import WORKING, copy_of
from factories.history import CUSTOMERS, FIRST, HISTORY_DAYS, History, build

from warehouse.settings import Settings


@pytest.fixture(scope="session")
def history(server: Settings, tmp_path_factory: pytest.TempPathFactory) -> History:
    """The finished bank, to be read only."""
    bank = {"customers": CUSTOMERS, "history_days": HISTORY_DAYS, "first_date": FIRST}
    places = {
        "database": WORKING,
        "mlflow_database": "mlflow_of_history",
        "var_dir": tmp_path_factory.mktemp("history") / "var",
        "server_dir": server.var_dir,
    }
    return build(server.model_copy(update={**bank, **places}))


@pytest.fixture
def bank(history: History, tmp_path: Path) -> Iterator[Settings]:
    """A copy of the bank on the eve of its last night, whose delivery is in the inbox."""
    with copy_of(history.eve, tmp_path / "var") as settings:
        yield settings
