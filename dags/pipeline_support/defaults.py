"""One function gives every DAG its defaults."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from warehouse.settings import get_settings

DOCS_DIR = Path(__file__).resolve().parents[2] / "docs" / "dags"
OWNER = "data-engineering"


def dag_defaults(
    dag_id: str, *, tags: tuple[str, ...] = (), is_nightly: bool = True
) -> dict[str, Any]:
    """Keyword arguments of `@dag`: owner, start date, no catch-up, one active run, doc page.

    The schedule is a cron text in `BANKLOOP_NIGHTLY_SCHEDULE`; without it, and where a DAG is not
    nightly, runs are started by hand or by whatever completes the landing.
    """
    return {
        "dag_id": dag_id,
        "schedule": get_settings().nightly_schedule if is_nightly else None,
        "start_date": datetime(1990, 1, 1, tzinfo=UTC),
        "catchup": False,
        "max_active_runs": 1,
        "max_active_tasks": 1,
        "default_args": {"owner": OWNER, "retries": 0},
        "doc_md": (DOCS_DIR / f"{dag_id}.md").read_text(),
        "tags": ["bankloop", *tags],
        "is_paused_upon_creation": False,
        "render_template_as_native_obj": False,
    }
