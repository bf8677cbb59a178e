"""No tool reports to its maker: their effective settings, read in the processes that use them."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest
import yaml

from warehouse.settings import PROJECT_DIR, Settings

LISTEN = """
import json, os, sys
asked = []
def listen(event, arguments):
    if event == "socket.getaddrinfo":
        asked.append(str(arguments[0]))
sys.addaudithook(listen)
from warehouse.settings import get_settings
settings = get_settings()
"""
ANSWER = """
sys.stdout.write("\\n" + json.dumps([answer, [h for h in asked if h not in LOCAL]]))
"""
DBT = """
from dags.pipeline_support import dbt as doorway
doorway.call(settings, ["debug", "--config-dir"])
import dbt.tracking
from dbt.flags import get_flags
answer = [dbt.tracking.active_user.do_not_track, not get_flags().SEND_ANONYMOUS_USAGE_STATS]
"""
GREAT_EXPECTATIONS = """
from expectations import gate
os.environ.update(gate._SILENCE)
import expectations.engine
import great_expectations
great_expectations.get_context(mode="ephemeral")
answer = [os.environ["GX_ANALYTICS_ENABLED"] == "false"]
"""
MLFLOW = """
from models_ml.tracking import open_mlflow
open_mlflow(settings)
from mlflow.environment_variables import MLFLOW_DISABLE_TELEMETRY
from mlflow.telemetry.utils import is_telemetry_disabled
answer = [MLFLOW_DISABLE_TELEMETRY.get(), is_telemetry_disabled()]
"""
AIRFLOW = """
from dags.pipeline_support.airflow_home import airflow_environment
os.environ.update(airflow_environment(settings))
from airflow.configuration import conf
answer = [not conf.getboolean("usage_data_collection", "enabled", fallback=True),
          os.environ["SCARF_ANALYTICS"] == "false"]
"""
TOOLS = {
    "dbt": DBT, "great_expectations": GREAT_EXPECTATIONS, "mlflow": MLFLOW, "airflow": AIRFLOW,
}  # fmt: skip
OPINIONS = ("DO_NOT_TRACK", "DBT_", "GX_", "MLFLOW_", "AIRFLOW", "SCARF", "PYTEST", "CI")


@pytest.mark.parametrize("tool", TOOLS)
def test_a_tool_is_told_to_be_silent_and_asks_for_no_foreign_host(
    tool: str, server: Settings
) -> None:
    own = {name: v for name, v in os.environ.items() if not name.startswith(OPINIONS)}
    local = 'LOCAL = ("127.0.0.1", "localhost", "::1", "None")\n'
    found = subprocess.run(
        [sys.executable, "-c", LISTEN + TOOLS[tool] + local + ANSWER],
        env=own | server.environment(),
        cwd=PROJECT_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stderr[-2000:]
    answer, foreign = json.loads(found.stdout.splitlines()[-1])
    assert answer
    assert all(answer)
    assert foreign == []


def test_services_of_the_team_set_up_are_told_too() -> None:
    """MLflow's own server is no process of this project: only its environment can silence it."""
    compose: dict[str, Any] = yaml.safe_load((PROJECT_DIR / "docker-compose.yml").read_text())
    ours = {
        name: service["environment"]
        for name, service in compose["services"].items()
        if service["image"].startswith("bankloop/")
    }
    assert "mlflow" in ours
    wanted = {"MLFLOW_DISABLE_TELEMETRY": "true", "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
              "GX_ANALYTICS_ENABLED": "false", "SCARF_ANALYTICS": "false",
              "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False"}  # fmt: skip
    silent = {name: {k: given.get(k) for k in wanted} for name, given in ours.items()}
    assert silent == dict.fromkeys(ours, wanted)
