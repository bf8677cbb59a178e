"""One embedded PostgreSQL for the whole session, and fresh databases made from templates."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler.loadscope import LoadScopeScheduling

from warehouse import embedded
from warehouse.connection import clone_database, connect, drop_database, ensure_database
from warehouse.schema import create_schemas
from warehouse.settings import Settings, get_settings

EMPTY_TEMPLATE = "template_empty"


@pytest.fixture(scope="session")
def server() -> Iterator[Settings]:
    """Settings of an embedded server that lives as long as the session (one per xdist worker)."""
    folder = Path(tempfile.mkdtemp(prefix="bankloop-test-"))
    saved = {name: value for name, value in os.environ.items() if name.startswith("BANKLOOP_")}
    for name in saved:
        del os.environ[name]
    os.environ["BANKLOOP_VAR_DIR"] = str(folder / "var")
    os.environ["BANKLOOP_SERVER_MEMORY_MB"] = saved.get("BANKLOOP_SERVER_MEMORY_MB", "1024")
    get_settings.cache_clear()
    settings = get_settings()
    embedded.ensure_started(settings)
    _forget_durability(settings)
    yield settings
    embedded.stop(settings)
    for name in ("BANKLOOP_VAR_DIR", "BANKLOOP_SERVER_MEMORY_MB"):
        del os.environ[name]
    os.environ.update(saved)
    get_settings.cache_clear()
    shutil.rmtree(folder)


def _forget_durability(settings: Settings) -> None:
    """A test server need not survive a power cut; without this each copy waits for the disk."""
    with connect(settings, database="postgres", autocommit=True) as connection:
        connection.execute("alter system set fsync = off")
        connection.execute("alter system set full_page_writes = off")
        connection.execute("select pg_reload_conf()")


@pytest.fixture(scope="session")
def empty_template(server: Settings) -> str:
    """Name of a database that holds the schemas and nothing else."""
    settings = server.model_copy(update={"database": EMPTY_TEMPLATE})
    ensure_database(settings)
    with connect(settings) as connection:
        create_schemas(connection)
    return EMPTY_TEMPLATE


@pytest.fixture
def clone(server: Settings, tmp_path: Path) -> Iterator[Callable[..., Settings]]:
    """`clone(template)` copies a database and returns settings that point to the copy.

    Each copy has a var folder of its own (landing, archive, exports, …) on the shared server.
    Keyword arguments override settings. `settings.environment()` carries them to another process.
    """
    made: list[str] = []

    def make(template: str, **overrides: object) -> Settings:
        name = f"test_{secrets.token_hex(6)}"
        clone_database(server, template, name)
        made.append(name)
        places = {"database": name, "var_dir": tmp_path / name, "server_dir": server.var_dir}
        return server.model_copy(update={**places, **overrides})

    yield make
    for name in made:
        drop_database(server, name)


@pytest.fixture
def warehouse(clone: Callable[..., Settings], empty_template: str) -> Settings:
    """Settings of a fresh database with all schemas and no data."""
    return clone(empty_template)


# Longest first, so that two workers end together; a group shares its session fixtures.
_GROUPS = (
    "integration/pipeline/",
    "integration/dags/",
    "integration/dbt_project/test_insight",
    "integration/dbt_project/test_core",
    "integration/dbt_project/",
    "integration/campaigns/",
    "integration/expectations/",
    "integration/ingestion/",
    "integration/warehouse/",
    "golden/",
)


def _group(path: str) -> int:
    """Rank of the group that a test file belongs to; files without a group come last."""
    found = [number for number, prefix in enumerate(_GROUPS) if path.startswith(f"tests/{prefix}")]
    return found[0] if found else len(_GROUPS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Longest groups first; within a group the order stays."""
    items.sort(key=lambda item: _group(item.nodeid))


class _OneWorkerPerGroup(LoadScopeScheduling):
    """One worker builds what a group shares; a file without a group is one by itself."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.split("::")[0]
        group = _group(path)
        return _GROUPS[group] if group < len(_GROUPS) else path


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """Distribute groups, not tests."""
    return _OneWorkerPerGroup(config, log)
