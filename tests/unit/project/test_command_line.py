"""Every command explains itself, and every mistake is answered with what to do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.core import TyperCommand, TyperGroup
from typer.testing import CliRunner, Result

from bankloop import app
from warehouse.settings import get_settings


def _commands(group: TyperGroup, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, command in sorted(group.commands.items()):
        if hasattr(command, "commands"):
            yield from _commands(command, (*path, name))
        else:
            yield (*path, name)


COMMANDS = list(_commands(typer.main.get_command(app)))


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("BANKLOOP_VAR_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("COLUMNS", "200")
    get_settings.cache_clear()
    yield
    get_settings.cache_clear()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_the_commands_of_the_documentation_are_there() -> None:
    told = {"practise", "nightly", "status", "explain", "land", "historic", "feeds"}
    assert told <= {path[0] for path in COMMANDS}
    assert ("airflow", "up") in COMMANDS
    assert ("campaign", "validate") in COMMANDS


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_says_what_it_does_and_what_each_option_means(path: tuple[str, ...]) -> None:
    command: TyperCommand = typer.main.get_command(app)
    for name in path:
        command = command.commands[name]
    assert command.help
    assert command.help.split("\n")[0].endswith((".", ")."))
    for parameter in command.params:
        if parameter.param_type_name == "option":
            assert parameter.help, parameter.name
    result = run(*path, "--help")
    assert result.exit_code == 0
    assert command.help.split("\n")[0][:40] in result.output


def test_without_a_command_the_help_is_shown() -> None:
    assert "practise" in run().output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("nightly", "--date", "31.01.2024"), "%Y-%m-%d"),
        (("nightly", "--date", "2024-02-30"), "2024-02-30"),
        (("nightly",), "--date"),
        (("nightlyy",), "nightly"),
        (("nightly", "--date", "2024-01-31", "--abandon"), "--reason"),
        (("nightly", "--date", "2024-01-31", "--feed-missing", "surveys"), "--reason"),
        (("practise", "--nights", "0"), "'--nights'"),
        (("explain", "--customer", "C0123456789abcde"), "--strategy"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_a_wrong_call_names_the_option(arguments: tuple[str, ...], told: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert told in result.output


def test_a_misspelt_setting_is_refused_with_its_right_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANKLOOP_CUSTOMER", "100")
    result = run("land")
    assert result.exit_code == 2
    assert "SettingsError" in result.output
    assert "did you mean BANKLOOP_CUSTOMERS?" in result.output


def test_a_source_without_its_folder_is_told_how_to_name_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BANKLOOP_SOURCE", "berka")
    result = run("land")
    assert result.exit_code == 2
    for part in ("expected:", "found:", "where:", "remedy:", "DATA="):
        assert part in result.output


def test_the_landing_contracts_are_printed() -> None:
    result = run("feeds")
    assert result.exit_code == 0
    assert "transactions" in result.output
