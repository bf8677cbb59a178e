"""From a fresh clone to published nights: what a newcomer waits for."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from bench.child import Done, run
from bench.place import clean_environment, remove_place
from bench.results import Limit, Row, Say
from bench.sizes import Sizes
from warehouse.settings import PROJECT_DIR

_LIMIT = Limit(8 * 60)


def cold_nightly(sizes: Sizes, say: Say) -> list[Row]:
    """Clone what is committed, `make install`, `make nightly`; at full size with empty caches."""
    parent = Path(tempfile.mkdtemp(prefix="bankloop-cold-"))
    clone = parent / "bankloop"
    environment = clean_environment() | _sizes(sizes, parent)
    try:
        _git("clone", "--quiet", "--no-hardlinks", str(PROJECT_DIR), str(clone))
        if _git("-C", str(PROJECT_DIR), "status", "--porcelain"):
            say("  changes that are not committed are not part of the clone")
        installed = _make(clone, environment, say, "install")
        nightly = _make(clone, environment, say, "nightly", f"NIGHTS={sizes.cold_nights}")
    finally:
        _stop_server(clone, environment)
        remove_place(parent, clone / "var" / "postgres")
    total = installed.seconds + nightly.seconds
    return [
        Row("make install", installed.seconds, "s", peak_mb=installed.python_mb),
        Row(f"make nightly, {sizes.cold_nights} nights", nightly.seconds, "s", None,
            nightly.together_mb),
        Row("together", total, "s", _LIMIT),
    ]  # fmt: skip


def _sizes(sizes: Sizes, parent: Path) -> dict[str, str]:
    if sizes.cold is None:
        return {"UV_CACHE_DIR": str(parent / "uv-cache"), "PIP_NO_CACHE_DIR": "1"}
    return {
        "BANKLOOP_CUSTOMERS": str(sizes.cold.customers),
        "BANKLOOP_HISTORY_DAYS": str(sizes.cold.history_days),
    }


def _make(clone: Path, environment: dict[str, str], say: Say, *arguments: str) -> Done:
    python = getattr(sys, "_base_executable", sys.executable)
    command = ["make", *arguments, f"PYTHON={python}"]
    say(f"  make {' '.join(arguments)}")
    postgres_dir = clone / "var" / "postgres"
    return run(command, clone, environment, postgres_dir, say, on_text=lambda x: say(f"    {x}"))


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], check=True, capture_output=True, text=True)  # noqa: S603, S607
    return done.stdout


def _stop_server(clone: Path, environment: dict[str, str]) -> None:
    program = clone / ".venv" / "bin" / "bankloop"
    if program.exists():
        subprocess.run([program, "warehouse", "stop"], cwd=clone, env=environment, check=False)  # noqa: S603
