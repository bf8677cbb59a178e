"""Feed contracts: what each feed must look like, read from `contracts/<feed>.yml`."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal, Self

import pyarrow as pa
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from warehouse.errors import ContractError

CONTRACT_DIR = Path(__file__).parent / "contracts"
ARRIVED = "arrived_date"

ColumnType = Literal["string", "date", "timestamp", "bigint", "integer", "numeric", "boolean"]
ARROW_TYPES: dict[str, pa.DataType] = {
    "string": pa.string(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", tz="UTC"),
    "bigint": pa.int64(),
    "integer": pa.int32(),
    "numeric": pa.decimal128(18, 9),
    "boolean": pa.bool_(),
}
SQL_TYPES: dict[str, str] = {
    "string": "text",
    "date": "date",
    "timestamp": "timestamptz",
    "bigint": "bigint",
    "integer": "integer",
    "numeric": "numeric(18, 9)",
    "boolean": "boolean",
}


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Column(_Strict):
    """One column of a feed as it is delivered."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    type: ColumnType
    nullable: bool
    allowed: tuple[str, ...] = ()
    format: Literal["currency"] | None = None
    pii: Literal["direct", "token_only"] | None = None

    @property
    def arrow_type(self) -> pa.DataType:
        """Type of the parsed column."""
        return ARROW_TYPES[self.type]

    @property
    def raw_name(self) -> str:
        """Name in `raw.<feed>`: a personal column is there only as its token."""
        return f"{self.name}_token" if self.pii else self.name

    @property
    def sql_type(self) -> str:
        """Type in `raw.<feed>`."""
        return SQL_TYPES[self.type]


class Contract(_Strict):
    """One feed: its key, its version column, when a row takes effect, and its columns."""

    feed: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    label_en: str
    label_zh: str
    grain: str
    key: tuple[str, ...] = Field(min_length=1)
    version: str
    effective_date: str | None
    party: str | None
    control_totals: tuple[str, ...] = Field(max_length=1)
    columns: tuple[Column, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_are_columns(self) -> Self:
        known = {column.name: column for column in self.columns}
        optional = [name for name in (self.effective_date, self.party) if name]
        for name in (*self.key, self.version, *optional, *self.control_totals):
            if name not in known:
                raise ValueError(f"{name} is not a column of {self.feed}")
        for name in (*self.key, self.version, *self.control_totals):
            if known[name].nullable or known[name].pii:
                raise ValueError(f"{name} of {self.feed} must be non-null and not personal")
        if known[self.version].type != "timestamp":
            raise ValueError(f"the version {self.version} of {self.feed} must be a timestamp")
        return self

    def column(self, name: str) -> Column:
        """The column of that name; KeyError where there is none."""
        return next(column for column in self.columns if column.name == name)

    @property
    def control_column(self) -> str | None:
        """The column whose sum the manifest states, if any."""
        return self.control_totals[0] if self.control_totals else None

    @property
    def personal(self) -> tuple[Column, ...]:
        """Columns that are tokenised on arrival."""
        return tuple(column for column in self.columns if column.pii)

    @property
    def raw_table(self) -> str:
        """Qualified name of the table it loads into."""
        return f"raw.{self.feed}"


def read_contract(path: Path) -> Contract:
    """Read one contract file.

    Raises:
        ContractError: not YAML, an unknown key, a wrong value, or named unlike its file.
    """
    try:
        contract = Contract.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, ValidationError) as error:
        raise ContractError(
            expected="a valid feed contract",
            found=str(error),
            where=path.name,
            remedy="correct the contract; its keys are those of ingestion.contracts.Contract",
        ) from error
    if contract.feed != path.stem:
        raise ContractError(
            expected=f"feed: {path.stem}",
            found=f"feed: {contract.feed}",
            where=path.name,
            remedy="name the file after its feed",
        )
    return contract


@lru_cache(maxsize=1)
def load_contracts() -> dict[str, Contract]:
    """All contracts by feed, in alphabetical order."""
    contracts = [read_contract(path) for path in sorted(CONTRACT_DIR.glob("*.yml"))]
    return {contract.feed: contract for contract in contracts}
