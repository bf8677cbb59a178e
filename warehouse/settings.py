"""All settings of the project, read once from `BANKLOOP_*` environment variables.

The table of settings for people is docs/settings.md; a test holds the two together.
"""

from __future__ import annotations

import difflib
import os
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from warehouse.errors import SettingsError

PREFIX = "BANKLOOP_"
PROJECT_DIR = Path(__file__).resolve().parent.parent
_DBT_PREFIX = "BANKLOOP_DBT_"  # handed to dbt by warehouse.connection.dbt_environment
_BANK_OF_SOURCE = {"berka": ("Europe/Prague", "CZK"), "simulator": ("Asia/Shanghai", "CNY")}


def _default_time_zone(values: dict[str, Any]) -> str:
    return _BANK_OF_SOURCE.get(values.get("source", "simulator"), ("UTC", "EUR"))[0]


def _default_currency(values: dict[str, Any]) -> str:
    return _BANK_OF_SOURCE.get(values.get("source", "simulator"), ("UTC", "EUR"))[1]


def _default_clock(values: dict[str, Any]) -> Literal["business", "wall"]:
    return "wall" if values.get("warehouse_url") else "business"


class Settings(BaseSettings):
    """One frozen, typed object; field `x` is set by the environment variable `BANKLOOP_X`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="forbid", env_ignore_empty=True
    )

    source: str = Field(default="simulator", pattern=r"^[a-z][a-z0-9_]{0,30}$")
    data: Path | None = None
    source_url: SecretStr | None = None
    var_dir: Path = PROJECT_DIR / "var"
    server_dir: Path | None = None
    database: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9_]{0,62}$")
    warehouse_url: SecretStr | None = None
    master_key: SecretStr | None = None
    server_memory_mb: int | None = Field(default=None, ge=256)
    clock: Literal["business", "wall"] = Field(default_factory=_default_clock)
    time_zone: str = Field(default_factory=_default_time_zone)
    currency_code: str = Field(default_factory=_default_currency, pattern=r"^[A-Z]{3}$")
    quarantine_share_limit: float = Field(default=0.01, ge=0, le=1)
    landing_disposal: Literal["remove", "move"] = "remove"
    quarantine_days: int = Field(default=30, ge=1)
    restatement_days: int = Field(default=35, ge=0)
    export_days: int = Field(default=7, ge=1)
    archive_days: int | None = Field(default=None, ge=35)
    original_days: int | None = Field(default=None, ge=1)
    excluded_decision_days: int = Field(default=90, ge=35)
    assigned_decision_years: int = Field(default=5, ge=1)
    max_audience_change: Decimal = Field(default=Decimal("0.5"), gt=0)
    score_trigger_from: date | None = None
    customers: int = Field(default=20_000, ge=1)
    history_days: int = Field(default=120, ge=1)
    seed: int = 20240101
    first_date: date = date(2024, 1, 1)
    nightly_schedule: str | None = None
    airflow_database: str = Field(default="airflow", pattern=r"^[a-z][a-z0-9_]{0,62}$")
    mlflow_database: str = Field(default="mlflow", pattern=r"^[a-z][a-z0-9_]{0,62}$")
    mlflow_url: str | None = None

    @property
    def database_name(self) -> str:
        """Name of the warehouse database: each source has its own."""
        return self.database or f"bankloop_{self.source}"

    @property
    def source_dir(self) -> Path:
        """Everything that belongs to one source: landing, archive, exports, logs."""
        return self.var_dir / self.source

    @property
    def landing_dir(self) -> Path:
        """Inbox: one folder per business date."""
        return self.source_dir / "landing"

    @property
    def archive_dir(self) -> Path:
        """Landing folders after their night was loaded."""
        return self.source_dir / "archive"

    @property
    def originals_dir(self) -> Path:
        """Landing folders as delivered, where `landing_disposal` keeps them."""
        return self.source_dir / "landing_done"

    @property
    def export_dir(self) -> Path:
        """List files for the channels, mode 0600."""
        return self.source_dir / "export"

    @property
    def truth_dir(self) -> Path:
        """What the simulator knows and the pipeline may not read."""
        return self.source_dir / "truth"

    @property
    def simulator_dir(self) -> Path:
        """State of the simulated bank between two days."""
        return self.source_dir / "simulator"

    @property
    def model_dir(self) -> Path:
        """Model files and reports of this source."""
        return self.source_dir / "models"

    @property
    def docs_dir(self) -> Path:
        """Data Docs of the gates."""
        return self.source_dir / "data_docs"

    @property
    def report_dir(self) -> Path:
        """Summaries of runs."""
        return self.source_dir / "reports"

    @property
    def log_dir(self) -> Path:
        """Logs of the pipeline."""
        return self.var_dir / "logs"

    @property
    def postgres_dir(self) -> Path:
        """The embedded server: data, port, log."""
        return (self.server_dir or self.var_dir) / "postgres"

    @property
    def secrets_dir(self) -> Path:
        """Generated secrets of the server and the vault, mode 0700; files in it 0600."""
        return (self.server_dir or self.var_dir) / "secrets"

    @property
    def airflow_dir(self) -> Path:
        """AIRFLOW_HOME of this machine."""
        return self.var_dir / "airflow"

    def environment(self) -> dict[str, str]:
        """The variables with which another process reads these settings (secrets included)."""
        found = {name: getattr(self, name) for name in type(self).model_fields}
        return {
            PREFIX + name.upper(): _as_text(value)
            for name, value in found.items()
            if value is not None
        }


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """Read the settings once per process.

    Raises:
        SettingsError: a value is malformed, or a `BANKLOOP_` variable is unknown.
    """
    refuse_unknown(dict(os.environ))
    try:
        settings = Settings()
    except ValidationError as error:
        raise _readable(error) from None
    folders = {"var_dir": settings.var_dir, "server_dir": settings.server_dir}
    absolute = {name: path.expanduser().absolute() for name, path in folders.items() if path}
    return settings.model_copy(update=absolute)


def refuse_unknown(environment: dict[str, str]) -> None:
    """Refuse `BANKLOOP_` variables that no setting reads: a typo must not pass silently."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    for name in sorted(environment):
        if not name.startswith(PREFIX) or name.startswith(_DBT_PREFIX) or name in known:
            continue
        close = difflib.get_close_matches(name, known, n=1)
        raise SettingsError(
            expected="only settings that exist",
            found=f"the environment variable {name}",
            where="environment",
            remedy=f"did you mean {close[0]}?" if close else "unset it; see docs/settings.md",
        )


def _as_text(value: object) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


def _readable(error: ValidationError) -> SettingsError:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    name = PREFIX + "_".join(str(part) for part in first["loc"]).upper()
    return SettingsError(
        expected="a valid value", found=first["msg"], where=name, remedy="see docs/settings.md"
    )
