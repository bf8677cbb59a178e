"""Run parameters are a validated model; Airflow's form is made from it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from warehouse.errors import RunOrderError


class ErasureParams(BaseModel):
    """Whom to erase, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    parties: str = Field(
        default="",
        title="Parties",
        description="party_id of the customers to erase, one a line, as the source writes them.",
    )
    reason: str = Field(
        default="",
        title="Reason",
        description="For the record, without personal data: a case number, say.",
    )


class NightlyParams(BaseModel):
    """What a person may say about one night when starting it by hand."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    business_date: date | None = Field(
        default=None,
        title="Business date",
        description="The night to run. Empty: the date of the run's logical date.",
    )
    missing_feeds: dict[str, str] = Field(
        default_factory=dict,
        title="Feeds that will not come",
        description='Feeds to close tonight, each with its reason: {"surveys": "none today"}.',
    )

    data_tests: bool = Field(
        default=True,
        title="Data tests",
        description="Run dbt's data tests after each model; False only repeats a night quickly.",
    )

    @classmethod
    def from_context(cls, params: dict[str, Any]) -> NightlyParams:
        """Read what the form sent; empty fields mean the default."""
        return cls(**{name: value for name, value in params.items() if value not in (None, "")})

    def night(self, logical_date: datetime | None) -> date:
        """The business date: the parameter, else the date of the logical date.

        Raises:
            RunOrderError: neither is there (a run triggered without a logical date).
        """
        if self.business_date is not None:
            return self.business_date
        if logical_date is None:
            raise RunOrderError(
                expected="a business date",
                found="a run without logical date and without the parameter business_date",
                where="DAG nightly",
                remedy="trigger the run with a logical date, or fill in business_date",
            )
        return logical_date.date()


class BackfillParams(BaseModel):
    """From which night on nights are lived again, and whether the bank takes over the result."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    from_date: date = Field(
        title="From",
        description="The first night to live again; every night from it to the last one follows.",
    )
    publish: bool = Field(
        default=False,
        title="Publish",
        description="Let the bank take over the result; otherwise only the report is written.",
    )
