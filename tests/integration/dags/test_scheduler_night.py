"""One whole night, and one that is refused, under Airflow's real scheduler with LocalExecutor."""

import json
import time
import urllib.request
from collections import Counter
from datetime import timedelta
from typing import Any

import psutil
import pytest
from factories.leaks import leaks_in_files, leaks_in_tables
from factories.nights import rows, value
from factories.scheduled import NIGHT, Services

from dags.pipeline_support.airflow_home import password_file
from dags.pipeline_support.night import NIGHT as STEPS
from simulator import canaries
from warehouse.settings import Settings

pytestmark = pytest.mark.xdist_group("scheduler")
GIVE_UP_SECONDS = 900


class Api:
    """The few calls of Airflow's REST API that a person's click would make."""

    def __init__(self, services: Services) -> None:
        self._address = services.address
        password = json.loads(password_file(services.settings).read_text())["admin"]
        user = {"username": "admin", "password": password}
        self._token = ""
        self._token = self.call("POST", "/auth/token", user)["access_token"]

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        request = urllib.request.Request(
            self._address + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {self._token}"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            found: dict[str, Any] = json.load(answer)
            return found

    def run(self, night: str) -> dict[str, str]:
        """Trigger `nightly` and wait for its end; states by task, the run's own under ''."""
        self._wait_for_dag()
        body = {"logical_date": f"{night}T00:00:00Z", "conf": {"data_tests": False}}
        started = self.call("POST", "/api/v2/dags/nightly/dagRuns", body)
        path = f"/api/v2/dags/nightly/dagRuns/{started['dag_run_id']}"
        state = self._wait_until_ended(path.replace("+", "%2B"))
        tasks = self.call("GET", f"{path.replace('+', '%2B')}/taskInstances")["task_instances"]
        return {"": state, **{task["task_id"]: task["state"] for task in tasks}}

    def _wait_for_dag(self) -> None:
        for _ in range(GIVE_UP_SECONDS):
            names = [dag["dag_id"] for dag in self.call("GET", "/api/v2/dags")["dags"]]
            if "nightly" in names:
                return
            time.sleep(1)
        pytest.fail("the DAG processor did not parse nightly")

    def _wait_until_ended(self, path: str) -> str:
        for _ in range(GIVE_UP_SECONDS):
            state = self.call("GET", path)["state"]
            if state in {"success", "failed"}:
                return str(state)
            time.sleep(1)
        pytest.fail("the run did not end")


@pytest.fixture(scope="module")
def api(services: Services) -> Api:
    return Api(services)


@pytest.fixture(scope="module")
def states(api: Api, bank: Settings) -> dict[str, str]:
    """Of the night that was delivered."""
    assert leaks_in_files(bank.landing_dir, canaries(bank.seed))  # they are in what comes in
    return api.run(NIGHT.isoformat())


def test_every_task_succeeds_and_the_night_is_published(
    states: dict[str, str], bank: Settings
) -> None:
    assert states == {"": "success", **{step.__name__: "success" for step in STEPS}}
    status = "select status from ops.runs where kind = 'night' and business_date = %s"
    assert rows(bank, status, NIGHT) == [("published",)]
    assert value(bank, "select lists from ops.publication_state") == "open"


def test_list_rows_are_published_for_the_channels(states: dict[str, str], bank: Settings) -> None:
    query = "select count(*) from publication.list_rows where night_date = %s"
    assert value(bank, query, NIGHT) > 0
    assert value(bank, "select count(*) from publication.open_rows") > 0
    assert list((bank.export_dir / NIGHT.isoformat()).rglob("*.csv"))


def test_every_step_is_measured(states: dict[str, str], bank: Settings) -> None:
    found = rows(
        bank,
        "select step, is_done and seconds > 0 and peak_memory_mb > 0 from ops.step_runs "
        "where run_id like %s",
        f"{NIGHT:%Y%m%d}-night-%",
    )
    assert dict(found) == {step.__name__: True for step in STEPS}


def test_airflow_keeps_no_personal_data(states: dict[str, str], bank: Settings) -> None:
    """XCom and everything else in its database, and the logs of tasks and services."""
    airflow = bank.model_copy(update={"database": bank.airflow_database})
    assert value(airflow, "select count(*) from xcom") > len(STEPS)
    assert len(list(bank.airflow_dir.rglob("task_id=*/*.log"))) >= len(STEPS)
    assert leaks_in_tables(airflow, canaries(bank.seed)) == set()
    assert leaks_in_files(bank.airflow_dir, canaries(bank.seed)) == set()


def test_a_night_without_its_files_fails_with_step_and_reason(
    states: dict[str, str], api: Api, bank: Settings
) -> None:
    night = NIGHT + timedelta(days=1)
    found = Counter(api.run(night.isoformat()).values())
    assert found["success"] == 1  # start_night
    assert found["failed"] == 2  # withdraw_rows and the run
    ((status, reason),) = rows(
        bank, "select status, reason from ops.runs where business_date = %s", night
    )
    assert status == "failed"
    assert reason.startswith("withdraw_rows: ")
    kept = rows(bank, "select step, is_done from ops.step_runs where run_id like %s",
                f"{night:%Y%m%d}-%")  # fmt: skip
    assert dict(kept) == {"start_night": True, "withdraw_rows": False}
    assert value(bank, "select lists from ops.publication_state") == "blocked"


def test_services_listen_on_this_machine_only_and_keep_their_password_private(
    services: Services,
) -> None:
    listening = {
        connection.laddr.ip
        for process in services.processes
        if process.is_running()
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening == {"127.0.0.1"}
    assert password_file(services.settings).stat().st_mode & 0o777 == 0o600
