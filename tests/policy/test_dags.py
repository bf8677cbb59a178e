"""Every DAG has an owner, a doc page and unique verb_object tasks; the nightly DAG draws NIGHT."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from warehouse.settings import PROJECT_DIR

DAG_FILES = sorted((PROJECT_DIR / "dags").glob("[a-z]*.py"))

READ_BACK = """
import json, sys
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(dag_folder={folder!r})
json.dump({{
    "errors": {{str(k): str(v) for k, v in bag.import_errors.items()}},
    "dags": {{
        name: {{
            "owner": dag.owner, "doc": bool(dag.doc_md), "catchup": dag.catchup,
            "active": dag.max_active_runs, "tasks": [t.task_id for t in dag.topological_sort()],
            "chained": all(len(t.downstream_task_ids) <= 1 for t in dag.tasks),
            "callback": all(t.on_failure_callback for t in dag.tasks),
            "params": sorted(dag.params),
        }} for name, dag in bag.dags.items()
    }},
}}, sys.stdout)
"""


@pytest.fixture(scope="module")
def bag(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, dict[str, object]]]:
    """The DAGs as Airflow parses them, in a process of their own with a home of its own."""
    import json

    home = tmp_path_factory.mktemp("airflow_home")
    result = subprocess.run(
        [sys.executable, "-c", READ_BACK.format(folder=str(PROJECT_DIR / "dags"))],
        env=os.environ
        | {
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
            "BANKLOOP_VAR_DIR": str(home / "var"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-2000:]
    found: dict[str, dict[str, dict[str, object]]] = json.loads(result.stdout.splitlines()[-1])
    return found


def test_every_dag_file_parses_into_the_dag_of_its_name(
    bag: dict[str, dict[str, dict[str, object]]],
) -> None:
    names = {file.stem for file in DAG_FILES if file.stem != "__init__"}
    assert names
    assert bag["errors"] == {}
    assert set(bag["dags"]) == names


def test_every_dag_has_owner_page_and_safe_defaults(
    bag: dict[str, dict[str, dict[str, object]]],
) -> None:
    for name, dag in bag["dags"].items():
        assert dag["owner"] != "airflow", name
        assert dag["doc"], name
        assert (PROJECT_DIR / "docs" / "dags" / f"{name}.md").exists(), name
        assert dag["catchup"] is False, name
        assert dag["active"] == 1, name
        assert dag["callback"], name


def test_nightly_draws_the_steps_in_the_order_of_the_in_process_night(
    bag: dict[str, dict[str, dict[str, object]]],
) -> None:
    from dags.pipeline_support.night import NIGHT

    nightly = bag["dags"]["nightly"]
    assert nightly["tasks"] == [step.__name__ for step in NIGHT]
    assert nightly["chained"]
    assert 20 <= len(NIGHT) <= 30


def test_backfill_draws_its_steps_and_its_page_names_them(
    bag: dict[str, dict[str, dict[str, object]]],
) -> None:
    from dags.pipeline_support.backfill import STEPS
    from dags.pipeline_support.params import BackfillParams

    names = [step.__name__ for step in STEPS]
    page = (PROJECT_DIR / "docs" / "dags" / "backfill.md").read_text()
    assert bag["dags"]["backfill"]["tasks"] == names
    assert bag["dags"]["backfill"]["params"] == sorted(BackfillParams.model_fields)
    assert [name for name in names if f"`{name}`" not in page] == []


def test_every_step_is_named_in_the_doc_page() -> None:
    from dags.pipeline_support.night import NIGHT

    page = (PROJECT_DIR / "docs" / "dags" / "nightly.md").read_text()
    assert [s.__name__ for s in NIGHT if f"`{s.__name__}`" not in page] == []


def test_steps_are_verb_object_with_a_docstring() -> None:
    from dags.pipeline_support.night import NIGHT

    for step in NIGHT:
        assert re.fullmatch(r"[a-z]+_[a-z_]+", step.__name__)
        assert step.__doc__


def test_the_form_offers_every_parameter(bag: dict[str, dict[str, dict[str, object]]]) -> None:
    from dags.pipeline_support.params import NightlyParams

    assert bag["dags"]["nightly"]["params"] == sorted(NightlyParams.model_fields)


def test_no_dag_file_reads_settings_or_secrets_while_parsed() -> None:
    for file in DAG_FILES:
        text = Path(file).read_text()
        assert "get_settings(" not in text
        assert "os.environ" not in text
