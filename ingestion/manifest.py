"""The manifest of a landing folder: what the source says that it has delivered."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from warehouse.errors import LandingError

MANIFEST = "manifest.json"
Text = Annotated[str, Field(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ManifestFile(_Strict):
    """One delivered file of one feed."""

    feed: Text
    file: Text
    source_file: Text | None = None
    format: Literal["parquet", "csv", "csv.gz"]
    encoding: Literal["UTF-8", "GB18030"] = "UTF-8"
    delimiter: Literal[",", ";", "\t"] = ","
    rows: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    control_totals: dict[str, int] = {}

    @property
    def source_name(self) -> str:
        """Name under which the source knows the file."""
        return self.source_file or self.file


class ArchivedFile(_Strict):
    """Where the archive keeps the rows of one delivered file."""

    file: Text
    rows_file: Text
    rejects_file: Text
    rows_sha256: str
    rejects_sha256: str


class Bank(_Strict):
    """The bank's own currency and time zone."""

    currency_code: str = Field(pattern=r"^[A-Z]{3}$")
    time_zone: Text


class Manifest(_Strict):
    """A night's delivery (`business_date`) or a historic one (`first_date` to `last_date`)."""

    version: Literal[1]
    source: Text
    business_date: date | None = None
    first_date: date | None = None
    last_date: date | None = None
    profiling_basis: Text | None = None
    bank: Bank
    absent_feeds: dict[str, Text] = {}
    files: tuple[ManifestFile, ...]
    archived: tuple[ArchivedFile, ...] | None = None

    @model_validator(mode="after")
    def _one_kind_of_landing(self) -> Self:
        span = (self.first_date, self.last_date)
        if self.business_date is not None:
            if span != (None, None):
                raise ValueError("business_date excludes first_date and last_date")
        elif None in span:
            raise ValueError("business_date, or first_date and last_date, must be given")
        elif self.first > self.last:
            raise ValueError("first_date is after last_date")
        names = [entry.file for entry in self.files]
        if len(set(names)) != len(names):
            raise ValueError("a file is listed twice")
        both = {entry.feed for entry in self.files} & set(self.absent_feeds)
        if both:
            raise ValueError(f"delivered and declared absent: {', '.join(sorted(both))}")
        return self

    @property
    def is_historic(self) -> bool:
        """Whether it covers many days; then every row says when it arrived."""
        return self.business_date is None

    @property
    def first(self) -> date:
        """First date on which rows arrived."""
        return self.business_date or self.first_date  # type: ignore[return-value]

    @property
    def last(self) -> date:
        """Last date on which rows arrived: the business date of the run."""
        return self.business_date or self.last_date  # type: ignore[return-value]


def read_manifest(folder: Path) -> Manifest:
    """Read and check `manifest.json` by itself, without looking at the files.

    Raises:
        LandingError: it is missing or malformed.
    """
    path = folder / MANIFEST
    where = f"{folder.name}/{MANIFEST}"
    try:
        document = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise LandingError(
            expected="a manifest that lists the night's files",
            found="no manifest",
            where=where,
            remedy="deliver the folder again, or close the missing feeds "
            "(bankloop nightly --date D --feed-missing FEED --reason ...)",
        ) from None
    except (OSError, ValueError) as error:
        raise _malformed(where, f"{type(error).__name__}: not readable as JSON") from error
    try:
        return Manifest.model_validate(document)
    except ValidationError as error:
        raise _malformed(where, _first_problem(error)) from error


def _first_problem(error: ValidationError) -> str:
    problem = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = ".".join(str(part) for part in problem["loc"])
    return f"{place}: {problem['msg']}" if place else problem["msg"]


def _malformed(where: str, found: str) -> LandingError:
    return LandingError(
        expected="a manifest of the form described in docs/feeds.md",
        found=found,
        where=where,
        remedy="correct the manifest at the source and deliver the folder again",
    )
