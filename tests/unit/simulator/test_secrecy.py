"""Others may run the simulator, but not read its constants or its truth."""

import ast
from pathlib import Path

import simulator

PROJECT = Path(__file__).resolve().parents[3]
OTHERS = ("campaigns", "dags", "expectations", "ingestion", "measurement", "models_ml", "warehouse")


def imported_names(path: Path) -> set[str]:
    """What a module takes from the simulator: names, and submodules as dotted paths."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "simulator":
            prefix = "" if node.module == "simulator" else f"{node.module}."
            found |= {prefix + alias.name for alias in node.names}
        if isinstance(node, ast.Import):
            found |= {a.name for a in node.names if a.name.startswith("simulator.")}
    return found


def test_only_the_public_functions_are_imported() -> None:
    allowed = {*simulator.__all__, "simulator.lists.published_lists"}
    modules = [p for folder in OTHERS for p in (PROJECT / folder).rglob("*.py")]
    modules.append(PROJECT / "bankloop.py")
    found = {name for path in modules for name in imported_names(path)}
    assert found <= allowed


def test_the_check_sees_imports() -> None:
    here = imported_names(PROJECT / "tests" / "unit" / "simulator" / "test_randomness.py")
    assert here == {"randomness"}
