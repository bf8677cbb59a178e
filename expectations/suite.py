"""Suites as data: `suites/<gate>.yml`, read, checked, and filled in for one night."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from string import Template
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from warehouse.errors import GateError

GATES = ("raw", "marts", "predictions", "activation")
Kind = Literal["holds", "no_rows", "unique", "not_null", "between", "in_set", "row_count"]
Severity = Literal["fail", "warn"]
_NEEDS: Mapping[str, tuple[str, ...]] = {
    "holds": ("condition",),
    "no_rows": ("query",),
    "unique": ("columns",),
    "not_null": ("column",),
    "between": ("column",),
    "in_set": ("column", "values"),
    "row_count": (),
}


class Check(BaseModel):
    """One check of a table; which fields it needs depends on its kind."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    check: str
    kind: Kind
    severity: Severity
    remedy: str
    condition: str | None = None
    query: str | None = None
    column: str | None = None
    columns: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    min: float | None = None
    max: float | None = None

    @model_validator(mode="after")
    def _has_what_its_kind_needs(self) -> Check:
        missing = [name for name in _NEEDS[self.kind] if not getattr(self, name)]
        if missing:
            raise ValueError(f"check {self.check}: {self.kind} needs {', '.join(missing)}")
        if self.kind in {"between", "row_count"} and self.min is None and self.max is None:
            raise ValueError(f"check {self.check}: {self.kind} needs min or max")
        if self.query is not None and "batch" not in self.query:
            raise ValueError(f"check {self.check}: the query must read batch")
        return self


class Table(BaseModel):
    """Tonight's rows of one table, what names a row, and its checks."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    table: str
    rows: str
    key: tuple[str, ...]
    key_is_public: bool = False
    checks: tuple[Check, ...]


@dataclass(frozen=True)
class Suite:
    """All tables of one gate."""

    gate: str
    tables: tuple[Table, ...]


def load_suite(gate: str, literals: Mapping[str, str] | None = None) -> Suite:
    """Read a gate's suite and fill in `$` placeholders.

    Args:
        gate: one of `GATES`.
        literals: SQL literals by placeholder (`night`, `span_from`, …); none leaves them as they
            are.

    Raises:
        GateError: there is no such gate, or its suite is malformed.
    """
    if gate not in GATES:
        raise _malformed(gate, "no such gate", "one of " + ", ".join(GATES))
    document = yaml.safe_load(
        files(__package__).joinpath("suites").joinpath(f"{gate}.yml").read_text(encoding="utf-8")
    )
    try:
        tables = tuple(
            Table.model_validate(_filled(table, literals or {}))
            for entry in document["tables"]
            for table in _expanded(entry)
        )
    except ValidationError as error:
        raise _malformed(gate, str(error), "a suite as docs/gates.md describes it") from error
    return Suite(gate, tables)


def _expanded(entry: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """An entry with `each` stands for one table per name: `$name`, `$key`, its own words."""
    each = entry.get("each")
    if each is None:
        yield entry
        return
    shape = {name: value for name, value in entry.items() if name != "each"}
    for name, words in each.items():
        keys = list(words["key"])
        texts = {**words, "name": name, "key": ", ".join(keys)}
        yield _filled(_with_lists(shape, keys), texts)


def _with_lists(value: Any, keys: list[str]) -> Any:  # noqa: ANN401
    """Replace `$key` by the list of key columns where a list, or a whole value, is wanted."""
    if isinstance(value, dict):
        filled = {name: _with_lists(inner, keys) for name, inner in value.items()}
        return {**filled, "key": keys} if filled.get("key") == "$key" else filled
    if isinstance(value, list):
        return [
            part
            for inner in value
            for part in (keys if inner == "$key" else [_with_lists(inner, keys)])
        ]
    return value


def _filled(value: Any, literals: Mapping[str, str]) -> Any:  # noqa: ANN401
    if isinstance(value, str):
        return Template(value).safe_substitute(literals)
    if isinstance(value, dict):
        return {name: _filled(inner, literals) for name, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, literals) for inner in value]
    return value


def _malformed(gate: str, found: str, expected: str) -> GateError:
    return GateError(
        expected=expected,
        found=found,
        where=f"expectations/suites/{gate}.yml",
        remedy="correct the suite",
    )
