"""docker-compose.yml keeps the compose specification and the project's rules; needs no engine."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from warehouse.settings import PROJECT_DIR, Settings

COMPOSE = PROJECT_DIR / "docker-compose.yml"
ONE_SHOT = {"airflow-migrate"}


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())["services"]
    return found


def check_against_specification(file: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "check_jsonschema",
            "--builtin-schema",
            "vendor.compose-spec",
            str(file),
        ],
        capture_output=True,
        text=True,
        check=False,
    )


def test_file_keeps_the_compose_specification() -> None:
    result = check_against_specification(COMPOSE)
    assert result.returncode == 0, result.stdout


def test_the_check_itself_refuses_an_unknown_key(tmp_path: Path) -> None:
    broken = tmp_path / "docker-compose.yml"
    broken.write_text(COMPOSE.read_text().replace("    ports:", "    portz:", 1))
    assert check_against_specification(broken).returncode != 0


def test_every_port_is_bound_to_this_machine_only(services: dict[str, Any]) -> None:
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert ports
    assert all(str(port).startswith("127.0.0.1:") for port in ports)


def test_every_image_has_a_pinned_tag(services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert re.search(r":\d+\.\d+", service["image"]), name


def test_every_long_running_service_has_a_health_check(services: dict[str, Any]) -> None:
    without = {name for name, service in services.items() if "healthcheck" not in service}
    assert without == ONE_SHOT


def test_no_secret_stands_in_the_file(services: dict[str, Any]) -> None:
    secret = re.compile(r"PASSWORD$|SECRET|_KEY$")
    for service in services.values():
        for name, value in service["environment"].items():
            if secret.search(name):
                assert re.fullmatch(r"\$\{\w+:\?set it in \.env\}", value), name


def test_every_variable_is_explained_in_the_example() -> None:
    required = set(re.findall(r"\$\{(\w+):\?", COMPOSE.read_text()))
    example = (PROJECT_DIR / ".env.example").read_text()
    assert required
    assert required == {name for name in required if re.search(rf"^{name}=$", example, re.M)}


def test_every_setting_it_passes_exists(services: dict[str, Any]) -> None:
    passed = {
        name for s in services.values() for name in s["environment"] if name.startswith("BANKLOOP_")
    }
    known = {f"BANKLOOP_{name.upper()}" for name in Settings.model_fields}
    assert passed
    assert passed <= known
