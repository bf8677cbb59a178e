"""The one typed doorway to dbt: one call per layer, in this process, one parsed manifest."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from psycopg import sql
from psycopg.rows import dict_row

from warehouse.connection import connect, dbt_environment, relation_exists
from warehouse.errors import TransformationError
from warehouse.settings import PROJECT_DIR, Settings

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunner, dbtRunnerResult
    from dbt.contracts.graph.manifest import Manifest

DBT_PROJECT_DIR = PROJECT_DIR / "dbt_project"
Layer = Literal[
    "staging",
    "intermediate",
    "marts",
    "features",
    "tags",
    "activation",
    "attribution",
    "measurement",
    "bi",
]
_WITHOUT_WRITING = frozenset(
    {"", "compile", "debug", "docs", "list", "ls", "parse", "show", "test"}
)
_WITHOUT_A_NIGHT = frozenset({"", "debug", "list", "ls", "parse"})
_LITERAL_TYPES = {date: "date", str: "text"}
_WORDS = {"success": "built", "pass": "tests passed", "warn": "tests warned"}
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class DbtOutcome:
    """What one call did: nodes by status, and its longest node."""

    layer: str
    command: str
    statuses: dict[str, int]
    slowest: tuple[str, float]

    def __str__(self) -> str:
        """`51 built, 101 tests passed; slowest stg_landing__transactions 1.3 s`."""
        counts = ", ".join(
            f"{count:,} {_WORDS.get(status, status)}"
            for status, count in sorted(self.statuses.items(), key=lambda s: (s[0] != "success", s))
        )
        return f"{counts}; slowest {self.slowest[0]} {self.slowest[1]:.1f} s"


def build_layer(settings: Settings, layer: Layer, *, run_id: str, data_tests: bool) -> DbtOutcome:
    """Build one layer of models, each followed by its data tests; seeds come with staging.

    Args:
        settings: which warehouse.
        layer: a folder of `dbt_project/models`.
        run_id: names the sessions, so that a run that takes over can end them.
        data_tests: False builds models only.

    Raises:
        TransformationError: a model or a test of severity error failed; names it and its SQL file.
    """
    selected = [f"path:models/{layer}", *(["path:seeds"] if layer == "staging" else [])]
    skipped = ["unit_test", *([] if data_tests else ["test"])]
    arguments = ["build", "--select", *selected, "--indirect-selection", "buildable"]
    for kind in skipped:
        arguments += ["--exclude-resource-type", kind]
    if _manifest_path(settings).exists():
        arguments.append("--no-write-json")  # the parse wrote it; again costs half a second a call
    return call(settings, arguments, layer=layer, run_id=run_id)


def call(
    settings: Settings, arguments: list[str], *, layer: str = "all", run_id: str = ""
) -> DbtOutcome:
    """Call dbt in this process with `arguments` and turn its failures into one readable error."""
    with _environment(settings, arguments[0], run_id):
        result = _runner(settings.database_name).invoke(
            [
                *arguments,
                "--project-dir",
                str(DBT_PROJECT_DIR),
                "--profiles-dir",
                str(DBT_PROJECT_DIR),
            ]
        )
    if result.exception is not None:
        raise TransformationError(
            expected="dbt to run",
            found=f"{type(result.exception).__name__}: {result.exception}",
            where=f"dbt {' '.join(arguments)}",
            remedy="mend the project, then run the same night again",
        )
    outcome = _summarise(arguments[0], layer, result.result)
    if not result.success:
        raise _failure(settings, arguments, result.result)
    logger.info("%s", outcome)
    return outcome


def by_hand(settings: Settings, arguments: list[str]) -> int:
    """Run dbt as a person would, in a process of its own that prints; returns its exit code.

    What only reads or compiles may run beside a night. Everything else holds the writer's lock, and
    works for the night of `ops.current_night`. Results go to `by_hand_dir`.

    Raises:
        LeaseError: a run is working, and the command may write.
        RunOrderError: a run is unfinished, and the command may write.
    """
    from warehouse import ledger

    command = next((word for word in arguments if not word.startswith("-")), "")
    writes = command not in _WITHOUT_WRITING
    with ledger.between_nights(settings, "dbt") if writes else nullcontext():
        return subprocess.run(  # noqa: S603 - dbt of this environment
            [
                str(Path(sys.executable).with_name("dbt")),
                *arguments,
                *(["--profiles-dir", str(DBT_PROJECT_DIR)] if command else []),
            ],
            cwd=DBT_PROJECT_DIR,
            env=os.environ | _variables(settings, command, by_hand_dir(settings), "by-hand"),
            check=False,
        ).returncode


def by_hand_dir(settings: Settings) -> Path:
    """Where dbt writes what a person asked of it, apart from what nights write."""
    return target_dir(settings) / "by_hand"


def manifest(settings: Settings) -> dict[str, Any]:
    """The parsed project as dbt wrote it; parses first where no call was made yet."""
    path = _manifest_path(settings)
    if not path.exists():
        call(settings, ["parse"], layer="all")
    content: dict[str, Any] = json.loads(path.read_text())
    return content


def target_dir(settings: Settings) -> Path:
    """Where dbt writes compiled SQL and its manifest: one folder a database, in `var/`."""
    return settings.source_dir / "dbt" / settings.database_name


def _manifest_path(settings: Settings) -> Path:
    return target_dir(settings) / "manifest.json"


@lru_cache(maxsize=4)
def _runner(database_name: str) -> _ManifestKeepingRunner:
    """One runner a database: it keeps the manifest of its first call for the later ones."""
    from dbt.cli.main import dbtRunner

    return _ManifestKeepingRunner(dbtRunner)


class _ManifestKeepingRunner:
    """Parses once a process: the first call's manifest serves all later ones."""

    def __init__(self, runner_class: type[dbtRunner]) -> None:
        self._runner_class = runner_class
        self._manifest: Manifest | None = None

    def invoke(self, arguments: list[str]) -> dbtRunnerResult:
        """Run dbt; the first call parses, later ones reuse its manifest."""
        if self._manifest is None:
            parsed = self._runner_class().invoke(["parse", *arguments[-4:]])
            if not parsed.success:
                return parsed
            self._manifest = cast("Manifest", parsed.result)
        _forget_repeated_flags()
        return self._runner_class(manifest=self._manifest).invoke(arguments)


def _forget_repeated_flags() -> None:
    """Undo what dbt-adapters adds to a list of its module at every call.

    Each entry costs a walk over the whole call stack: without this, a process that runs many nights
    takes longer with each of them.
    """
    from dbt.adapters.base import impl

    by_name = {flag["name"]: flag for flag in impl.DEFAULT_BASE_BEHAVIOR_FLAGS}
    impl.DEFAULT_BASE_BEHAVIOR_FLAGS[:] = by_name.values()


def _current_night(settings: Settings) -> dict[str, str]:
    """The dates and texts of `ops.current_night` as SQL literals; empty before the first run."""
    with connect(settings) as connection:
        if not relation_exists(connection, "ops.current_night"):
            return {}
        cursor = connection.cursor(row_factory=dict_row)
        row = cursor.execute("select * from ops.current_night").fetchone() or {}
        return {
            name: f"cast({sql.quote(str(value), connection)} as {kind})"
            for name, value in row.items()
            if (kind := _LITERAL_TYPES.get(type(value)))
        }


def _variables(settings: Settings, command: str, target: Path, session: str) -> dict[str, str]:
    """What dbt reads from its environment, in this process or in one of its own."""
    night = {} if command in _WITHOUT_A_NIGHT else _current_night(settings)
    return {
        **dbt_environment(settings),
        "BANKLOOP_DBT_NIGHT": json.dumps(night),
        "PGAPPNAME": f"bankloop-dbt:{session}",
        "DBT_TARGET_PATH": str(target),
        "DBT_LOG_PATH": str(target / "logs"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
    }


@contextmanager
def _environment(settings: Settings, command: str, run_id: str) -> Iterator[None]:
    target = target_dir(settings)
    target.mkdir(parents=True, exist_ok=True)
    wanted = _variables(settings, command, target, run_id) | {
        "DBT_LOG_LEVEL": "none",
        "DBT_USE_COLORS": "false",
    }
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _summarise(command: str, layer: str, result: object) -> DbtOutcome:
    nodes = _nodes(result)
    statuses: dict[str, int] = {}
    for node in nodes:
        statuses[str(node.status)] = statuses.get(str(node.status), 0) + 1
    slowest = max(
        ((n.node.name, float(n.execution_time)) for n in nodes if n.node.resource_type != "test"),
        key=lambda s: s[1],
        default=("-", 0.0),
    )
    return DbtOutcome(layer=layer, command=command, statuses=statuses, slowest=slowest)


def _nodes(result: object) -> list[Any]:
    """One outcome per node; a call like `parse` has none."""
    return list(getattr(result, "results", None) or [])


def _failure(settings: Settings, arguments: list[str], result: object) -> TransformationError:
    failed = [n for n in _nodes(result) if str(n.status) in {"error", "fail", "runtime error"}]
    first = failed[0] if failed else None
    found = "; ".join(
        f"{n.node.name}: {' '.join(str(n.message or n.status).split())[:400]}" for n in failed[:3]
    )
    return TransformationError(
        expected="every model built and every test of severity error passed",
        found=f"{len(failed)} failed: {found}",
        where=str(getattr(first.node, "original_file_path", "")) if first else " ".join(arguments),
        remedy=f"the compiled SQL is under {target_dir(settings).name}/compiled of this source's "
        "dbt folder; mend the model or the data, then run the same night again",
    )
