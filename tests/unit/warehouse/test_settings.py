import os
from datetime import date
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from warehouse.errors import SettingsError
from warehouse.settings import PREFIX, PROJECT_DIR, Settings, get_settings, refuse_unknown


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch):
    for name in list(os.environ):
        if name.startswith(PREFIX):
            monkeypatch.delenv(name)
    get_settings.cache_clear()
    yield
    get_settings.cache_clear()


def table() -> dict[str, str]:
    """Setting and default of each row of the table in docs/settings.md."""
    rows = {}
    for line in (PROJECT_DIR / "docs" / "settings.md").read_text().splitlines():
        if line.startswith(f"| `{PREFIX}"):
            name, default = (cell.strip().strip("`") for cell in line.split("|")[1:3])
            rows[name] = default
    return rows


def as_documented(value: object) -> str:
    if value is None:
        return "–"
    if value == PROJECT_DIR / "var":
        return "var"
    return str(value)


def test_the_table_of_settings_agrees_with_the_class() -> None:
    settings = Settings()
    expected = {
        PREFIX + name.upper(): as_documented(getattr(settings, name))
        for name in Settings.model_fields
    }
    assert table() == expected


def test_defaults_follow_the_source() -> None:
    assert (Settings().time_zone, Settings().currency_code) == ("Asia/Shanghai", "CNY")
    berka = Settings(source="berka")
    assert (berka.time_zone, berka.currency_code) == ("Europe/Prague", "CZK")
    assert berka.database_name == "bankloop_berka"
    assert berka.landing_dir != Settings().landing_dir


def test_the_clock_is_the_wall_s_only_beside_a_team_warehouse() -> None:
    assert Settings().clock == "business"
    assert Settings(warehouse_url=SecretStr("postgresql://h/d")).clock == "wall"
    assert Settings(warehouse_url=SecretStr("postgresql://h/d"), clock="business").clock == (
        "business"
    )


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError):
        Settings().seed = 1


def test_an_unknown_variable_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(SettingsError, match="did you mean BANKLOOP_SEED"):
        refuse_unknown({"BANKLOOP_SEEED": "1"})
    refuse_unknown({"BANKLOOP_SEED": "1", "BANKLOOP_DBT_HOST": "h", "OTHER": "x"})


def test_a_malformed_value_names_its_variable_and_hides_the_value(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BANKLOOP_CUSTOMERS", "s3cret")
    with pytest.raises(SettingsError, match="BANKLOOP_CUSTOMERS") as caught:
        get_settings()
    assert "s3cret" not in str(caught.value)


def test_secrets_are_not_shown() -> None:
    settings = Settings(
        master_key=SecretStr("topsecret"), warehouse_url=SecretStr("postgresql://p")
    )
    assert "topsecret" not in repr(settings)
    assert "postgresql" not in repr(settings)


def test_another_process_reads_the_same_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(
        source="berka",
        data=Path("/d"),
        var_dir=Path("/v"),
        master_key=SecretStr("k" * 32),
        score_trigger_from=date(2024, 1, 2),
    )
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    assert get_settings() == settings
