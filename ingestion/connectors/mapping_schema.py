"""What a mapping file may say: how a source's own tables become feeds. Frozen; no unknown keys."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from ingestion.manifest import Bank

PAGE_ROWS = 50_000
TextValue = str | None


def _listed(value: object) -> object:
    """One entry where a list is expected stands for a list of one."""
    return [value] if isinstance(value, str | dict) else value


def _as_text(value: object) -> object:
    """YAML's own `true` and numbers, as a text file would write them."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


def _as_texts(value: object) -> object:
    if not isinstance(value, dict):
        return value
    if any(isinstance(key, bool) or key is None for key in value):
        raise ValueError("YAML reads yes, no, on and off as true and false: write them in quotes")
    return {_as_text(key): _as_text(target) for key, target in value.items()}


def _as_text_list(value: object) -> object:
    return [_as_text(one) for one in value] if isinstance(value, list) else [_as_text(value)]


def _file_pattern(name: str) -> str:
    try:
        name.format(date=date(2000, 1, 1))
    except (KeyError, IndexError, ValueError, AttributeError) as error:
        raise ValueError("only {date} and {date:%Y%m%d} may stand in a file's name") from error
    return name


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError("no such time zone (write it like Europe/Vienna)") from error
    return name


Name = Annotated[str, Field(min_length=1)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_as_text_list)]
Names = Annotated[tuple[Name, ...], BeforeValidator(_listed), Field(min_length=1)]
Zone = Annotated[str, AfterValidator(_known_zone)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class SignRule(_Strict):
    """A column that says which amounts are negative (debit and credit flags)."""

    source: Name = Field(alias="from")
    values: Texts = Field(min_length=1)


class ColumnRule(_Strict):
    """How one column of a feed is made: from columns of the source, or always the same."""

    source: Names | None = Field(default=None, alias="from")
    constant: Annotated[str | None, BeforeValidator(_as_text)] = None
    join: str = "-"
    values: Annotated[dict[str, TextValue], BeforeValidator(_as_texts)] = {}
    otherwise: Annotated[str | None, BeforeValidator(_as_text)] = None
    null_values: Texts = ()
    format: Name | None = None
    time_zone: Zone | None = None
    decimals: int | None = Field(default=None, ge=0, le=6)
    decimal_separator: Literal[".", ","] = "."
    thousands_separator: Literal[",", ".", " ", "'"] | None = None
    multiply: Decimal | None = None
    negative_when: SignRule | None = None

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: object) -> object:
        """`column: NAME` stands for `column: {from: NAME}`."""
        return {"from": value} if isinstance(value, str | list) else value

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if (self.source is None) == (self.constant is None):
            raise ValueError("either `from` or `constant` must be given")
        if self.constant is not None and len(self.model_fields_set) > 1:
            raise ValueError("a constant has no other keys")
        if self.otherwise is not None and not self.values:
            raise ValueError("`otherwise` needs `values`")
        if self.decimal_separator == self.thousands_separator:
            raise ValueError("decimal_separator and thousands_separator are the same")
        return self

    def reads(self) -> tuple[str, ...]:
        """Columns of the source that it needs."""
        sign = (self.negative_when.source,) if self.negative_when else ()
        return (*(self.source or ()), *sign)


class FeedSource(_Strict):
    """One table of the source that fills a feed: a file, or a table or query of a database."""

    file: Annotated[Name, AfterValidator(_file_pattern)] | None = None
    format: Literal["csv", "csv.gz", "parquet"] = "csv"
    encoding: Literal["UTF-8", "GB18030"] = "UTF-8"
    delimiter: Literal[",", ";", "\t"] = ","
    table: Name | None = None
    query: Name | None = None
    key: Names | None = None
    watermark: Name | None = None
    overlap: int = Field(default=0, ge=0)
    page_rows: int = Field(default=PAGE_ROWS, ge=1, le=1_000_000)
    time_zone: Zone | None = None
    null_values: Texts = ()
    only: dict[str, Texts] = {}
    arrived: ColumnRule | None = None
    columns: dict[str, ColumnRule] = Field(min_length=1)

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        places = [self.file, self.table, self.query]
        if sum(place is not None for place in places) != 1:
            raise ValueError("exactly one of file, table and query must be given")
        database_keys = {"key", "watermark", "overlap", "page_rows"} & self.model_fields_set
        if self.file is not None and database_keys:
            raise ValueError(f"a file has no {', '.join(sorted(database_keys))}")
        if self.file is None and (self.key is None or self.watermark is None):
            raise ValueError("a table or query needs key and watermark")
        if self.file is None and {"format", "encoding", "delimiter"} & self.model_fields_set:
            raise ValueError("format, encoding and delimiter belong to a file")
        return self

    @property
    def is_database(self) -> bool:
        """Whether it is read from a database."""
        return self.file is None

    @property
    def name(self) -> str:
        """Name under which `ops.load_audit` counts it."""
        return self.file or self.table or "query"

    def reads(self) -> tuple[str, ...]:
        """Columns that the source must have, each once."""
        rules = [*self.columns.values(), *([self.arrived] if self.arrived else [])]
        names = [name for rule in rules for name in rule.reads()]
        database = (*(self.key or ()), *((self.watermark,) if self.watermark else ()))
        return tuple(dict.fromkeys([*database, *names, *self.only]))


class Mapping(_Strict):
    """A whole mapping file: which bank, which feeds from where, which feeds are absent."""

    version: Literal[1]
    source: str = Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")
    bank: Bank
    profiling_basis: Name | None = None
    absent_feeds: dict[str, Name] = {}
    feeds: dict[
        str, Annotated[tuple[FeedSource, ...], BeforeValidator(_listed), Field(min_length=1)]
    ] = Field(min_length=1)
