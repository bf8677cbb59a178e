"""Airflow on this machine: environment, metadata database, one local run, and its services."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import TextIO

from sqlalchemy import select

from warehouse.connection import ensure_database, sqlalchemy_url
from warehouse.errors import TransformationError
from warehouse.private_files import make_private_dir, read_or_create
from warehouse.settings import PROJECT_DIR, Settings

logger = logging.getLogger(__name__)
# imported once by the server that tasks are forked from; the project's own modules are not among
# them, so that a task always runs the code as it is on disk
SLOW_TO_IMPORT = (
    "airflow.dag_processing.bundles.manager",
    "airflow.dag_processing.dagbag",
    "airflow.executors.local_executor",
    "airflow.providers.standard.decorators.python",
    "airflow.sdk.execution_time.task_runner",
    "dbt.cli.main",
    "dbt.adapters.postgres",
    "great_expectations",
    "great_expectations.datasource.fluent.sql_datasource",
    "pandas",
    "pyarrow.dataset",
    "scipy.sparse.linalg",
    "sqlglot",
)
API_PORT_FILE = "api_port"
LOCAL_LOG = "local_run.log"
AUTH_MANAGER = "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager"


def airflow_environment(settings: Settings) -> dict[str, str]:
    """Every setting of Airflow that is not its default; secrets are generated once into `var/`."""
    home = settings.airflow_dir
    port = api_port(settings)
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT_DIR / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__AUTH_MANAGER": AUTH_MANAGER,
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "False",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(password_file(settings)),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__CORE__FERNET_KEY": _secret(settings, "airflow_fernet_key", _fernet_key),
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__SECRET_KEY": _secret(settings, "airflow_secret_key", token),
        "AIRFLOW__API_AUTH__JWT_SECRET": _secret(settings, "airflow_jwt_secret", token),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": sqlalchemy_url(
            settings, settings.airflow_database, driver="psycopg2"
        ),
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_HOST": "127.0.0.1",
        "AIRFLOW__LOGGING__NAMESPACE_LEVELS": "great_expectations=WARNING",
        "AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK": "False",
        "AIRFLOW__SCHEDULER__MP_START_METHOD": "forkserver",
        "AIRFLOW__SCHEDULER__MP_FORKSERVER_PRELOAD": ",".join(SLOW_TO_IMPORT),
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "SCARF_ANALYTICS": "false",
        "DO_NOT_TRACK": "1",
    }


def prepare(settings: Settings) -> None:
    """Create or upgrade Airflow's metadata database; nothing when this version was migrated."""
    from importlib.metadata import version

    ensure_database(settings, settings.airflow_database)
    stamp = settings.airflow_dir / "migrated_to"
    if stamp.exists() and stamp.read_text() == version("apache-airflow"):
        return
    logger.info("preparing Airflow's own database (once)")
    _run_command(settings, "db", "migrate")
    stamp.write_text(version("apache-airflow"))


def run_dag(settings: Settings, dag_id: str, business_date: date, conf: dict[str, object]) -> bool:
    """Run a DAG in this process with Airflow's own local run; True when it succeeded.

    Tasks run one after another, as `airflow dags test` would run them. What Airflow prints goes
    to `local_run.log` in the log folder.
    """
    prepare(settings)
    os.environ.update(airflow_environment(settings))
    log = _local_log(settings.log_dir / LOCAL_LOG)
    with redirect_stdout(log), redirect_stderr(log):
        from airflow.dag_processing.dagbag import BundleDagBag
        from airflow.sdk import DagRunState

        bag = BundleDagBag(
            dag_folder=PROJECT_DIR / "dags",
            bundle_path=PROJECT_DIR / "dags",
            bundle_name="dags-folder",
        )
        run = bag.dags[dag_id].test(
            logical_date=datetime(
                business_date.year, business_date.month, business_date.day, tzinfo=UTC
            ),
            run_conf=conf,
        )
        succeeded = bool(run.state == DagRunState.SUCCESS)
        _date_start(run.run_id)
        return succeeded


def _date_start(run_id: str) -> None:
    """Let a local run start when its first task did; Airflow dates it at its logical date."""
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session

    with create_session() as session:
        for run in session.scalars(select(DagRun).where(DagRun.run_id == run_id)):
            starts = [ti.start_date for ti in run.get_task_instances(session=session)]
            run.start_date = min((at for at in starts if at), default=run.start_date)


def password_file(settings: Settings) -> Path:
    """Where the UI's generated password is, mode 0600."""
    return settings.airflow_dir / "passwords.json"


@lru_cache(maxsize=1)
def _local_log(path: Path) -> TextIO:
    """Open until the process ends, because Airflow keeps the stream it finds when imported."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("w", buffering=1)


def _run_command(settings: Settings, *arguments: str) -> None:
    make_private_dir(settings.airflow_dir)
    result = subprocess.run(  # noqa: S603 - a fixed command of this environment
        [str(Path(sys.executable).with_name("airflow")), *arguments],
        env=os.environ | airflow_environment(settings),
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise TransformationError(
            expected=f"`airflow {' '.join(arguments)}` to succeed",
            found=f"exit code {result.returncode}: {result.stderr.strip()[-600:]}",
            where="Airflow's metadata database",
            remedy="see docs/runbook.md, section Airflow's own database",
        )


def api_port(settings: Settings) -> int:
    """The UI's port: 8080 if it is free when first asked for, else any; kept from then on."""
    home = settings.airflow_dir
    kept = home / API_PORT_FILE
    if kept.exists():
        return int(kept.read_text())
    make_private_dir(home)
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", 8080))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    kept.write_text(str(port))
    return port


def _secret(settings: Settings, name: str, make: Callable[[], str]) -> str:
    return read_or_create(settings.secrets_dir / name, make)


def _fernet_key() -> str:
    from cryptography.fernet import Fernet

    return Fernet.generate_key().decode()


def token() -> str:
    """A new random secret."""
    return secrets.token_urlsafe(32)
